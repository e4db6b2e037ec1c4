#include <algorithm>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/commands_host.h"
#include "cli/display.h"
#include "cli/local_file.h"
#include "cli/quotes_view.h"
#include "sim/place_command.h"

namespace dayan::cli {
namespace {

struct PlaceOptions {
  std::string platform;
  std::vector<std::string> jobs;
  bool explain = false;
};

/// A fault that names the file it is of.
Faults in_file(Faults faults, const std::string& path) {
  for (Error& fault : faults) fault.field = path + (fault.field.empty() ? "" : ": " + fault.field);
  return faults;
}

Answer<jobfile::PlatformFile> read_platform(const PlaceOptions& options) {
  TRY(const std::string text, read_file(options.platform, Bytes(jobfile::platform_bytes_max)));
  auto file = jobfile::parse_platform_yaml(text);
  if (!file.has_value()) return end_with(Exit::usage, in_file(std::move(file).error(), options.platform));
  for (const std::string& path : options.jobs) {
    TRY(const std::string job_text, read_file(path, Bytes(jobfile::file_bytes_max)));
    const bool is_yaml = path.ends_with(".yaml") || path.ends_with(".yml");
    auto job = is_yaml ? jobfile::parse_job_yaml(job_text, jobfile::platform_time)
                       : jobfile::parse_sbatch(job_text, jobfile::platform_time);
    if (!job.has_value()) return end_with(Exit::usage, in_file(std::move(job).error(), path));
    file->jobs.push_back(*std::move(job));
  }
  if (Faults missing = jobfile::missing_transfer_prices(*file); !missing.empty())
    return end_with(Exit::usage, in_file(std::move(missing), options.platform));
  if (file->jobs.empty()) {
    return end_with(Exit::usage, {Error{ErrorCode::invalid, "jobs", "there is no job to place",
                                        "describe jobs in the file, or name job files behind it"}});
  }
  return *std::move(file);
}

std::string where_it_waits(const place::Waiting& waiting) {
  if (waiting.hopeless) return "nowhere";
  return is_too_late(waiting) ? "too late" : "waits";
}

void show(Output& out, const std::vector<sim::PlacedJob>& placed, bool explain, bool later) {
  // How many nodes a task gets, where some get more than one.
  const bool has_gangs = std::ranges::any_of(placed, [](const sim::PlacedJob& job) { return job.nodes > 1; });
  const auto row = [&](const std::string& nodes, std::vector<std::string> cells) {
    if (has_gangs) cells.insert(cells.begin() + 2, nodes);
    return cells;
  };
  Table table(row("NODES>", {"JOB", "TASKS>", "CENTRE", "POOL", "TASK YUAN>", "START>", "FINISH>"}));
  for (const sim::PlacedJob& job : placed) {
    const std::string nodes = std::to_string(job.nodes);
    for (const sim::PlacedShare& share : job.shares) {
      table.add(row(nodes, {job.name, std::to_string(share.tasks), share.centre, share.pool, to_text(share.task_cost),
                            readable(share.start), readable(share.finish)}));
    }
    if (job.waiting)
      table.add(row(nodes, {job.name, std::to_string(job.waiting->tasks), where_it_waits(*job.waiting),
                            "-", "-", "-", "-"}));
  }
  out.table(table);
  for (const sim::PlacedJob& job : placed) {
    for (const sim::PlacedShare& share : job.shares) {
      for (const std::string& other : share.exchanged_with)
        out.line(job.name + " at " + share.centre + " was placed together with " + other + ": one has the place that the other would have had");
    }
  }
  for (const sim::PlacedJob& job : placed) {
    const auto is_carbon_unknown = [](const Quote& quote) { return quote.feasible && !quote.carbon_unknown.empty(); };
    if (!job.waiting && !explain && std::ranges::none_of(job.quotes, is_carbon_unknown)) continue;
    out.line("");
    out.line(job.name);
    const TellTime tell = told_from(job.as_of);
    show_waiting(out, job.waiting, tell);
    const bool is_hopeless = job.waiting && job.waiting->hopeless;
    if (!explain && !is_hopeless) {
      show_carbon_unknown(out, job.quotes);
      continue;
    }
    out.line(job.waiting ? "beside all that has been placed:" : "as much again, beside all that has been placed:");
    show_quotes(out, job.quotes, {}, tell);
  }
  if (later)
    out.note("what the file says of silences and outages from later on does not count: this is when all begins");
}

/// The file says of a centre that it will fall silent, or lose nodes, later on.
bool tells_of_later(const jobfile::PlatformFile& file) {
  const auto is_later = [](const auto& each) { return each.from > Duration(); };
  return std::ranges::any_of(file.centres, [&](const jobfile::CentreFile& centre) {
    return std::ranges::any_of(centre.silences, is_later) || std::ranges::any_of(centre.outages, is_later);
  });
}

Answer<void> place_here(Output& out, const PlaceOptions& options) {
  TRY(const jobfile::PlatformFile file, read_platform(options));
  TRY(const std::vector<sim::PlacedJob> placed, sim::place_jobs(file));
  if (out.as_json()) {
    JsonArray items;
    for (const sim::PlacedJob& job : placed) items.push_back(to_json(job));
    out.json_items(std::move(items));
  } else {
    show(out, placed, options.explain, tells_of_later(file));
  }
  return {};
}

}  // namespace

void add_place_command(CLI::App& app, Program& program) {
  CLI::App& place = add_command(app, "place", "where jobs would go on a platform that a file describes, and why",
                                "dayan place examples/platform.yaml\n"
                                "dayan place examples/platform.yaml --explain\n"
                                "dayan place centres.yaml train.sh film.yaml --json");
  place.group("Programs");
  const auto options = std::make_shared<PlaceOptions>();
  place.add_option("PLATFORM", options->platform, "a YAML file of centres, and of jobs if you like")->required();
  place.add_option("JOB", options->jobs, "job files (.yaml, .yml) or batch scripts, placed behind those of the file");
  place.add_flag("--explain", options->explain, "a quote of every pool for every job");
  on_chosen(place, program, [options](Output& out) { return place_here(out, *options); });
}

}  // namespace dayan::cli
