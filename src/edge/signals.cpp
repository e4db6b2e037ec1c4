#include "edge/signals.h"

#include <pthread.h>

#include <cerrno>
#include <csignal>

#include "base/assert.h"

namespace dayan::edge {

namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

void block_stop_signals() {
  const sigset_t set = stop_signals();
  const int blocked = ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ASSERT(blocked == 0);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  const int ignored = ::sigaction(SIGPIPE, &ignore, nullptr);
  ASSERT(ignored == 0);
}

int wait_for_stop_signal() {
  const sigset_t set = stop_signals();
  int signal = 0;
  int error = 0;
  do {
    error = ::sigwait(&set, &signal);
  } while (error == EINTR);
  ASSERT(error == 0);
  return signal;
}

}  // namespace dayan::edge
