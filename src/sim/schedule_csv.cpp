#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/scan.h"
#include "sim/figures.h"

namespace dayan::sim {
namespace {

constexpr const char* word_of(RunEnd how) {
  switch (how) {
    case RunEnd::done: return "done";
    case RunEnd::cut: return "cut";
    case RunEnd::reclaimed: return "reclaimed";
    case RunEnd::interrupted: return "interrupted";
    case RunEnd::unheard: return "unheard";
  }
  return "";
}

}  // namespace

std::string csv_of(const Schedule& schedule, const Scenario& scenario, const Load& load) {
  std::vector<const TaskRun*> runs;
  runs.reserve(schedule.runs.size());
  for (const TaskRun& run : schedule.runs) runs.push_back(&run);
  std::ranges::sort(runs, {}, [](const TaskRun* run) { return std::tuple(run->job, run->task, run->start); });
  const std::span<const std::string> customers = customers_of(load, scenario);
  std::string text = "job,task,submit,start,staged,end,wait,centre,pool,nodes,cores,cards,cost,ended,customer\n";
  for (const TaskRun* run : runs) {
    const LoadJob& job = load.jobs[run->job];
    const Duration submit = submission(schedule, load, run->job);
    const Site& site = scenario.sites()[run->site];
    const std::int32_t nodes = load.needs(job).resources.nodes;
    const Resources needs = over_all_nodes(load.needs(job).resources);
    fmt::format_to(std::back_inserter(text), "{},{},", job.name, run->task);
    const Duration wait = run->start + run->staged - waits_from(schedule, load, run->job);
    for (const Duration time : {submit, run->start, run->staged, run->end, wait}) {
      text += decimal_text(time.microseconds(), 6);  // seconds
      text += ',';
    }
    fmt::format_to(std::back_inserter(text), "{},{},{},{},{},{},{},{}\n", site.centre_name, site.pool.name, nodes,
                   needs.cores.value(), static_cast<double>(needs.cards.value()) / 1'000, to_text(run->cost),
                   word_of(run->how), customers[job.customer]);
  }
  return text;
}

}  // namespace dayan::sim
