#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "hub/metrics.h"
#include "model/command.h"
#include "place/engine.h"
#include "ports/clock.h"

/// Planner: the thread that owns the place::Engine, so that placing work stops no command.
///
/// It is fed with every committed change in order, and answers by plans: the writer takes each as the command
/// CommitPlan, or as several, whose assignments the core checks against the rows again. One plan is under way at a time;
/// the rows of what was taken are here before its outcome is. The engine is a projection: when the writer reads its State anew,
/// so does the planner.

namespace dayan::hub {

class Planner {
 public:
  static constexpr std::size_t plan_max = 1'000;  ///< assignments in one plan
  static constexpr std::size_t part_max = 256;    ///< of them in one command: others come between

  /// What became of a plan, or of a part of it.
  enum class Outcome {
    taken,    ///< some of it, at least
    refused,  ///< all of it was stale, or it was not committed
  };
  /// Hands a plan to the writer; `settled` is called once, after the rows of what was taken were fed.
  using Propose = std::function<void(CommitPlan plan, std::function<void(Outcome)> settled)>;

  Planner(Clock& clock, Metrics& metrics, Propose propose);
  ~Planner();
  Planner(const Planner&) = delete;
  Planner& operator=(const Planner&) = delete;

  void start();
  /// Ends the thread; questions are still answered.
  void stop();

  // Any thread; the order of the calls is the order of the changes.
  void feed(std::vector<RowChange> changes);
  void observe(const place::Observation& observation);
  /// Forgets all, and begins again with these live rows and observations.
  void reset(std::vector<RowChange> live, std::vector<place::Observation> observations);

  /// Runs `look` on the engine with all that was fed until now, on this thread. Waits for a plan that is being made.
  void ask(const std::function<void(const place::Engine&, UnixTime now)>& look);

 private:
  using SteadyClock = std::chrono::steady_clock;

  void run();
  /// With the engine's mutex: hands what was fed to the engine.
  void catch_up();
  [[nodiscard]] std::vector<CommitPlan> make_plan();
  void settle(Outcome outcome);

  Clock& clock_;
  Metrics& metrics_;
  Propose propose_;

  std::mutex engine_mutex_;  ///< taken before `mutex_` where both are
  std::unique_ptr<place::Engine> engine_;

  std::mutex mutex_;
  std::condition_variable more_;
  std::vector<RowChange> changes_;
  std::vector<place::Observation> observations_;
  bool must_reset_ = true;
  bool has_news_ = false;  ///< since the last plan
  std::deque<CommitPlan> parts_;  ///< of the plan under way, that are still to come
  bool is_under_way_ = false;     ///< one of them is
  bool is_taken_ = false;         ///< something of the plan was
  bool is_resting_ = false;  ///< after a plan that was refused
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace dayan::hub
