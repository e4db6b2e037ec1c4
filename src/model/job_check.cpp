#include <algorithm>
#include <set>

#include "base/readable.h"
#include "base/scan.h"
#include "model/job.h"

namespace dayan {
namespace {

/// Beyond any machine there is, and far below where a product with a price would leave 128 bits.
constexpr Cores cores_max{100'000};
// Without a bound a task could take the whole node, and pay for nothing of it.
constexpr Bytes memory_min{1'000'000};
constexpr Bytes memory_max{1'000'000'000'000'000};
constexpr MilliCards cards_max{1'000'000};
constexpr std::size_t list_max = 100;
constexpr std::size_t command_words_max = 1'000;
constexpr std::size_t environment_value_max = 100'000;
constexpr std::size_t path_bytes_max = 4'096;
constexpr std::size_t path_part_bytes_max = 255;

constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Collects faults under one prefix of field names.
class Checker {
 public:
  explicit Checker(Faults& faults) : faults_(faults) {}

  void fault(std::string field, std::string wrong, std::string right) {
    faults_.push_back({ErrorCode::invalid, std::move(field), std::move(wrong), std::move(right)});
  }
  /// A number between `low` and `high`, both included; `text` shows one in the field's unit.
  template <class T, class Show>
  void range(std::string field, const T& value, const T& low, const T& high, const Show& show) {
    if (value < low) fault(std::move(field), show(value) + " is too small", "give at least " + show(low));
    else if (value > high) fault(std::move(field), show(value) + " is too much", "give at most " + show(high));
  }
  bool at_most(const std::string& field, std::size_t count, std::size_t count_max, std::string_view what) {
    if (count <= count_max) return true;
    fault(field, std::to_string(count) + ' ' + std::string(what) + " are too many",
          "give at most " + std::to_string(count_max));
    return false;
  }
  void plain_names(const std::string& field, const std::vector<std::string>& names) {
    if (!at_most(field, names.size(), list_max, "names")) return;
    for (std::size_t i = 0; i < names.size(); ++i) plain_name(member(field, i), names[i]);
  }
  void plain_name(std::string field, std::string_view name) {
    if (is_plain_name(name)) return;
    fault(std::move(field), name.empty() ? "is missing" : quote(name) + " is not a name",
          "give 1 to 64 letters, digits, dots, dashes or underscores, a letter or digit first");
  }
  [[nodiscard]] std::size_t count() const { return faults_.size(); }
  [[nodiscard]] static std::string member(const std::string& field, std::size_t index) {
    return field + '[' + std::to_string(index) + ']';
  }

 private:
  Faults& faults_;
};

std::string show_number(std::int64_t value) { return std::to_string(value); }

std::string show_cards(MilliCards cards) {
  const std::int64_t milli = cards.value();
  std::string text = milli < 0 ? "-" : "";
  text += std::to_string(magnitude(milli) / 1'000);
  if (milli % 1'000 != 0) text += '.' + padded(magnitude(milli) % 1'000, 3);
  return text + " cards";
}

/// As people read it, but exact where it would read like a bound that it is not.
auto show_size(Bytes low, Bytes high) {
  return [low, high](Bytes size) {
    std::string text = readable(size);
    return text == readable(low) || text == readable(high) ? to_text(size) : text;
  };
}

/// Digits, letters and the punctuation of versions: "3.7.0.10", "12.0~rc1".
bool is_version(std::string_view text) {
  if (text.size() > name_length_max || text.empty() || (!is_digit(text.front()) && !is_letter(text.front())))
    return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_digit(c) || is_letter(c) || std::string_view(".+~-_").find(c) != std::string_view::npos;
  });
}

void check_resources(const Requirements& wanted, Checker& checker) {
  const Resources& resources = wanted.resources;
  const std::string prefix = "requirements.resources.";
  checker.range(prefix + "cores", resources.cores, Cores(1), cores_max,
                [](Cores cores) { return show_number(cores.value()) + " cores"; });
  checker.range(prefix + "memory", resources.memory, memory_min, memory_max, show_size(memory_min, memory_max));
  checker.range(prefix + "cards", resources.cards, MilliCards(0), cards_max, show_cards);
  checker.range(prefix + "nodes", resources.nodes, std::int32_t{1}, task_nodes_max, [](std::int32_t nodes) {
    return std::to_string(nodes) + " nodes";
  });
  if (resources.memory <= memory_max && resources.nodes > 0 &&
      resources.memory.value() > bytes_max.value() / resources.nodes)
    checker.fault(prefix + "nodes",
                  "so many nodes with " + readable(resources.memory) + " each are more than there are",
                  "give at most " + to_text(bytes_max) + " of memory in all");
  checker.plain_names("requirements.chips", wanted.chips);
  // Silence would place it on a machine without any card.
  if (!wanted.chips.empty() && resources.cards.is_zero())
    checker.fault(prefix + "cards", "is zero, though a chip is named", "give the number of cards, or name no chip");
}

void check_weights(const Requirements& wanted, Checker& checker) {
  const Weights& weights = wanted.weights;
  const auto weight = [&](const char* field, std::int32_t value) {
    checker.range(std::string("requirements.weights.") + field, value, std::int32_t{0}, weight_max,
                  [](std::int32_t number) { return std::to_string(number); });
  };
  weight("cost", weights.cost);
  weight("time", weights.time);
  weight("carbon", weights.carbon);
  const bool is_weighted = wanted.objective == Objective::weighted;
  if (is_weighted && weights == Weights{})
    checker.fault("requirements.weights", "are all zero", "give a weight to cost, time or carbon");
  if (!is_weighted && weights != Weights{})
    checker.fault("requirements.weights", "count only under the objective weighted",
                  "give that objective, or no weights");
}

void check_latency(const std::vector<LatencyBound>& latency, Checker& checker) {
  if (!checker.at_most("requirements.latency", latency.size(), list_max, "cities")) return;
  std::set<std::string_view> cities;
  for (std::size_t i = 0; i < latency.size(); ++i) {
    const std::string field = Checker::member("requirements.latency", i);
    checker.plain_name(field + ".city", latency[i].city);
    if (!cities.insert(latency[i].city).second)
      checker.fault(field + ".city", quote(latency[i].city) + " is given twice", "give each city once");
    checker.range(field + ".at_most", latency[i].at_most, Duration::microseconds(1), Duration::seconds(3'600),
                  [](Duration time) { return to_text(time); });
  }
}

void check_requirements(const Requirements& wanted, Checker& checker) {
  check_resources(wanted, checker);
  check_weights(wanted, checker);
  check_latency(wanted.latency, checker);
  checker.range("requirements.core_capability_min", wanted.core_capability_min, Capability(0), core_capability_max,
                [](Capability capability) { return show_number(capability.value()) + "/10000 of the reference core"; });
  if (wanted.priority > 0) {
    checker.fault("requirements.priority", std::to_string(wanted.priority) + " would go before the work of others",
                  "give 0, or less for what can wait: your other jobs then go before it");
  } else {
    checker.range("requirements.priority", wanted.priority, -priority_steps_max, std::int32_t{0},
                  [](std::int32_t priority) { return std::to_string(priority); });
  }
  if (checker.at_most("requirements.software", wanted.software.size(), list_max, "programs")) {
    for (std::size_t i = 0; i < wanted.software.size(); ++i) {
      const SoftwareNeed& need = wanted.software[i];
      const std::string field = Checker::member("requirements.software", i);
      checker.plain_name(field + ".name", need.name);
      if (!need.version_min.empty() && !is_version(need.version_min))
        checker.fault(field + ".version_min", quote(need.version_min) + " is not a version", "give one like 3.7");
    }
  }
  if (!wanted.finish_by.is_none() && wanted.finish_by <= wanted.not_before)
    checker.fault("requirements.finish_by",
                  to_text(wanted.finish_by) + " does not lie after the earliest start, " + to_text(wanted.not_before),
                  "give a later deadline, or an earlier start");
  const auto show = [](Duration time) { return to_text(time); };
  checker.range("requirements.wall_time", wanted.wall_time, wall_time_limit_min, wall_time_limit_max, show);
  checker.range("requirements.run_time", wanted.run_time, Duration(), wall_time_limit_max, show);
  checker.range("requirements.tasks_per_centre_max", wanted.tasks_per_centre_max, std::int32_t{0}, array_count_max,
                [](std::int32_t tasks) { return std::to_string(tasks) + " tasks at one centre"; });
  checker.plain_names("requirements.regions", wanted.regions);
  checker.plain_names("requirements.providers", wanted.providers);
  if (wanted.price_cap.has_value())
    checker.range("requirements.price_cap", *wanted.price_cap, Cny::micro(1), amount_max,
                  [](Cny amount) { return to_text(amount) + " yuan"; });
}

void check_program(const Payload& payload, Checker& checker) {
  if (payload.command.empty() && payload.script.empty())
    checker.fault("payload.command", "neither a command nor a script is given", "give one of them");
  if (!payload.command.empty() && !payload.script.empty())
    checker.fault("payload.script", "both a command and a script are given", "give one of them");
  checker.at_most("payload.command", payload.command.size(), command_words_max, "words");
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < payload.command.size(); ++i) {
    const std::string& word = payload.command[i];
    bytes += word.size() + 1;
    if (word.find('\0') != std::string::npos)
      checker.fault(Checker::member("payload.command", i), "holds a NUL byte", "leave it out");
  }
  checker.at_most("payload.command", bytes, script_bytes_max, "bytes");
  if (!payload.command.empty() && payload.command.front().empty())
    checker.fault("payload.command[0]", "is empty", "name the program to run");
  checker.at_most("payload.script", payload.script.size(), script_bytes_max, "bytes");
  if (payload.script.find('\0') != std::string::npos)
    checker.fault("payload.script", "holds a NUL byte", "give a text script");
}

bool is_variable_name(std::string_view name) {
  if (name.empty() || name.size() > path_part_bytes_max || is_digit(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

void check_environment(const std::vector<EnvironmentVariable>& environment, Checker& checker) {
  if (!checker.at_most("payload.environment", environment.size(), environment_max, "variables")) return;
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < environment.size(); ++i) {
    const auto& [name, value] = environment[i];
    const std::string field = Checker::member("payload.environment", i);
    if (!is_variable_name(name))
      checker.fault(field + ".name", quote(name) + " is not a variable's name",
                    "give letters, digits and underscores, no digit first");
    else if (!seen.insert(name).second)
      checker.fault(field + ".name", quote(name) + " is given twice", "give each variable once");
    if (value.find('\0') != std::string::npos)
      checker.fault(field + ".value", "holds a NUL byte", "leave it out");
    checker.at_most(field + ".value", value.size(), environment_value_max, "bytes");
  }
}

constexpr const char* path_advice = "give a relative path that stays inside the work folder, e.g. frames/a.png";

void check_inputs(const std::vector<InputFile>& inputs, Checker& checker) {
  if (!checker.at_most("payload.inputs", inputs.size(), input_files_max, "files")) return;
  std::set<std::string_view> paths;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const InputFile& input = inputs[i];
    const std::string field = Checker::member("payload.inputs", i);
    if (!is_safe_relative_path(input.path))
      checker.fault(field + ".path", quote(input.path) + " is not a path inside the work folder", path_advice);
    else if (!paths.insert(input.path).second)
      checker.fault(field + ".path", quote(input.path) + " is given twice", "give each file once");
    if (input.digest.is_none())
      checker.fault(field + ".digest", "is missing, or all zeros", "give the SHA-256 of the file in hexadecimal");
    checker.range(field + ".size", input.size, Bytes(0), bytes_max, show_size(Bytes(0), bytes_max));
  }
  // A file cannot stand where another one needs a folder.
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::string_view path = inputs[i].path;
    for (std::size_t end = path.find('/'); end != std::string_view::npos; end = path.find('/', end + 1)) {
      if (!paths.contains(path.substr(0, end))) continue;
      checker.fault(Checker::member("payload.inputs", i) + ".path",
                    quote(path) + " lies below " + quote(path.substr(0, end)) + ", which is a file",
                    "rename one of the two");
      break;
    }
  }
}

void check_rounds(const JobSpec& spec, Checker& checker) {
  const auto show = [](std::int32_t times) { return std::to_string(times) + " rounds"; };
  if (spec.every == Duration()) {
    if (spec.times != 0)
      checker.fault("times", show(spec.times) + " are wanted, and no period", "say how often: every, or leave it out");
    if (spec.overlap != Overlap::both)
      checker.fault("overlap", "says what becomes of rounds, and there is one alone",
                    "say how often: every, or leave it out");
    return;
  }
  const std::size_t before = checker.count();
  checker.range("every", spec.every, every_min, every_max, [](Duration every) { return to_text(every); });
  if (spec.times == 0)
    checker.fault("times", "is missing", "say how many rounds there are, the first counted: " +
                                             std::to_string(times_min) + " to " + std::to_string(times_max));
  else
    checker.range("times", spec.times, times_min, times_max, show);
  if (checker.count() > before || spec.every * (spec.times - 1) <= series_length_max) return;
  const std::int64_t most = series_length_max.microseconds() / spec.every.microseconds() + 1;
  checker.fault("times", show(spec.times) + " take longer than " + to_text(series_length_max),
                "give at most " + std::to_string(most) + " every " + to_text(spec.every));
}

}  // namespace

Faults check(const JobSpec& spec) {
  Faults faults;
  Checker checker(faults);
  checker.plain_name("name", spec.name);
  const auto tasks = [](std::int32_t count) { return std::to_string(count) + " tasks"; };
  checker.range("count", spec.count, std::int32_t{1}, array_count_max, tasks);
  checker.range("wait_max", spec.wait_max, wait_limit_min, wait_limit_max,
                [](Duration wait) { return to_text(wait); });
  checker.range("throttle", spec.throttle, std::int32_t{0}, array_count_max, tasks);
  check_rounds(spec, checker);
  check_requirements(spec.requirements, checker);
  check_program(spec.payload, checker);
  check_environment(spec.payload.environment, checker);
  check_inputs(spec.payload.inputs, checker);
  const std::vector<std::string>& outputs = spec.payload.outputs;
  if (checker.at_most("payload.outputs", outputs.size(), output_patterns_max, "patterns")) {
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (!is_safe_relative_path(outputs[i]))
        checker.fault(Checker::member("payload.outputs", i),
                      quote(outputs[i]) + " is not a pattern inside the work folder", path_advice);
    }
  }
  return faults;
}

bool is_safe_relative_path(std::string_view path) {
  if (path.empty() || path.size() > path_bytes_max) return false;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return false;
  }
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == ".." || part.size() > path_part_bytes_max) return false;
    if (end == path.size()) return true;
    begin = end + 1;
  }
}

