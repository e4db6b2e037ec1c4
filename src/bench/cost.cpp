#include "bench/cost.h"

#include <algorithm>
#include <cstdio>
#include <memory>

#include "base/scan.h"
#include "bench/clp_costs.h"
#include "trace/gap.h"
#include "trace/text_file.h"

/// dayan-bench cost: many jobs placed over many pools at the least total cost, beside the linear bound by CLP and
/// beside first-come-cheapest.

namespace dayan::bench {
namespace {

namespace cost = place::cost;

Result<trace::GapInstance> generated(const CostOptions& options) {
  std::string_view text = options.generate;
  const std::string_view jobs = take_digits(text);
  const bool has_cross = take(text, 'x');
  const std::string_view pools = take_digits(text);
  const std::int64_t job_count = jobs.empty() ? 0 : number_of(jobs).value_or(0);
  const std::int64_t pool_count = pools.empty() ? 0 : number_of(pools).value_or(0);
  if (!has_cross || !text.empty() || job_count < 1 || job_count > trace::gap_jobs_max || pool_count < 1 ||
      pool_count > trace::gap_pools_max)
    return fail(ErrorCode::invalid, quote(options.generate) + " is not a size", "JOBSxPOOLS, as 20000x80", "generate");
  return trace::generate_gap(static_cast<std::size_t>(job_count), static_cast<std::size_t>(pool_count), options.seed);
}

Result<trace::GapInstance> instance_of(const CostOptions& options) {
  if (options.path.empty() == options.generate.empty())
    return fail(ErrorCode::invalid, "there is no instance, or there are two", "FILE, or --generate JOBSxPOOLS");
  if (!options.generate.empty()) return generated(options);
  TRY(const std::string text, trace::read_text(options.path));
  auto read = trace::parse_gap(text);
  if (read) return std::move(*read);
  return fail(trace::error_in_file(std::move(read).error(), options.path));
}

CostInstance converted(const trace::GapInstance& instance) {
  CostInstance same{instance.capacities, {}};
  same.jobs.reserve(instance.jobs.size());
  for (const trace::GapJob& job : instance.jobs) {
    same.jobs.push_back({job.demand, job.reject_cost, {}});
    for (const trace::GapOption& option : job.options) same.jobs.back().options.push_back({option.pool, option.cost});
  }
  return same;
}

/// Each job in the order of the file to its cheapest pool that has room, where that is cheaper than to leave it out.
Decisions first_come_cheapest(const CostInstance& instance) {
  std::vector<std::int64_t> free = instance.capacities;
  Decisions decisions;
  for (const cost::Job& job : instance.jobs) {
    const cost::Option* best = nullptr;
    for (const cost::Option& option : job.options) {
      if (free[option.pool] < job.demand || option.cost >= (best == nullptr ? job.reject_cost : best->cost)) continue;
      best = &option;
    }
    decisions.push_back(best == nullptr ? std::nullopt : std::optional(best->pool));
    if (best != nullptr) free[best->pool] -= job.demand;
  }
  return decisions;
}

struct Ours {
  Decisions decisions;
  cost::Plan plan;
  double seconds = 0;
};

Result<Ours> place_all(const CostOptions& options, const CostInstance& instance) {
  Ours ours;
  const double begin = cpu_seconds();
  TRY(auto assigner, cost::Assigner::make(instance.capacities));
  TRY(const std::vector<cost::JobIndex> indices, assigner.add(instance.jobs));
  ours.plan = assigner.optimise(options.effort);
  ours.seconds = cpu_seconds() - begin;
  for (const cost::JobIndex index : indices) ours.decisions.push_back(assigner.pool_of(index));
  return ours;
}

Result<void> write_out(const CostOptions& options, const CostInstance& instance, const Decisions& decisions) {
  if (options.output.decisions_path.empty()) return {};
  return write_decisions(options.output.decisions_path, [&](std::ostream& out) {
    out << "job,pool,cost\n";
    for (std::size_t i = 0; i < decisions.size(); ++i) {
      const cost::Job& job = instance.jobs[i];
      out << i << ',';
      if (decisions[i]) {
        out << *decisions[i] << ','
            << to_text(std::ranges::find(job.options, *decisions[i], &cost::Option::pool)->cost);
      } else {
        out << "rejected," << to_text(job.reject_cost);
      }
      out << '\n';
    }
  });
}

void print(const CostOptions& options, const CostInstance& instance, const Ours& ours,
           const std::optional<LinearBound>& bound) {
  const Recount counted = recount(instance.capacities, instance.jobs, ours.decisions);
  const Recount greedy = recount(instance.capacities, instance.jobs, first_come_cheapest(instance));
  const double least = bound ? bound->yuan : static_cast<double>(ours.plan.bound.micro()) / 1e6;
  const double gap = gap_percent(counted.cost, least);
  const double greedy_gap = gap_percent(greedy.cost, least);
  if (options.output.json) {
    std::printf(
        "{\"jobs\":%zu,\"pools\":%zu,\"cost\":%s,\"bound\":%.6f,\"bound_by\":\"%s\",\"gap_percent\":%.5f,"
        "\"seconds\":%.4f,\"violations\":%lld,\"left_out\":%lld,\"own_bound\":%s,\"first_come_cheapest\":%s,"
        "\"first_come_cheapest_gap_percent\":%.3f",
        instance.jobs.size(), instance.capacities.size(), to_text(counted.cost).c_str(), least,
        bound ? "CLP" : "own prices", gap, ours.seconds, static_cast<long long>(counted.violations),
        static_cast<long long>(counted.left_out), to_text(ours.plan.bound).c_str(), to_text(greedy.cost).c_str(),
        greedy_gap);
    if (bound) std::printf(",\"bound_seconds\":%.4f", bound->seconds);
    std::printf("}\n");
    return;
  }
  std::printf("%zu jobs, %zu pools\n", instance.jobs.size(), instance.capacities.size());
  std::printf("  ours                 %s yuan  %.5f %% above the bound  %.4f s  violations %lld  left out %lld\n",
              to_text(counted.cost).c_str(), gap, ours.seconds, static_cast<long long>(counted.violations),
              static_cast<long long>(counted.left_out));
  std::printf("  first-come-cheapest  %s yuan  %.3f %% above the bound\n", to_text(greedy.cost).c_str(), greedy_gap);
  std::printf("  bound, own prices    %s yuan\n", to_text(ours.plan.bound).c_str());
  if (bound) std::printf("  bound, CLP           %.6f yuan  %.4f s\n", bound->yuan, bound->seconds);
}

Result<void> run_cost(const CostOptions& options) {
  TRY(const trace::GapInstance read, instance_of(options));
  const CostInstance instance = converted(read);
  if (options.is_stream) return run_cost_stream(options, instance);
  TRY(const Ours ours, place_all(options, instance));
  std::optional<LinearBound> bound;
  if (!options.no_bound) {
    TRY(bound, linear_bound(instance.capacities, instance.jobs));
  }
  print(options, instance, ours, bound);
  return write_out(options, instance, ours.decisions);
}

}  // namespace

Recount recount(std::span<const std::int64_t> capacities, std::span<const cost::Job> jobs,
                const Decisions& decisions) {
  Recount counted;
  std::vector<std::int64_t> loads(capacities.size(), 0);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (!decisions[i]) {
      counted.cost += jobs[i].reject_cost;
      ++counted.left_out;
      continue;
    }
    loads[*decisions[i]] += jobs[i].demand;
    const auto option = std::ranges::find(jobs[i].options, *decisions[i], &cost::Option::pool);
    if (option == jobs[i].options.end())
      ++counted.violations;
    else
      counted.cost += option->cost;
  }
  for (std::size_t pool = 0; pool < loads.size(); ++pool) {
    if (loads[pool] > capacities[pool]) ++counted.violations;
  }
  return counted;
}

