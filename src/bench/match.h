#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/command.h"
#include "bench/match_load.h"

/// The parts of `dayan-bench match`.

namespace dayan::bench {

struct MatchOptions {
  Output output;
  place::NodeIndex nodes = 10'000;
  std::uint64_t pairs = 10'000'000;
  std::uint64_t requests = 500'000;
  std::uint64_t seed = 1;
  std::vector<std::string> loads;  ///< empty: all
};

/// Fleets of up to so many nodes are recounted after they were measured; more would take longer than the measuring.
inline constexpr place::NodeIndex recount_nodes_max = 100'000;

struct Rate {
  std::string_view load;
  std::string_view policy;
  std::string_view words;  ///< what is asked
  place::NodeIndex nodes = 0;
  std::uint64_t count = 0;
  double seconds = 0;
  std::uint64_t refused = 0;
};

/// What came of one run.
struct MatchRun {
  std::uint64_t count = 0;
  double seconds = 0;
  std::uint64_t refused = 0;
  std::uint64_t left = 0;  ///< a checksum of what was free in the end
};
/// Plays it without writing, which is what is measured and printed. Where decisions are wanted, then plays it once more
/// and writes them; that both came to the same is checked. `rate` says what it is; its figures are filled in.
[[nodiscard]] Result<void> measure_and_write(const MatchOptions& options, DecisionLog log, Rate rate,
                                             const std::function<Result<MatchRun>(DecisionLog)>& play);

/// Beside the loads: nodes that leave a fleet full of single cores and return, and the bound that needs no index, a
/// loop over plain arrays of free cores and memory.
inline constexpr std::string_view departures = "node_leaves";
inline constexpr std::string_view plain_loop = "plain_loop";
[[nodiscard]] Result<void> measure_departures(const MatchOptions& options, DecisionLog log);
[[nodiscard]] Result<void> measure_plain_loop(const MatchOptions& options, DecisionLog log, place::FitPolicy policy);
/// The loads beside those of the peer have a tenth of the pairs.
inline constexpr std::uint64_t pairs_of_others = 10;

/// Allocate or reserve, in requests a second. With the clock running requests come as fast as the fleet can work them
/// off, and each one's start and end are played; with the clock standing everything that does not fit at once piles
/// up as reservations.
[[nodiscard]] Result<void> measure_bookings(const MatchOptions& options, DecisionLog log, place::NodeIndex nodes,
                                            bool clock_runs);

}  // namespace dayan::bench
