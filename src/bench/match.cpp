#include "bench/match.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "bench/match_load.h"

/// `dayan-bench match`: finding nodes, cores and cards in a large fleet, and whole nodes over time.

namespace dayan::bench {
namespace {

using place::FitPolicy;

constexpr std::string_view departures = "node_leaves";
constexpr std::string_view plain_loop = "plain_loop";
constexpr std::string_view bookings = "bookings";

/// Fluxion of August 2026 by its own `resource-query`, on nodes of 32 cores and 8 cards, measured apart on two busy
/// cores (±50 %). Of two figures the higher; it took 1.06 to 1.8 GB for 10,000 nodes and 2.3 to 5.9 s to load them.
struct PeerFigure {
  std::string_view load;
  std::string_view policy;
  place::NodeIndex nodes;
  double per_second;
};
constexpr std::array peer_figures{
    PeerFigure{"single_core", "first_fit", 1'000, 9'303},   PeerFigure{"single_core", "first_fit", 10'000, 3'244},
    PeerFigure{"whole_node", "first_fit", 10'000, 6'219},   PeerFigure{"gang_16", "first_fit", 10'000, 1'151},
    PeerFigure{"whole_node", "best_fit", 1'000, 64},        PeerFigure{"whole_node", "best_fit", 10'000, 1.6},
    PeerFigure{"bookings_at_once", "first_fit", 1'000, 52}, PeerFigure{"bookings_at_once", "first_fit", 10'000, 124},
};

void print_peer(const MatchOptions& options) {
  const char* form = options.output.json
                         ? "{\"peer\":\"Fluxion 2026-08, measured "
                           "apart\",\"load\":\"%s\",\"policy\":\"%s\",\"nodes\":%u,\"per_second\":%g}\n"
                         : "Fluxion 2026-08, measured apart:  %-17s %-10s %6u nodes %9g/s\n";
  for (const PeerFigure& figure : peer_figures) {
    std::printf(form, std::string(figure.load).c_str(), std::string(figure.policy).c_str(), figure.nodes,
                figure.per_second);
  }
}

void print_size(const MatchOptions& options, double build_seconds, std::int64_t bytes, std::int64_t resident_growth) {
  const char* form =
      options.output.json
          ? "{\"nodes\":%u,\"build_seconds\":%.6f,\"fleet_bytes\":%lld,\"resident_growth_bytes\":%lld}\n"
          : "%9u nodes  built in %.4f s; %lld bytes counted, the process grew by %lld\n";
  std::printf(form, options.nodes, build_seconds, static_cast<long long>(bytes),
              static_cast<long long>(resident_growth));
}

bool wants(const MatchOptions& options, std::string_view load) {
  return options.loads.empty() || std::ranges::find(options.loads, load) != options.loads.end();
}

/// The loads beside those of the peer have a tenth of the pairs.
constexpr std::uint64_t pairs_of_others = 10;

bool is_main(LoadKind kind) {
  return kind == LoadKind::single_core || kind == LoadKind::whole_node || kind == LoadKind::gang;
}

/// Fills a fleet and replaces; pairs a second. A gang is one match.
Result<void> measure_load(const MatchOptions& options, LoadKind kind, FitPolicy policy) {
  const std::int64_t resident_before = own_resident_bytes();
  const double begin = cpu_seconds();
  place::Fleet fleet = three_shape_fleet(options.nodes);
  const double built = cpu_seconds() - begin;
  const std::unique_ptr<MatchLoad> load = make_load(kind, fleet, options.seed, DecisionLog());
  load->fill();
  if (load->live() == 0) return fail(ErrorCode::invalid, "the fleet is too small for this load", "more", "nodes");
  std::uint64_t refused = 0;
  // Each allocation is replaced about once before the clock starts, so that the fill's order is gone.
  const std::uint64_t pairs =
      is_main(kind) ? options.pairs : std::max<std::uint64_t>(1, options.pairs / pairs_of_others);
  for (std::uint64_t i = std::min<std::uint64_t>(load->live(), pairs); i > 0; --i) {
    refused += load->replace_one(policy) ? 0U : 1U;
  }
  const double start = cpu_seconds();
  for (std::uint64_t i = 0; i < pairs; ++i) refused += load->replace_one(policy) ? 0U : 1U;
  const double seconds = cpu_seconds() - start;
  print(options, {name_of(kind), name_of(policy), words_of(kind), options.nodes, pairs, seconds, refused});
  if (kind == LoadKind::single_core && policy == FitPolicy::first) {
    print_size(options, built, fleet.bytes(), own_resident_bytes() - resident_before);
  }
  if (options.nodes > recount_nodes_max) return {};
  const std::optional<place::Grant> held = load->held();
  if (!held) return {};
  if (const auto broken = fleet.broken_invariant(*held)) return fail(ErrorCode::corrupt, *broken);
  return {};
}

/// Nodes that leave a fleet filled with single cores, and return.
void measure_departures(const MatchOptions& options) {
  place::Fleet fleet = three_shape_fleet(options.nodes);
  const std::unique_ptr<MatchLoad> load = make_load(LoadKind::single_core, fleet, options.seed, DecisionLog());
  load->fill();
  Prng prng(options.seed);
  const std::uint64_t pairs = std::max<std::uint64_t>(1, options.pairs / pairs_of_others);
  const double start = cpu_seconds();
  for (std::uint64_t i = 0; i < pairs; ++i) {
    const auto node = static_cast<place::NodeIndex>(prng.below(fleet.size()));
    fleet.set_available(node, false);
    fleet.set_available(node, true);
  }
  print(options, {departures, "", "a node leaves and returns", options.nodes, pairs, cpu_seconds() - start, 0});
}

/// The bound that needs no index: a loop over plain arrays of free cores and memory, for one core and 2 GiB.
void measure_plain_loop(const MatchOptions& options, FitPolicy policy) {
  constexpr std::uint64_t looks_max = 200'000'000;
  constexpr std::int32_t memory = 2048;
  std::vector<std::int32_t> cores;
  std::vector<std::int32_t> free_memory;
  for (place::NodeIndex node = 0; node < options.nodes; ++node) {
    const place::NodeShape& shape = three_shapes[node / 32 % three_shapes.size()];
    cores.push_back(static_cast<std::int32_t>(shape.cores.value()));
    free_memory.push_back(static_cast<std::int32_t>(shape.memory.value() >> 20));
  }
  const std::vector<std::int32_t> cores_all = cores;
  Prng prng(options.seed);
  const auto take = [&](std::size_t node, std::int32_t count) {
    cores[node] -= count;
    free_memory[node] -= memory * count;
  };
  // As first fit leaves them after long use: what is free is free behind everything else.
  for (std::size_t node = 0; node < cores.size() / 10 * 9; ++node) take(node, cores[node]);
  const std::uint64_t pairs = std::clamp<std::uint64_t>(looks_max / options.nodes, 1, options.pairs);
  const double start = cpu_seconds();
  for (std::uint64_t i = 0; i < pairs; ++i) {
    std::size_t node = 0;
    do node = prng.below(cores.size());
    while (cores[node] == cores_all[node]);
    take(node, -1);
    std::size_t found = cores.size();
    for (std::size_t at = 0; at < cores.size(); ++at) {
      if (cores[at] < 1 || free_memory[at] < memory) continue;
      if (found != cores.size() && cores[at] >= cores[found]) continue;
      found = at;
      if (policy == FitPolicy::first) break;
    }
    ASSERT(found < cores.size());
    take(found, 1);
  }
  print(options, {plain_loop, name_of(policy), "one core and 2 GiB, by a loop over all nodes", options.nodes, pairs,
                  cpu_seconds() - start, 0});
}

/// Every decision of the same loads on a small fleet.
Result<void> write_match_decisions(const MatchOptions& options) {
  return write_decisions(options.output.decisions_path, [&](std::ostream& out) {
    const place::NodeIndex nodes = std::min(options.nodes, options.out_nodes);
    for (const LoadKind kind : load_kinds) {
      if (!wants(options, name_of(kind))) continue;
      for (const FitPolicy policy : {FitPolicy::first, FitPolicy::best}) {
        place::Fleet fleet = three_shape_fleet(nodes);
        DecisionLog log(&out);
        log.begin(fleet, name_of(kind), policy);
        const std::unique_ptr<MatchLoad> load = make_load(kind, fleet, options.seed, log);
        load->fill();
        for (std::uint64_t i = 0; load->live() > 0 && i < options.out_pairs; ++i) (void)load->replace_one(policy);
      }
    }
    if (wants(options, bookings)) write_bookings(out, options, nodes);
  });
}

Result<void> match(const MatchOptions& options) {
  print_peer(options);
  for (const LoadKind kind : load_kinds) {
    if (!wants(options, name_of(kind))) continue;
    TRY_VOID(measure_load(options, kind, FitPolicy::first));
    TRY_VOID(measure_load(options, kind, FitPolicy::best));
  }
  if (wants(options, departures)) measure_departures(options);
  if (wants(options, plain_loop)) {
    measure_plain_loop(options, FitPolicy::first);
    measure_plain_loop(options, FitPolicy::best);
  }
  if (wants(options, bookings)) {
    std::vector<place::NodeIndex> sizes{options.nodes};
    if (options.nodes != 1'000) sizes.insert(sizes.begin(), 1'000);
    for (const place::NodeIndex nodes : sizes) {
      TRY_VOID(measure_bookings(options, nodes, true));
      TRY_VOID(measure_bookings(options, nodes, false));
    }
  }
  std::printf(options.output.json ? "{\"nodes\":%u,\"process_bytes_max\":%lld}\n"
                                  : "%9u nodes  the process with all its lists, at its greatest: %lld bytes\n",
              options.nodes, static_cast<long long>(own_resident_bytes_max()));
  if (!options.output.decisions_path.empty()) return write_match_decisions(options);
  return {};
}

}  // namespace

void print(const MatchOptions& options, const Rate& rate) {
  const double per_second = rate.seconds > 0 ? static_cast<double>(rate.count) / rate.seconds : 0;
  const std::string load(rate.load);
  const std::string policy(rate.policy);
  if (options.output.json) {
    std::printf(
        "{\"load\":\"%s\",\"policy\":\"%s\",\"nodes\":%u,\"pairs\":%llu,\"per_second\":%.0f,\"refused\":%llu}\n",
        load.c_str(), policy.c_str(), rate.nodes, static_cast<unsigned long long>(rate.count), per_second,
        static_cast<unsigned long long>(rate.refused));
  } else {
    std::printf("%9u nodes  %-17s %-10s %12.0f/s   %s\n", rate.nodes, load.c_str(), policy.c_str(), per_second,
                std::string(rate.words).c_str());
  }
  std::fflush(stdout);  // the next load may take a minute
}

Command match_command(CLI::App& program) {
  CLI::App* options = program.add_subcommand("match", "nodes, cores and cards found in a fleet of three node shapes");
  auto given = std::make_shared<MatchOptions>();
  options->add_option("--nodes", given->nodes, "nodes of the fleet")->check(CLI::Range(100, 10'000'000));
  options
      ->add_option("--pairs", given->pairs,
                   "releases with a match each: of single cores, whole nodes and gangs; a tenth of it of other loads")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000'000}));
  options->add_option("--requests", given->requests, "bookings; a fifth of it at one moment")
      ->check(CLI::Range(std::uint64_t{5}, std::uint64_t{1'000'000'000}));
  options->add_option("--seed", given->seed, "of every random choice");
  std::vector<std::string> names;
  for (const std::string_view name : {departures, plain_loop, bookings}) names.emplace_back(name);
  for (const LoadKind kind : load_kinds) names.emplace_back(name_of(kind));
  options->add_option("--load", given->loads, "only these loads")->check(CLI::IsMember(names));
  options->add_option("--out-nodes", given->out_nodes, "nodes of the fleet whose decisions --out writes")
      ->check(CLI::Range(100, 10'000'000));
  options->add_option("--out-pairs", given->out_pairs, "pairs per load that --out writes");
  add_output_options(*options, given->output, true);
  return {options, [given] { return match(*given); }};
}

}  // namespace dayan::bench
