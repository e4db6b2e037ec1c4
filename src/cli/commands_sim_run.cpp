#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "cli/command_line.h"
#include "cli/commands_host.h"
#include "cli/display.h"
#include "cli/local_file.h"
#include "cli/progress.h"
#include "sim/run_load.h"

/// dayan sim run: a load under several policies, side by side.

namespace dayan::cli {
namespace {

constexpr std::int64_t days_max = 3'660;

struct Words {
  sim::RunOrder order;
  std::string platform;
  std::string policies = "ours,fcfs,easy,conservative,cheapest,random";
  std::int64_t days = 0;
  std::string out;
  std::string plan_every;
};

std::string policy_names() {
  std::string names;
  for (const std::string_view word : EnumWords<sim::PolicyKind>::words)
    names += (names.empty() ? "" : ", ") + std::string(word);
  return names;
}

Answer<std::vector<sim::PolicyKind>> policies_of(const std::string& text) {
  std::vector<sim::PolicyKind> policies;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    const auto policy = parse_word<sim::PolicyKind>(word);
    if (!policy) return bad_usage("there is no policy '" + word + "'", "some of " + policy_names(), "--policy");
    if (std::ranges::find(policies, *policy) != policies.end())
      return bad_usage("'" + word + "' is named twice", "each policy once", "--policy");
    policies.push_back(*policy);
    begin = end + 1;
  }
  return policies;
}

Faults in_file(Faults faults, const std::string& path) {
  for (Error& fault : faults) fault.field = path + (fault.field.empty() ? "" : ": " + fault.field);
  return faults;
}

Answer<sim::RunInput> input_of(const Words& words) {
  sim::RunOrder order = words.order;
  if (!words.platform.empty()) {
    TRY(const std::string text, read_file(words.platform, Bytes(jobfile::platform_bytes_max)));
    auto file = jobfile::parse_platform_yaml(text);
    if (!file) return end_with(Exit::usage, in_file(std::move(file).error(), words.platform));
    order.platform = *std::move(file);
  }
  auto input = sim::input_of(std::move(order));
  if (!input) return end_with(Exit::usage, std::move(input).error());
  return *std::move(input);
}

Result<void> write_file(const std::filesystem::path& path, const std::string& text) {
  const auto written = replace_file(path.string(), text, 0644);
  if (!written) return fail(written.error().faults.front());
  return {};
}

std::string percent(double part) { return fmt::format("{:.1f}%", part * 100); }

void show(Output& out, const sim::Compared& compared, const sim::RunInput& input) {
  const std::string customers =
      input.load.has_many_customers() ? " of " + counted(input.load.customers.size(), "customer") : "";
  out.line(fmt::format("{}: {} of {}{} on {}", input.load.name, counted(input.load.jobs.size(), "job"),
                       counted(static_cast<std::size_t>(input.load.tasks()), "task"), customers,
                       counted(input.scenario.sites().size(), "pool")));
  const bool has_deadlines = input.load.has_deadlines();
  std::vector<std::string> titles{"POLICY",    "JOBS DONE>", "CORES>",     "CARDS>",     "MEAN WAIT>", "P95 WAIT>",
                                  "MAX WAIT>", "SLOWDOWN>",  "COST YUAN>", "MAKESPAN>", "VIOLATIONS>"};
  if (has_deadlines) titles.insert(titles.begin() + 2, "LATE>");
  const bool has_reclaimable = input.load.has_reclaimable();
  if (has_reclaimable) titles.insert(titles.end() - 1, "TAKEN BACK>");
  const bool has_customers = input.load.has_many_customers();
  if (has_customers) titles.insert(titles.end() - 1, {"MEDIAN CUSTOMER>", "FAIRNESS>"});
  Table table(std::move(titles));
  for (const sim::Figures& each : compared.figures) {
    std::vector<std::string> cells{each.policy,
                                   std::to_string(each.jobs_done),
                                   percent(each.core_utilisation),
                                   input.scenario.has_cards() ? percent(each.card_utilisation) : "-",
                                   readable(each.mean_wait),
                                   readable(each.p95_wait),
                                   readable(each.max_wait),
                                   fmt::format("{:.2f}", each.mean_bounded_slowdown),
                                   fmt::format("{:.2f}", static_cast<double>(each.cost.micro()) / 1e6),
                                   readable(each.makespan),
                                   std::to_string(each.violations)};
    if (has_deadlines) cells.insert(cells.begin() + 2, std::to_string(each.late));
    if (has_reclaimable) cells.insert(cells.end() - 1, std::to_string(each.reclaimable.taken_back));
    if (has_customers)
      cells.insert(cells.end() - 1, {readable(each.fairness.median_wait), fmt::format("{:.3f}", each.fairness.index)});
    table.add(std::move(cells));
  }
  out.table(table);
}

Answer<void> run_here(Output& out, Host& host, const Words& words) {
  TRY(const std::vector<sim::PolicyKind> policies, policies_of(words.policies));
  TRY(const sim::RunInput input, input_of(words));
  if (input.load.left_out > 0)
    out.note(counted(static_cast<std::size_t>(input.load.left_out), "job") +
             (input.load.left_out == 1 ? " is" : " are") + " left out: " + input.load.why_left_out);
  const std::filesystem::path folder(words.out);
  if (!words.out.empty()) {
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (failed)
      return failed_here("cannot make the folder: " + failed.message(), "a path that can be written", words.out);
  }
  Progress progress(host);
  const auto on_advance = [&](const sim::Advance& at) {
    progress.show_fine(
        fmt::format("{}: {} of {} tasks, {} played", at.policy, at.tasks_done, at.tasks, readable(at.now)));
  };
  const auto on_schedule = [&](const sim::Schedule& schedule) -> Result<void> {
    if (words.out.empty()) return {};
    return write_file(folder / ("jobs-" + schedule.policy + ".csv"),
                      sim::csv_of(schedule, input.scenario, input.load));
  };
  sim::RunOrder order = words.order;
  order.policies = policies;
  if (!words.plan_every.empty()) {
    const Result<Duration> every = parse_duration(words.plan_every);
    if (!every) return bad_usage(every.error().wrong, every.error().right, "--plan-every");
    order.plan_every = *every;
  }
  Result<void> written;
  const sim::Compared compared = sim::compare(input, order, on_advance, on_schedule, written);
  progress.finish();
  if (!written) return end_with(Exit::refused, {written.error()});
  const JsonObject summary = sim::summary_of(compared, input);
  if (!words.out.empty()) {
    TRY_VOID(write_file(folder / "summary.json", json_text(JsonValue(summary)) + "\n"));
    TRY_VOID(write_file(folder / "report.html", sim::html_of(compared, input)));
  }
  if (out.as_json()) {
    out.json(JsonValue(summary));
  } else {
    show(out, compared, input);
  }
  Faults violations;
  for (const sim::Figures& each : compared.figures)
    for (const std::string& told : each.violations_told)
      violations.push_back({ErrorCode::corrupt, each.policy, told, ""});
  if (!violations.empty()) return end_with(Exit::refused, std::move(violations));
  if (!words.out.empty()) out.note("the report is " + (folder / "report.html").string());
  return {};
}

}  // namespace

