#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sim/centre.h"
#include "sim/checkers.h"
#include "sim/customer.h"
#include "sim/hub.h"

/// One whole simulated platform: the hub, its store, the centres with their agents and engines, the customers.

namespace dayan::sim {

class World {
 public:
  World(Trial& trial, Prng prng);

  /// Everything may fail, for as long as the swarm says; then all is healed and must come to an end.
  void run();

 private:
  void set_up();
  void ask(Digest token, CommandBody body, bool is_host = false);
  void add_centre(std::int32_t index);
  void add_customer(std::int32_t index);
  [[nodiscard]] PoolRow draw_pool(std::int32_t index);
  [[nodiscard]] std::vector<std::int32_t> draw_racks(std::int32_t nodes);
  [[nodiscard]] Capability draw_card();
  void crash_hub_again();
  void change_price_again();
  [[nodiscard]] std::vector<DayHours> draw_hours();
  CommandBody draw_reservation(const CentreFacts& centre);
  void take_nodes_away();
  void heal();
  /// Every job is final, nothing runs, and no agent has anything left to do.
  [[nodiscard]] bool is_settled() const;
  void check_liveness();
  void give_up_hopeless(Duration since_healing);
  [[nodiscard]] std::string why_waiting(JobId job) const;
  void check_end();

  Trial& trial_;
  Prng prng_;
  store::MemoryStore store_;
  Processes processes_;
  Journal journal_;
  Checkers checkers_;
  Hub hub_;
  Client provider_;
  std::vector<std::unique_ptr<Centre>> centres_;
  std::vector<std::unique_ptr<Customer>> customers_;
  std::set<JobId> given_up_;
  std::vector<ReservationId> reservations_;  ///< that were asked for
};

}  // namespace dayan::sim
