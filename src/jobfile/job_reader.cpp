#include "jobfile/job_reader.h"

#include "base/scan.h"
#include "jobfile/check_file.h"
#include "jobfile/job_values.h"
#include "jobfile/yaml_values.h"

namespace dayan::jobfile {
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
      {"software",
       [&](const YamlNode& node, Field field) { read_software_needs(node, field, wanted.software, faults_); }},
      {"wall_time",
       [&](const YamlNode& node, Field field) { read_duration(node, field, wanted.wall_time, faults_); }},
      {"run_time", [&](const YamlNode& node, Field field) { read_duration(node, field, wanted.run_time, faults_); }},
      {"begin",
       [&](const YamlNode& node, Field field) { read_time(node, field, base_, wanted.not_before, faults_); }},
      {"deadline",
       [&](const YamlNode& node, Field field) { read_time(node, field, base_, wanted.finish_by, faults_); }},
      {"inputs", [&](const YamlNode& node, Field field) { read_inputs(node, field, file_.inputs, faults_); }},
      {"outputs", [&](const YamlNode& node, Field field) { read_texts(node, field, payload.outputs, faults_); }},
      {"wait_max",
       [&](const YamlNode& node, Field field) { read_duration(node, field, file_.spec.wait_max, faults_); }},
      {"every", [&](const YamlNode& node, Field field) { read_every(node, field); }},
      {"times", [&](const YamlNode& node, Field field) { read_times(node, field); }},
      {"overlap", [&](const YamlNode& node, Field field) { read_overlap(node, field); }},
      {"price_cap", [&](const YamlNode& node, Field field) { read_money(node, field, wanted.price_cap, faults_); }},
      {"objective", [&](const YamlNode& node, Field field) { read_objective(node, field, wanted, faults_); }},
      {"priority", [&](const YamlNode& node, Field field) { read_priority(node, field, wanted.priority, faults_); }},
      {"reclaimable",
       [&](const YamlNode& node, Field field) { read_flag(node, field, wanted.reclaimable, faults_); }},
      {"regions", [&](const YamlNode& node, Field field) { read_texts(node, field, wanted.regions, faults_); }},
      {"latency",
       [&](const YamlNode& node, Field field) {
         read_latency(
             node, field, [&](const std::string& city, Duration time) { wanted.latency.push_back({city, time}); },
             faults_);
       }},
      {"tasks_per_centre_max",
       [&](const YamlNode& node, Field field) { read_bound(node, field, wanted.tasks_per_centre_max); }},
      {"tasks_per_node_max",
       [&](const YamlNode& node, Field field) { read_bound(node, field, wanted.tasks_per_node_max); }},
      {"providers", [&](const YamlNode& node, Field field) { read_texts(node, field, wanted.providers, faults_); }},
  };
  constexpr const char* one_by_one =
      "each job when the one before has ended (dayan submit --wait): jobs do not wait for one another";
  for (const char* const word : {"after", "depends_on", "dependencies", "dependency", "needs"})
    keys.push_back({word, nullptr, one_by_one});
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
  require_key(root, around_, "name", "give the job a name", faults_);
  require_key(root, around_, "wall_time", "give the longest that one task may run, e.g. 2m", faults_);
  if (!is_plain_name(file_.project) && !faults_.covers(in_file("project")))
    faults_.add(in_file("project"), quote(file_.project) + " is not a name",
                "give the name of a project, e.g. default");
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
       {"within", [&](const YamlNode& member, Field field) { read_within(member, field, resources.within, faults_); }},
       {"cpus", read_cpus},
       {"memory", [&](const YamlNode& member, Field field) { read_size(member, field, resources.memory, faults_); }},
       {"cards", [&](const YamlNode& member, Field field) { read_cards(member, field, resources.cards, faults_); }},
       {"chip", [&](const YamlNode& member, Field field) { read_chip(member, field); }},
        {"capability",
         [&](const YamlNode& member, Field field) {
           read_core_capability(member, field, file_.spec.requirements.core_capability_min, faults_);
         }},
        {"card_capability",
         [&](const YamlNode& member, Field field) {
           read_card_capability(member, field, file_.spec.requirements.card_capability_min, faults_);
         }}},
      faults_);
}

void JobReader::read_chip(const YamlNode& node, Field field) {
  std::vector<std::string>& chips = file_.spec.requirements.chips;
  if (node.kind == YamlNode::Kind::list) read_texts(node, field, chips, faults_);
  else read_text(node, field, chips.emplace_back(), faults_);
  // Pools name their cards in lower case (model/centre.h).
  for (std::string& chip : chips) {
    for (char& c : chip) c = lower(c);
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

void JobReader::read_bound(const YamlNode& node, Field field, std::int32_t& bound) {
  std::int64_t tasks = bound;
  read_count(node, field, 1, array_count_max, tasks, faults_);
  bound = static_cast<std::int32_t>(tasks);
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

std::string JobReader::name_of(std::string_view field) const {
  static constexpr std::pair<std::string_view, std::string_view> names[] = {
      {"throttle", "array.throttle"},
      {"requirements.resources.cores", "resources.cpus"},
      {"requirements.resources.memory", "resources.memory"},
      {"requirements.resources.nodes", "resources.nodes"},
      {"requirements.resources.cards", "resources.cards"},
      {"requirements.chips", "resources.chip"},
      {"requirements.core_capability_min", "resources.capability"},
      {"requirements.card_capability_min", "resources.card_capability"},
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
