#include "adapters/processes/real_processes.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "adapters/descriptor.h"
#include "adapters/spawn.h"

namespace dayan::adapters {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return fail(ErrorCode::unavailable, std::string("no pipe could be made: ") + std::strerror(errno));
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

/// The input as a file without a name, so that no writing has to be interleaved with the reading.
Result<Descriptor> input_file(const std::string& text) {
  Descriptor file(::memfd_create("input", MFD_CLOEXEC));
  if (!file.is_open())
    return fail(ErrorCode::unavailable, std::string("no memory file could be made: ") + std::strerror(errno));
  if (!write_all(file.number(), text) || ::lseek(file.number(), 0, SEEK_SET) != 0)
    return fail(ErrorCode::unavailable, std::string("the input could not be kept: ") + std::strerror(errno));
  return file;
}

/// Ends the group of a child that has not ended, and takes its exit status off the kernel. A child that has become
/// another user (sudo) cannot be ended: it is left to itself.
void end_child(pid_t child) {
  const bool may = ::kill(-child, SIGKILL) == 0 || errno == ESRCH;
  int status = 0;
  while (::waitpid(child, &status, may ? 0 : WNOHANG) < 0 && errno == EINTR) {
  }
}

/// Reads what is there. False at the end of the stream.
bool read_some(int file, std::string& text) {
  std::array<char, 65536> buffer;
  const ssize_t count = ::read(file, buffer.data(), buffer.size());
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  text.append(buffer.data(), static_cast<std::size_t>(count));
  return count > 0;
}

enum class Ending { closed, late, too_much };

/// Reads both streams until both are closed, the time is over, or there is too much.
Ending collect(Pipe& out, Pipe& err, SteadyClock::time_point deadline, std::size_t output_max,
               ProcessResult& result) {
  while (out.read_end.is_open() || err.read_end.is_open()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now()).count();
    if (left <= 0) return Ending::late;
    std::array<pollfd, 2> waits{pollfd{out.read_end.number(), POLLIN, 0}, pollfd{err.read_end.number(), POLLIN, 0}};
    if (::poll(waits.data(), waits.size(), static_cast<int>(std::min<long long>(left, 1000))) < 0 && errno != EINTR)
      return Ending::late;
    if (waits[0].revents != 0 && !read_some(out.read_end.number(), result.out)) out.read_end.close();
    if (waits[1].revents != 0 && !read_some(err.read_end.number(), result.err)) err.read_end.close();
    if (result.out.size() + result.err.size() > output_max) return Ending::too_much;
  }
  return Ending::closed;
}

/// Waits for a child that has closed its output; it may still take a moment. False when the time is over.
bool wait_for(pid_t child, SteadyClock::time_point deadline, int& status) {
  while (true) {
    const pid_t got = ::waitpid(child, &status, WNOHANG);
    if (got == child || (got < 0 && errno != EINTR)) return true;
    if (SteadyClock::now() >= deadline) return false;
    ::usleep(500);
  }
}

}  // namespace

Result<ProcessResult> RealProcesses::run(const ProcessSpec& spec) {
  const auto deadline = SteadyClock::now() + std::chrono::microseconds(spec.timeout.microseconds());
  TRY(Pipe out, make_pipe());
  TRY(Pipe err, make_pipe());
  TRY(Descriptor input, input_file(spec.input));
  SpawnPlan plan;
  plan.argv = spec.argv;
  plan.environment = spec.environment;
  plan.input = input.number();
  plan.output = out.write_end.number();
  plan.error = err.write_end.number();
  TRY(const pid_t child, spawn(plan));
  out.write_end.close();
  err.write_end.close();

  ProcessResult result;
  const Ending ending = collect(out, err, deadline, spec.output_max, result);
  int status = 0;
  if (ending == Ending::too_much) {
    end_child(child);
    return fail(ErrorCode::exhausted,
                spec.argv[0] + " printed more than " + std::to_string(spec.output_max) + " bytes and was ended");
  }
  if (ending == Ending::late || !wait_for(child, deadline, status)) {
    end_child(child);
    return fail(ErrorCode::unknown_outcome, spec.argv[0] + " took longer than " + to_text(spec.timeout) +
                                                " and was ended: what it did is not known");
  }
  result.exit_code = exit_code_of(status);
  return result;
}

}  // namespace dayan::adapters
