#include <cstdio>
#include <fstream>
#include <memory>

#include "bench/bench.h"
#include "bench/command.h"

/// The commands that measure a running hub.

namespace dayan::bench {
namespace {

struct HubOptions {
  Output output;
  std::string hub_url;
  std::string token_file;
  int count = 0;
  int connections = 16;
  int hub_pid = 0;
  std::string slurm_conf;
  std::string slurm_user;
  int sbatch_count = 200;
};

double milliseconds(Duration duration) { return static_cast<double>(duration.microseconds()) / 1000; }

void print(const HubOptions& options, const char* what, const Timings& timings) {
  const char* form = options.output.json
                         ? "{\"what\":\"%s\",\"count\":%zu,\"per_second\":%.1f,\"p50_ms\":%.2f,\"p99_ms\":%.2f}\n"
                         : "%-32s %6zu  %10.1f/s  p50 %8.2f ms  p99 %8.2f ms\n";
  std::printf(form, what, timings.each.size(), timings.per_second(), milliseconds(timings.percentile(50)),
              milliseconds(timings.percentile(99)));
}

Result<Target> target_of(const HubOptions& options) {
  std::ifstream file(options.token_file);
  Target target{options.hub_url, ""};
  if (!(file >> target.token)) {
    return fail(ErrorCode::invalid, "'" + options.token_file + "' holds no token", "a file with one line",
                "token-file");
  }
  return target;
}

Result<void> submissions(const HubOptions& options) {
  TRY(const Target target, target_of(options));
  std::int64_t before = 0;
  if (options.hub_pid != 0) {
    TRY_VOID(submit_jobs(target, 100, options.connections));  // so that the allocator's first growth is not counted
    TRY(before, resident_bytes(options.hub_pid));
  }
  TRY(const Timings ours, submit_jobs(target, options.count, options.connections));
  print(options, "durable submissions over HTTP", ours);
  if (options.hub_pid != 0) {
    TRY(const std::int64_t after, resident_bytes(options.hub_pid));
    const auto each = static_cast<double>(after - before) / options.count;
    if (options.output.json) {
      std::printf("{\"what\":\"memory per waiting job\",\"bytes\":%.0f}\n", each);
    } else {
      std::printf("%-32s %.0f bytes of the hub's resident memory\n", "memory per waiting job", each);
    }
  }
  if (options.slurm_conf.empty()) return {};
  TRY(const Timings theirs,
      sbatch_jobs(options.slurm_conf, options.slurm_user, options.sbatch_count, options.connections));
  print(options, "sbatch into Slurm", theirs);
  std::printf(options.output.json ? "{\"what\":\"ratio to sbatch\",\"ratio\":%.2f}\n" : "ratio to sbatch: %.2f\n",
              ours.per_second() / theirs.per_second());
  return {};
}

Result<void> first_line(const HubOptions& options) {
  TRY(const Target target, target_of(options));
  TRY(const Timings timings, first_lines(target, options.count));
  print(options, "submit to first line of output", timings);
  return {};
}

void add_hub_options(CLI::App* command, HubOptions& options, int count) {
  command->add_option("--hub", options.hub_url, "URL of the hub")->required();
  command->add_option("--token-file", options.token_file, "file with a customer's token")->required();
  command->add_option("--count", options.count, "how many")->default_val(count)->check(CLI::Range(1, 1'000'000));
  add_output_options(*command, options.output, false);
}

}  // namespace

Command submissions_command(CLI::App& program) {
  const auto options = std::make_shared<HubOptions>();
  CLI::App* command = program.add_subcommand("submissions", "durable submissions a second, beside sbatch");
  add_hub_options(command, *options, 2000);
  command->add_option("--connections", options->connections, "threads, each with a connection")
      ->check(CLI::Range(1, 256));
  command->add_option("--hub-pid", options->hub_pid, "pid of the hub: also tells the memory of a waiting job");
  command->add_option("--slurm-conf", options->slurm_conf, "a Slurm cluster to run sbatch into");
  command->add_option("--slurm-user", options->slurm_user, "the local user who runs sbatch (default: who runs this)");
  command->add_option("--sbatch-count", options->sbatch_count, "how many sbatch")->check(CLI::Range(1, 100'000));
  return {command, [options] { return submissions(*options); }};
}

Command first_line_command(CLI::App& program) {
  const auto options = std::make_shared<HubOptions>();
  CLI::App* command = program.add_subcommand("first-line", "from submit to the first line of the job's output");
  add_hub_options(command, *options, 20);
  return {command, [options] { return first_line(*options); }};
}

}  // namespace dayan::bench
