#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/core.h"
#include "place/engine.h"
#include "ports/store.h"
#include "sim/checkers.h"
#include "store/memory_store.h"

/// The simulated hub: what the real one does with the core, in one thread of virtual time, and able to die between any
/// two steps. Only the store outlives it.

namespace dayan::sim {

struct Request {
  Digest token;
  bool is_host = false;  ///< the hub's own; or an enrolment, whose bearer has only a join token
  std::string key;       ///< of idempotency; empty: none
  Digest digest;         ///< of what is asked
  CommandBody body;
};

struct Answer {
  enum class Kind { done, refused, failed };
  Kind kind = Kind::done;
  std::string text;  ///< why not
  std::string body;  ///< of what is done: the job's number, or the agent's epoch
};
using Reply = std::function<void(const Answer&)>;

/// What a watch of leases brings.
struct Watched {
  std::vector<LeaseRow> leases;
  bool is_all = false;  ///< there is nothing more
  bool is_gone = false; ///< the sequence means nothing here: begin again
};
using WatchReply = std::function<void(const Watched&)>;

class Hub {
 public:
  Hub(Trial& trial, store::MemoryStore& store, Checkers& checkers, Prng prng);

  /// Takes over the store and loads.
  void start();
  void crash();
  [[nodiscard]] bool is_up() const { return state_ != nullptr; }
  /// A request has arrived. Nobody answers while the hub is down.
  void receive(Request request, Reply reply);
  /// A long poll has arrived: answered when a lease of the centre has changed after `after`, or after a while.
  void watch(const Digest& token, std::int64_t after, WatchReply reply);

  /// Committed state; only while it is up.
  [[nodiscard]] const core::State& state() const { return *state_; }
  [[nodiscard]] const place::Engine& engine() const { return *engine_; }

 private:
  struct Waiting {
    Request request;
    Reply reply;
  };
  struct Poll {
    CentreId centre;
    std::int64_t after = 0;
    WatchReply reply;
  };
  struct Pending {
    Batch batch;
    std::vector<std::pair<Reply, Answer>> answers;
  };

  void load();
  void process();
  void schedule(Duration wait);  ///< the next batch
  [[nodiscard]] Answer decide(Pending& pending, Request& request);
  [[nodiscard]] std::optional<Answer> replay(const Pending& pending, const Request& request, OrganisationId of);
  [[nodiscard]] core::Fetched fetch(Pending& pending, const core::Needs& needs);
  [[nodiscard]] Answer accept(Pending& pending, const Request& request, const Actor& actor,
                              const core::Decision& decision, UnixTime now);
  /// False when the hub has died or has read its state again, and everybody has been told.
  [[nodiscard]] bool commit(Pending& pending);
  void lose(Pending& pending, std::uint64_t before, std::uint64_t after);
  void publish(const Batch& batch);
  /// False when the hub has died meanwhile.
  [[nodiscard]] bool answer_all(Pending& pending);
  [[nodiscard]] bool dies_here();
  void plant(Pending& pending);
  [[nodiscard]] bool is_skipped(const Event& event, bool is_last) const;

  void pulse();      ///< plans and ticks, again and again
  void plan();
  void arm_timer();
  void submit_own(CommandBody body);
  void answer_polls(CentreId centre);
  void answer(const Poll& poll);
  void heard(CentreId centre);
  [[nodiscard]] UnixTime next_now();
  /// Runs `action` later, unless this hub has died by then.
  void later(Duration wait, EventQueue::Action action);

  Trial& trial_;
  store::MemoryStore& store_;
  Checkers& checkers_;
  Prng prng_;

  // Lost with a crash.
  std::unique_ptr<core::State> state_;
  std::unique_ptr<place::Engine> engine_;
  std::deque<Waiting> queue_;
  std::map<std::int64_t, Poll> polls_;
  std::map<CentreId, UnixTime> heard_;
  std::optional<UnixTime> timer_;
  std::vector<Assignment> older_plan_;
  std::vector<Reclaim> older_reclaims_;
  bool is_scheduled_ = false;
  bool has_changed_ = true;   ///< since the last plan
  std::int64_t pulses_ = 0;
  std::int64_t last_poll_ = 0;
  std::int64_t generation_ = 0;
  UnixTime last_now_;

  std::optional<JobRow> last_final_;  ///< of PlantedBug::final_job_rewritten
  std::int64_t life_ = 0;             ///< rises with every crash
  std::uint64_t committed_hash_ = 0;  ///< of the State as last committed: kept outside, for the checker
};

}  // namespace dayan::sim
