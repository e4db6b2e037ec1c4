#include <unistd.h>

#include <cstdio>
#include <memory>
#include <numeric>

#include "base/prng.h"
#include "bench/command.h"
#include "bench/pod_lists.h"
#include "place/sharing/shared_fleet.h"

/// dayan-bench packing: how much of a cluster's cards is given out, under the protocol of Weng et al., "Beware of
/// Fragmentation" (USENIX ATC 2023): every pod of a list once and then pods of it drawn again, until they ask for 1.3
/// times the cluster's cards; shuffled; each placed at once or dropped; none leaves.

namespace dayan::bench {
namespace {

namespace sharing = place::sharing;

constexpr std::uint64_t first_seed = 42;
constexpr std::uint64_t seeds = 10;
/// Demand that arrives, in tenths of the cluster's cards.
constexpr std::int64_t arrived_tenths_middle = 10;
constexpr std::int64_t arrived_tenths_end = 13;
/// A list of tiny demands would need more draws than anybody waits for.
constexpr std::size_t draws_max = 10'000'000;

struct Options {
  Output output;
  std::string folder;
  std::string nodes_path;
};

struct Decision {
  std::uint32_t pod = 0;
  std::uint16_t cards = 0;
  bool placed = false;
  std::uint32_t node = 0;
};

/// One list under one seed.
struct Trial {
  std::vector<Decision> decisions;
  double allocation_middle = 0;  ///< part of the cluster's cards
  double allocation_end = 0;
  double seconds = 0;  ///< of CPU, from an empty cluster to the last decision
};

/// The order in which pods come: numbers of rows.
Result<std::vector<std::uint32_t>> draw_order(const PackingPods& pods, std::int64_t milli_cards, std::uint64_t seed) {
  Prng random(seed);
  std::vector<std::uint32_t> order(pods.demands.size());
  std::iota(order.begin(), order.end(), 0U);
  std::int64_t asked = 0;
  for (const sharing::Demand& demand : pods.demands) asked += demand.milli_cards();
  while (asked * 10 < milli_cards * arrived_tenths_end) {
    if (order.size() == draws_max)
      return fail(ErrorCode::exhausted,
                  pods.name + ": " + std::to_string(draws_max) + " pods do not fill the cluster",
                  "a list of pods with greater demands, or fewer nodes");
    order.push_back(static_cast<std::uint32_t>(random.below(pods.demands.size())));
    asked += pods.demands[order.back()].milli_cards();
  }
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

Result<Trial> try_list(const PackingNodes& nodes, const PackingPods& pods, std::uint64_t seed) {
  std::int64_t milli_cards = 0;
  for (const sharing::NodeShape& shape : nodes.shapes) milli_cards += shape.cards * sharing::whole_card;
  TRY(const std::vector<std::uint32_t> order, draw_order(pods, milli_cards, seed));
  Trial trial;
  trial.decisions.reserve(order.size());
  std::int64_t arrived = 0;
  std::int64_t allocated = 0;
  const auto part = [&] { return static_cast<double>(allocated) / static_cast<double>(milli_cards); };
  bool middle = false;
  const double begin = cpu_seconds();
  sharing::SharedFleet fleet(nodes.shapes);
  for (const std::uint32_t pod : order) {
    const sharing::Demand& demand = pods.demands[pod];
    const std::optional<sharing::Spot> spot = fleet.place(demand);
    trial.decisions.push_back(spot ? Decision{pod, spot->cards, true, spot->node} : Decision{pod, 0, false, 0});
    arrived += demand.milli_cards();
    if (spot) allocated += demand.milli_cards();
    if (!middle && arrived * 10 >= milli_cards * arrived_tenths_middle) {
      middle = true;
      trial.allocation_middle = part();
    }
    if (arrived * 10 >= milli_cards * arrived_tenths_end) break;
  }
  trial.seconds = cpu_seconds() - begin;
  trial.allocation_end = part();
  const std::optional<std::string> broken = fleet.broken_invariant();
  if (broken) return fail(ErrorCode::corrupt, pods.name + ", seed " + std::to_string(seed) + ": " + *broken);
  return trial;
}

struct Tried {
  PackingPods pods;
  std::vector<Trial> trials;
};

/// Where it stands, on one line that is overwritten; only for people.
void show_progress(const std::string& list, std::uint64_t done, std::uint64_t all) {
  if (::isatty(STDERR_FILENO) == 0) return;
  if (done == all) {
    std::fprintf(stderr, "\r\x1b[K");
  } else {
    std::fprintf(stderr, "\r\x1b[K%s  %llu of %llu", list.c_str(), static_cast<unsigned long long>(done + 1),
                 static_cast<unsigned long long>(all));
  }
  std::fflush(stderr);
}

void print(const Options& options, const Tried& tried) {
  double middle = 0;
  double end = 0;
  double seconds = 0;
  double decisions = 0;
  double placed = 0;
  for (const Trial& trial : tried.trials) {
    middle += 100 * trial.allocation_middle / seeds;
    end += 100 * trial.allocation_end / seeds;
    seconds += trial.seconds;
    decisions += static_cast<double>(trial.decisions.size());
    placed += static_cast<double>(std::ranges::count(trial.decisions, true, &Decision::placed));
  }
  const char* form = options.output.json
                         ? "{\"list\":\"%s\",\"allocation_100\":%.4f,\"allocation_130\":%.4f,"
                           "\"placements_per_second\":%.0f,\"placed\":%.0f,\"demands\":%.0f,\"seeds\":%d}\n"
                         : "%-32s %7.2f %% allocated at 100 %% arrived  %7.2f %% at 130 %%  %9.0f placements/s  "
                           "(%.0f placed of %.0f demands, %d seeds)\n";
  std::printf(form, tried.pods.name.c_str(), middle, end, placed / seconds, placed, decisions, static_cast<int>(seeds));
  std::fflush(stdout);
}

void write_pod(std::ostream& file, const trace::OpenbPod& pod) {
  file << pod.name << ',' << pod.cpu_milli << ',' << pod.memory_mib << ',' << pod.cards << ','
       << (pod.cards == 0 ? 0 : pod.card_milli) << ',';
  for (std::size_t i = 0; i < pod.models.size(); ++i) file << (i == 0 ? "" : "|") << pod.models[i];
}

void write_rows(std::ostream& file, const PackingNodes& nodes, const Tried& tried) {
  for (std::size_t i = 0; i < tried.trials.size(); ++i) {
    std::size_t order = 0;
    for (const Decision& decision : tried.trials[i].decisions) {
      file << tried.pods.name << ',' << first_seed + i << ',' << order++ << ',';
      write_pod(file, tried.pods.rows[decision.pod]);
      file << ',' << (decision.placed ? nodes.rows[decision.node].name : "") << ',';
      bool first = true;
      for (int card = 0; card < sharing::cards_per_node_max; ++card) {
        if ((decision.cards >> card & 1U) == 0) continue;
        file << (first ? "" : "|") << card;
        first = false;
      }
      file << '\n';
    }
  }
}

/// A JSON text cannot hold them unescaped, and no list is named so.
Result<void> check_names(const PackingFiles& files) {
  for (const ListFile& list : files.pods) {
    for (const char c : list.name) {
      if (c == '"' || c == '\\' || c == ',' || static_cast<unsigned char>(c) < ' ')
        return fail(ErrorCode::invalid, "a quote, comma, backslash or control character", "another name for the file",
                    list.path);
    }
  }
  return {};
}

Result<void> run(const Options& options) {
  TRY(const PackingFiles files, find_packing_files(options.folder, options.nodes_path));
  TRY_VOID(check_names(files));
  TRY(const PackingNodes nodes, read_packing_nodes(files.nodes));
  std::vector<PackingPods> lists;  // all are read first: a fault is told before the work
  for (const ListFile& file : files.pods) {
    TRY(PackingPods pods, read_packing_pods(file, nodes.models));
    lists.push_back(std::move(pods));
  }
  const std::uint64_t all = lists.size() * seeds;
  std::uint64_t done = 0;
  std::vector<Tried> kept;
  for (PackingPods& pods : lists) {
    Tried tried{std::move(pods), {}};
    for (std::uint64_t seed = first_seed; seed < first_seed + seeds; ++seed) {
      show_progress(tried.pods.name, done++, all);
      TRY(Trial trial, try_list(nodes, tried.pods, seed));
      tried.trials.push_back(std::move(trial));
    }
    show_progress({}, all, all);
    print(options, tried);
    if (!options.output.decisions_path.empty()) kept.push_back(std::move(tried));
  }
  if (options.output.decisions_path.empty()) return {};
  return write_decisions(options.output.decisions_path, [&](std::ostream& file) {
    file << "list,seed,order,pod,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,node,cards\n";
    for (const Tried& tried : kept) write_rows(file, nodes, tried);
  });
}

}  // namespace

Command packing_command(CLI::App& program) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand(
      "packing", "how much of a cluster's cards is given out to work that shares them in fractions");
  command->add_option("FOLDER", options->folder, "holds a node list and pod lists, CSV or compressed by gzip")
      ->required();
  command->add_option("--nodes", options->nodes_path, "the node list (default: the one in FOLDER)");
  add_output_options(*command, options->output, true);
  return {command, [options] { return run(*options); }};
}

}  // namespace dayan::bench
