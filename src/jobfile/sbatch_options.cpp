#include "jobfile/sbatch_options.h"

#include <algorithm>
#include <array>

#include "base/scan.h"

namespace dayan::jobfile {
namespace {

struct Known {
  std::string_view name;
  char letter;  ///< 0: none
  bool has_value;
  std::string_view without_value = "";  ///< what it means alone: a value then only follows an equals sign
};
/// What this reader knows; sbatch.cpp says what becomes of each.
constexpr std::array<Known, 35> known_options = {{{"--job-name", 'J', true},
                                                  {"--array", 'a', true},
                                                  {"--cpus-per-task", 'c', true},
                                                  {"--ntasks", 'n', true},
                                                  {"--nodes", 'N', true},
                                                  {"--ntasks-per-node", 0, true},
                                                  {"--mem", 0, true},
                                                  {"--mem-per-cpu", 0, true},
                                                  {"--time", 't', true},
                                                  {"--gres", 0, true},
                                                  {"--gpus", 'G', true},
                                                  {"--gpus-per-node", 0, true},
                                                  {"--gpus-per-task", 0, true},
                                                  {"--output", 'o', true},
                                                  {"--error", 'e', true},
                                                  {"--open-mode", 0, true},
                                                  {"--partition", 'p', true},
                                                  {"--account", 'A', true},
                                                  {"--qos", 'q', true},
                                                  {"--comment", 0, true},
                                                  {"--mail-type", 0, true},
                                                  {"--mail-user", 0, true},
                                                  {"--nice", 0, true, "100"},
                                                  {"--priority", 0, true},
                                                  {"--requeue", 0, false},
                                                  {"--no-requeue", 0, false},
                                                  {"--parsable", 0, false},
                                                  {"--quiet", 'Q', false},
                                                  {"--verbose", 'v', false},
                                                  {"--export", 0, true},
                                                  {"--get-user-env", 0, false},
                                                  {"--time-min", 0, true},
                                                  {"--begin", 'b', true},
                                                  {"--deadline", 0, true},
                                                  {"--switches", 0, true}}};

constexpr std::string_view mark = "#SBATCH";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/// The words of an #SBATCH line, quotes taken off; ends at an unquoted # that begins a word.
std::vector<std::string> words_of(std::string_view text, int line, FaultList& faults) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while (true) {
    while (at < text.size() && is_blank(text[at])) ++at;
    if (at == text.size() || text[at] == '#') return words;
    std::string word;
    char quoted_by = 0;
    for (; at < text.size() && (quoted_by != 0 || !is_blank(text[at])); ++at) {
      const char c = text[at];
      if (quoted_by == 0 && (c == '"' || c == '\'')) quoted_by = c;
      else if (c == quoted_by) quoted_by = 0;
      else word += c;
    }
    if (quoted_by != 0) faults.add_at(line, std::string(mark), "a quote is not closed", "close it on the same line");
    words.push_back(std::move(word));
  }
}

const Known* find_known(std::string_view word, std::string_view& value, bool& has_value) {
  const std::size_t equals = word.find('=');
  for (const Known& each : known_options) {
    if (word.substr(0, equals) == each.name) {
      has_value = equals != std::string_view::npos;
      if (has_value) value = word.substr(equals + 1);
      return &each;
    }
    if (each.letter != 0 && word.size() >= 2 && word[0] == '-' && word[1] == each.letter) {
      has_value = word.size() > 2;
      value = word.substr(2);
      return &each;
    }
  }
  return nullptr;
}

void read_line(std::string_view text, int line, std::vector<SbatchOption>& options, FaultList& faults) {
  const std::vector<std::string> words = words_of(text, line, faults);
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string_view value;
    bool has_value = false;
    const Known* known = find_known(words[i], value, has_value);
    if (known == nullptr) {
      faults.add_at(line, std::string(mark), quote(words[i]) + " is not an option that Dayan reads",
                    "take it out, or write a job file");
      // Its value, if it stands apart, is no option of its own: one fault is enough.
      if (i + 1 < words.size() && !words[i + 1].starts_with('-')) ++i;
      continue;
    }
    SbatchOption option{std::string(known->name), std::string(value), line};
    if (!has_value && !known->without_value.empty()) {
      option.value = known->without_value;
      has_value = true;
    }
    if (known->has_value && !has_value && i + 1 < words.size()) {
      option.value = words[++i];
      has_value = true;
    }
    if (known->has_value && (!has_value || option.value.empty()))
      faults.add_at(line, option.name, "has no value", "give one: " + option.name + "=value");
    else if (!known->has_value && has_value)
      faults.add_at(line, option.name, "takes no value", "leave " + quote(value) + " out");
    else
      options.push_back(std::move(option));
  }
}

}  // namespace

std::vector<SbatchOption> read_sbatch_options(std::string_view script, std::vector<std::string>& notes,
                                              FaultList& faults) {
  std::vector<SbatchOption> options;
  bool in_head = true;
  int line = 0;
  while (!script.empty()) {
    ++line;
    const std::size_t end = std::min(script.find('\n'), script.size());
    const std::string_view text = script.substr(0, end);
    script.remove_prefix(std::min(end + 1, script.size()));
    const bool is_option = text.starts_with(mark) && (text.size() == mark.size() || is_blank(text[mark.size()]));
    if (is_option && in_head) {
      read_line(text.substr(mark.size()), line, options, faults);
    } else if (is_option) {
      notes.push_back("line " + std::to_string(line) + ": #SBATCH after the first command has no effect, as in sbatch");
    } else if (!text.starts_with('#') && !std::all_of(text.begin(), text.end(), is_blank)) {
      in_head = false;
    }
  }
  return options;
}

}  // namespace dayan::jobfile
