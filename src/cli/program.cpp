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

}  // namespace

int run(const std::vector<std::string>& words, Host& host, const std::vector<AddCommands>& more) {
  Program program{host, false, {}, {}};
  CLI::App app;
  set_up(app, program, more);
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    // Help and version come this way too, with code 0.
    const int code = app.exit(error, host.out, host.err);
    return code == 0 ? 0 : static_cast<int>(Exit::usage);
  }
  ASSERT(program.action != nullptr);
  Output out(host, program.as_json);
  return finish(program.action(out), out);
}

}  // namespace dayan::cli
