#include "adapters/local/launch.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "adapters/descriptor.h"
#include "adapters/order_check.h"
#include "adapters/spawn.h"
#include "base/scan.h"

namespace dayan::adapters {
namespace {

/// What the child tells over a pipe that closes by itself when the program has been started.
struct ChildFault {
  bool is_program = false;  ///< the program could not be run; else something before
  int error = 0;
};

std::vector<EnvironmentVariable> environment_of(const StartOrder& order) {
  std::vector<EnvironmentVariable> environment = order.environment;
  const auto add = [&environment](const char* name, const std::string& value) {
    for (const EnvironmentVariable& variable : environment) {
      if (variable.name == name) return;
    }
    environment.push_back({name, value});
  };
  add("PATH", default_path);
  add("HOME", order.folder);
  std::erase_if(environment, [](const EnvironmentVariable& variable) { return variable.name == marker_variable; });
  environment.push_back({marker_variable, engine_name(order.attempt)});
  return environment;
}

/// A file in memory with the words that give the job its environment inside the sandbox. bwrap itself runs with none of
/// it: a loader variable of the job's (LD_PRELOAD) would run the job's code outside.
Result<Descriptor> environment_words(const std::vector<EnvironmentVariable>& environment) {
  std::string words = "--clearenv";
  words += '\0';
  for (const EnvironmentVariable& variable : environment) {
    for (const std::string_view word : {std::string_view("--setenv"), std::string_view(variable.name),
                                        std::string_view(variable.value)}) {
      words += word;
      words += '\0';
    }
  }
  Descriptor file(::memfd_create("environment", MFD_CLOEXEC));
  if (file.number() < 0) return fail(ErrorCode::unavailable, "no file in memory could be made");
  if (!write_all(file.number(), words) || ::lseek(file.number(), 0, SEEK_SET) != 0)
    return fail(ErrorCode::unavailable, "the environment could not be handed over");
  return file;
}

void set_limit(__rlimit_resource resource, rlim_t value) {
  rlimit limit{};
  ::getrlimit(resource, &limit);
  limit.rlim_max = std::min(limit.rlim_max, value);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(resource, &limit);
}

/// The memory bound proper is the supervisor's, which looks at what is used, ten times a second. This one only stops
/// a process that takes more than that between two looks; it counts reserved memory (thread stacks), so it is wide.
void set_limits(const SupervisorOrder& plan) {
  set_limit(RLIMIT_CORE, 0);
  const std::int64_t memory = plan.order.resources.memory.value();
  if (memory > 0 && memory < bytes_max.value() / 8) {
    set_limit(RLIMIT_DATA, static_cast<rlim_t>(memory) * 4 + 1'000'000'000);
  }
  // Counts all processes and threads of the user, other jobs' too, and does not bind root: also only a backstop.
  if (plan.processes_max > 0) set_limit(RLIMIT_NPROC, static_cast<rlim_t>(plan.processes_max) * 4);
}

bool open_as(const char* name, int number, int flags) {
  const int file = ::open(name, flags | O_CLOEXEC, 0644);
  return file >= 0 && ::dup2(file, number) == number;
}

bool set_up(const SupervisorOrder& plan, pid_t parent) {
  if (::setsid() < 0 || ::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
  if (::getppid() != parent) ::_exit(127);  // the supervisor died before it could be noticed
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  ::umask(022);
  constexpr int log_flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW;
  if (::chdir(plan.order.folder.c_str()) != 0 || !open_as("/dev/null", 0, O_RDONLY) ||
      !open_as(stdout_file, 1, log_flags) || !open_as(stderr_file, 2, log_flags))
    return false;
  if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) return false;
  set_limits(plan);
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

[[noreturn]] void tell(int pipe, ChildFault fault) {
  if (::write(pipe, &fault, sizeof fault) != sizeof fault) ::_exit(126);
  ::_exit(127);
}

}  // namespace

Result<pid_t> launch(const SupervisorOrder& plan) {
  const StartOrder& order = plan.order;
  const std::vector<EnvironmentVariable> environment = environment_of(order);
  std::vector<std::string> variables = assignments(environment);
  const std::string path = value_of(order.environment, "PATH", default_path);
  const std::string program = find_program(order.command[0], path, order.folder);
  const bool is_script = order.command[0].ends_with(std::string("/") + script_file);
  const std::string name = is_script ? "the script" : quote(order.command[0]);
  const auto no_program = [&name](const std::string& why) {
    return fail(ErrorCode::not_found, name + " cannot be run: " + why);
  };
  if (program.empty()) return no_program("there is no such program");
  std::vector<std::string> words = sandbox_words(plan.sandbox, order.folder, order.resources.memory);
  const std::string first = words.empty() ? program : words[0];
  Descriptor handed;
  if (!words.empty()) {
    TRY(handed, environment_words(environment));
    words.insert(words.begin() + 1, {"--args", std::to_string(handed.number())});
    variables = {std::string(marker_variable) + "=" + engine_name(order.attempt)};
  }
  words.insert(words.end(), order.command.begin(), order.command.end());

  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(ErrorCode::unavailable, "no pipe could be made");
  Descriptor told(ends[0]);
  Descriptor telling(ends[1]);
  const pid_t parent = ::getpid();
  // The supervisor has one thread, so a child may do more than exec.
  const pid_t child = ::fork();
  if (child < 0)
    return fail(ErrorCode::unavailable, std::string("no process could be made: ") + std::strerror(errno));
  if (child == 0) {
    if (!set_up(plan, parent)) tell(telling.number(), {false, errno});
    if (handed.number() >= 0 && ::fcntl(handed.number(), F_SETFD, 0) != 0) tell(telling.number(), {false, errno});
    ::execve(first.c_str(), pointers(words).data(), pointers(variables).data());
    // As shells do: a text without #! is a script of the shell.
    if (errno == ENOEXEC && plan.sandbox.program.empty()) {
      words.insert(words.begin(), "/bin/sh");
      words[1] = program;
      ::execve("/bin/sh", pointers(words).data(), pointers(variables).data());
    }
    tell(telling.number(), {plan.sandbox.program.empty(), errno});
  }
  telling.close();
  ChildFault fault;
  ssize_t count = 0;
  do {
    count = ::read(told.number(), &fault, sizeof fault);
  } while (count < 0 && errno == EINTR);
  if (count != sizeof fault) return child;
  // The program itself was found.
  if (fault.is_program && fault.error == ENOENT) return no_program("what its first line names to run it is not there");
  if (fault.is_program) return no_program(std::strerror(fault.error));
  return fail(ErrorCode::unavailable, std::string("the job could not be set up: ") + std::strerror(fault.error));
}

}  // namespace dayan::adapters
