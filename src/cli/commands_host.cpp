#include "cli/commands_host.h"

#include "adapters/local/supervise.h"
#include "agent/run.h"
#include "cli/command_line.h"
#include "cli/local_file.h"
#include "hub/hub.h"

namespace dayan::cli {
namespace {

constexpr const char* group = "Programs";
constexpr Bytes token_bytes_max = Bytes(4'096);

/// What a program has told on its own, as an Answer.
Answer<void> ended_with(int status) {
  if (status == 0) return {};
  return end_with(Exit::refused, {});
}

/// An agent's failure as an exit code: only the hub can be "unreachable", a folder that cannot be written is not.
tl::unexpected<Failure> ended_by(agent::AgentFailure failure) {
  using Of = agent::AgentFailure::Of;
  if (failure.of == Of::configuration) return end_with(Exit::usage, std::move(failure.faults));
  if (failure.of == Of::machine || failure.faults.empty()) return end_with(Exit::refused, std::move(failure.faults));
  return tl::unexpected<Failure>(Failure(std::move(failure.faults.front())));
}

/// A value with its unit, at least `least`; CLI11 shows the text of a refusal.
template <class Value, class Parse>
std::string read_with_unit(const std::string& text, Value& out, Value least, Parse parse) {
  const auto value = parse(text);
  if (!value.has_value()) return to_text(value.error());
  if (*value < least) return text + " is too little; at least " + to_text(least);
  out = *value;
  return {};
}

void add_size_option(CLI::App& command, const std::string& name, Bytes& out, const std::string& what) {
  const auto read = [&out](const std::string& text) { return read_with_unit(text, out, Bytes(1), parse_bytes); };
  command.add_option(name, what)->check(read)->default_str(to_text(out))->type_name("SIZE");
}

void add_hub_options(CLI::App& command, hub::HubOptions& options) {
  command.add_option("--data", options.data, "folder of everything durable")->capture_default_str()->type_name("DIR");
  command.add_option("--address", options.address, "to listen on; loopback only, until TLS is there")
      ->capture_default_str()
      ->type_name("IP");
  command.add_option("--port", options.port, "0: any free one")
      ->check(CLI::Range(0, 65'535))
      ->capture_default_str()
      ->type_name("N");
  add_size_option(command, "--depot-total", options.depot_total, "space for everybody's files and logs together");
  add_size_option(command, "--depot-per-organisation", options.depot_per_organisation,
                  "space for the files and logs of one organisation");
  const auto read_retention = [&out = options.depot_retention](const std::string& text) {
    return read_with_unit(text, out, hub::depot_retention_min, parse_duration);
  };
  command.add_option("--depot-retention", "how long a job's files and logs are kept after its end")
      ->check(read_retention)
      ->default_str(to_text(options.depot_retention))
      ->type_name("TIME");
}

Answer<void> run_hub_here(const hub::HubOptions& options) {
  const Result<int> status = hub::run_hub(options);
  // A port that is taken, a folder that another hub has: this is the hub, so none "cannot be reached".
  if (!status) return end_with(Exit::refused, {status.error()});
  return ended_with(*status);
}

struct InitOptions {
  std::string data = "dayan-hub";
  std::string organisation;
  std::string user;
};

/// Shows a token that stands nowhere else.
void show_token(Output& out, const hub::InitReply& reply, const std::string& data, const std::string& whose) {
  if (out.as_json()) {
    JsonObject document;
    document.emplace("organisation", reply.organisation);
    document.emplace("user", reply.user);
    document.emplace("token", reply.token);
    out.json(JsonValue(std::move(document)));
  } else {
    out.line(reply.token);
    out.note("the token of " + reply.user + " of " + reply.organisation + whose + "; shown this once");
    out.note("next: dayan hub run --data " + data);
  }
}

Answer<void> init_hub_here(Output& out, const InitOptions& options) {
  TRY(const hub::InitReply reply, hub::init_hub(options.data, options.organisation, options.user));
  show_token(out, reply, options.data, ", the operator");
  return {};
}

Answer<void> reissue_here(Output& out, const InitOptions& options) {
  TRY(const hub::InitReply reply, hub::reissue_token(options.data, options.organisation));
  show_token(out, reply, options.data, "");
  return {};
}

Answer<void> join_here(Output& out, const agent::AgentJoinOptions& options) {
  const auto centre = agent::agent_join(options);
  if (!centre) return ended_by(centre.error());
  if (out.as_json()) out.json(JsonObject{{"centre", *centre}, {"hub", options.hub_url}, {"folder", options.folder}});
  out.note("joined as the agent of centre " + *centre + "; start it with: dayan agent run --folder " + options.folder);
  return {};
}

}  // namespace

void add_hub_commands(CLI::App& app, Program& program) {
  CLI::App& hub = add_command(app, "hub", "run a hub",
                              "dayan hub init --data hub --organisation platform --user operator > operator.token\n"
                              "dayan hub run --data hub --port 8080");
  hub.group(group);
  hub.require_subcommand(0, 1);
  const auto options = std::make_shared<hub::HubOptions>();
  add_hub_options(hub, *options);
  on_chosen(hub, program, [options](Output&) { return run_hub_here(*options); });
  CLI::App& run = add_command(hub, "run", "run it until it is told to stop; its URL is written to DIR/hub.url",
                              "dayan hub run --data hub --port 8080");
  add_hub_options(run, *options);
  on_chosen(run, program, [options](Output&) { return run_hub_here(*options); });

  CLI::App& init = add_command(hub, "init", "make the operator of a new hub; the token is shown once",
                               "dayan hub init --data hub --organisation platform --user operator > operator.token");
  const auto wanted = std::make_shared<InitOptions>();
  init.add_option("--data", wanted->data, "folder of everything durable")->capture_default_str()->type_name("DIR");
  init.add_option("--organisation", wanted->organisation, "the operator's")->required()->type_name("NAME");
  init.add_option("--user", wanted->user, "its first user")->required()->type_name("NAME");
  on_chosen(init, program, [wanted](Output& out) { return init_hub_here(out, *wanted); });

  CLI::App& token = add_command(
      hub, "token", "a new token for an organisation that has lost its own, an operator's too; stop the hub first",
      "dayan hub token --data hub --organisation platform > operator.token");
  const auto lost = std::make_shared<InitOptions>();
  token.add_option("--data", lost->data, "folder of everything durable")->capture_default_str()->type_name("DIR");
  token.add_option("--organisation", lost->organisation, "whose first user gets it")->required()->type_name("NAME");
  on_chosen(token, program, [lost](Output& out) { return reissue_here(out, *lost); });
}

void add_agent_commands(CLI::App& app, Program& program) {
  CLI::App& agent = add_group(app, "agent", "connect a centre",
                              "dayan agent join --hub http://127.0.0.1:8080 --token-file join.token --folder agent\n"
                              "dayan agent run --folder agent --config agent.yaml");
  agent.group(group);
  CLI::App& join = add_command(agent, "join", "enrol with a hub: makes the key, uses the join token up",
                               "dayan agent join --hub http://127.0.0.1:8080 --token-file join.token --folder agent");
  const auto joining = std::make_shared<agent::AgentJoinOptions>();
  const auto token_file = std::make_shared<std::string>();
  join.add_option("--hub", joining->hub_url, "the hub's URL")->required()->type_name("URL");
  join.add_option("--token-file", *token_file, "a file with the join token; /dev/stdin will do")
      ->required()
      ->type_name("FILE");
  join.add_option("--folder", joining->folder, "the agent's own; made when it is not there")
      ->required()
      ->type_name("DIR");
  on_chosen(join, program, [joining, token_file](Output& out) -> Answer<void> {
    TRY(joining->join_token, read_file(*token_file, token_bytes_max));
    joining->join_token.erase(joining->join_token.find_last_not_of(" \r\n") + 1);
    return join_here(out, *joining);
  });

  CLI::App& run =
      add_command(agent, "run", "run jobs at this centre until told to stop; what runs goes on without it",
                  "dayan agent run --folder agent --config agent.yaml");
  const auto running = std::make_shared<agent::AgentRunOptions>();
  run.add_option("--folder", running->folder, "of a former join")->required()->type_name("DIR");
  run.add_option("--config", running->config, "the provider's file; else agent.yaml in the folder")
      ->type_name("FILE");
  on_chosen(run, program, [running](Output&) -> Answer<void> {
    auto ended = agent::agent_run(*running);
    if (!ended) return ended_by(std::move(ended).error());
    return {};
  });

  // Started by the local executor, not by people.
  CLI::App& supervise = add_command(app, "supervise", "watch one local attempt", "dayan supervise DIR");
  supervise.group("");
  const auto folder = std::make_shared<std::string>();
  supervise.add_option("DIR", *folder, "control folder of the attempt")->required();
  on_chosen(supervise, program, [folder](Output&) { return ended_with(adapters::supervise_main(*folder)); });
}

}  // namespace dayan::cli
