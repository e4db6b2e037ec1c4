#include <algorithm>

#include "sim/run_load.h"

namespace dayan::sim {

Compared compare(const RunInput& input, const RunOrder& order, const OnAdvance& on_advance,
                 const std::function<Result<void>(const Schedule&)>& on_schedule, Result<void>& written) {
  Compared compared;
  for (const PolicyKind policy : order.policies) {
    const Schedule schedule = replay(input.scenario, input.load, policy, order.seed, on_advance, order.plan_every);
    Figures figures = figures_of(schedule, input.scenario, input.load);
    figures.violations = schedule.violations_found;
    figures.violations_told = schedule.violations;
    for (std::string& wrong : check(schedule, input.scenario, input.load)) {
      ++figures.violations;
      figures.violations_told.push_back(std::move(wrong));
    }
    if (compared.figures.empty()) {
      compared.gantt_site = busiest_site(schedule, input.scenario, input.load);
      for (const TaskRun& run : schedule.runs)
        if (run.site == compared.gantt_site) compared.gantt.push_back(run);
    }
    compared.figures.push_back(std::move(figures));
    if (on_schedule) written = on_schedule(schedule);
    if (!written) break;
  }
  return compared;
}

JsonObject summary_of(const Compared& compared, const RunInput& input) {
  JsonObject object;
  JsonObject load;
  load["name"] = input.load.name;
  load["jobs"] = input.load.jobs.size();
  load["tasks"] = input.load.tasks();
  load["left_out"] = input.load.left_out;
  load["why_left_out"] = input.load.why_left_out;
  load["customers"] = customers_of(input.load, input.scenario).size();
  object["load"] = std::move(load);
  JsonObject platform;
  platform["centres"] = input.scenario.file().centres.size();
  platform["pools"] = input.scenario.sites().size();
  object["platform"] = std::move(platform);
  object["bounded_slowdown_floor"] = to_json(slowdown_floor);
  JsonArray policies;
  for (const Figures& figures : compared.figures) policies.push_back(json_of(figures));
  object["policies"] = std::move(policies);
  return object;
}

}  // namespace dayan::sim
