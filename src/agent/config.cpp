#include "agent/config.h"

#include <algorithm>

#include "adapters/slurm/job_users.h"
#include "base/scan.h"
#include "edge/http_client.h"
#include "jobfile/source_text.h"
#include "jobfile/yaml_values.h"
#include "model/command.h"
#include "model/energy.h"
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
        {"pools", [&](const YamlNode& node, Field field) { read_pools(node, field); }},
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
        {"overhead", [&](const YamlNode& value, Field at) { read_overhead(value, at, slurm.overhead); }},
        {"slurmrestd", [&](const YamlNode& value, Field at) { read_slurmrestd(value, at, slurm.slurmrestd); }},
    };
    jobfile::read_map(node, field, keys, faults_);
  }
  void read_overhead(const YamlNode& node, Field field, Duration& overhead) {
    jobfile::read_duration(node, field, overhead, faults_);
    if (!faults_.covers(field) && overhead > slurm_overhead_max)
      faults_.add(field, to_text(overhead) + " is too long", "at most " + to_text(slurm_overhead_max));
  }
  void read_slurmrestd(const YamlNode& node, Field field, std::string& where) {
    jobfile::read_text(node, field, where, faults_);
    if (faults_.covers(field) || where == "auto" || where == "off") return;
    const auto client = edge::make_http_client(where);
    if (!client) faults_.add(field, client.error().wrong, "give auto, off, http://127.0.0.1:PORT or unix:/PATH");
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
    if (node.children.empty())
      faults_.add(field, "names nobody", "name whom this centre serves, or \"*\" for any");
    if (node.children.size() > accepts_max) {
      faults_.add(field, std::to_string(node.children.size()) + " organisations are too many",
                  "give at most " + std::to_string(accepts_max) + ", or \"*\" for any");
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
          {"user", [&](const YamlNode& value, Field to) { read_user(value, to, mapping.user); }},
      };
      if (member.kind != YamlNode::Kind::null) jobfile::read_map(member, at, keys, faults_);
      config_.organisations.insert_or_assign(member.key, std::move(mapping));
    }
  }

  void read_pools(const YamlNode& node, Field field) {
    if (node.kind != YamlNode::Kind::map) {
      faults_.add(field, "is " + std::string(node.what()), "give a map from pool to what is known of it");
      return;
    }
    for (const YamlNode& member : node.children) {
      const std::string at = field + '.' + member.key;
      faults_.place(at, member.line);
      if (member.key != "*" && !is_plain_name(member.key)) {
        faults_.add(at, quote(member.key) + " is not the name of a pool", "give its name, or \"*\" for any");
        continue;
      }
      PoolFacts facts;
      const std::vector<YamlKey> keys = {
          {"core_power",
           [&](const YamlNode& value, Field to) {
             jobfile::read_power(value, to, core_power_max, facts.core_power, faults_);
           }},
          {"card_power",
           [&](const YamlNode& value, Field to) {
             jobfile::read_power(value, to, card_power_max, facts.card_power, faults_);
           }},
          {"capability",
           [&](const YamlNode& value, Field to) {
             jobfile::read_core_capability(value, to, facts.core_capability, faults_);
           }},
          {"card_capability",
           [&](const YamlNode& value, Field to) {
             jobfile::read_card_capability(value, to, facts.card_capability, faults_);
           }},
      };
      jobfile::read_map(member, at, keys, faults_);
      config_.pools.insert_or_assign(member.key, facts);
    }
  }

  void read_user(const YamlNode& node, Field field, std::string& user) {
    jobfile::read_text(node, field, user, faults_);
    if (faults_.covers(field) || adapters::is_user_name(user)) return;
    faults_.add(field, quote(user) + " is not the name of a local user", "give one, or leave it out");
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

Faults check_users(const Config& config, const std::string& own_user) {
  Faults faults;
  for (const auto& [organisation, mapping] : config.organisations) {
    const std::string field = "organisations." + organisation + ".user";
    const std::string& user = mapping.user.empty() ? own_user : mapping.user;
    if (config.engine == Engine::slurm && user == "root") {
      faults.push_back(Error{ErrorCode::invalid, field, "its jobs would run as root", "name an ordinary user"});
    } else if (config.engine == Engine::local && user != own_user) {
      faults.push_back(Error{
          ErrorCode::invalid, field,
          "'" + user + "' is not the user this agent runs as ('" + own_user + "'), and local jobs run as no other",
          "leave it out, or run an agent as that user"});
    }
  }
  return faults;
}

std::vector<std::string> config_warnings(const Config& config, const std::string& own_user) {
  std::vector<std::string> warnings;
  if (config.engine == Engine::local && own_user == "root")
    warnings.emplace_back("jobs run as root: run the agent as a user of its own unless you trust them all");
  if (config.engine != Engine::slurm) return warnings;
  for (const auto& [organisation, mapping] : config.organisations) {
    if (!mapping.user.empty() && mapping.user != own_user) continue;
    warnings.push_back("jobs of " + organisation +
                       " run as the agent's own user and could read its key: map organisations that you do not trust "
                       "to a user of their own");
  }
  return warnings;
}

std::optional<std::vector<std::string>> mapped_names(const Config& config) {
  if (config.organisations.contains("*")) return std::nullopt;
  std::vector<std::string> names;
  for (const auto& [organisation, mapping] : config.organisations) names.push_back(organisation);
  return names;
}

Result<Mapping> mapping_of(const Config& config, const std::string& organisation) {
  auto found = config.organisations.find(organisation);
  if (found == config.organisations.end()) found = config.organisations.find("*");
  if (found != config.organisations.end()) return found->second;
  return fail(ErrorCode::denied, "organisation " + organisation +
                                     " is not mapped at this centre: add it under organisations: in agent.yaml");
}

}  // namespace dayan::agent
