#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/fields.h"
#include "model/rack.h"
#include "sim/ran.h"
#include "sim/schedule.h"

/// A rule of who runs where and when. It is told what a scheduler is told; how long unfinished work will run it never
/// sees. `replay` plays a load through one.

namespace dayan::sim {

enum class PolicyKind {
  ours,          ///< the platform's own core and engine
  engine,        ///< its engine alone: faster, without money that runs dry or leases that must end
  fcfs,          ///< a queue in front of each pool: nobody overtakes
  easy,          ///< a queue in front of each pool, EASY backfilling
  conservative,  ///< a queue in front of each pool, conservative backfilling
  cheapest,      ///< the cheapest pool with room now, else waiting in order of submission
  random,        ///< any pool with room now, else waiting in order of submission
};

}  // namespace dayan::sim

namespace dayan {
template <>
struct EnumWords<sim::PolicyKind> {
  static constexpr std::array<std::string_view, 7> words{"ours",         "engine",   "fcfs",  "easy",
                                                         "conservative", "cheapest", "random"};
};
}  // namespace dayan

namespace dayan::sim {

struct Start {
  TaskIndex task = 0;
  std::uint32_t site = 0;
  Duration limit = never;        ///< what its lease lets it run, where that is less than the job's limit
  Duration staging_max = never;  ///< so long its lease waits for its inputs
};

/// What every policy may look at.
struct Stage {
  const Scenario& scenario;
  const Load& load;
  const std::vector<SiteNow>& sites;  ///< as they stand
  std::vector<TaskIndex> first_task;  ///< by job; one more at the end
  std::vector<std::uint32_t> job_of;  ///< by task

  [[nodiscard]] std::span<const std::string> customers() const { return customers_of(load, scenario); }
  /// What a task takes.
  [[nodiscard]] place::Need need_of(TaskIndex task) const {
    return place::need_of(load.needs(load.jobs[job_of[task]]).resources);
  }
  /// A pool with what is left of its nodes.
  [[nodiscard]] PoolRow pool_now(std::size_t site) const {
    return with_nodes_left(scenario.sites()[site].pool, sites[site].nodes);
  }
};

class Dispatch {
 public:
  Dispatch() = default;
  Dispatch(const Dispatch&) = delete;
  Dispatch& operator=(const Dispatch&) = delete;
  virtual ~Dispatch() = default;

  /// A job is submitted, with all of its tasks.
  virtual void arrive(std::uint32_t job, Duration now) = 0;
  /// A started task that may be taken back runs now: its inputs are there. Of other work nobody asks since when it runs.
  virtual void run(const Start& /*task*/, Duration /*now*/) {}
  /// A started task has ended, or was taken back; now it is heard of. Returns what is charged for it, when that is known
  /// here; else it costs what its pool asked for when it started.
  virtual std::optional<Cny> end(const Start& task, const Ran& ran, Duration now) = 0;
  /// A started task was cut short: its node left, or its inputs took longer than its lease waits. It has to run again.
  virtual void interrupt(const Start& task, const Ran& ran, Duration now) = 0;
  /// Something has happened to the pools; the stage stands as after it.
  virtual void change(const Change& change, Duration now) = 0;
  /// Appends the tasks that start now.
  virtual void decide(Duration now, std::vector<Start>& started) = 0;
  /// Tasks of which nothing was heard for so long that they were given up since the last call.
  virtual std::vector<TaskIndex> take_given_up() { return {}; }
  /// Started tasks of which the room was taken back since the last call: they have their notice from now on.
  virtual std::vector<TaskIndex> take_taken_back() { return {}; }
  /// When it wants to decide though nothing happens.
  [[nodiscard]] virtual Duration wakeup() const { return never; }
  /// It knows of earliest starts and deadlines. One that does not is given a job when that may start, and may end it
  /// too late.
  [[nodiscard]] virtual bool knows_times() const { return false; }
  /// Something waits that may start some day.
  [[nodiscard]] virtual bool has_waiting() const = 0;
  /// An invariant of its own that does not hold, in words.
  [[nodiscard]] virtual std::optional<std::string> broken() const { return std::nullopt; }
};

/// A load under a policy, from the first submission to the last end. Every start is checked as it is made: room in
/// the pool, the right pool, once and not before its submission or earliest start, not where the pool is closed
/// before it ends, and no more of a job than it lets run at once; `broken` is asked now and then and at the end.
[[nodiscard]] Schedule replay(const Scenario& scenario, const Load& load, PolicyKind policy, std::uint64_t seed,
                              const OnAdvance& on_advance = {}, Duration plan_every = {});

/// The same with a policy made by the caller: for tests, which plant bugs in one.
using MakeDispatch = std::function<std::unique_ptr<Dispatch>(const Stage&)>;
[[nodiscard]] Schedule replay(const Scenario& scenario, const Load& load, std::string policy,
                              const MakeDispatch& make, const OnAdvance& on_advance = {});

}  // namespace dayan::sim
