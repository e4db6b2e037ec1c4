#include "cli/command_line.h"
#include "cli/operate.h"
#include "cli/shares.h"

namespace dayan::cli {
namespace {

void add_organisations(CLI::App& operate, Program& program) {
  CLI::App& organisation =
      add_group(operate, "organisation", "take in customers and providers",
                "dayan operator organisation create film-studio --role customer --user director");
  CLI::App& create =
      add_command(organisation, "create", "take in an organisation; its first user's token is shown once",
                  "dayan operator organisation create film-studio --role customer --user director > director.token\n"
                  "dayan operator organisation create guizhou-power --role provider,customer --user ops");
  const auto options = std::make_shared<NewOrganisationOptions>();
  create.add_option("NAME", options->name, "unique: a-z, 0-9 and -")->required();
  create.add_option("--role", options->roles, "customer, provider; both with a comma")
      ->required()
      ->delimiter(',')
      ->type_name("ROLE,…");
  create.add_option("--user", options->user, "its first user")->required()->type_name("NAME");
  on_chosen_with_session(create, program,
                         [options](Session& session) { return create_organisation(session, *options); });
  CLI::App& token = add_command(organisation, "token", "a new token for an organisation that has lost its own",
                                "dayan operator organisation token film-studio > director.token");
  const auto name = std::make_shared<std::string>();
  token.add_option("NAME", *name, "of the organisation; not another operator's")->required();
  on_chosen_with_session(token, program, [name](Session& session) { return reissue_token(session, *name); });
  CLI::App& weight = add_command(organisation, "weight", "what an organisation is due beside the others",
                                 "dayan operator organisation weight film-studio 2");
  const auto weighed = std::make_shared<std::pair<std::string, std::string>>();
  weight.add_option("NAME", weighed->first, "of the organisation")->required();
  weight.add_option("WEIGHT", weighed->second, "1 is the usual one; 0.001 to 1000")->required();
  on_chosen_with_session(weight, program, [weighed](Session& session) {
    return weigh_organisation(session, weighed->first, weighed->second);
  });
  CLI::App& list = add_command(operate, "organisations", "list all organisations", "dayan operator organisations");
  on_chosen_with_session(list, program, list_organisations);
}

void add_top_up(CLI::App& operate, Program& program) {
  CLI::App& command = add_command(operate, "top-up", "credit a customer's wallet with money that came in",
                                  "dayan operator top-up film-studio 100 --reference bank-2026-11-22-17");
  const auto options = std::make_shared<TopUpOptions>();
  command.add_option("ORGANISATION", options->organisation, "its name")->required();
  command.add_option("AMOUNT", options->amount, "yuan")->required();
  command.add_option("--reference", options->reference, "the payment's own")->required()->type_name("TEXT");
  on_chosen_with_session(command, program, [options](Session& session) { return top_up(session, *options); });
}

}  // namespace

void add_operator_commands(CLI::App& app, Program& program) {
  CLI::App& operate = add_group(app, "operator", "run the platform: organisations, top-ups, ledger, events",
                                "dayan operator organisations\ndayan operator ledger");
  operate.group("Operator");
  add_organisations(operate, program);
  add_top_up(operate, program);
  CLI::App& ledger = add_command(operate, "ledger", "all accounts; exit code 1 when an invariant is broken",
                                 "dayan operator ledger\ndayan operator ledger --json");
  on_chosen_with_session(ledger, program, show_ledger);
  CLI::App& events = add_command(operate, "events", "what happened, in order; with --json one document a line",
                                 "dayan operator events --after 1000\ndayan operator events --follow --json");
  const auto options = std::make_shared<EventOptions>();
  events.add_option("--after", options->after, "begin behind this sequence")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->type_name("N");
  events.add_flag("--follow", options->follow, "go on with what happens next");
  on_chosen_with_session(events, program, [options](Session& session) { return show_events(session, *options); });
}

}  // namespace dayan::cli
