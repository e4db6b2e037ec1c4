#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "execute/reconcile.h"
#include "model/transfer.h"
#include "sim/engine.h"
#include "sim/hub.h"
#include "sim/journal.h"
#include "sim/line.h"

/// A simulated centre: the agent that decides with execute::reconcile, its journal, its clock, its line to the hub, and
/// the scripted engine. The agent may die before any action and before any result; the engine does not notice.

namespace dayan::sim {

struct CentreFacts {
  CentreId id;
  std::string name;
  Digest provider_token;
  std::vector<PoolRow> pools;
  Bandwidth link;  ///< as it really is
};

class Centre {
 public:
  Centre(Trial& trial, Hub& hub, Processes& processes, Journal& journal, CentreFacts facts, Prng prng);
  Centre(const Centre&) = delete;
  Centre& operator=(const Centre&) = delete;

  /// Enrolled with this token as agent number `epoch`: the agent starts.
  void start(Digest token, std::int64_t epoch);
  /// Faults that come by chance, for as long as nothing is healed.
  void begin_faults();
  /// The agent runs again, the line is whole, the engine answers.
  void heal();
  [[nodiscard]] const CentreFacts& facts() const { return facts_; }
  /// Nothing is left to do or to tell.
  [[nodiscard]] bool is_idle() const { return is_up_ && state_.leases.empty(); }

 private:
  void crash();
  void restart();
  void reinstall();
  void enrol();
  void cut();
  void come_again(Duration mean, const std::function<void()>& fault);
  /// Runs `action` later, unless the agent has died by then.
  void later(Duration wait, EventQueue::Action action);
  [[nodiscard]] bool dies_here();

  void round();
  void poll();
  void take_watched(std::int64_t poll, const Watched& watched);
  void step(const std::vector<LeaseRow>& changes, const std::optional<execute::Observation>& observed);
  void store_journal() { journal_ = execute::after_crash(state_); }

  void act(const execute::StageInputs& stage);
  void act(const execute::StartAttempt& start);
  void act(const execute::StopAttempt& stop) { engine_.stop(stop.attempt); }
  void act(const execute::GiveNotice& notice);
  void act(const execute::CollectOutputs& collect);
  void act(const execute::SendReport& send);
  void act(const execute::Forget& forget) { engine_.forget(forget.attempt); }
  /// What of its job's inputs crosses for the attempt, and how long that takes.
  [[nodiscard]] execute::Fetched fetch(const LeaseRow& lease);
  /// The result of an action comes after a while: unless the agent has died, it is fed back and stored.
  void result(Duration wait, EventQueue::Action feed);
  void distort(ReportAttempts& report);
  void take_answer(const ReportAttempts& report, const Answer& answer);

  Trial& trial_;
  Hub& hub_;
  Journal& acknowledged_;
  CentreFacts facts_;
  Prng prng_;
  CentreClock clock_;
  Engine engine_;
  Line line_;

  execute::AgentState state_;
  execute::AgentState journal_;  ///< what was stored last; it goes through its text when it is read again
  Digest token_;
  bool is_up_ = false;
  bool is_enrolling_ = false;
  std::int64_t life_ = 0;
  std::int64_t poll_under_way_ = 0;
  std::int64_t last_poll_ = 0;
  std::int64_t cuts_ = 0;
  std::map<JobId, Bytes> missing_;  ///< what of their inputs has not crossed yet; it outlives the agent, as files do
};

}  // namespace dayan::sim
