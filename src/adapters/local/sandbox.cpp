#include "adapters/local/sandbox.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "adapters/files.h"
#include "adapters/processes/real_processes.h"
#include "adapters/spawn.h"

namespace dayan::adapters {
namespace {

bool is_folder(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

}  // namespace

std::vector<std::string> sandbox_words(const Sandbox& sandbox, const std::string& folder, Bytes memory) {
  if (sandbox.program.empty()) return {};
  std::vector<std::string> words{sandbox.program,
                                 "--die-with-parent",
                                 "--unshare-pid",
                                 "--unshare-ipc",
                                 "--unshare-uts",
                                 "--cap-drop",
                                 "ALL",
                                 "--ro-bind",
                                 "/",
                                 "/",
                                 "--dev",
                                 "/dev",
                                 "--proc",
                                 "/proc",
                                 // To root these are writable though it has no capability left.
                                 "--ro-bind-try",
                                 "/proc/sys",
                                 "/proc/sys",
                                 "--ro-bind-try",
                                 "/proc/sysrq-trigger",
                                 "/proc/sysrq-trigger"};
  if (!sandbox.network) words.push_back("--unshare-net");
  const auto add_empty = [&words, memory](const std::string& path) {
    if (!is_folder(path)) return;
    if (!memory.is_zero()) words.insert(words.end(), {"--size", std::to_string(memory.value())});
    words.insert(words.end(), {"--tmpfs", path});
  };
  for (const char* path : {"/tmp", "/var/tmp", "/run", "/dev/shm"}) add_empty(path);
  // Names are looked up through a file below /run on many machines.
  words.insert(words.end(), {"--ro-bind-try", "/run/systemd/resolve", "/run/systemd/resolve"});
  // Parents before children, so that no folder hides one that was made empty inside it.
  std::vector<std::string> hidden = sandbox.hidden;
  std::sort(hidden.begin(), hidden.end());
  for (const std::string& path : hidden) add_empty(path);
  // Where the agent is root, so is the job in the eyes of the file system: at least it must not read passwords.
  for (const char* path : {"/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-"}) {
    if (::geteuid() == 0 && exists(path)) words.insert(words.end(), {"--ro-bind", "/dev/null", path});
  }
  words.insert(words.end(), {"--bind", folder, folder, "--chdir", folder, "--"});
  return words;
}

Sandbox detect_sandbox(std::vector<std::string> hidden, bool network, std::string& why) {
  Sandbox sandbox{find_program("bwrap", default_path, "/"), std::move(hidden), network};
  if (sandbox.program.empty()) {
    why = "bwrap (bubblewrap) is not installed";
    return sandbox;
  }
  ProcessSpec spec;
  spec.argv = sandbox_words(sandbox, "/tmp", Bytes(1'000'000));
  spec.argv.insert(spec.argv.end(), {"/bin/sh", "-c", "echo inside"});
  spec.environment = {{"PATH", default_path}};
  RealProcesses processes;
  const auto result = processes.run(spec);
  if (result.has_value() && result->exit_code == 0 && result->out == "inside\n") return sandbox;
  why = "bwrap does not work here: " + (result.has_value() ? result->err : to_text(result.error()));
  while (why.ends_with('\n')) why.pop_back();
  sandbox.program.clear();
  return sandbox;
}

}  // namespace dayan::adapters
