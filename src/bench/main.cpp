#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "bench/bench.h"

namespace dayan::bench {
namespace {

struct Options {
  std::string hub_url;
  std::string token_file;
  int count = 1000;
  int connections = 16;
  int hub_pid = 0;
  std::string slurm_conf;
  std::string slurm_user;
  int sbatch_count = 100;
  bool json = false;
};

double milliseconds(Duration duration) { return static_cast<double>(duration.microseconds()) / 1000; }

void print(const Options& options, const char* what, const Timings& timings) {
  const char* form = options.json
                         ? "{\"what\":\"%s\",\"count\":%zu,\"per_second\":%.1f,\"p50_ms\":%.2f,\"p99_ms\":%.2f}\n"
                         : "%-32s %6zu  %10.1f/s  p50 %8.2f ms  p99 %8.2f ms\n";
  std::printf(form, what, timings.each.size(), timings.per_second(), milliseconds(timings.percentile(50)),
              milliseconds(timings.percentile(99)));
}

Result<Target> target_of(const Options& options) {
  std::ifstream file(options.token_file);
  Target target{options.hub_url, ""};
  if (!(file >> target.token)) {
    return fail(ErrorCode::invalid, "'" + options.token_file + "' holds no token", "a file with one line", "token-file");
  }
  return target;
}

Result<void> submissions(const Options& options) {
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
    if (options.json) {
      std::printf("{\"what\":\"memory per waiting job\",\"bytes\":%.0f}\n", each);
    } else {
      std::printf("%-32s %.0f bytes of the hub's resident memory\n", "memory per waiting job", each);
    }
  }
  if (options.slurm_conf.empty()) return {};
  TRY(const Timings theirs,
      sbatch_jobs(options.slurm_conf, options.slurm_user, options.sbatch_count, options.connections));
  print(options, "sbatch into Slurm", theirs);
  std::printf(options.json ? "{\"what\":\"ratio to sbatch\",\"ratio\":%.2f}\n" : "ratio to sbatch: %.2f\n",
              ours.per_second() / theirs.per_second());
  return {};
}

Result<void> first_line(const Options& options) {
  TRY(const Target target, target_of(options));
  TRY(const Timings timings, first_lines(target, options.count));
  print(options, "submit to first line of output", timings);
  return {};
}

int run(int argc, char** argv) {
  CLI::App app{"dayan-bench: measures a running hub, beside a peer in the same run"};
  app.require_subcommand(1);
  Options options;
  const auto common = [&](CLI::App* command, int count) {
    command->add_option("--hub", options.hub_url, "URL of the hub")->required();
    command->add_option("--token-file", options.token_file, "file with a customer's token")->required();
    command->add_option("--count", options.count, "how many")->default_val(count)->check(CLI::Range(1, 1'000'000));
    command->add_flag("--json", options.json, "a JSON line per figure");
  };
  CLI::App* submit = app.add_subcommand("submissions", "durable submissions a second, beside sbatch");
  common(submit, 2000);
  submit->add_option("--connections", options.connections, "threads, each with a connection")->check(CLI::Range(1, 256));
  submit->add_option("--hub-pid", options.hub_pid, "pid of the hub: also tells the memory of a waiting job");
  submit->add_option("--slurm-conf", options.slurm_conf, "a Slurm cluster to run sbatch into");
  submit->add_option("--slurm-user", options.slurm_user, "the local user who runs sbatch (default: who runs this)");
  submit->add_option("--sbatch-count", options.sbatch_count, "how many sbatch")->default_val(200)->check(CLI::Range(1, 100'000));
  CLI::App* line = app.add_subcommand("first-line", "from submit to the first line of the job's output");
  common(line, 20);
  CLI11_PARSE(app, argc, argv);
  const Result<void> done = submit->parsed() ? submissions(options) : first_line(options);
  if (done) return 0;
  std::cerr << "dayan-bench: " << to_text(done.error()) << '\n';
  return 1;
}

}  // namespace
}  // namespace dayan::bench

int main(int argc, char** argv) { return dayan::bench::run(argc, argv); }
