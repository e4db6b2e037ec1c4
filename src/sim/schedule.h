#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/scenario.h"

/// What came of a load under one policy: when and where each task ran.

namespace dayan::sim {

enum class RunEnd : std::uint8_t {
  done,         ///< by itself
  cut,          ///< its wall time ended it
  interrupted,  ///< its node left, or its inputs took too long; the task was started again, or failed
  reclaimed,    ///< its room was taken back, after its notice; it is paid, and the task was started again
  unheard,      ///< its centre was silent for so long that it was given up; the task was started again, or failed
};

/// One start of a task. Times count from the beginning.
struct TaskRun {
  std::uint32_t job = 0;
  std::int32_t task = 0;
  std::uint32_t site = 0;
  RunEnd how = RunEnd::done;
  Duration start;  ///< from then on it has its room
  Duration end;
  Cny cost;
  Duration staged = {};  ///< until its inputs were there, and it ran
  Duration told = {};    ///< of one that was taken back: when its centre was told

  [[nodiscard]] bool is_whole() const { return how == RunEnd::done || how == RunEnd::cut; }
};

inline constexpr std::size_t violations_told_max = 20;

struct Schedule {
  std::string policy;
  std::vector<TaskRun> runs;            ///< in order of their ends
  std::vector<Duration> submitted;      ///< by job: of those that follow another it hangs on the policy
  std::vector<std::string> violations;  ///< of invariants, as found on the way; at most violations_told_max
  std::int64_t violations_found = 0;
  std::int64_t unfinished = 0;  ///< tasks that never ran to an end
  Bytes moved;                  ///< to centres, of inputs
  std::string first_unfinished;
  double seconds = 0;  ///< of this processor, for the policy alone

  void violate(std::string what) {
    ++violations_found;
    if (violations.size() < violations_told_max) violations.push_back(std::move(what));
  }
};

/// How far a replay has come.
struct Advance {
  const std::string& policy;
  Duration now;
  std::size_t tasks_done = 0;
  std::size_t tasks = 0;
};
using OnAdvance = std::function<void(const Advance&)>;
inline constexpr std::size_t advance_every = 4'096;  ///< events

}  // namespace dayan::sim
