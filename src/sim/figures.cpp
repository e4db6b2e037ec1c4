#include "sim/figures.h"

#include <algorithm>
#include <cmath>

namespace dayan::sim {
namespace {

using place::Amounts;

double seconds(Duration duration) { return static_cast<double>(duration.microseconds()) / 1e6; }
Duration duration(double value) { return Duration::microseconds(std::llround(value * 1e6)); }

/// Work in steps of equal length: what part of [from, to) a step has, summed up.
class Steps {
 public:
  Steps(Stretch stretch, std::size_t count) : from_(seconds(stretch.from)), sums_(count) {
    width_ = std::max(1e-6, (seconds(stretch.to) - from_) / static_cast<double>(count));
  }
  void add(Duration from, Duration to, double amount) {
    const auto clamp = [&](Duration at) {
      return std::clamp((seconds(at) - from_) / width_, 0.0, static_cast<double>(sums_.size()));
    };
    const double begin = clamp(from);
    const double end = clamp(to);
    for (auto i = static_cast<std::size_t>(begin); i < sums_.size() && static_cast<double>(i) < end; ++i) {
      const auto at = static_cast<double>(i);
      sums_[i] += amount * (std::min(end, at + 1) - std::max(begin, at));
    }
  }
  [[nodiscard]] const std::vector<double>& sums() const { return sums_; }

