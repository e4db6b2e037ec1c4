#include "adapters/spawn.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "adapters/descriptor.h"
#include "base/scan.h"

namespace dayan::adapters {
namespace {

bool has_nul(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    if (text.find('\0') != std::string::npos) return true;
  }
  return false;
}

/// posix_spawn's two bags of settings, freed at the end.
struct Settings {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  Settings() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  Settings(const Settings&) = delete;
  Settings& operator=(const Settings&) = delete;
  ~Settings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
};

void connect(Settings& settings, int wanted, int given) {
  if (given >= 0) {
    posix_spawn_file_actions_adddup2(&settings.actions, given, wanted);
  } else {
    posix_spawn_file_actions_addopen(&settings.actions, wanted, "/dev/null", O_RDWR, 0);
  }
}

}  // namespace

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(file, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

int exit_code_of(int wait_status) {
  if (WIFSIGNALED(wait_status)) return 128 + WTERMSIG(wait_status);
  return WEXITSTATUS(wait_status);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

std::vector<std::string> assignments(const std::vector<EnvironmentVariable>& environment) {
  std::vector<std::string> texts;
  texts.reserve(environment.size());
  for (const EnvironmentVariable& variable : environment) texts.push_back(variable.name + '=' + variable.value);
  return texts;
}

std::string value_of(const std::vector<EnvironmentVariable>& environment, const std::string& name,
                     const std::string& otherwise) {
  for (const EnvironmentVariable& variable : environment) {
    if (variable.name == name) return variable.value;
  }
  return otherwise;
}

std::string find_program(const std::string& word, const std::string& path, const std::string& folder) {
  const auto absolute = [&folder](const std::string& name) {
    return name.starts_with('/') ? name : folder + '/' + name;
  };
  if (word.find('/') != std::string::npos) {
    return ::access(absolute(word).c_str(), X_OK) == 0 ? absolute(word) : std::string();
  }
  for (std::size_t from = 0; !word.empty() && from <= path.size();) {
    const std::size_t colon = std::min(path.find(':', from), path.size());
    const std::string part = path.substr(from, colon - from);
    const std::string candidate = absolute((part.empty() ? "." : part) + '/' + word);
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    from = colon + 1;
  }
  return {};
}

Result<pid_t> spawn(const SpawnPlan& plan) {
  std::vector<std::string> words = plan.argv;
  std::vector<std::string> variables = assignments(plan.environment);
  if (words.empty()) return fail(ErrorCode::invalid, "there is no command to run");
  if (has_nul(words) || has_nul(variables))
    return fail(ErrorCode::invalid, "an argument or a variable contains a NUL", "leave it out");
  // Looked up here: posix_spawnp would take the agent's own PATH.
  const std::string program = find_program(words[0], value_of(plan.environment, "PATH", default_path), ".");
  if (program.empty()) return fail(ErrorCode::not_found, "there is no program " + quote(words[0]));

  Settings settings;
  connect(settings, 0, plan.input);
  connect(settings, 1, plan.output);
  connect(settings, 2, plan.error);
  posix_spawn_file_actions_addclosefrom_np(&settings.actions, 3);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&settings.attributes, &none);
  posix_spawnattr_setsigdefault(&settings.attributes, &all);
  posix_spawnattr_setpgroup(&settings.attributes, 0);
  posix_spawnattr_setflags(&settings.attributes,
                           static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                              (plan.new_session ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP)));
  pid_t child = 0;
  const int error = ::posix_spawn(&child, program.c_str(), &settings.actions, &settings.attributes,
                                  pointers(words).data(), pointers(variables).data());
  if (error == ENOENT) return fail(ErrorCode::not_found, "there is no program " + quote(words[0]));
  if (error != 0) return fail(ErrorCode::unavailable, words[0] + " could not be started: " + std::strerror(error));
  return child;
}

}  // namespace dayan::adapters
