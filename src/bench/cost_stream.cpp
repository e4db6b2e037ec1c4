#include <algorithm>
#include <cstdio>
#include <map>

#include "base/prng.h"
#include "bench/clp_costs.h"
#include "bench/cost.h"

/// A stream of arrivals, starts and ends, planned anew every virtual second.
///
/// At second 0 all jobs of the instance are there; then new ones, drawn from the instance, arrive, as many as keep
/// the load the same. `start_after` seconds after its arrival (meanwhile its inputs are staged) a job that has a pool
/// starts there and stays to its end; one that has none waits on, and is withdrawn after `patience` seconds.
///
/// What is planned anew at a second: every job that has not started, over what the started ones leave of the pools.
/// The bound of a second is the linear program of exactly that, built and solved from nothing: the jobs not started,
/// the capacity not held. The gap is told twice: of what was decided (the costs of started jobs, which can no longer
/// change, are in neither number), and of all jobs that are there (they are in both).

namespace dayan::bench {
namespace {

namespace cost = place::cost;

constexpr int patience = 120;

struct Live {
  std::size_t kind = 0;  ///< which job of the instance it is like
  int arrived = 0;
  int ends = 0;  ///< the second; of one that has not started: when it is withdrawn
  bool started = false;
};

struct Second {
  double decided_gap = 0;  ///< percent, as all gaps
  double whole_gap = 0;
  double seconds = 0;
  double bound_seconds = 0;
  std::size_t planned = 0;
  std::size_t started = 0;
  std::int64_t violations = 0;
};

class Stream {
 public:
  Stream(const CostOptions& options, const CostInstance& instance, cost::Assigner assigner)
      : options_(options), instance_(instance), assigner_(std::move(assigner)), prng_(options.seed) {
    const auto jobs = static_cast<int>(instance.jobs.size());
    arrivals_ = options.arrivals_per_second > 0 ? options.arrivals_per_second : std::max(1, jobs / 100);
    mean_run_ = std::max(1, jobs / arrivals_ - options.start_after);
  }

  Result<Second> step(int now) {
    Second second;
    double begin = cpu_seconds();
    end_jobs(now);
    TRY_VOID(add_jobs(now));
    (void)assigner_.optimise(options_.effort);
    second.seconds = cpu_seconds() - begin;
    TRY_VOID(measure(second));
    begin = cpu_seconds();
    start_jobs(now);
    second.seconds += cpu_seconds() - begin;
    if (!options_.output.decisions_path.empty()) log(now);
    return second;
  }

  [[nodiscard]] const std::string& decisions() const { return decisions_; }

 private:
  void end_jobs(int now) {
    for (auto at = live_.begin(); at != live_.end();) {
      if (at->second.ends > now) {
        ++at;
        continue;
      }
      assigner_.remove(at->first);
      at = live_.erase(at);
    }
  }

  Result<void> add_jobs(int now) {
    std::vector<cost::Job> jobs;
    std::vector<std::size_t> kinds;
    const std::size_t count = now == 0 ? instance_.jobs.size() : static_cast<std::size_t>(arrivals_);
    for (std::size_t i = 0; i < count; ++i) {
      kinds.push_back(now == 0 ? i : prng_.below(instance_.jobs.size()));
      jobs.push_back(instance_.jobs[kinds.back()]);
    }
    TRY(const std::vector<cost::JobIndex> indices, assigner_.add(jobs));
    // Those of the first second arrived one after the other too.
    for (std::size_t i = 0; i < count; ++i) {
      const int arrived = now == 0 ? -static_cast<int>(prng_.below(static_cast<std::uint64_t>(patience))) : now;
      live_[indices[i]] = {kinds[i], arrived, arrived + patience + 1, false};
    }
    return {};
  }

  void start_jobs(int now) {
    for (auto& [index, live] : live_) {
      if (live.started || now - live.arrived < options_.start_after || !assigner_.pool_of(index)) continue;
      assigner_.hold(index);
      live.started = true;
      live.ends = now + static_cast<int>(prng_.between(1, 2 * mean_run_));
    }
  }

  Result<void> measure(Second& second) const {
    std::vector<std::int64_t> free = instance_.capacities;
    Cny held;
    for (const auto& [index, live] : live_) {
      if (!live.started) continue;
      const cost::Job& job = instance_.jobs[live.kind];
      const cost::PoolIndex pool = *assigner_.pool_of(index);
      free[pool] -= job.demand;
      held += std::ranges::find(job.options, pool, &cost::Option::pool)->cost;
      ++second.started;
    }
    std::vector<cost::Job> jobs;
    Decisions decisions;
    for (const auto& [index, live] : live_) {
      if (live.started) continue;
      jobs.push_back(instance_.jobs[live.kind]);
      std::erase_if(jobs.back().options,
                    [&](const cost::Option& option) { return free[option.pool] < jobs.back().demand; });
      decisions.push_back(assigner_.pool_of(index));
    }
    const Recount counted = recount(free, jobs, decisions);
    second.planned = jobs.size();
    second.violations = counted.violations;
    if (options_.no_bound) return {};
    TRY(const LinearBound bound, linear_bound(free, jobs));
    second.bound_seconds = bound.seconds;
    second.decided_gap = gap_percent(counted.cost, bound.yuan);
    second.whole_gap = gap_percent(counted.cost + held, bound.yuan + static_cast<double>(held.micro()) / 1e6);
    return {};
  }

