#include <algorithm>
#include <array>

#include "bench/match.h"

/// What stands beside the loads of `dayan-bench match`: nodes that come and go, and the bound that needs no index.

namespace dayan::bench {
namespace {

using place::FitPolicy;
using place::NodeIndex;

MatchRun play_departures(const MatchOptions& options, DecisionLog log) {
  place::Fleet fleet = three_shape_fleet(options.nodes);
  log.begin(fleet, departures, "", options.seed);
  const std::unique_ptr<MatchLoad> load = make_load(LoadKind::single_core, fleet, options.seed, log);
  load->fill();
  Prng prng(options.seed);
  MatchRun run;
  run.count = std::max<std::uint64_t>(1, options.pairs / pairs_of_others);
  log.phase("measured");
  const double start = cpu_seconds();
  for (std::uint64_t i = 0; i < run.count; ++i) {
    const auto node = static_cast<NodeIndex>(prng.below(fleet.size()));
    fleet.set_available(node, false);
    fleet.set_available(node, true);
    log.leaves_and_returns(node);
  }
  run.seconds = cpu_seconds() - start;
  run.left = sum_of_free(fleet);
  return run;
}

/// Plain arrays of free cores and memory, for one core and 2 GiB. Counts only: it names no core.
class PlainLoop {
 public:
  explicit PlainLoop(NodeIndex nodes) {
    for (NodeIndex node = 0; node < nodes; ++node) {
      const place::NodeShape& shape = three_shapes[node / 32 % three_shapes.size()];
      cores_.push_back(static_cast<std::int32_t>(shape.cores.value()));
      memory_.push_back(static_cast<std::int32_t>(shape.memory.value() >> 20));
    }
    cores_all_ = cores_;
  }
  /// As first fit leaves them after long use: what is free is free behind everything else.
  void fill(DecisionLog& log) {
    for (std::size_t node = 0; node < cores_.size() / 10 * 9; ++node) {
      for (std::int32_t left = cores_[node]; left > 0; --left) log.match_node(0, static_cast<NodeIndex>(node));
      take(node, cores_[node]);
    }
  }
  void replace_one(Prng& prng, FitPolicy policy, DecisionLog& log) {
    std::size_t node = 0;
    do node = prng.below(cores_.size());
    while (cores_[node] == cores_all_[node]);
    take(node, -1);
    log.release_node(static_cast<NodeIndex>(node));
    const std::size_t found = find(policy);
    ASSERT(found < cores_.size());
    take(found, 1);
    log.match_node(0, static_cast<NodeIndex>(found));
  }
  [[nodiscard]] std::uint64_t sum() const {
    std::uint64_t sum = 0;
    for (const std::int32_t cores : cores_) sum = sum * 31 + static_cast<std::uint64_t>(cores);
    return sum;
  }

  static constexpr place::NodeDemand demand{.memory = gib * 2};

 private:
  static constexpr std::int32_t memory_each = 2048;

  void take(std::size_t node, std::int32_t count) {
    cores_[node] -= count;
    memory_[node] -= memory_each * count;
  }
  [[nodiscard]] std::size_t find(FitPolicy policy) const {
    std::size_t found = cores_.size();
    for (std::size_t at = 0; at < cores_.size(); ++at) {
      if (cores_[at] < 1 || memory_[at] < memory_each) continue;
      if (found != cores_.size() && cores_[at] >= cores_[found]) continue;
      found = at;
      if (policy == FitPolicy::first) break;
    }
    return found;
  }

  std::vector<std::int32_t> cores_;
  std::vector<std::int32_t> memory_;
  std::vector<std::int32_t> cores_all_;
};

MatchRun play_plain_loop(const MatchOptions& options, FitPolicy policy, DecisionLog log) {
  constexpr std::uint64_t looks_max = 200'000'000;
  PlainLoop loop(options.nodes);
  if (log.writes()) log.begin(three_shape_fleet(options.nodes), plain_loop, name_of(policy), options.seed);
  log.asks({PlainLoop::demand}, 1, place::GangScope::fleet);
  log.phase("fill");
  loop.fill(log);
  Prng prng(options.seed);
  MatchRun run;
  run.count = std::clamp<std::uint64_t>(looks_max / options.nodes, 1, options.pairs);
  log.phase("measured");
  const double start = cpu_seconds();
  for (std::uint64_t i = 0; i < run.count; ++i) loop.replace_one(prng, policy, log);
  run.seconds = cpu_seconds() - start;
  run.left = loop.sum();
  return run;
}

}  // namespace

Result<void> measure_departures(const MatchOptions& options, DecisionLog log) {
  const Rate rate{.load = departures, .policy = "", .words = "a node leaves and returns", .nodes = options.nodes};
  return measure_and_write(options, std::move(log), rate, [&](DecisionLog written) -> Result<MatchRun> {
    return play_departures(options, std::move(written));
  });
}

Result<void> measure_plain_loop(const MatchOptions& options, DecisionLog log, FitPolicy policy) {
  const Rate rate{.load = plain_loop,
                  .policy = name_of(policy),
                  .words = "one core and 2 GiB, by a loop over all nodes",
                  .nodes = options.nodes};
  return measure_and_write(options, std::move(log), rate, [&](DecisionLog written) -> Result<MatchRun> {
    return play_plain_loop(options, policy, std::move(written));
  });
}

}  // namespace dayan::bench
