#include "jobfile/job_reader.h"

#include "base/scan.h"
#include "jobfile/check_file.h"
#include "jobfile/yaml_values.h"

namespace dayan::jobfile {
namespace {

std::string element(const std::string& field, std::size_t index) { return field + '[' + std::to_string(index) + ']'; }

}  // namespace

JobFile JobReader::read(const YamlNode& root) {
  count_field_ = in_file("array.count");
  read_keys(root);
  if (root.kind != YamlNode::Kind::map) return file_;
  const bool has_command = !file_.spec.payload.command.empty() || !file_.spec.payload.script.empty();
  if (!needs_command_ && !has_command) file_.spec.payload.command = {"true"};
  check_file(file_, [this](std::string_view field) { return name_of(field); }, faults_);
  return file_;
}

std::string JobReader::in_file(std::string_view field) const {
  return around_.empty() ? std::string(field) : around_ + '.' + std::string(field);
}

void JobReader::read_keys(const YamlNode& root) {
  Requirements& wanted = file_.spec.requirements;
  Payload& payload = file_.spec.payload;
  std::vector<YamlKey> keys = {
      {"name", [&](const YamlNode& node, Field field) { read_text(node, field, file_.spec.name, faults_); }},
      {"project", [&](const YamlNode& node, Field field) { read_text(node, field, file_.project, faults_); }},
      {"command", [&](const YamlNode& node, Field field) { read_command(node, field); }},
      {"script", [&](const YamlNode& node, Field field) { read_text(node, field, payload.script, faults_); }},
      {"env", [&](const YamlNode& node, Field field) { read_environment(node, field); }},
      {"resources", [&](const YamlNode& node, Field field) { read_resources(node, field); }},
      {"tasks", [&](const YamlNode& node, Field field) { read_count_of_tasks(node, field); }},
      {"array", [&](const YamlNode& node, Field field) { read_array(node, field); }},
      {"software", [&](const YamlNode& node, Field field) { read_software(node, field); }},
      {"wall_time", [&](const YamlNode& node, Field field) { read_duration(node, field, wanted.wall_time, faults_); }},
      {"run_time", [&](const YamlNode& node, Field field) { read_duration(node, field, wanted.run_time, faults_); }},
      {"begin", [&](const YamlNode& node, Field field) { read_time(node, field, base_, wanted.not_before, faults_); }},
      {"deadline", [&](const YamlNode& node, Field field) { read_time(node, field, base_, wanted.finish_by, faults_); }},
      {"inputs", [&](const YamlNode& node, Field field) { read_inputs(node, field); }},
      {"outputs", [&](const YamlNode& node, Field field) { read_texts(node, field, payload.outputs, faults_); }},
      {"wait_max", [&](const YamlNode& node, Field field) { read_duration(node, field, file_.spec.wait_max, faults_); }},
      {"every", [&](const YamlNode& node, Field field) { read_every(node, field); }},
      {"times", [&](const YamlNode& node, Field field) { read_times(node, field); }},
      {"overlap", [&](const YamlNode& node, Field field) { read_overlap(node, field); }},
      {"price_cap", [&](const YamlNode& node, Field field) { read_money(node, field, wanted.price_cap, faults_); }},
      {"objective", [&](const YamlNode& node, Field field) { read_objective(node, field); }},
      {"priority", [&](const YamlNode& node, Field field) { read_priority(node, field); }},
      {"reclaimable", [&](const YamlNode& node, Field field) { read_flag(node, field, wanted.reclaimable, faults_); }},
      {"regions", [&](const YamlNode& node, Field field) { read_texts(node, field, wanted.regions, faults_); }},
      {"latency",
       [&](const YamlNode& node, Field field) {
         read_latency(
             node, field, [&](const std::string& city, Duration time) { wanted.latency.push_back({city, time}); },
             faults_);
       }},
      {"tasks_per_centre_max", [&](const YamlNode& node, Field field) { read_tasks_per_centre_max(node, field); }},
      {"providers", [&](const YamlNode& node, Field field) { read_texts(node, field, wanted.providers, faults_); }},
  };
  // What is only placed brings no files, and says how many bytes they would be.
  if (!needs_command_)
    keys.push_back({"input_bytes", [&](const YamlNode& node, Field field) {
                      InputFile& input = payload.inputs.emplace_back();
                      input.path = "inputs";
                      input.digest = sha256(input.path);
                      read_size(node, field, input.size, faults_);
                    }});
  read_map(root, around_, keys, faults_);
  if (root.kind != YamlNode::Kind::map) return;
  require(root, "name", "give the job a name");
  require(root, "wall_time", "give the longest that one task may run, e.g. 2m");
  if (!is_plain_name(file_.project) && !faults_.covers(in_file("project")))
    faults_.add(in_file("project"), quote(file_.project) + " is not a name", "give the name of a project, e.g. default");
}

void JobReader::require(const YamlNode& root, std::string_view key, std::string right) {
  for (const YamlNode& member : root.children) {
    if (member.key == key) return;
  }
  faults_.add(in_file(key), "is missing", std::move(right));
}

void JobReader::read_command(const YamlNode& node, Field field) {
  if (node.kind == YamlNode::Kind::list) return read_texts(node, field, file_.spec.payload.command, faults_);
  std::string line;
  read_text(node, field, line, faults_);
  // A shell reads a text as people mean it: with words, quotes, variables and pipes.
  if (!line.empty()) file_.spec.payload.command = {"sh", "-c", line};
}

void JobReader::read_environment(const YamlNode& node, Field field) {
  if (node.kind != YamlNode::Kind::map) return read_map(node, field, {}, faults_);
  for (const YamlNode& member : node.children) {
    const std::string name = field + '.' + member.key;
    faults_.place(name, member.line);
    EnvironmentVariable& variable = file_.spec.payload.environment.emplace_back();
    variable.name = member.key;
    read_text(member, name, variable.value, faults_);
  }
}

void JobReader::read_resources(const YamlNode& node, Field around) {
  Resources& resources = file_.spec.requirements.resources;
  const auto read_cpus = [&](const YamlNode& member, Field field) {
    std::int64_t cores = resources.cores.value();
    read_count(member, field, 1, 100'000, cores, faults_);
    resources.cores = Cores(cores);
  };
  const auto read_nodes = [&](const YamlNode& member, Field field) {
    std::int64_t nodes = resources.nodes;
    read_count(member, field, 1, task_nodes_max, nodes, faults_);
    resources.nodes = static_cast<std::int32_t>(nodes);
  };
  read_map(
      node, around,
      {{"nodes", read_nodes},
       {"cpus", read_cpus},
       {"memory", [&](const YamlNode& member, Field field) { read_size(member, field, resources.memory, faults_); }},
       {"cards", [&](const YamlNode& member, Field field) { read_cards(member, field, resources.cards, faults_); }},
       {"chip", [&](const YamlNode& member, Field field) { read_chip(member, field); }},
        {"capability",
         [&](const YamlNode& member, Field field) {
           read_capability(member, field, file_.spec.requirements.core_capability_min, faults_);
         }}},
      faults_);
}

void JobReader::read_chip(const YamlNode& node, Field field) {
  std::vector<std::string>& chips = file_.spec.requirements.chips;
  if (node.kind == YamlNode::Kind::list) read_texts(node, field, chips, faults_);
  else read_text(node, field, chips.emplace_back(), faults_);
  // Pools name their cards in lower case (model/centre.h).
  for (std::string& chip : chips) {
    for (char& c : chip) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
  }
}

void JobReader::read_count_of_tasks(const YamlNode& node, Field field) {
  if (counted_)
    return faults_.add(field, "the number of tasks is given twice", "give either tasks or array.count");
  counted_ = true;
  count_field_ = field;
  std::int64_t count = file_.spec.count;
  read_count(node, field, 1, array_count_max, count, faults_);
  file_.spec.count = static_cast<std::int32_t>(count);
}

void JobReader::read_array(const YamlNode& node, Field around) {
  const auto read_throttle = [&](const YamlNode& member, Field field) {
    std::int64_t throttle = file_.spec.throttle;
    read_count(member, field, 1, array_count_max, throttle, faults_);
    file_.spec.throttle = static_cast<std::int32_t>(throttle);
  };
  read_map(node, around,
           {{"count", [&](const YamlNode& member, Field field) { read_count_of_tasks(member, field); }},
            {"throttle", read_throttle}},
           faults_);
}

void JobReader::read_tasks_per_centre_max(const YamlNode& node, Field field) {
  std::int64_t tasks = file_.spec.requirements.tasks_per_centre_max;
  read_count(node, field, 1, array_count_max, tasks, faults_);
  file_.spec.requirements.tasks_per_centre_max = static_cast<std::int32_t>(tasks);
}

void JobReader::read_every(const YamlNode& node, Field field) {
  read_duration(node, field, file_.spec.every, faults_);
  if (faults_.covers(field)) file_.spec.every = every_max;  // what else is said of rounds is checked all the same
}

void JobReader::read_times(const YamlNode& node, Field field) {
  std::int64_t times = file_.spec.times;
  read_count(node, field, times_min, times_max, times, faults_);
  file_.spec.times = static_cast<std::int32_t>(times);
}

void JobReader::read_overlap(const YamlNode& node, Field field) {
  std::string word;
  read_text(node, field, word, faults_);
  const auto overlap = parse_word<Overlap>(word);
  if (overlap.has_value()) file_.spec.overlap = *overlap;
  else if (!faults_.covers(field))
    faults_.add(field, quote(word) + " says nothing of rounds", "give both, or skip");
}

void JobReader::read_software(const YamlNode& node, Field field) {
  std::vector<std::string> needs;
  read_texts(node, field, needs, faults_);
  for (std::size_t i = 0; i < needs.size(); ++i) {
    std::string_view text = needs[i];
    SoftwareNeed& need = file_.spec.requirements.software.emplace_back();
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
    if ((!is_least || text.empty()) && !faults_.covers(element(field, i)))
      faults_.add(element(field, i), quote(needs[i]) + " is not a program with its least version",
                  "give one like povray>=3.7, or povray for any version");
  }
}

void JobReader::read_inputs(const YamlNode& node, Field field) {
  if (node.kind != YamlNode::Kind::list)
    return faults_.add(field, "is " + std::string(node.what()), "give a list of paths, or of {from: path, to: path}");
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    faults_.place(element(field, i), node.children[i].line);
    read_input(node.children[i], element(field, i));
  }
}

void JobReader::read_input(const YamlNode& node, Field around) {
  LocalInput& input = file_.inputs.emplace_back();
  if (node.kind == YamlNode::Kind::map) {
    read_map(node, around,
             {{"from", [&](const YamlNode& member, Field field) { read_text(member, field, input.local, faults_); }},
              {"to", [&](const YamlNode& member, Field field) { read_text(member, field, input.path, faults_); }},
              {"executable",
               [&](const YamlNode& member, Field field) { read_flag(member, field, input.executable, faults_); }}},
             faults_);
    if (input.local.empty() && !faults_.covers(around + ".from"))
      faults_.add(around + ".from", "is missing", "give the path of the file here");
  } else {
    read_text(node, around, input.local, faults_);
  }
  // One path serves for both when it can: ./scene.pov and frames/ are scene.pov and frames.
  if (!input.path.empty()) return;
  input.path = input.local;
  while (input.path.starts_with("./")) input.path.erase(0, 2);
  while (input.path.size() > 1 && input.path.ends_with('/')) input.path.pop_back();
  if (!is_safe_relative_path(input.path) && !faults_.covers(around) && !faults_.covers(around + ".from"))
    faults_.add(around, quote(input.local) + " does not lie beside the job file",
                "give {from: its path, to: a relative path in the job}");
}

void JobReader::read_objective(const YamlNode& node, Field field) {
  if (node.kind == YamlNode::Kind::map) return read_weights(node, field);
  std::string word;
  read_text(node, field, word, faults_);
  const auto objective = parse_word<Objective>(word);
  if (objective.has_value() && *objective != Objective::weighted) file_.spec.requirements.objective = *objective;
  else if (!faults_.covers(field))
    faults_.add(field, quote(word) + " is no objective", "give one of cheapest, fastest, balanced, greenest, or weights like {cost: 2, time: 1, carbon: 1}");
}

void JobReader::read_weights(const YamlNode& node, Field around) {
  Weights& weights = file_.spec.requirements.weights;
  file_.spec.requirements.objective = Objective::weighted;
  const auto weight = [&](std::int32_t& out) {
    return [this, &out](const YamlNode& member, Field field) {
      std::int64_t number = out;
      read_count(member, field, 0, weight_max, number, faults_);
      out = static_cast<std::int32_t>(number);
    };
  };
  const bool was_good = faults_.empty();
  read_map(node, around,
           {{"cost", weight(weights.cost)}, {"time", weight(weights.time)}, {"carbon", weight(weights.carbon)}}, faults_);
  if (was_good && !faults_.empty() && weights == Weights{}) weights.cost = 1;  // it has its fault already
}

void JobReader::read_priority(const YamlNode& node, Field field) {
  std::string text;
  read_text(node, field, text, faults_);
  std::string_view rest = text;
  const bool is_negative = take(rest, '-');
  const std::string_view digits = take_digits(rest);
  const auto number = digits.empty() || !rest.empty() ? std::nullopt : number_of(digits);
  if (number.has_value() && *number <= INT32_MAX) {  // the check of the whole job says what it may be
    file_.spec.requirements.priority = static_cast<std::int32_t>(is_negative ? -*number : *number);
  } else if (!faults_.covers(field)) {
    faults_.add(field, quote(text) + " is no priority",
                "give a whole number from " + std::to_string(-priority_steps_max) + " to 0");
  }
}

std::string JobReader::name_of(std::string_view field) const {
  static constexpr std::pair<std::string_view, std::string_view> names[] = {
      {"throttle", "array.throttle"},
      {"requirements.resources.cores", "resources.cpus"},
      {"requirements.resources.memory", "resources.memory"},
      {"requirements.resources.nodes", "resources.nodes"},
      {"requirements.resources.cards", "resources.cards"},
      {"requirements.chips", "resources.chip"},
      {"requirements.core_capability_min", "resources.capability"},
      {"requirements.weights", "objective"},
      {"requirements.not_before", "begin"},
      {"requirements.finish_by", "deadline"},
  };
  constexpr std::string_view environment = "payload.environment[";
  if (field == "count") return count_field_;
  if (field.starts_with(environment)) {
    std::string_view rest = field.substr(environment.size());
    const auto index = number_of(take_digits(rest));
    return in_file("env." + file_.spec.payload.environment[static_cast<std::size_t>(*index)].name);
  }
  constexpr std::string_view latency = "requirements.latency[";
  if (field.starts_with(latency)) {
    std::string_view rest = field.substr(latency.size());
    const auto index = number_of(take_digits(rest));
    return in_file("latency." + file_.spec.requirements.latency[static_cast<std::size_t>(*index)].city);
  }
  if (field == "payload.environment") return in_file("env");
  for (const auto& [from, to] : names) {
    if (field.starts_with(from)) return in_file(std::string(to) + std::string(field.substr(from.size())));
  }
  const std::size_t dot = field.starts_with("payload.") || field.starts_with("requirements.") ? field.find('.') + 1 : 0;
  std::string name(field.substr(dot));
  // The file has one text where the specification has a name and a version, or a path.
  if (const std::size_t end = name.find("]."); end != std::string::npos) name.erase(end + 1);
  return in_file(name);
}

}  // namespace dayan::jobfile