void add_sim_run_command(CLI::App& sim, Program& program) {
  CLI::App& run =
      add_command(sim, "run", "play a load in virtual time under several policies, and compare them",
                  "dayan sim run --swf HPC2N.swf --out report\n"
                  "dayan sim run --generate lublin --jobs 2000 --seed 7\n"
                  "dayan sim run --gavel simulation_throughputs.json --jobs 1000 --policy ours,cheapest,random\n"
                  "dayan sim run --generate platform --jobs 200000 --policy engine\n"
                  "dayan sim run --platform examples/day/platform.yaml --generate lublin --jobs 10000 --days 1");
  const auto words = std::make_shared<Words>();
  sim::RunOrder& order = words->order;
  run.add_option("--platform", words->platform,
                 "a YAML file of centres, with their outages, silences and hours; without "
                 "it the load's own machine")
      ->type_name("FILE");
  run.add_option("--swf", order.swf, "a log in the Standard Workload Format, also compressed")->type_name("FILE");
  run.add_option("--processors", order.processors, "of the log's machine, when no platform is given")->type_name("N");
  run.add_option("--openb", order.openb, "a folder with openb lists: jobs are drawn from its pods")
      ->type_name("FOLDER");
  run.add_option("--pods", order.pods, "which pod list of the folder")->capture_default_str()->type_name("NAME");
  run.add_option("--gavel", order.gavel,
                 "Gavel's table of measured rates (simulation_throughputs.json, also compressed): training jobs are "
                 "drawn from its kinds")
      ->type_name("FILE");
  run.add_option("--generate", order.generate,
                 "lublin: a parallel machine's log; platform: a platform of many providers")
      ->type_name("KIND");
  run.add_option("--jobs", order.jobs, "how many are drawn or generated")->capture_default_str()->type_name("N");
  run.add_option("--providers", order.providers, "of a generated platform")->capture_default_str()->type_name("N");
  run.add_option("--customers", order.customers,
                 "of a generated platform, few large and many small: by Zipf's law; without it 496")
      ->type_name("N");
  run.add_option("--load", order.load, "demand over supply of what is generated, e.g. 0.9")->type_name("PART");
  run.add_option("--seed", order.seed, "of what is drawn, and of the policy random")
      ->capture_default_str()
      ->type_name("N");
  run.add_option("--days", words->days, "only what is submitted in the first days")
      ->type_name("D")
      ->check(CLI::Range(std::int64_t{1}, days_max));
  run.add_option("--policy", words->policies, "some of " + policy_names())->capture_default_str()->type_name("NAMES");
  run.add_option("--plan-every", words->plan_every,
                 "of ours and engine: what comes in meanwhile is planned together, e.g. 1s, as a busy hub does; else a "
                 "plan at every event")
      ->type_name("TIME");
  run.add_option("--out", words->out, "a folder for jobs-POLICY.csv, summary.json and report.html")
      ->type_name("FOLDER");
  on_chosen(run, program, [words, &program](Output& out) {
    words->order.span = Duration::hours(24) * words->days;
    return run_here(out, program.host, *words);
  });
}

}  // namespace dayan::cli
