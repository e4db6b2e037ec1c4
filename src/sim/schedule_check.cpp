#include <algorithm>
#include <map>
#include <set>

#include "sim/figures.h"

/// The checks of a schedule from its runs alone.

namespace dayan::sim {
namespace {

using place::Amounts;

struct Told {
  std::vector<std::string> all;
  void add(std::string what) {
    if (all.size() < violations_told_max) all.push_back(std::move(what));
  }
};

std::string name_of(const TaskRun& run, const Load& load) {
  return "task " + std::to_string(run.task) + " of " + load.jobs[run.job].name;
}

/// What a pool gains or loses at one instant. Ends and losses of work come first, then nodes, then what takes no time, one
/// after the other, then starts.
struct Step {
  Duration at;
  int order = 0;
  Amounts taken;
  std::int32_t nodes = 0;
  std::int32_t width = 0;  ///< nodes of a task that starts; of one that ends below zero
};

void check_capacity(std::uint32_t number, std::vector<Step>& steps, const Site& site, Told& told) {
  std::ranges::stable_sort(steps, {}, [](const Step& step) { return std::pair(step.at, step.order); });
  Amounts taken;
  std::int32_t away = 0;
  std::multiset<std::int32_t> widths;
  for (const Step& step : steps) {
    away -= step.nodes;
    if (step.width > 0) widths.insert(step.width);
    if (step.width < 0) widths.erase(widths.find(-step.width));
    const std::int32_t nodes = std::max(0, site.pool.nodes - away);
    if (!widths.empty() && *widths.rbegin() > nodes) {
      told.add("pool " + std::to_string(number) + " (" + site.pool.name + " of " + site.centre_name + ") has " +
               std::to_string(nodes) + " nodes at " + to_text(step.at) + ", and a task on " +
               std::to_string(*widths.rbegin()));
      return;
    }
    const Amounts room = site.capacity(nodes);
    for (std::size_t kind = 0; kind < place::kinds; ++kind) {
      taken.of[kind] += step.taken.of[kind];
      if (taken.of[kind] <= room.of[kind]) continue;
      told.add("pool " + std::to_string(number) + " (" + site.pool.name + " of " + site.centre_name +
               ") is over its capacity at " + to_text(step.at));
      return;
    }
  }
}

using JobAtCentre = std::pair<std::uint32_t, std::size_t>;

/// Since when a job's inputs may be at a centre at the earliest: they begin to cross with its first start there.
std::map<JobAtCentre, Duration> inputs_ready(const Schedule& schedule, const Scenario& scenario, const Load& load) {
  std::map<JobAtCentre, Duration> ready;
  for (const TaskRun& run : schedule.runs) {
    const LoadJob& job = load.jobs[run.job];
    if (job.inputs.is_zero()) continue;
    const Duration here = run.start + scenario.crossing_time(run.site, job.inputs);
    const auto [known, is_new] = ready.try_emplace({run.job, scenario.sites()[run.site].centre}, here);
    if (!is_new) known->second = std::min(known->second, here);
  }
  return ready;
}

}  // namespace

std::vector<std::string> check(const Schedule& schedule, const Scenario& scenario, const Load& load) {
  Told told;
  std::vector<std::vector<Step>> steps(scenario.sites().size());
  std::set<std::pair<std::uint32_t, std::int32_t>> whole;
  std::map<std::pair<std::uint32_t, std::int32_t>, std::int32_t> taken_back;
  const std::map<JobAtCentre, Duration> ready = inputs_ready(schedule, scenario, load);
  for (const TaskRun& run : schedule.runs) {
    const LoadJob& job = load.jobs[run.job];
    const Site& site = scenario.sites()[run.site];
    if (run.start < submission(schedule, load, run.job))
      told.add(name_of(run, load) + " started before it was submitted");
    else if (run.start < waits_from(schedule, load, run.job))
      told.add(name_of(run, load) + " started before it may");
    if (!site.could_run(load.needs(job), job.limit)) told.add(name_of(run, load) + " ran where it cannot run");
    if (run.end < run.start) told.add(name_of(run, load) + " ended before it started");
    if (run.is_whole()) {
      if (!whole.emplace(run.job, run.task).second) told.add(name_of(run, load) + " ran twice to its end");
      // A lease is cut so that it ends by the job's deadline.
      const bool may_be_cut = run.how == RunEnd::cut && !load.needs(job).finish_by.is_none();
      const Duration wanted = site.run_of(load, job);
      const Duration ran = run.end - run.start - run.staged;
      if (may_be_cut ? ran > wanted : ran != wanted)
        told.add(name_of(run, load) + " ran for another time than its own");
      const auto inputs = ready.find({run.job, site.centre});
      if (inputs != ready.end() && run.start + run.staged < inputs->second)
        told.add(name_of(run, load) + " ran before its inputs were there");
    }
    if (run.how == RunEnd::reclaimed) {
      if (!load.needs(job).reclaimable) told.add(name_of(run, load) + " was taken back and had not agreed to it");
      if (++taken_back[{run.job, run.task}] > reclaims_max) told.add(name_of(run, load) + " was taken back too often");
      const bool has_begun = run.end - run.start > run.staged;
      if (has_begun && run.end - run.told < reclaim_notice)
        told.add(name_of(run, load) + " was taken back without its notice");
    }
    Amounts need = place::need_of(load.needs(job).resources).all();
    const std::int32_t width = load.needs(job).resources.nodes;
    // One that takes no time still needs its room: it starts before it ends, and the next of them after that.
    const bool takes_time = run.end > run.start;
    steps[run.site].push_back({run.start, takes_time ? 3 : 2, need, 0, width});
    for (std::int64_t& amount : need.of) amount = -amount;
    steps[run.site].push_back({run.end, takes_time ? 0 : 2, need, 0, -width});
  }
  for (const Change& change : scenario.changes())
    if (change.what == Change::What::nodes) steps[change.site].push_back({change.at, 1, {}, change.nodes, 0});
  for (std::uint32_t site = 0; site < steps.size(); ++site)
    check_capacity(site, steps[site], scenario.sites()[site], told);
  return std::move(told.all);
}

}  // namespace dayan::sim