double gap_percent(Cny cost, double bound_yuan) {
  const double yuan = static_cast<double>(cost.micro()) / 1e6;
  return bound_yuan > 0 ? (yuan / bound_yuan - 1) * 100 : yuan > 0 ? 100 : 0;
}

Command cost_command(CLI::App& program) {
  auto options = std::make_shared<CostOptions>();
  CLI::App* command = program.add_subcommand(
      "cost", "Places many jobs over many pools at the least total cost, beside the linear bound by CLP");
  command->add_option("file", options->path,
                      "an instance: `J P`, capacities, J lines `demand reject m (pool cost)*m`");
  command->add_option("--generate", options->generate, "JOBSxPOOLS: a synthetic instance instead of a file");
  command->add_option("--seed", options->seed, "of what is generated, and of the stream");
  command->add_flag("--no-bound", options->no_bound, "leaves CLP out; the bound is then that of our own prices");
  command->add_option("--work", options->effort.work, "improvement, in pairs of pools looked at");
  command->add_option("--enough", options->effort.enough_per_million, "stops so many millionths above the bound");
  command->add_flag("--stream", options->is_stream, "jobs arrive, start and end; planned anew every virtual second");
  command->add_option("--seconds", options->seconds, "of the stream")->check(CLI::Range(1, 100'000));
  command->add_option("--arrivals", options->arrivals_per_second, "a second; 0: a hundredth of the jobs")
      ->check(CLI::Range(0, 100'000));
  command->add_option("--start-after", options->start_after, "seconds from a job's arrival to its start")
      ->check(CLI::Range(0, 100'000));
  add_output_options(*command, options->output, true);
  return {command, [options] { return run_cost(*options); }};
}

}  // namespace dayan::bench
