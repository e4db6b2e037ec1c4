#include "cli/account.h"
#include "cli/command_line.h"
#include "cli/shares.h"

namespace dayan::cli {
namespace {

constexpr const char* group = "Account";

void add_login(CLI::App& app, Program& program) {
  CLI::App& login_command = add_command(app, "login", "store a token, after asking the hub whose it is",
                                        "dayan login --hub http://127.0.0.1:8080 --token-file token.txt\n"
                                        "pass dayan | dayan login --hub http://127.0.0.1:8080 --profile work");
  login_command.group(group);
  const auto options = std::make_shared<LoginOptions>();
  const auto bare_token = std::make_shared<std::string>();
  login_command.add_option("--hub", options->hub, "the hub's URL")->required()->type_name("URL");
  login_command.add_option("--token-file", options->token_file, "a file with the token; else standard input is read")
      ->type_name("FILE");
  // Known only to be refused without being shown again.
  login_command.add_option("--token", *bare_token)->group("");
  on_chosen(login_command, program, [options, bare_token, &program](Output& out) -> Answer<void> {
    if (!bare_token->empty()) {
      return bad_usage("a token among the words of a command shows in the list of processes",
                       "give --token-file FILE or pipe it in, and revoke this one", "--token");
    }
    options->profile = program.profile;
    return login(program.host, out, *options);
  });

  CLI::App& logout_command =
      add_command(app, "logout", "forget the stored token", "dayan logout\ndayan logout --profile work");
  logout_command.group(group);
  on_chosen(logout_command, program, [&program](Output& out) { return logout(program.host, out, program.profile); });

  CLI::App& whoami =
      add_command(app, "whoami", "show whose token is used, and what it may do", "dayan whoami\ndayan whoami --json");
  whoami.group(group);
  on_chosen_with_session(whoami, program, show_me);
}

void add_tokens(CLI::App& app, Program& program) {
  CLI::App& token = add_group(app, "token", "make, list and revoke tokens",
                              "dayan token create --label ci --scope read,submit --lifetime 30d");
  token.group(group);
  CLI::App& create = add_command(token, "create", "make a token of one's own; it is shown once",
                                 "dayan token create --label ci --scope read,submit --lifetime 30d > ci.token");
  const auto options = std::make_shared<NewTokenOptions>();
  create.add_option("--label", options->label, "what it is for")->required()->type_name("TEXT");
  create.add_option("--scope", options->scopes, "read, submit, money, provide, operate; several with commas")
      ->required()
      ->delimiter(',')
      ->type_name("SCOPE,…");
  create.add_option("--lifetime", options->lifetime, "until it expires")->capture_default_str()->type_name("TIME");
  on_chosen_with_session(create, program, [options](Session& session) { return create_token(session, *options); });

  CLI::App& list = add_command(token, "list", "the organisation's tokens: what each may do, until when",
                               "dayan token list\ndayan token list --json");
  on_chosen_with_session(list, program, list_tokens);

  CLI::App& revoke =
      add_command(token, "revoke", "make a token worthless, by its hash", "dayan token revoke 9f86d081…");
  const auto hash = std::make_shared<std::string>();
  revoke.add_option("HASH", *hash, "64 hexadecimal digits, as `token list` shows them")->required();
  on_chosen_with_session(revoke, program, [hash](Session& session) { return revoke_token(session, *hash); });
}

void add_projects(CLI::App& app, Program& program) {
  CLI::App& project =
      add_group(app, "project", "make, list and weigh projects", "dayan project create film-2\ndayan project list");
  project.group(group);
  CLI::App& create = add_command(project, "create", "make a project", "dayan project create film-2");
  const auto name = std::make_shared<std::string>();
  create.add_option("NAME", *name, "1 to 64 of a-z, 0-9 and '-', not beginning with '-'")->required();
  on_chosen_with_session(create, program, [name](Session& session) { return create_project(session, *name); });
  CLI::App& list = add_command(project, "list", "list the organisation's projects", "dayan project list");
  on_chosen_with_session(list, program, list_projects);
  CLI::App& weight = add_command(project, "weight", "what a project is due beside the others of the organisation",
                                 "dayan project weight film-2 2\ndayan project weight tests 0.5");
  const auto weighed = std::make_shared<std::pair<std::string, std::string>>();
  weight.add_option("NAME", weighed->first, "of the project")->required();
  weight.add_option("WEIGHT", weighed->second, "1 is the usual one; 0.001 to 1000")->required();
  on_chosen_with_session(weight, program, [weighed](Session& session) {
    return weigh_project(session, weighed->first, weighed->second);
  });
}

}  // namespace

void add_account_commands(CLI::App& app, Program& program) {
  add_login(app, program);
  add_tokens(app, program);
  add_projects(app, program);
}

}  // namespace dayan::cli
