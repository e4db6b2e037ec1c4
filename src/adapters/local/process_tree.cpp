#include "adapters/local/process_tree.h"

#include <signal.h>
#include <unistd.h>
// glibc 2.36 forgot to say that these are C.
extern "C" {
#include <sys/pidfd.h>
}

#include <algorithm>

#include "adapters/descriptor.h"
#include "adapters/files.h"
#include "base/scan.h"

namespace dayan::adapters {
namespace {

std::string proc_file(pid_t pid, const char* name) {
  const auto text = read_file("/proc/" + std::to_string(pid) + '/' + name);
  return text.has_value() ? text->value_or("") : std::string();
}

/// Words of /proc/PID/stat after the program's name, which is in brackets and may itself hold brackets and spaces.
std::vector<std::string> stat_words(pid_t pid) {
  const std::string text = proc_file(pid, "stat");
  std::vector<std::string> words;
  const std::size_t bracket = text.rfind(')');
  if (bracket == std::string::npos) return words;
  for (std::size_t from = bracket + 2; from < text.size();) {
    const std::size_t space = std::min(text.find(' ', from), text.size());
    words.push_back(text.substr(from, space - from));
    from = space + 1;
  }
  return words;
}

std::int64_t number_in(const std::string& word) {
  std::string_view rest = word;
  const std::string_view digits = take_digits(rest);
  return digits.empty() ? 0 : number_of(digits).value_or(0);
}

std::vector<pid_t> pids_in(const std::string& text) {
  std::vector<pid_t> pids;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view digits = take_digits(rest);
    if (!digits.empty()) pids.push_back(static_cast<pid_t>(number_of(digits).value_or(0)));
    if (!rest.empty()) rest.remove_prefix(1);
  }
  return pids;
}

std::vector<pid_t> all_pids() {
  std::vector<pid_t> pids;
  const auto names = names_in("/proc");
  if (!names.has_value()) return pids;
  for (const std::string& name : *names) {
    if (is_digit(name[0])) pids.push_back(static_cast<pid_t>(number_in(name)));
  }
  return pids;
}

/// A kernel without CONFIG_PROC_CHILDREN has no children files: then every process is asked for its parent.
std::vector<pid_t> children_by_parent(pid_t parent) {
  std::vector<pid_t> children;
  for (const pid_t pid : all_pids()) {
    const std::vector<std::string> words = stat_words(pid);
    if (words.size() > 1 && number_in(words[1]) == parent) children.push_back(pid);
  }
  return children;
}

std::vector<pid_t> children_of(pid_t parent) {
  static const bool have_children_files = exists("/proc/self/task/" + std::to_string(::getpid()) + "/children");
  if (!have_children_files) return children_by_parent(parent);
  std::vector<pid_t> children;
  const std::string folder = "/proc/" + std::to_string(parent) + "/task";
  const auto threads = names_in(folder);
  if (!threads.has_value()) return children;
  for (const std::string& thread : *threads) {
    const auto text = read_file(folder + '/' + thread + "/children");
    if (!text.has_value()) continue;
    for (const pid_t pid : pids_in(text->value_or(""))) children.push_back(pid);
  }
  return children;
}

}  // namespace

ProcessIdentity identify_process(pid_t pid) {
  const std::vector<std::string> words = stat_words(pid);
  if (words.size() < 20 || words[0] == "Z" || words[0] == "X") return {};
  const auto boot = read_file("/proc/sys/kernel/random/boot_id");
  return {pid, number_in(words[19]), boot.has_value() ? boot->value_or("") : std::string()};
}

bool is_alive(const ProcessIdentity& process) {
  const ProcessIdentity now = identify_process(process.pid);
  return process.pid > 0 && now.pid == process.pid && now.start_ticks == process.start_ticks &&
         now.boot == process.boot;
}

void send_signal(const ProcessIdentity& process, int signal) {
  // The descriptor is taken before the look, so the process looked at is the one that gets the signal.
  const Descriptor handle(::pidfd_open(process.pid, 0));
  if (handle.is_open() && is_alive(process)) ::pidfd_send_signal(handle.number(), signal, nullptr, 0);
}

std::vector<pid_t> descendants(pid_t pid) {
  std::vector<pid_t> found = children_of(pid);
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (const pid_t child : children_of(found[i])) {
      // A process can move up the tree between two looks; it is counted once.
      if (std::find(found.begin(), found.end(), child) == found.end()) found.push_back(child);
    }
  }
  return found;
}

Bytes resident_memory(const std::vector<pid_t>& processes) {
  std::int64_t pages = 0;
  for (const pid_t pid : processes) {
    const std::string text = proc_file(pid, "statm");
    const std::size_t space = text.find(' ');
    if (space != std::string::npos) pages += number_in(text.substr(space + 1));
  }
  return Bytes(pages * ::sysconf(_SC_PAGESIZE));
}

Bytes proportional_memory(const std::vector<pid_t>& processes) {
  std::int64_t kibibytes = 0;
  for (const pid_t pid : processes) {
    const std::string text = proc_file(pid, "smaps_rollup");
    for (const char* name : {"\nPss:", "\nSwapPss:"}) {
      const std::size_t line = text.find(name);
      if (line == std::string::npos) continue;
      const std::size_t digits = text.find_first_of("0123456789", line);
      if (digits != std::string::npos) kibibytes += number_in(text.substr(digits));
    }
  }
  return Bytes(kibibytes * 1024);
}

bool kill_marked(const std::string& variable, const std::string& value) {
  const std::string mark = '\0' + variable + '=' + value + '\0';
  constexpr int rounds_max = 100;
  for (int round = 0; round < rounds_max; ++round) {
    bool found = false;
    for (const pid_t pid : all_pids()) {
      if (pid == ::getpid() || ('\0' + proc_file(pid, "environ")).find(mark) == std::string::npos) continue;
      found = true;
      ::kill(pid, SIGKILL);
    }
    if (!found) return true;
    ::usleep(20'000);
  }
  return false;
}

}  // namespace dayan::adapters
