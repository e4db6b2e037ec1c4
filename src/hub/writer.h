#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/id_maker.h"
#include "hub/directory.h"
#include "hub/lease_watch.h"
#include "hub/metrics.h"
#include "hub/planner.h"
#include "hub/submission.h"
#include "ports/clock.h"
#include "ports/store.h"

/// Writer: the one thread that owns the State and the Store for writing.
///
/// It takes all commands that wait, up to batch_max, decides and applies each, commits the rows, events and kept
/// answers of all of them in one transaction, and only then answers: that is fast (group commit) and safe (nothing is
/// promised that is not on disk). When a commit fails, nobody knows what is on disk: the whole batch is answered
/// `unknown_outcome`, the State is thrown away and read again before anything else is answered. The
/// same is done with a batch that would break the books, which is never committed and answered `unavailable`. When
/// the store says that another hub has taken over, this writer never writes again.
///
/// The books are checked when the State is read, and each minute. Once an invariant is broken, this hub is not ready
/// and serves for reading alone: of commands it takes those that concern tokens, and no time passes for the core,
/// until it is started again on books that are whole.
///
/// Between batches it feeds the planner, fires timers, and runs the closures of readers that need the State: they see
/// committed state only. Plans come back from the planner as the command CommitPlan, in a batch of their own.

namespace dayan::hub {

class Writer {
 public:
  static constexpr std::size_t batch_max = 1'000;
  static constexpr std::size_t queue_max = 8'192;
  static constexpr auto retry_max = std::chrono::milliseconds(5'000);  ///< between two attempts to load

  struct Parts {
    Store& store;
    Clock& clock;
    Directory& directory;
    LeaseWatch& watch;
    Planner& planner;
    Metrics& metrics;
    /// Called once, on the writer, when this hub may write no more.
    std::function<void(const Error&)> on_fenced;
  };

  explicit Writer(Parts parts);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Takes over the store, loads the State and starts the thread. `invalid` when the clock is far behind the last
  /// command: time that stands still would stop every lease and timer.
  [[nodiscard]] Result<void> start();
  /// Finishes what is queued, then ends the thread. What comes later is answered `unavailable`.
  void stop();

  /// Queues a command; when the queue is full it is answered `unavailable` at once, on this thread.
  void submit(Submission submission);
  /// Queues a plan of the planner's: it is checked against the rows as they are then.
  void propose(CommitPlan plan, std::function<void(Planner::Outcome)> settled);
  /// Runs `look` on the writer, on committed state, and waits for it. `unavailable` when the hub is stopping, or is
  /// reading its State and the queue is full.
  [[nodiscard]] Result<void> read(const std::function<void(const View&)>& look);
  /// An agent has spoken.
  void heard(CentreId centre);
  /// And has told how many cores the provider's own people use; none: it cannot tell.
  void heard(CentreId centre, std::optional<Cores> foreign_cores_busy);
  /// A fresh id, in order of time, never used before. Any thread.
  [[nodiscard]] std::int64_t next_id();

 private:
  using SteadyClock = std::chrono::steady_clock;
  using Look = std::function<void(const View*)>;  ///< nullptr: it will not be run

  /// With `mutex_`.
  [[nodiscard]] place::Observation observation_of(CentreId centre, UnixTime at) const;

  /// Of one batch, between its first command and its commit.
  struct Pending {
    Batch batch;
    std::vector<std::pair<std::function<void(CommandAnswer)>, CommandAnswer>> answers;
    std::map<std::pair<OrganisationId, std::string>, std::size_t> replies;  ///< index in batch.replies
  };

  [[nodiscard]] Result<void> load();
  /// False when the hub is stopped meanwhile.
  [[nodiscard]] bool load_until_it_works();
  void run();
  [[nodiscard]] bool is_stopping();
  /// Answers everything that waits with an error: nothing of it was done.
  void shed(const Error& error);
  void wait_for_work();
  [[nodiscard]] std::vector<Submission> take_commands();
  void run_looks();
  void take_heard();

  /// True when rows were changed and committed.
  bool process(std::vector<Submission> commands);
  [[nodiscard]] CommandAnswer decide(Pending& pending, Submission& submission);
  [[nodiscard]] std::optional<CommandAnswer> replay(const Pending& pending, const Submission& submission,
                                                    OrganisationId organisation);
  [[nodiscard]] Result<core::Fetched> fetch(Pending& pending, const core::Needs& needs);
  [[nodiscard]] CommandAnswer accept(Pending& pending, const Submission& submission, const Actor& actor,
                                     const core::Decision& decision, const core::Fetched& fetched, UnixTime now);
  [[nodiscard]] Result<void> commit(Pending& pending);
  void publish(std::vector<RowChange> changes);
  static void fail_all(Pending& pending, const Error& error);
  /// A commit was not confirmed: the State is read again.
  void lose(const Error& error);
  /// A batch was not committed since it would have broken an invariant: the same, without a doubt of the disk.
  void throw_away(const std::string& broken);
  void count(const CommandAnswer& answer);

  void tick_if_due();
  void look_after();  ///< gauges each second, the invariants each minute
  void check_books();

  /// Later than every `now` before.
  [[nodiscard]] UnixTime next_now();
  [[nodiscard]] View view(UnixTime now) const { return {*state_, heard_, now, nullptr}; }

  Parts parts_;

  // Of the writer's thread alone.
  std::unique_ptr<core::State> state_;
  HeardTimes heard_;
  std::int64_t generation_ = 0;
  UnixTime last_now_;
  bool is_loaded_ = false;
  bool is_fenced_ = false;
  bool is_broken_ = false;  ///< an invariant of the State is
  SteadyClock::time_point broken_at_;  ///< when the latest batch was thrown away
  SteadyClock::time_point ticked_at_;
  SteadyClock::time_point looked_at_;
  SteadyClock::time_point checked_at_;

  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<Submission> commands_;
  std::deque<Look> looks_;
  std::map<CentreId, UnixTime> heard_news_;
  std::map<CentreId, Cores> foreign_;  ///< cores in use by the provider's own people, where that is told
  bool stopping_ = false;
  bool ended_ = false;  ///< nothing is taken any more

  std::mutex id_mutex_;
  IdMaker ids_;

  std::thread thread_;
};

}  // namespace dayan::hub
