#include "adapters/local/watch.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "adapters/files.h"
#include "adapters/local/launch.h"
#include "adapters/spawn.h"
#include "base/readable.h"

namespace dayan::adapters {
namespace {

constexpr Duration look_interval = Duration::milliseconds(100);
constexpr Duration gentle_time = Duration::seconds(5);  ///< from TERM to KILL
constexpr Duration kill_time = Duration::seconds(60);   ///< a process in the kernel's hands may take long to die

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGPIPE}) sigaddset(&set, number);
  return set;
}

}  // namespace

void Watch::block_signals() {
  const sigset_t set = watched_signals();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
}

Result<void> Watch::start() {
  note_ = {time_of_day(), time_since_boot()};
  TRY(first_, launch(plan_));
  const auto written = folder_.write_started(note_);
  if (!written.has_value()) {
    // Without the note nobody could tell how long it has run.
    end_tree();
    return fail(written.error());
  }
  return {};
}

FinalStatus Watch::finish() {
  while (!first_ended_ && reason_ == Outcome::none) {
    const Duration left = note_.started_since_boot + plan_.order.wall_time - time_since_boot();
    wait_for_news(std::clamp(left, Duration(), look_interval));
    reap();
    if (!first_ended_) check_limits();
    if (!first_ended_ && reason_ == Outcome::none) pass_on_notice();
  }
  // What the first process leaves behind ends with it: the lease is for one command.
  if (!first_ended_ && reason_ != Outcome::out_of_memory) end_gently();
  end_tree();
  ended_at_ = time_of_day();
  ended_since_boot_ = time_since_boot();

  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  FinalStatus status;
  status.outcome = reason_ == Outcome::none ? Outcome::exited : reason_;
  status.exit_code = exit_code_of(first_status_);
  status.failure = failure_;
  if (status.exit_code > 128 && failure_.empty())
    status.failure = std::string("ended by signal ") + std::to_string(status.exit_code - 128);
  status.started_at = note_.started_at;
  status.ended_at = ended_at_;
  status.run = run();
  status.cpu_time = Duration::seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                    Duration::microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  status.memory_peak = std::max(memory_peak_, Bytes(usage.ru_maxrss * 1024));
  return status;
}

void Watch::wait_for_news(Duration time_max) {
  const sigset_t set = watched_signals();
  const timespec time{time_max.microseconds() / 1'000'000, time_max.microseconds() % 1'000'000 * 1'000};
  siginfo_t info{};
  const int number = ::sigtimedwait(&set, &info, &time);
  if (number == SIGTERM || number == SIGINT || number == SIGHUP) is_told_to_end_ = true;
}

void Watch::reap() {
  while (true) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid < 0 && errno == EINTR) continue;
    // As a subreaper we inherit every orphan: no child left means that no process of the job is left.
    if (pid < 0) has_children_ = false;
    if (pid <= 0) return;
    if (pid == first_) {
      first_ended_ = true;
      first_status_ = status;
    }
  }
}

void Watch::check_limits() {
  if (is_told_to_end_) {
    // A machine that shuts down tells everyone to end; only the agent leaves the wish in the folder.
    if (folder_.is_asked_to_stop()) return end_for(Outcome::stopped, "stopped on order");
    return end_for(Outcome::lost, "its supervisor was told to end, and not by its agent");
  }
  const Duration elapsed = time_since_boot() - note_.started_since_boot;
  if (elapsed >= plan_.order.wall_time)
    return end_for(Outcome::timed_out, "ran longer than " + to_text(plan_.order.wall_time));

  const std::vector<pid_t> processes = descendants(::getpid());
  if (plan_.processes_max > 0 && static_cast<std::int64_t>(processes.size()) > plan_.processes_max)
    return end_for(Outcome::exited, "made more than " + std::to_string(plan_.processes_max) + " processes");
  const Bytes limit = plan_.order.resources.memory;
  Bytes used = resident_memory(processes);
  // The exact figure costs more, so it is taken only when the cheap one, which is never too low, is in doubt.
  if (!limit.is_zero() && used > limit) used = proportional_memory(processes);
  memory_peak_ = std::max(memory_peak_, used);
  if (!limit.is_zero() && used > limit)
    end_for(Outcome::out_of_memory,
            "used " + readable(used) + " of memory, " + readable(used - limit) + " more than it may");
}

/// Told once: a program may take a second signal for an order to end at once.
void Watch::pass_on_notice() {
  if (has_told_ || !folder_.has_notice()) return;
  has_told_ = true;
  send_to_all(SIGTERM, true);
  send_to_all(SIGCONT, true);
}

void Watch::end_for(Outcome outcome, std::string failure) {
  reason_ = outcome;
  failure_ = std::move(failure);
}

void Watch::send_to_all(int signal, bool spare_sandbox) {
  for (const pid_t pid : descendants(::getpid())) {
    // A sandbox that gets TERM takes everything inside down at once, without the time to put things in order.
    if (spare_sandbox && pid == first_ && !plan_.sandbox.program.empty()) continue;
    ::kill(pid, signal);
  }
}

void Watch::end_gently() {
  const Duration until = time_since_boot() + gentle_time;
  send_to_all(SIGTERM, true);
  send_to_all(SIGCONT, true);
  while (!first_ended_ && time_since_boot() < until) {
    wait_for_news(look_interval);
    reap();
  }
}

void Watch::end_tree() {
  const Duration until = time_since_boot() + kill_time;
  reap();
  while (has_children_ && time_since_boot() < until) {
    // Stopped first, so that a family which forks faster than it dies cannot outrun us.
    send_to_all(SIGSTOP, true);
    send_to_all(SIGKILL, false);
    wait_for_news(Duration::milliseconds(10));
    reap();
  }
  if (has_children_)
    failure_ += failure_.empty() ? "some of its processes do not end" : "; some of its processes do not end";
}

}  // namespace dayan::adapters
