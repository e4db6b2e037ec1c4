#include "agent/engines.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <set>
#include <string_view>

#include "adapters/files.h"
#include "adapters/local/local_executor.h"
#include "adapters/slurm/slurm_executor.h"
#include "edge/http_client.h"

namespace dayan::agent {

namespace {

std::string home_folder() {
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') return home;
  const passwd* entry = ::getpwuid(::geteuid());
  return entry != nullptr && entry->pw_dir != nullptr ? entry->pw_dir : "";
}

/// Is `path` the folder `above`, or does it lie in it?
bool is_within(std::string_view path, std::string_view above) {
  return above == "/" || path == above || (path.starts_with(above) && path.substr(above.size()).starts_with('/'));
}

Result<MadeEngine> make_local(const LocalConfig& config, const AgentFolder& folder, const std::string& work_folder,
                              const std::string& program) {
  adapters::LocalOptions options;
  options.folder = folder.file("engine");
  options.program = program;
  options.cores = config.cores;
  options.memory = config.memory;
  options.sandbox = config.sandbox;
  options.network = config.network;
  options.hidden = hidden_folders(folder.path(), work_folder, home_folder());
  TRY(std::unique_ptr<adapters::LocalExecutor> executor, adapters::make_local_executor(options));
  std::string description = executor->description();
  return MadeEngine{std::move(executor), std::move(description)};
}

Result<std::unique_ptr<adapters::SlurmExecutor>> slurm_executor(const Config& config, const std::string& work_folder,
                                                                Processes& processes) {
  adapters::SlurmOptions options;
  // The nodes write into the control folders, so they lie beside the work folders, which the nodes see.
  options.folder = work_folder + "/.engine";
  options.slurm_conf = config.slurm.conf;
  options.partitions = config.slurm.partitions;
  std::set<std::string> users;
  for (const auto& [organisation, mapping] : config.organisations) users.insert(mapping.user);
  options.users.assign(users.begin(), users.end());
  options.overhead = config.slurm.overhead;
  const std::string& named = config.slurm.slurmrestd;
  options.rest_address = named == "auto" ? default_slurmrestd : named;
  constexpr std::string_view of_file_system = "unix:";
  const bool is_there = named != "auto" || adapters::exists(options.rest_address.substr(of_file_system.size()));
  if (named != "off" && is_there) {
    TRY(options.rest, edge::make_http_client(options.rest_address));
  }
  return adapters::make_slurm_executor(std::move(options), processes);
}

Result<MadeEngine> make_slurm(const Config& config, const std::string& work_folder, Processes& processes) {
  TRY(std::unique_ptr<adapters::SlurmExecutor> executor, slurm_executor(config, work_folder, processes));
  const Result<std::string> description = executor->probe_engine_description();
  std::string text = description ? *description : "Slurm does not answer yet: " + to_text(description.error());
  return MadeEngine{std::move(executor), std::move(text)};
}

}  // namespace

std::vector<std::string> hidden_folders(const std::string& agent_folder, const std::string& work_folder,
                                        const std::string& home) {
  std::vector<std::string> hidden = {agent_folder, work_folder};
  // A sandbox cannot mount upon a path that goes through a link.
  std::error_code error;
  const std::string real = std::filesystem::canonical(home, error).string();
  if (error || !home.starts_with('/')) return hidden;
  constexpr std::array<std::string_view, 8> needed = {"/usr", "/bin", "/sbin", "/lib",
                                                      "/etc", "/opt", "/dev",  "/proc"};
  const bool is_system =
      std::any_of(needed.begin(), needed.end(), [&real](auto path) { return is_within(path, real); });
  if (!is_system) hidden.push_back(real);
  return hidden;
}

Result<MadeEngine> make_engine(const Config& config, const AgentFolder& folder, const std::string& work_folder,
                               const std::string& program, Processes& processes) {
  TRY_VOID(adapters::make_folder(work_folder, 0711));
  if (config.engine == Engine::local) return make_local(config.local, folder, work_folder, program);
  return make_slurm(config, work_folder, processes);
}

Faults check_mappings(const Config& config, const std::string& work_folder, Processes& processes,
                      std::vector<std::string>& notes) {
  if (config.engine != Engine::slurm) return {};
  if (auto made = adapters::make_folder(work_folder, 0711); !made) return {made.error()};
  const auto executor = slurm_executor(config, work_folder, processes);
  if (!executor) return {executor.error()};
  Faults faults;
  std::vector<std::pair<Mapping, Result<void>>> tried;  // several organisations may share one
  for (const auto& [organisation, mapping] : config.organisations) {
    auto known = std::find_if(tried.begin(), tried.end(), [&](const auto& one) { return one.first == mapping; });
    if (known == tried.end()) {
      tried.emplace_back(mapping, (*executor)->check_tenant(mapping.user, mapping.account));
      known = std::prev(tried.end());
    }
    if (known->second) continue;
    Error fault = known->second.error();
    if (fault.code == ErrorCode::unavailable) {
      notes.push_back("the mapping of " + organisation + " could not be tried: " + to_text(fault));
      continue;
    }
    if (fault.field == "user" || fault.field == "account")
      fault.field = "organisations." + organisation + '.' + fault.field;
    faults.push_back(std::move(fault));
  }
  return faults;
}

}  // namespace dayan::agent