  /// Every plan of every second, and each start once: from which all figures can be counted again.
  void log(int now) {
    for (const auto& [index, live] : live_) {
      const bool started_now = live.started && live.ends > now && !logged_.contains(index);
      if (live.started && !started_now) continue;
      const auto pool = assigner_.pool_of(index);
      decisions_ += std::to_string(now) + ',' + std::to_string(index) + ',' + std::to_string(live.kind) + ',' +
                    (pool ? std::to_string(*pool) : "rejected") + ',' + to_text(assigner_.cost_of(index)) + ',' +
                    (live.started ? "started," + std::to_string(live.ends) : "planned,") + '\n';
      if (live.started) logged_[index] = live.ends;
    }
    std::erase_if(logged_, [&](const auto& each) { return each.second <= now + 1; });
  }

  const CostOptions& options_;
  const CostInstance& instance_;
  cost::Assigner assigner_;
  Prng prng_;
  std::map<cost::JobIndex, Live> live_;
  std::map<cost::JobIndex, int> logged_;  // started jobs whose start is written, with their end
  std::string decisions_;
  int arrivals_ = 0;
  int mean_run_ = 0;
};

/// Of one figure over all seconds.
struct Spread {
  double mean = 0;
  double median = 0;
  double worst = 0;
};

template <class Figure>
Spread spread_of(const std::vector<Second>& steps, Figure figure) {
  std::vector<double> values;
  double sum = 0;
  for (const Second& step : steps) {
    values.push_back(static_cast<double>(figure(step)));
    sum += values.back();
  }
  std::ranges::sort(values);
  return {sum / static_cast<double>(values.size()), values[values.size() / 2], values.back()};
}

void print(const CostOptions& options, const std::vector<Second>& steps) {
  const Spread decided = spread_of(steps, [](const Second& step) { return step.decided_gap; });
  const Spread whole = spread_of(steps, [](const Second& step) { return step.whole_gap; });
  const Spread ours = spread_of(steps, [](const Second& step) { return step.seconds; });
  const Spread bound = spread_of(steps, [](const Second& step) { return step.bound_seconds; });
  const Spread planned = spread_of(steps, [](const Second& step) { return step.planned; });
  const Spread started = spread_of(steps, [](const Second& step) { return step.started; });
  std::int64_t violations = 0;
  for (const Second& step : steps) violations += step.violations;
  const char* form =
      options.output.json
          ? "{\"steps\":%zu,\"planned_mean\":%.0f,\"started_mean\":%.0f,\"gap_percent_mean\":%.5f,"
            "\"gap_percent_worst\":%.5f,\"gap_percent_with_started_mean\":%.5f,"
            "\"gap_percent_with_started_worst\":%.5f,\"first_step_seconds\":%.5f,\"step_seconds_median\":%.5f,"
            "\"step_seconds_worst\":%.5f,\"bound_seconds_mean\":%.5f,\"violations\":%lld}\n"
          : "%zu seconds; on average %.0f jobs planned anew at each, %.0f started ones in place\n"
            "  gap to the bound of that second    mean %.5f %%  worst %.5f %%\n"
            "  the same with the started jobs     mean %.5f %%  worst %.5f %%\n"
            "  ours    first step %.4f s  median %.4f s  worst %.4f s\n  CLP     mean %.4f s\n  violations %lld\n";
  std::printf(form, steps.size(), planned.mean, started.mean, decided.mean, decided.worst, whole.mean, whole.worst,
              steps.front().seconds, ours.median, ours.worst, bound.mean, static_cast<long long>(violations));
}

}  // namespace

Result<void> run_cost_stream(const CostOptions& options, const CostInstance& instance) {
  if (instance.jobs.empty()) return fail(ErrorCode::invalid, "the instance has no jobs", "at least one job");
  TRY(auto assigner, cost::Assigner::make(instance.capacities));
  Stream stream(options, instance, std::move(assigner));
  std::vector<Second> steps;
  for (int now = 0; now < options.seconds; ++now) {
    TRY(const Second second, stream.step(now));
    steps.push_back(second);
  }
  print(options, steps);
  if (options.output.decisions_path.empty()) return {};
  return write_decisions(options.output.decisions_path, [&](std::ostream& out) {
    out << "second,job,like,pool,cost,state,ends\n" << stream.decisions();
  });
}

}  // namespace dayan::bench
