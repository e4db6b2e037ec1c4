#include <algorithm>
#include <cstdio>
#include <iostream>

#include "bench/command.h"
#include "place/calendar/policies.h"
#include "trace/lublin.h"
#include "trace/swf.h"
#include "trace/text_file.h"

/// dayan-bench backfill: one queue in front of one machine, the same log under every rule.

namespace dayan::bench {
namespace {

/// A short log is replayed again until so much time was measured; the fastest counts.
constexpr double measured_seconds = 0.5;
constexpr int repeats_max = 200;

struct Options {
  Output output;
  std::string path;
  std::int64_t processors = 0;  ///< 0: what the log's header says
  std::vector<std::string> policies;
  std::string ties = "counted";
  std::string unit = "s";
  double floor_seconds = 10;
  std::int64_t generate = 0;
  trace::LublinLoad load{.load = 0.95};
};

struct Log {
  std::vector<place::BatchJob> jobs;
  std::vector<std::int64_t> numbers;  ///< of the jobs, in the log
  std::int64_t processors = 0;
};

struct Outcome {
  place::QueueRule rule;
  std::vector<UnixTime> starts;
  place::QueueFigures figures;
  double jobs_per_second = 0;
};

Result<trace::RigidLog> read_log(const Options& options, std::int64_t& processors) {
  TRY(const std::string text, trace::read_text(options.path));
  auto log = trace::parse_swf(text, options.unit == "ms" ? trace::SwfUnit::millisecond : trace::SwfUnit::second);
  if (!log) return fail(trace::error_in_file(std::move(log).error(), options.path));
  if (processors == 0) processors = log->processors_max.value_or(0);
  return trace::rigid_jobs(*log);
}

Result<Log> log_of(const Options& options) {
  Log log;
  log.processors = options.processors;
  trace::RigidLog rigid;
  if (options.generate > 0 && !options.path.empty())
    return fail(ErrorCode::invalid, "FILE and --generate are both given", "one of them", "generate");
  if (options.generate > 0) {
    trace::LublinLoad load = options.load;
    load.jobs = options.generate;
    if (log.processors == 0) log.processors = load.processors;
    load.processors = log.processors;
    TRY(rigid.jobs, trace::lublin_jobs(load));
  } else if (!options.path.empty()) {
    TRY(rigid, read_log(options, log.processors));
  } else {
    return fail(ErrorCode::invalid, "no log",
                "FILE in the Standard Workload Format (the Parallel Workloads Archive has many), or --generate N");
  }
  if (log.processors < 1 || log.processors > place::queue_processors_max)
    return fail(ErrorCode::invalid, "a machine of " + std::to_string(log.processors) + " processors",
                "--processors from 1 to " + std::to_string(place::queue_processors_max), "processors");
  std::int64_t too_large = 0;
  for (const trace::RigidJob& job : rigid.jobs) {
    if (job.processors > log.processors) {
      ++too_large;
      continue;
    }
    log.jobs.push_back({{UnixTime(job.submit.microseconds()), job.limit, job.processors, job.user}, job.run});
    log.numbers.push_back(job.number);
  }
  if (rigid.left_out > 0)
    std::cerr << rigid.left_out << " jobs are left out: their processors or run times are not known\n";
  if (too_large > 0)
    std::cerr << too_large << " jobs are left out: they ask for more than " << log.processors << " processors\n";
  if (log.jobs.empty()) return fail(ErrorCode::invalid, "no job of the log can be replayed", "a log with some");
  return log;
}

Result<std::vector<place::QueueRule>> rules_of(const Options& options, place::TieRule ties) {
  std::vector<place::QueueRule> rules;
  for (const place::QueueRule rule : place::queue_rules) {
    if (!options.policies.empty() && std::ranges::find(options.policies, to_text(rule)) == options.policies.end())
      continue;
    if (place::make_queue_policy(rule, ties, 1) != nullptr) {
      rules.push_back(rule);
    } else if (!options.policies.empty()) {
      return fail(ErrorCode::invalid, "'" + std::string(to_text(rule)) + "' is not there under these ties",
                  "easy or conservative", "policy");
    }
  }
  return rules;
}

Outcome play(const Log& log, place::QueueRule rule, place::TieRule ties, Duration floor) {
  Outcome outcome{rule, {}, {}, 0};
  double best = 0;
  double spent = 0;
  for (int i = 0; i < repeats_max && spent < measured_seconds; ++i) {
    const auto policy = place::make_queue_policy(rule, ties, log.processors);
    const double begin = cpu_seconds();
    outcome.starts = place::replay(log.jobs, log.processors, *policy);
    const double took = cpu_seconds() - begin;
    if (i == 0 || took < best) best = took;
    spent += took;
  }
  outcome.figures = place::figures_of(log.jobs, outcome.starts, log.processors, floor);
  outcome.jobs_per_second = best > 0 ? static_cast<double>(log.jobs.size()) / best : 0;
  return outcome;
}

void print(const Outcome& outcome, const Log& log, bool json) {
  const place::QueueFigures& f = outcome.figures;
  const char* form =
      json ? "{\"policy\":\"%s\",\"jobs\":%zu,\"processors\":%lld,\"mean_bounded_slowdown\":%.4f,\"mean_wait\":%.3f,"
             "\"max_wait\":%.3f,\"makespan\":%.3f,\"utilisation\":%.5f,\"jobs_per_second\":%.0f}\n"
           : "%-13s %9zu jobs on %lld: bounded slowdown %10.4f   wait %12.3f s, worst %12.3f s   makespan %13.3f s   "
             "utilisation %.5f   %.0f jobs/s\n";
  std::printf(form, std::string(to_text(outcome.rule)).c_str(), log.jobs.size(),
              static_cast<long long>(log.processors), f.mean_bounded_slowdown, f.mean_wait, f.max_wait, f.makespan,
              f.utilisation, outcome.jobs_per_second);
  (void)std::fflush(stdout);
}

/// Seconds with all six digits.
std::string seconds(UnixTime time) {
  std::array<char, 40> text{};
  const std::int64_t all = time.microseconds();
  (void)std::snprintf(text.data(), text.size(), "%lld.%06lld", static_cast<long long>(all / 1'000'000),
                      static_cast<long long>(all % 1'000'000));
  return text.data();
}

void write_starts(std::ostream& out, const Log& log, const std::vector<Outcome>& outcomes) {
  out << "policy,job,submit,start,end,processors\n";
  for (const Outcome& outcome : outcomes) {
    for (std::size_t i = 0; i < log.jobs.size(); ++i) {
      const place::BatchJob& job = log.jobs[i];
      out << to_text(outcome.rule) << ',' << log.numbers[i] << ',' << seconds(job.request.submitted) << ','
          << seconds(outcome.starts[i]) << ',' << seconds(outcome.starts[i] + job.run) << ','
          << job.request.processors << '\n';
    }
  }
}

Result<void> run(const Options& options) {
  const auto ties = options.ties == "lowest-hosts" ? place::TieRule::lowest_hosts : place::TieRule::counted;
  TRY(const Log log, log_of(options));
  TRY(const auto rules, rules_of(options, ties));
  const Duration floor = Duration::microseconds(static_cast<std::int64_t>(options.floor_seconds * 1e6));
  if (!options.output.json)
    std::printf("bounded slowdown = max(1, (wait + run) / max(run, %g s)); utilisation up to the last arrival\n",
                options.floor_seconds);
  std::vector<Outcome> outcomes;
  for (const place::QueueRule rule : rules) {
    outcomes.push_back(play(log, rule, ties, floor));
    print(outcomes.back(), log, options.output.json);
  }
  if (options.output.decisions_path.empty()) return {};
  return write_decisions(options.output.decisions_path, [&](std::ostream& out) { write_starts(out, log, outcomes); });
}

}  // namespace

Command backfill_command(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand(
      "backfill", "replays a log through a batch queue under each rule: slowdowns, waits, utilisation, jobs/s");
  command->add_option("FILE", options->path, "a log in the Standard Workload Format, plain or gzip");
  command->add_option("--processors", options->processors, "of the machine; else the log's MaxProcs")
      ->check(CLI::Range(std::int64_t{1}, place::queue_processors_max));
  std::vector<std::string> names;
  for (const place::QueueRule rule : place::queue_rules) names.emplace_back(to_text(rule));
  command->add_option("--policy", options->policies, "only these, in the order of the list: all of them without it")
      ->check(CLI::IsMember(names));
  command
      ->add_option("--ties", options->ties,
                   "counted: processors are like; lowest-hosts: a job keeps the same hosts, the lowest free numbers, "
                   "and promises are of hosts (Batsim). Under both: ends, then submissions, then the decision; equal "
                   "jobs in order of submission")
      ->check(CLI::IsMember({"counted", "lowest-hosts"}))
      ->capture_default_str();
  command->add_option("--unit", options->unit, "of the log's times")
      ->check(CLI::IsMember({"s", "ms"}))
      ->capture_default_str();
  command->add_option("--floor", options->floor_seconds, "of the run time in the bounded slowdown, seconds")
      ->check(CLI::Range(0.0, 1e9))
      ->capture_default_str();
  command->add_option("--generate", options->generate, "so many jobs of the Lublin-Feitelson model instead of FILE")
      ->check(CLI::PositiveNumber);
  command->add_option("--load", options->load.load, "of the generated log; 0: as the model makes it")
      ->capture_default_str();
  command->add_option("--looseness", options->load.looseness, "generated limits are 1 to this times the run time")
      ->capture_default_str();
  command->add_option("--seed", options->load.seed, "of the generated log")->capture_default_str();
  add_output_options(*command, options->output, true);
  return {command, [options] { return run(*options); }};
}

}  // namespace dayan::bench
