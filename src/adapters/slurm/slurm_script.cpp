#include "adapters/slurm/slurm_script.h"

#include "base/scan.h"

namespace dayan::adapters {
namespace {

constexpr std::string_view body = R"sh(unset LC_ALL SLURM_TIME_FORMAT
umask 022
now() { dayan_ns=$(date +%s%N); echo "${dayan_ns%???}"; }
stamp() { echo "$2" >"$dayan_stamps/$1.new" && mv -f "$dayan_stamps/$1.new" "$dayan_stamps/$1"; }
if ! mkdir "$dayan_stamps/claim"; then
  [ -d "$dayan_stamps/claim" ] || exit 74
  echo 'dayan: this attempt has been started before' >&2
  exit 76
fi
if [ -e "$dayan_stamps/../stop" ]; then exit 75; fi
if [ "$(now)" -gt "$dayan_starts_by" ]; then
  stamp expired "$(now)"
  exit 75
fi
trap : TERM INT HUP
# Its room is taken back: whoever asked for it is told once. Not `timeout`, which would kill it five seconds later.
( while sleep 2; do
    [ -e "$dayan_stamps/../notice" ] || continue
    kill -TERM "$(cat "$dayan_stamps/first")"
    break
  done ) 2>/dev/null &
dayan_messenger=$!
stamp start "$(now)" || exit 74
)sh";

/// A time as `timeout` reads it: seconds with a point.
std::string seconds_text(Duration duration) {
  const auto microseconds = static_cast<std::uint64_t>(duration.microseconds());
  return std::to_string(microseconds / 1'000'000) + '.' + padded(microseconds % 1'000'000, 6);
}

/// What the inner shell does: the job's own variables, which must not touch the wrapper, then the command.
std::string inner_script(const StartOrder& order, const std::string& stamps) {
  std::string text = "echo $$ >" + shell_word(stamps + "/first") + '\n';
  bool has_home = false;
  for (const EnvironmentVariable& variable : order.environment) {
    text += "export " + variable.name + '=' + shell_word(variable.value) + '\n';
    has_home = has_home || variable.name == "HOME";
  }
  if (!has_home) text += "export HOME=" + shell_word(order.folder) + '\n';
  return text + "exec \"$@\"\n";
}

}  // namespace

std::string shell_word(std::string_view text) {
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'') {
      word += "'\\''";
    } else {
      word += c;
    }
  }
  return word + '\'';
}

std::string wrapper_script(const StartOrder& order, const std::string& stamps, bool opens_folder) {
  std::string script = "#!/bin/sh\n# Written by Dayan for " + engine_name(order.attempt) + ".\n";
  script += "dayan_stamps=" + shell_word(stamps) + '\n';
  script += "dayan_starts_by=" + std::to_string(order.starts_by.microseconds()) + '\n';
  script += body;
  script += "timeout -k 5 " + seconds_text(order.wall_time) + " /bin/sh -c " +
            shell_word(inner_script(order, stamps)) + " dayan";
  if (!order.script.empty()) {
    if (!order.script.starts_with("#!")) script += " /bin/sh";
    script += ' ' + shell_word(stamps + "/script");
  }
  for (const std::string& word : order.command) script += ' ' + shell_word(word);
  script += "\ndayan_code=$?\nkill \"$dayan_messenger\" 2>/dev/null\nstamp end \"$(now) $dayan_code\"\n";
  if (opens_folder) script += "chmod -R g+rwX " + shell_word(order.folder) + " 2>/dev/null\n";
  return script + "exit \"$dayan_code\"\n";
}

}  // namespace dayan::adapters
