#include "agent/run.h"

#include <pwd.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <thread>

#include "adapters/files.h"
#include "adapters/processes/real_processes.h"
#include "agent/agent.h"
#include "agent/engines.h"
#include "edge/http_client.h"
#include "edge/real_clock.h"
#include "edge/signals.h"

namespace dayan::agent {

namespace {

/// How long what is under way may take to end after the signal. All that counts is in the journal by then.
constexpr std::chrono::seconds stop_patience{8};

std::string own_user() {
  const passwd* entry = ::getpwuid(::geteuid());
  return entry != nullptr ? entry->pw_name : std::to_string(::geteuid());
}

tl::expected<Config, Faults> read_config(const AgentRunOptions& options, const AgentFolder& folder) {
  const std::string path = options.config.empty() ? folder.file("agent.yaml") : options.config;
  const Result<std::optional<std::string>> text = adapters::read_file(path, 1'000'000);
  if (!text) return tl::unexpected<Faults>(Faults{text.error()});
  if (!text->has_value()) {
    return tl::unexpected<Faults>(Faults{
        Error{ErrorCode::not_found, "", path + " is not there", "write it, or name another one with --config"}});
  }
  tl::expected<Config, Faults> config = parse_config(**text);
  if (!config) {
    for (Error& fault : config.error()) fault.field = path + (fault.field.empty() ? "" : ": ") + fault.field;
    return config;
  }
  Faults faults = check_users(*config, own_user());
  if (!faults.empty()) return tl::unexpected<Faults>(std::move(faults));
  return config;
}

std::string work_folder_of(const Config& config, const AgentFolder& folder) {
  return config.work_folder.empty() ? folder.file("work") : config.work_folder;
}

/// Ends the process when what is under way (an upload, a poll) does not end soon by itself.
class Deadline {
 public:
  Deadline() : thread_([this] { wait(); }) {}
  ~Deadline() {
    done_ = true;
    thread_.join();
  }

 private:
  void wait() {
    const auto end = std::chrono::steady_clock::now() + stop_patience;
    while (!done_) {
      if (std::chrono::steady_clock::now() > end) std::_Exit(0);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  std::atomic<bool> done_ = false;
  std::thread thread_;
};

/// Works until a signal; in a frame of its own, so that all ends within the deadline.
Result<void> work(const Config& config, const AgentFolder& folder, const Identity& identity) {
  TRY(const edge::SigningKey key, edge::SigningKey::load_or_create(folder.key_file()));
  TRY(std::unique_ptr<HttpClient> http, edge::make_http_client(identity.hub_url));
  TRY(execute::AgentState state, folder.load_state(identity));
  std::error_code error;
  const std::string program = std::filesystem::read_symlink("/proc/self/exe", error).string();
  if (error) return fail(ErrorCode::unavailable, "this program's own path is not known: " + error.message());
  const std::string work_folder = work_folder_of(config, folder);
  adapters::RealProcesses processes;
  TRY(const MadeEngine engine, make_engine(config, folder, work_folder, program, processes));
  HubApi hub(std::move(http), identity.token);
  edge::RealClock clock;
  spdlog::info("agent of centre {} at {}: {} leases in the journal; {}", identity.centre_name, identity.hub_url,
               state.leases.size(), engine.description);
  for (const std::string& warning : config_warnings(config, own_user())) spdlog::warn("{}", warning);
  std::optional<Deadline> deadline;
  Result<void> result;
  {
    Agent agent({config, folder, hub, key, *engine.executor, processes, clock, work_folder, identity},
                std::move(state));
    std::thread thread([&] {
      result = agent.run();
      ::kill(::getpid(), SIGTERM);  // when it ended by itself, the wait below ends too
    });
    const int signal = edge::wait_for_stop_signal();
    agent.stop();
    deadline.emplace();
    thread.join();
    spdlog::info("stopping (signal {}); what runs goes on", signal);
  }
  return result;
}

void log_to_stderr() {
  try {
    auto logger = std::make_shared<spdlog::logger>("agent", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
    logger->flush_on(spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));
  } catch (const spdlog::spdlog_ex&) {
    // The default logger stays.
  }
}

tl::unexpected<AgentFailure> failed(AgentFailure::Of of, Faults faults) {
  return tl::unexpected<AgentFailure>(AgentFailure(of, std::move(faults)));
}

}  // namespace

tl::expected<void, AgentFailure> agent_run(const AgentRunOptions& options) {
  edge::block_stop_signals();
  log_to_stderr();
  TRY(const AgentFolder folder, AgentFolder::open(options.folder));
  auto identity = folder.identity();
  if (!identity) {
    // One that has never joined is the words' fault, one that cannot be read is not.
    const bool is_missing = identity.error().code == ErrorCode::not_found;
    return failed(is_missing ? AgentFailure::Of::configuration : AgentFailure::Of::machine,
                  {std::move(identity).error()});
  }
  auto config = read_config(options, folder);
  if (!config) return failed(AgentFailure::Of::configuration, std::move(config).error());
  adapters::RealProcesses processes;
  std::vector<std::string> notes;
  Faults faults = check_mappings(*config, work_folder_of(*config, folder), processes, notes);
  for (const std::string& note : notes) spdlog::warn("{}", note);
  if (!faults.empty()) return failed(AgentFailure::Of::configuration, std::move(faults));
  TRY_VOID(work(*config, folder, *identity));
  return {};
}

}  // namespace dayan::agent
