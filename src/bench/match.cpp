#include "bench/match.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "bench/decision_file.h"
#include "bench/match_load.h"

/// `dayan-bench match`: finding nodes, cores and cards in a large fleet, and whole nodes over time.

namespace dayan::bench {
namespace {

using place::FitPolicy;

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

bool is_main(LoadKind kind) {
  return kind == LoadKind::single_core || kind == LoadKind::whole_node || kind == LoadKind::gang;
}

/// Fills a fleet and replaces; pairs a second. A gang is one match.
Result<MatchRun> play_load(const MatchOptions& options, LoadKind kind, FitPolicy policy, DecisionLog log) {
  const std::int64_t resident_before = own_resident_bytes();
  const double begin = cpu_seconds();
  place::Fleet fleet = three_shape_fleet(options.nodes);
  const double built = cpu_seconds() - begin;
  log.begin(fleet, name_of(kind), name_of(policy), options.seed);
  const std::unique_ptr<MatchLoad> load = make_load(kind, fleet, options.seed, log);
  load->fill();
  if (load->live() == 0) return fail(ErrorCode::invalid, "the fleet is too small for this load", "more", "nodes");
  MatchRun run;
  // Each allocation is replaced about once before the clock starts, so that the fill's order is gone.
  run.count = is_main(kind) ? options.pairs : std::max<std::uint64_t>(1, options.pairs / pairs_of_others);
  log.phase("mix");
  for (std::uint64_t i = std::min<std::uint64_t>(load->live(), run.count); i > 0; --i)
    (void)load->replace_one(policy);
  log.phase("measured");
  const double start = cpu_seconds();
  for (std::uint64_t i = 0; i < run.count; ++i) run.refused += load->replace_one(policy) ? 0U : 1U;
  run.seconds = cpu_seconds() - start;
  if (!options.output.decisions_path.empty()) run.left = sum_of_free(fleet);
  if (log.writes()) return run;
  if (kind == LoadKind::single_core && policy == FitPolicy::first)
    print_size(options, built, fleet.bytes(), own_resident_bytes() - resident_before);
  if (options.nodes > recount_nodes_max) return run;
  const std::optional<place::Grant> held = load->held();
  if (!held) return run;
  if (const auto broken = fleet.broken_invariant(*held)) return fail(ErrorCode::corrupt, *broken);
  return run;
}

Result<void> match_all(const MatchOptions& options, const DecisionLog& log) {
  print_peer(options);
  for (const LoadKind kind : load_kinds) {
    if (!wants(options, name_of(kind))) continue;
    for (const FitPolicy policy : {FitPolicy::first, FitPolicy::best}) {
      TRY_VOID(measure_and_write(
          options, log,
          {.load = name_of(kind), .policy = name_of(policy), .words = words_of(kind), .nodes = options.nodes},
          [&](DecisionLog written) { return play_load(options, kind, policy, std::move(written)); }));
    }
  }
  if (wants(options, departures)) TRY_VOID(measure_departures(options, log));
  if (wants(options, plain_loop)) {
    TRY_VOID(measure_plain_loop(options, log, FitPolicy::first));
    TRY_VOID(measure_plain_loop(options, log, FitPolicy::best));
  }
  if (wants(options, bookings)) {
    std::vector<place::NodeIndex> sizes{options.nodes};
    if (options.nodes != 1'000) sizes.insert(sizes.begin(), 1'000);
    for (const place::NodeIndex nodes : sizes) {
      TRY_VOID(measure_bookings(options, log, nodes, true));
      TRY_VOID(measure_bookings(options, log, nodes, false));
    }
  }
  std::printf(options.output.json ? "{\"nodes\":%u,\"process_bytes_max\":%lld}\n"
                                  : "%9u nodes  the process with all its lists, at its greatest: %lld bytes\n",
              options.nodes, static_cast<long long>(own_resident_bytes_max()));
  return {};
}

Result<void> match(const MatchOptions& options) {
  if (options.output.decisions_path.empty()) return match_all(options, DecisionLog());
  TRY(const std::unique_ptr<DecisionFile> file, DecisionFile::open(options.output.decisions_path));
  TRY_VOID(match_all(options, DecisionLog(&file->stream())));
  return file->finish();
}

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

}  // namespace

Result<void> measure_and_write(const MatchOptions& options, DecisionLog log, Rate rate,
                               const std::function<Result<MatchRun>(DecisionLog)>& play) {
  TRY(const MatchRun measured, play(DecisionLog()));
  rate.count = measured.count;
  rate.seconds = measured.seconds;
  rate.refused = measured.refused;
  print(options, rate);
  if (!log.writes()) return {};
  TRY(const MatchRun written, play(log));
  if (written.count != measured.count || written.refused != measured.refused || written.left != measured.left)
    return fail(ErrorCode::corrupt, "the decisions that were written are not those that were measured");
  log.done(measured.count, measured.refused, measured.seconds);
  return {};
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
  add_output_options(*options, given->output, true);
  options->get_option("--out")->description(
      "writes every decision of all that is measured to this file, compressed when it ends in .gz: about 3 GB with ten "
      "million pairs, 1 GB compressed. Nothing is written while the clock runs: each load is played a second time, and "
      "that both came to the same is checked");
  return {options, [given] { return match(*given); }};
}

}  // namespace dayan::bench
