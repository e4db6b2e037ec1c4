#pragma once

#include <string>
#include <vector>

#include "jobfile/platform_file.h"
#include "model/json.h"
#include "place/engine.h"

/// `dayan place`: where each job of a described platform would go, and why, without any server.

namespace dayan::sim {

/// Where tasks of one job went.
struct PlacedShare {
  std::string centre;  ///< name
  std::string pool;
  std::int32_t tasks = 0;
  Cny task_cost;       ///< expected
  Duration start;      ///< from now
  Duration finish;     ///< from now: of the last of them
  std::vector<std::string> exchanged_with;  ///< jobs it was placed together with: they have its place, or it has theirs

  static constexpr auto fields() {
    using S = PlacedShare;
    return std::tuple{field("centre", &S::centre),       field("pool", &S::pool),   field("tasks", &S::tasks),
                      field("task_cost", &S::task_cost), field("start", &S::start), field("finish", &S::finish),
                      field("exchanged_with", &S::exchanged_with)};
  }
};

struct PlacedJob {
  std::string name;
  UnixTime as_of;                             ///< when all begins: what is told as a time counts from then
  std::int32_t tasks = 0;
  std::int32_t nodes = 1;                     ///< of each task: a gang when more than one
  std::vector<PlacedShare> shares;            ///< what can start now
  std::optional<place::Waiting> waiting;      ///< what has to wait, and for what; none when nothing waits
  /// Of every pool beside all that has been placed, best first: of what waits, or else of as much again.
  std::vector<Quote> quotes;

  static constexpr auto fields() {
    using P = PlacedJob;
    return std::tuple{field("name", &P::name),     field("as_of", &P::as_of),     field("tasks", &P::tasks),     field("nodes", &P::nodes),
                      field("shares", &P::shares), field("waiting", &P::waiting), field("quotes", &P::quotes)};
  }
};

/// Submits every job in order and places what can start when all begins: a centre that is silent then, and nodes that
/// are out, take nothing; what the file says of later does not count. Errors: what the core refuses.
[[nodiscard]] Result<std::vector<PlacedJob>> place_jobs(const jobfile::PlatformFile& file);

}  // namespace dayan::sim
