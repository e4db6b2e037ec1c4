#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "bench/bench.h"

namespace dayan::bench {
namespace {

constexpr const char* job_name = "dayan-bench";

/// Runs argv with SLURM_CONF set and all output thrown away; true when it exits with zero.
bool run(const std::vector<std::string>& argv) {
  std::vector<char*> raw;
  for (const std::string& each : argv) raw.push_back(const_cast<char*>(each.c_str()));
  raw.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, raw[0], &actions, nullptr, raw.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return false;
  int status = 0;
  return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// The words, run as that local user with that cluster's configuration.
std::vector<std::string> command(const std::string& slurm_conf, const std::string& user,
                                 const std::vector<std::string>& words) {
  std::vector<std::string> argv;
  if (!user.empty() && geteuid() == 0) argv = {"runuser", "-u", user, "--"};
  if (!user.empty() && geteuid() != 0) argv = {"sudo", "-n", "-u", user, "--"};
  argv.insert(argv.end(), {"env", "SLURM_CONF=" + slurm_conf});
  argv.insert(argv.end(), words.begin(), words.end());
  return argv;
}

}  // namespace

Result<Timings> sbatch_jobs(const std::string& slurm_conf, const std::string& user, int count, int parallel) {
  const auto submit = command(slurm_conf, user,
                              {"sbatch", "--hold", "--chdir=/", "--output=/dev/null",
                               std::string("--job-name=") + job_name, "--wrap=true"});
  std::atomic<int> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  Timings timings;
  const auto begin = std::chrono::steady_clock::now();
  const auto work = [&] {
    while (next++ < count && !failed) {
      const auto start = std::chrono::steady_clock::now();
      if (!run(submit)) failed = true;
      const auto took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
      const std::scoped_lock lock(mutex);
      timings.each.push_back(Duration::microseconds(took.count()));
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < parallel; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  const auto whole = std::chrono::steady_clock::now() - begin;
  (void)run(command(slurm_conf, user, {"scancel", std::string("--name=") + job_name}));
  if (failed) return fail(ErrorCode::unavailable, "sbatch failed", "try it by hand with SLURM_CONF=" + slurm_conf);
  timings.whole = Duration::microseconds(std::chrono::duration_cast<std::chrono::microseconds>(whole).count());
  std::ranges::sort(timings.each);
  return timings;
}

}  // namespace dayan::bench
