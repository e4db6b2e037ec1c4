#include "jobfile/job_values.h"

#include "base/scan.h"
#include "jobfile/yaml_values.h"

namespace dayan::jobfile {
namespace {

using Field = const std::string&;

std::string element(const std::string& field, std::size_t index) { return field + '[' + std::to_string(index) + ']'; }

void read_input(const YamlNode& node, Field around, LocalInput& input, FaultList& faults) {
  if (node.kind == YamlNode::Kind::map) {
    read_map(node, around,
             {{"from", [&](const YamlNode& member, Field field) { read_text(member, field, input.local, faults); }},
              {"to", [&](const YamlNode& member, Field field) { read_text(member, field, input.path, faults); }},
              {"executable",
               [&](const YamlNode& member, Field field) { read_flag(member, field, input.executable, faults); }}},
             faults);
    if (input.local.empty() && !faults.covers(around + ".from"))
      faults.add(around + ".from", "is missing", "give the path of the file here");
  } else {
    read_text(node, around, input.local, faults);
  }
  // One path serves for both when it can: ./scene.pov and frames/ are scene.pov and frames.
  if (!input.path.empty()) return;
  input.path = input.local;
  while (input.path.starts_with("./")) input.path.erase(0, 2);
  while (input.path.size() > 1 && input.path.ends_with('/')) input.path.pop_back();
  if (!is_safe_relative_path(input.path) && !faults.covers(around) && !faults.covers(around + ".from"))
    faults.add(around, quote(input.local) + " does not lie beside the job file",
               "give {from: its path, to: a relative path in the job}");
}

void read_weights(const YamlNode& node, Field around, Weights& weights, FaultList& faults) {
  const auto weight = [&](std::int32_t& out) {
    return [&out, &faults](const YamlNode& member, Field field) {
      std::int64_t number = out;
      read_count(member, field, 0, weight_max, number, faults);
      out = static_cast<std::int32_t>(number);
    };
  };
  const bool was_good = faults.empty();
  read_map(node, around,
           {{"cost", weight(weights.cost)}, {"time", weight(weights.time)}, {"carbon", weight(weights.carbon)}},
           faults);
  if (was_good && !faults.empty() && weights == Weights{}) weights.cost = 1;  // it has its fault already
}

}  // namespace

void read_software_needs(const YamlNode& node, Field field, std::vector<SoftwareNeed>& out, FaultList& faults) {
  std::vector<std::string> needs;
  read_texts(node, field, needs, faults);
  for (std::size_t i = 0; i < needs.size(); ++i) {
    std::string_view text = needs[i];
    SoftwareNeed& need = out.emplace_back();
    const std::size_t sign = text.find_first_of("<>=!~ ");
    need.name = text.substr(0, sign);
    if (sign == std::string_view::npos) continue;
    text.remove_prefix(sign);
    while (take(text, ' ')) {
    }
    const bool is_least = take(text, '>') && take(text, '=');
    while (take(text, ' ')) {
    }
    need.version_min = text;
    if ((!is_least || text.empty()) && !faults.covers(element(field, i)))
      faults.add(element(field, i), quote(needs[i]) + " is not a program with its least version",
                 "give one like povray>=3.7, or povray for any version");
  }
}

void read_inputs(const YamlNode& node, Field field, std::vector<LocalInput>& out, FaultList& faults) {
  if (node.kind != YamlNode::Kind::list)
    return faults.add(field, "is " + std::string(node.what()), "give a list of paths, or of {from: path, to: path}");
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    faults.place(element(field, i), node.children[i].line);
    read_input(node.children[i], element(field, i), out.emplace_back(), faults);
  }
}

void read_within(const YamlNode& node, Field field, Within& out, FaultList& faults) {
  std::string word;
  read_text(node, field, word, faults);
  const auto within = parse_word<Within>(word);
  if (within.has_value())
    out = *within;
  else if (!faults.covers(field))
    faults.add(field, quote(word) + " is nothing that holds a task's nodes together", "give rack, or pool");
}

void read_objective(const YamlNode& node, Field field, Requirements& wanted, FaultList& faults) {
  if (node.kind == YamlNode::Kind::map) {
    wanted.objective = Objective::weighted;
    return read_weights(node, field, wanted.weights, faults);
  }
  std::string word;
  read_text(node, field, word, faults);
  const auto objective = parse_word<Objective>(word);
  if (objective.has_value() && *objective != Objective::weighted)
    wanted.objective = *objective;
  else if (!faults.covers(field))
    faults.add(field, quote(word) + " is no objective",
               "give one of cheapest, fastest, balanced, greenest, or weights like {cost: 2, time: 1, carbon: 1}");
}

void read_priority(const YamlNode& node, Field field, std::int32_t& out, FaultList& faults) {
  std::string text;
  read_text(node, field, text, faults);
  std::string_view rest = text;
  const bool is_negative = take(rest, '-');
  const std::string_view digits = take_digits(rest);
  const auto number = digits.empty() || !rest.empty() ? std::nullopt : number_of(digits);
  if (number.has_value() && *number <= INT32_MAX) {  // the check of the whole job says what it may be
    out = static_cast<std::int32_t>(is_negative ? -*number : *number);
  } else if (!faults.covers(field)) {
    faults.add(field, quote(text) + " is no priority",
               "give a whole number from " + std::to_string(-priority_steps_max) + " to 0");
  }
}

}  // namespace dayan::jobfile
