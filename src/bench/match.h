#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "bench/command.h"
#include "place/fleet/node.h"

/// The parts of `dayan-bench match`.

namespace dayan::bench {

struct MatchOptions {
  Output output;
  place::NodeIndex nodes = 10'000;
  std::uint64_t pairs = 10'000'000;
  std::uint64_t requests = 500'000;
  std::uint64_t seed = 1;
  std::vector<std::string> loads;  ///< empty: all
  place::NodeIndex out_nodes = 200;
  std::uint64_t out_pairs = 1'000;
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
void print(const MatchOptions& options, const Rate& rate);

/// Allocate or reserve, in requests a second. With the clock running requests come as fast as the fleet can work them
/// off, and each one's start and end are played; with the clock standing everything that does not fit at once piles
/// up as reservations.
[[nodiscard]] Result<void> measure_bookings(const MatchOptions& options, place::NodeIndex nodes, bool clock_runs);
/// The decisions of the same requests, with the clock running, as JSON lines.
void write_bookings(std::ostream& out, const MatchOptions& options, place::NodeIndex nodes);

}  // namespace dayan::bench
