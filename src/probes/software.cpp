#include "probes/software.h"

#include <algorithm>

#include "base/scan.h"

namespace dayan::probes {

namespace {

struct Known {
  std::string_view program;
  std::string_view option;
};

/// Sorted by name.
constexpr Known known[] = {
    {"blender", "--version"}, {"cmake", "--version"},  {"ffmpeg", "-version"},   {"g++", "--version"},
    {"gcc", "--version"},     {"gmx", "--version"},    {"gnuplot", "--version"}, {"julia", "--version"},
    {"mpirun", "--version"},  {"octave", "--version"}, {"perl", "--version"},    {"povray", "--version"},
    {"python3", "--version"}, {"rclone", "--version"}, {"Rscript", "--version"},
};

/// Digits with at least one dot between them, at the front of `text`.
std::string_view version_at(std::string_view text) {
  std::size_t end = 0;
  std::size_t dots = 0;
  while (end < text.size()) {
    if (is_digit(text[end])) {
      ++end;
    } else if (text[end] == '.' && end > 0 && end + 1 < text.size() && is_digit(text[end + 1])) {
      ++end;
      ++dots;
    } else {
      break;
    }
  }
  return dots > 0 ? text.substr(0, end) : std::string_view();
}

}  // namespace

std::vector<std::string> version_command(std::string_view program) {
  for (const Known& each : known) {
    if (each.program == program) return {std::string(each.program), std::string(each.option)};
  }
  return {};
}

std::vector<std::string> known_programs() {
  std::vector<std::string> names;
  for (const Known& each : known) names.emplace_back(each.program);
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<std::string> version_in(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_digit(text[i])) continue;
    const std::string_view version = version_at(text.substr(i));
    if (!version.empty()) return std::string(version);
    while (i + 1 < text.size() && is_digit(text[i + 1])) ++i;
  }
  return std::nullopt;
}

Result<std::string> installed_version(Processes& processes, std::string_view program) {
  ProcessSpec spec;
  spec.argv = version_command(program);
  if (spec.argv.empty()) {
    return fail(ErrorCode::invalid, "nothing is known of how " + quote(program) + " tells its version",
                "give its name and version in the file");
  }
  spec.environment = {{"PATH", "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"}, {"LC_ALL", "C"}};
  spec.timeout = Duration::seconds(10);
  TRY(const ProcessResult result, processes.run(spec));
  // Some print it to standard error, and some end with an error code although they answered.
  if (std::optional<std::string> version = version_in(result.out)) return *version;
  if (std::optional<std::string> version = version_in(result.err)) return *version;
  return fail(ErrorCode::unavailable, quote(program) + " did not tell its version");
}

}  // namespace dayan::probes
