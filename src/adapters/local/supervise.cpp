#include "adapters/local/supervise.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "adapters/files.h"
#include "adapters/local/attempt_folder.h"
#include "adapters/local/watch.h"
#include "adapters/order_check.h"

namespace dayan::adapters {
namespace {

void say(const std::string& text) { std::fprintf(stderr, "dayan supervise: %s\n", text.c_str()); }

/// A folder that cannot be written is a fault that ends with the disk's; until then nothing better can be done.
void keep_status(const AttemptFolder& folder, const FinalStatus& status) {
  constexpr int tries_max = 600;
  for (int tries = 0; tries < tries_max; ++tries) {
    const auto written = folder.write_status(status);
    if (written.has_value()) return;
    say(to_text(written.error()));
    ::sleep(1);
  }
}

void end_at_once(const AttemptFolder& folder, Outcome outcome, const std::string& failure, int exit_code = 0) {
  FinalStatus status;
  status.outcome = outcome;
  status.failure = failure;
  status.exit_code = exit_code;
  status.ended_at = time_of_day();
  keep_status(folder, status);
}

/// Somebody who only looks holds the lock for an instant; a supervisor holds it for good.
Descriptor lock_patiently(const AttemptFolder& folder) {
  constexpr int tries_max = 100;
  for (int tries = 0; tries < tries_max; ++tries) {
    Descriptor lock = folder.try_lock();
    if (lock.is_open()) return lock;
    ::usleep(20'000);
  }
  return Descriptor();
}

void run_order(const AttemptFolder& folder) {
  const auto plan = folder.order();
  if (!plan.has_value()) return end_at_once(folder, Outcome::start_refused, to_text(plan.error()));
  if (folder.is_asked_to_stop()) return end_at_once(folder, Outcome::stopped, "stopped before it started");
  if (time_of_day() > plan->order.starts_by)
    return end_at_once(folder, Outcome::expired,
                       "it came too late: it had to start by " + to_text(plan->order.starts_by));

  Watch watch(folder, *plan);
  const auto launched = watch.start();
  // 127 is what a shell says of a program that it does not find.
  if (!launched.has_value() && launched.error().code == ErrorCode::not_found)
    return end_at_once(folder, Outcome::exited, launched.error().wrong, 127);
  if (!launched.has_value()) return end_at_once(folder, Outcome::start_refused, launched.error().wrong);
  keep_status(folder, watch.finish());
}

/// The supervisor proper. `ready` is told as soon as this folder is known to have been taken in hand.
void supervise(const AttemptFolder& folder, Descriptor ready) {
  const auto tell_ready = [&ready] {
    if (!write_all(ready.number(), "y")) say("nobody waits for the start");
    ready.close();
  };
  // Daemons of the job become children of the supervisor instead of init's, so that none escapes.
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) return say("cannot be a subreaper");
  const Descriptor lock = lock_patiently(folder);
  // Whoever holds it supervises; and a folder is taken in hand once in its life.
  if (!lock.is_open()) return tell_ready();
  const auto supervisor = folder.supervisor();
  const auto status = folder.status();
  if (!supervisor.has_value() || !status.has_value()) return say("the control folder cannot be read");
  if (supervisor->has_value() || status->has_value()) return tell_ready();
  const auto noted = folder.write_supervisor(identify_process(::getpid()));
  if (!noted.has_value()) return say(to_text(noted.error()));
  tell_ready();
  run_order(folder);
}

}  // namespace

int supervise_main(const std::string& folder) {
  ::umask(077);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return 1;
  Descriptor told(ends[0]);
  Descriptor telling(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return 1;
  if (child == 0) {
    told.close();
    Watch::block_signals();
    supervise(AttemptFolder(folder), std::move(telling));
    ::_exit(0);
  }
  telling.close();
  char word = 0;
  ssize_t count = 0;
  do {
    count = ::read(told.number(), &word, 1);
  } while (count < 0 && errno == EINTR);
  return count == 1 ? 0 : 1;
}

}  // namespace dayan::adapters