 private:
  double from_;
  double width_ = 1;
  std::vector<double> sums_;
};

double part_of(double amount, double all) { return all > 0 ? amount / all : 0; }

void add_utilisation(Figures& figures, const Schedule& schedule, const Scenario& scenario, const Load& load) {
  const Stretch stretch = arrivals_of(load);
  Steps cores(stretch, utilisation_steps);
  Steps cards(stretch, utilisation_steps);
  for (const TaskRun& run : schedule.runs) {
    const Resources needs = over_all_nodes(load.needs(load.jobs[run.job]).resources);
    cores.add(run.start, run.end, static_cast<double>(needs.cores.value()));
    cards.add(run.start, run.end, static_cast<double>(needs.cards.value()));
  }
  double all_cores = 0;
  double all_cards = 0;
  for (const Site& site : scenario.sites()) {
    all_cores += static_cast<double>(site.capacity(site.pool.nodes).of[place::in_cores]);
    all_cards += static_cast<double>(site.capacity(site.pool.nodes).of[place::in_millicards]);
  }
  const auto mean = [](const std::vector<double>& sums) {
    double all = 0;
    for (const double sum : sums) all += sum;
    return all / static_cast<double>(sums.size());
  };
  figures.core_utilisation = part_of(mean(cores.sums()), all_cores);
  figures.card_utilisation = part_of(mean(cards.sums()), all_cards);
  const bool has_cards = scenario.has_cards();
  for (const double sum : (has_cards ? cards : cores).sums())
    figures.utilisation.push_back(part_of(sum, has_cards ? all_cards : all_cores));
}

void add_reclaimable(ReclaimableFigures& figures, const TaskRun& run, const Load& load) {
  const Requirements& needs = load.needs(load.jobs[run.job]);
  if (!needs.reclaimable) return;
  figures.cost += run.cost;
  figures.tasks_done += run.is_whole() ? 1 : 0;
  if (run.how != RunEnd::reclaimed) return;
  ++figures.taken_back;
  figures.cost_taken_back += run.cost;
  const Resources all = over_all_nodes(needs.resources);
  const double hours = seconds(run.end - run.start - run.staged) / 3'600;
  figures.core_hours_lost += hours * static_cast<double>(all.cores.value());
  figures.card_hours_lost += hours * static_cast<double>(all.cards.value()) / 1'000;
}

JsonObject json_of(const ReclaimableFigures& figures) {
  JsonObject object;
  object["tasks_done"] = figures.tasks_done;
  object["mean_wait"] = to_json(figures.mean_wait);
  object["cost"] = to_json(figures.cost);
  object["starts_taken_back"] = figures.taken_back;
  object["cost_taken_back"] = to_json(figures.cost_taken_back);
  object["core_hours_lost"] = figures.core_hours_lost;
  object["card_hours_lost"] = figures.card_hours_lost;
  return object;
}

}  // namespace

Stretch arrivals_of(const Load& load) {
  if (load.jobs.empty()) return {};
  Stretch stretch{load.jobs.front().submit, load.jobs.back().submit};
  // All at once: the stretch is as long as the longest of them.
  if (stretch.from == stretch.to)
    for (const LoadJob& job : load.jobs) stretch.to = std::max(stretch.to, job.submit + job.run);
  return stretch;
}

Figures figures_of(const Schedule& schedule, const Scenario& scenario, const Load& load) {
  Figures figures;
  figures.policy = schedule.policy;
  figures.unfinished = schedule.unfinished;
  figures.moved = schedule.moved;
  figures.seconds = schedule.seconds;
  figures.has_reclaimable = load.has_reclaimable();
  std::vector<std::int32_t> whole(load.jobs.size());
  std::vector<Duration> ends(load.jobs.size());
  std::vector<double> waits;
  waits.reserve(schedule.runs.size());
  FairnessSum fairness(load);
  double wait_sum = 0;
  double slowdown_sum = 0;
  double reclaimable_wait = 0;
  for (const TaskRun& run : schedule.runs) {
    const LoadJob& job = load.jobs[run.job];
    if (figures.has_reclaimable) add_reclaimable(figures.reclaimable, run, load);
    if (run.how == RunEnd::reclaimed) figures.cost += run.cost;
    if (!run.is_whole()) {
      figures.interrupted += run.how == RunEnd::reclaimed ? 0 : 1;
      continue;
    }
    ++whole[run.job];
    ends[run.job] = std::max(ends[run.job], run.end);
    ++figures.tasks_done;
    figures.cut += run.how == RunEnd::cut ? 1 : 0;
    figures.cost += run.cost;
    figures.makespan = std::max(figures.makespan, run.end - load.jobs.front().submit);
    const Duration wait = run.start + run.staged - waits_from(schedule, load, run.job);
    if (figures.longest_waiter.empty() || wait > figures.max_wait) {
      figures.max_wait = wait;
      figures.longest_waiter = job.name;
    }
    waits.push_back(seconds(wait));
    if (load.needs(job).reclaimable) reclaimable_wait += waits.back();
    wait_sum += waits.back();
    const double took = seconds(run.end - run.start - run.staged);
    const double slowdown = std::max(1.0, (waits.back() + took) / std::max(took, seconds(slowdown_floor)));
    slowdown_sum += slowdown;
    fairness.add(job, waits.back(), slowdown);
  }
  for (std::size_t job = 0; job < whole.size(); ++job) {
    const bool is_done = whole[job] == load.jobs[job].tasks;
    const UnixTime due = load.needs(load.jobs[job]).finish_by;
    figures.jobs_done += is_done ? 1 : 0;
    figures.late += !due.is_none() && (!is_done || beginning + ends[job] > due) ? 1 : 0;
  }
  add_utilisation(figures, schedule, scenario, load);
  if (load.has_many_customers()) figures.fairness = fairness.result();
  if (figures.reclaimable.tasks_done > 0)
    figures.reclaimable.mean_wait =
        duration(reclaimable_wait / static_cast<double>(figures.reclaimable.tasks_done));
  if (waits.empty()) return figures;
  std::ranges::sort(waits);
  const auto ranked = [&](double part) {
    return waits[static_cast<std::size_t>(std::ceil(part * static_cast<double>(waits.size() - 1)))];
  };
  figures.mean_wait = duration(wait_sum / static_cast<double>(waits.size()));
  figures.p95_wait = duration(ranked(0.95));
  figures.mean_bounded_slowdown = slowdown_sum / static_cast<double>(waits.size());
  for (std::size_t i = 0; i <= wait_points; ++i)
    figures.waits.push_back(ranked(static_cast<double>(i) / static_cast<double>(wait_points)));
  return figures;
}

JsonObject json_of(const Figures& figures) {
  JsonObject object;
  object["policy"] = figures.policy;
  object["jobs_done"] = figures.jobs_done;
  object["tasks_done"] = figures.tasks_done;
  object["tasks_unfinished"] = figures.unfinished;
  object["jobs_late"] = figures.late;
  object["tasks_cut"] = figures.cut;
  object["starts_interrupted"] = figures.interrupted;
  object["core_utilisation"] = figures.core_utilisation;
  object["card_utilisation"] = figures.card_utilisation;
  object["mean_wait"] = to_json(figures.mean_wait);
  object["p95_wait"] = to_json(figures.p95_wait);
  object["max_wait"] = to_json(figures.max_wait);
  object["longest_waiter"] = figures.longest_waiter;
  object["mean_bounded_slowdown"] = figures.mean_bounded_slowdown;
  object["cost"] = to_json(figures.cost);
  object["bytes_moved"] = to_json(figures.moved);
  object["makespan"] = to_json(figures.makespan);
  object["violations"] = figures.violations;
  object["violations_told"] = to_json(figures.violations_told);
  if (figures.has_reclaimable) object["reclaimable"] = json_of(figures.reclaimable);
  if (figures.fairness.customers > 0) object["fairness"] = json_of(figures.fairness);
  object["seconds"] = figures.seconds;
  return object;
}

std::uint32_t busiest_site(const Schedule& schedule, const Scenario& scenario, const Load& load) {
  std::vector<double> work(scenario.sites().size());
  for (const TaskRun& run : schedule.runs) {
    const Site& site = scenario.sites()[run.site];
    const Amounts need = place::need_of(load.needs(load.jobs[run.job]).resources).all();
    const Amounts all = site.capacity(site.pool.nodes);
    double part = 0;
    for (std::size_t kind = 0; kind < place::kinds; ++kind)
      part = std::max(part, part_of(static_cast<double>(need.of[kind]), static_cast<double>(all.of[kind])));
    work[run.site] += part * seconds(run.end - run.start);
  }
  return static_cast<std::uint32_t>(std::ranges::max_element(work) - work.begin());
}

}  // namespace dayan::sim
