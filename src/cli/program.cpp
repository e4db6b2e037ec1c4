#include "cli/program.h"

#include <algorithm>
#include <ostream>

#include "cli/command_line.h"

namespace dayan::cli {
namespace {

constexpr const char* footer = R"(Exit codes:
  0 done    1 refused by the hub, or failed here    2 wrong words or a bad job file
  3 the hub cannot be reached    4 the job that was waited for failed or was cancelled
Environment:
  DAYAN_HUB and DAYAN_TOKEN speak for whoever they belong to, instead of a stored profile
  DAYAN_PROFILE names the profile to use; --profile goes before both
Every list and document comes as JSON with --json, before or after the command; faults then come as one JSON document on
standard error.)";

void set_up(CLI::App& app, Program& program, const std::vector<AddCommands>& more) {
  app.name("dayan");
  app.description("Dayan (大衍): one market for the computing power of many centres.");
  app.footer(footer);
  app.fallthrough();  // inherited: --json and --profile may stand anywhere
  app.require_subcommand(1, 1);
  app.set_version_flag("--version", std::string("dayan ") + DAYAN_VERSION);
  app.add_flag("--json", program.as_json, "results as JSON");
  app.add_option("--profile", program.profile, "whose login to use")->type_name("NAME");
  add_job_commands(app, program);
  add_market_commands(app, program);
  add_account_commands(app, program);
  add_provider_commands(app, program);
  add_operator_commands(app, program);
  for (const AddCommands add : more) add(app, program);
}

int finish(const Answer<void>& answer, Output& out) {
  out.flush();
  if (answer.has_value()) return static_cast<int>(Exit::ok);
  out.faults(answer.error().faults);
  return static_cast<int>(answer.error().exit);
}

/// As every fault is told: for a person by the library, with --json as a document.
int tell_wrong_words(const CLI::App& app, const CLI::ParseError& error, const std::vector<std::string>& words,
                     Host& host) {
  // Asked of the words: a flag that stands behind the wrong one has not been read.
  const bool as_json = std::ranges::find(words, "--json") != words.end();
  if (as_json && error.get_exit_code() != 0) {
    const std::string text = error.what();  // "--limit: …" where it is about an option
    const std::size_t colon = text.starts_with("--") ? text.find(": ") : std::string::npos;
    const bool names_option = colon != std::string::npos;
    Output(host, true).faults({{ErrorCode::invalid, names_option ? text.substr(0, colon) : "",
                                names_option ? text.substr(colon + 2) : text,
                                "the words that dayan --help shows, or the command's own --help"}});
    return static_cast<int>(Exit::usage);
  }
  // Help and version come this way too, with code 0.
  return app.exit(error, host.out, host.err) == 0 ? 0 : static_cast<int>(Exit::usage);
}

}  // namespace

struct CommandLine::Parts {
  Program program;
  CLI::App app;
};

CommandLine::CommandLine(Host& host, const std::vector<AddCommands>& more)
    : parts_(std::make_unique<Parts>(Program{host, false, {}, {}})) {
  set_up(parts_->app, parts_->program, more);
}

CommandLine::~CommandLine() = default;

std::optional<int> CommandLine::read(const std::vector<std::string>& words) {
  try {
    parts_->app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    return tell_wrong_words(parts_->app, error, words, parts_->program.host);
  }
  ASSERT(parts_->program.action != nullptr);
  return std::nullopt;
}

int CommandLine::act() {
  Output out(parts_->program.host, parts_->program.as_json);
  return finish(parts_->program.action(out), out);
}

int run(const std::vector<std::string>& words, Host& host, const std::vector<AddCommands>& more) {
  CommandLine line(host, more);
  if (const std::optional<int> ended = line.read(words)) return *ended;
  return line.act();
}

}  // namespace dayan::cli