bool is_plain_name(std::string_view name) {
  if (name.empty() || name.size() > name_length_max) return false;
  if (!is_letter(name.front()) && !is_digit(name.front())) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-'; });
}

namespace {

/// Takes the next run of digits or of letters, without the punctuation before it; empty at the end.
std::string_view take_version_part(std::string_view& text) {
  while (!text.empty() && !is_digit(text.front()) && !is_letter(text.front())) text.remove_prefix(1);
  std::size_t size = 0;
  while (size < text.size() && (is_digit(text[size]) || is_letter(text[size])) &&
         is_digit(text[size]) == is_digit(text.front()))
    ++size;
  const std::string_view part = text.substr(0, size);
  text.remove_prefix(size);
  return part;
}

/// Below zero, zero or above, as `a` is older than, equal to or newer than `b`. A missing part counts as zero, a word
/// (rc, beta) is older than any number.
int compare_version_parts(std::string_view a, std::string_view b) {
  if (a.empty()) a = "0";
  if (b.empty()) b = "0";
  const bool a_is_number = is_digit(a.front());
  const bool b_is_number = is_digit(b.front());
  if (a_is_number != b_is_number) return a_is_number ? 1 : -1;
  if (a_is_number) {
    a.remove_prefix(std::min(a.find_first_not_of('0'), a.size()));
    b.remove_prefix(std::min(b.find_first_not_of('0'), b.size()));
    if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  }
  return a.compare(b);
}

}  // namespace

bool version_at_least(std::string_view version, std::string_view minimum) {
  if (minimum.empty()) return true;
  while (true) {
    const std::string_view has = take_version_part(version);
    const std::string_view needs = take_version_part(minimum);
    if (has.empty() && needs.empty()) return true;
    const int order = compare_version_parts(has, needs);
    if (order != 0) return order > 0;
  }
}

}  // namespace dayan
