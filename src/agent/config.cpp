#include "agent/config.h"

#include <algorithm>

#include "base/scan.h"
#include "jobfile/source_text.h"
#include "jobfile/yaml_values.h"
#include "model/job.h"
#include "probes/software.h"

namespace dayan::agent {

namespace {

using jobfile::FaultList;
using jobfile::YamlKey;
using jobfile::YamlNode;
using Field = const std::string&;

/// Reads the keys of agent.yaml into one Config.
class ConfigReader {
 public:
  explicit ConfigReader(FaultList& faults) : faults_(faults) {}

  void read(const YamlNode& root) {
    const std::vector<YamlKey> keys = {
        {"executor", [&](const YamlNode& node, Field field) { read_engine(node, field); }},
        {"slurm", [&](const YamlNode& node, Field field) { read_slurm(node, field); }},
        {"local", [&](const YamlNode& node, Field field) { read_local(node, field); }},
        {"software", [&](const YamlNode& node, Field field) { read_software(node, field); }},
        {"organisations", [&](const YamlNode& node, Field field) { read_organisations(node, field); }},
        {"work_folder", [&](const YamlNode& node, Field field) { read_path(node, field, config_.work_folder); }},
    };
    jobfile::read_map(root, "", keys, faults_);
    if (root.kind != YamlNode::Kind::map) return;
    require(root, "executor", "say which engine runs the work: slurm or local");
    require(root, "organisations",
            "name whom this centre serves, or \"*\" for any, e.g. {film-studio: {account: film}}");
  }
  [[nodiscard]] Config take() { return std::move(config_); }

 private:
  void require(const YamlNode& root, std::string_view key, std::string right) {
    const auto named = [&](const YamlNode& member) { return member.key == key; };
    if (std::none_of(root.children.begin(), root.children.end(), named)) {
      faults_.add(std::string(key), "is missing", std::move(right));
    }
  }
  void read_engine(const YamlNode& node, Field field) {
    std::string word;
    jobfile::read_text(node, field, word, faults_);
    if (faults_.covers(field)) return;
    if (word == "slurm")
      config_.engine = Engine::slurm;
    else if (word != "local")
      faults_.add(field, quote(word) + " is no engine", "give slurm or local");
  }
  void read_path(const YamlNode& node, Field field, std::string& path) {
    jobfile::read_text(node, field, path, faults_);
    if (!faults_.covers(field) && !path.starts_with('/')) {
      faults_.add(field, quote(path) + " is not an absolute path", "begin it with /");
    }
  }
  void read_slurm(const YamlNode& node, Field field) {
    SlurmConfig& slurm = config_.slurm;
    const std::vector<YamlKey> keys = {
        {"conf", [&](const YamlNode& value, Field at) { read_path(value, at, slurm.conf); }},
        {"partitions",
         [&](const YamlNode& value, Field at) { jobfile::read_texts(value, at, slurm.partitions, faults_); }},
        {"run_as", [&](const YamlNode& value, Field at) { jobfile::read_texts(value, at, slurm.run_as, faults_); }},
    };
    jobfile::read_map(node, field, keys, faults_);
  }
  void read_local(const YamlNode& node, Field field) {
    LocalConfig& local = config_.local;
    const std::vector<YamlKey> keys = {
        {"cores",
         [&](const YamlNode& value, Field at) {
           std::int64_t cores = 0;
           jobfile::read_count(value, at, 1, 100'000, cores, faults_);
           local.cores = Cores(cores);
         }},
        {"memory", [&](const YamlNode& value, Field at) { jobfile::read_size(value, at, local.memory, faults_); }},
        {"sandbox", [&](const YamlNode& value, Field at) { jobfile::read_flag(value, at, local.sandbox, faults_); }},
        {"network", [&](const YamlNode& value, Field at) { jobfile::read_flag(value, at, local.network, faults_); }},
    };
    jobfile::read_map(node, field, keys, faults_);
  }
  void read_software(const YamlNode& node, Field field) {
    if (node.kind != YamlNode::Kind::list) {
      faults_.add(field, "is " + std::string(node.what()), "give a list, e.g. [povray]");
      return;
    }
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      const std::string at = field + '[' + std::to_string(i) + ']';
      faults_.place(at, node.children[i].line);
      read_offer(node.children[i], at);
    }
  }
  void read_offer(const YamlNode& node, Field field) {
    SoftwareOffer offer;
    if (node.kind == YamlNode::Kind::map) {
      const std::vector<YamlKey> keys = {
          {"name", [&](const YamlNode& value, Field at) { jobfile::read_text(value, at, offer.name, faults_); }},
          {"version",
           [&](const YamlNode& value, Field at) { jobfile::read_text(value, at, offer.version, faults_); }},
      };
      jobfile::read_map(node, field, keys, faults_);
    } else {
      jobfile::read_text(node, field, offer.name, faults_);
    }
    if (faults_.covers(field) || faults_.covers(field + ".name") || faults_.covers(field + ".version")) return;
    if (offer.version.empty() && probes::version_command(offer.name).empty()) {
      std::string known;
      for (const std::string& each : probes::known_programs()) known += (known.empty() ? "" : ", ") + each;
      faults_.add(field, quote(offer.name) + " is not one of the programs whose version can be asked for",
                  "give {name: …, version: …}, or one of " + known);
    }
    config_.software.push_back(std::move(offer));
  }
  void read_organisations(const YamlNode& node, Field field) {
    if (node.kind != YamlNode::Kind::map) {
      faults_.add(field, "is " + std::string(node.what()), "give a map from organisation to account and user");
      return;
    }
    for (const YamlNode& member : node.children) {
      const std::string at = field + '.' + member.key;
      faults_.place(at, member.line);
      if (member.key != "*" && !is_plain_name(member.key)) {
        faults_.add(at, quote(member.key) + " is not the name of an organisation", "give its name, or \"*\" for any");
        continue;
      }
      Mapping mapping;
      const std::vector<YamlKey> keys = {
          {"account",
           [&](const YamlNode& value, Field to) { jobfile::read_text(value, to, mapping.account, faults_); }},
          {"user", [&](const YamlNode& value, Field to) { jobfile::read_text(value, to, mapping.user, faults_); }},
      };
      if (member.kind != YamlNode::Kind::null) jobfile::read_map(member, at, keys, faults_);
      config_.organisations.insert_or_assign(member.key, std::move(mapping));
    }
  }

