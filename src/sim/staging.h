#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/units.h"
#include "model/centre.h"
#include "sim/dispatch.h"

namespace dayan::sim {

/// The inputs of jobs on their way to centres: they cross to each centre once, whichever task there was the first,
/// and the others wait for the rest of it. The first of them fetches; when it is cut short another that waits goes
/// on, and if there is none what has crossed stays, and the next to start there fetches the rest.
class Staging {
 public:
  explicit Staging(const Stage& stage) : stage_(stage) {}

  /// A task begins at a site: how long until its job's inputs are there.
  [[nodiscard]] Duration begin(TaskIndex task, std::uint32_t site, Duration now);
  /// It has ended, or was cut short: what it has fetched itself, and how long that took.
  [[nodiscard]] Fetched end(TaskIndex task, std::uint32_t site, Duration now);
  /// True the first time: a job pays for its inputs at a centre once.
  [[nodiscard]] bool charge(TaskIndex task, std::uint32_t site);

 private:
  struct Crossing {
    Bytes there;    ///< when `fetcher` began; without one, all there is
    Duration from;  ///< when it began
    Duration ready;
    std::optional<TaskIndex> fetcher;
    std::vector<TaskIndex> waiting;  ///< began before `ready`, beside the fetcher
    bool is_charged = false;
  };
  using Key = std::pair<std::uint32_t, std::size_t>;  ///< a job, a centre

  [[nodiscard]] Key key_of(TaskIndex task, std::uint32_t site) const {
    return {stage_.job_of[task], stage_.scenario.sites()[site].centre};
  }
  [[nodiscard]] Bytes inputs_of(TaskIndex task) const { return stage_.load.jobs[stage_.job_of[task]].inputs; }

  const Stage& stage_;
  std::map<Key, Crossing> crossings_;
};

}  // namespace dayan::sim