  FaultList& faults_;
  Config config_;
};

}  // namespace

tl::expected<Config, Faults> parse_config(std::string_view text) {
  FaultList faults;
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    faults.add("", "the file is empty", "give at least executor and organisations");
    return tl::unexpected<Faults>(faults.take());
  }
  ConfigReader reader(faults);
  if (jobfile::check_source_text(text, "agent.yaml", faults)) {
    if (const std::optional<YamlNode> root = jobfile::read_yaml(text, faults)) reader.read(*root);
  }
  if (!faults.empty()) return tl::unexpected<Faults>(faults.take());
  return reader.take();
}

namespace {

/// "-u alice", "-ualice", "--user=alice": the last words say as whom; the first one is the program.
bool names_user(const std::vector<std::string>& run_as, const std::string& user) {
  if (run_as.empty()) return false;
  return std::any_of(run_as.begin() + 1, run_as.end(), [&user](const std::string& word) {
    return word == user || word == "-u" + user || word == "--user=" + user;
  });
}

}  // namespace

Faults check_users(const Config& config, const std::string& own_user) {
  Faults faults;
  const bool has_run_as = config.engine == Engine::slurm && !config.slurm.run_as.empty();
  for (const auto& [organisation, mapping] : config.organisations) {
    if (mapping.user.empty()) continue;
    const std::string field = "organisations." + organisation + ".user";
    if (has_run_as && !names_user(config.slurm.run_as, mapping.user)) {
      faults.push_back(Error{ErrorCode::invalid, field,
                             "'" + mapping.user + "' is not the user that slurm.run_as names, as whom all jobs run",
                             "leave it out, or run an agent of its own for that user"});
    } else if (!has_run_as && mapping.user != own_user) {
      faults.push_back(Error{ErrorCode::invalid, field,
                             "'" + mapping.user + "' is not the user this agent runs as ('" + own_user + "')",
                             "leave it out, run an agent as that user, or set slurm.run_as"});
    }
  }
  return faults;
}

std::vector<std::string> config_warnings(const Config& config) {
  std::vector<std::string> warnings;
  if (config.engine == Engine::slurm && config.slurm.run_as.empty()) {
    warnings.emplace_back(
        "jobs run as the agent's own user and could read its key: use slurm.run_as for organisations you do not "
        "trust");
  }
  return warnings;
}

Result<Mapping> mapping_of(const Config& config, const std::string& organisation) {
  auto found = config.organisations.find(organisation);
  if (found == config.organisations.end()) found = config.organisations.find("*");
  if (found != config.organisations.end()) return found->second;
  return fail(ErrorCode::denied, "organisation " + organisation +
                                     " is not mapped at this centre: add it under organisations: in agent.yaml");
}

}  // namespace dayan::agent
