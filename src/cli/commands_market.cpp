#include "cli/bill.h"
#include "cli/command_line.h"
#include "cli/market.h"
#include "cli/shares.h"

namespace dayan::cli {

void add_market_commands(CLI::App& app, Program& program) {
  constexpr const char* group = "Market";
  CLI::App& centres =
      add_command(app, "centres", "list all centres with their pools", "dayan centres\ndayan centres --json");
  centres.group(group);
  on_chosen_with_session(centres, program, list_centres);

  CLI::App& offers = add_command(app, "offers", "list the prices in force", "dayan offers");
  offers.group(group);
  on_chosen_with_session(offers, program, list_offers);

  CLI::App& shares = add_command(app, "shares",
                                 "who has had how much of the platform lately, and stands back in the queue for it",
                                 "dayan shares\ndayan shares --json");
  shares.group(group);
  on_chosen_with_session(shares, program, show_shares);

  CLI::App& depot =
      add_command(app, "depot", "show the space that your files take at the hub, and how long they are kept",
                  "dayan depot\ndayan depot --json");
  depot.group(group);
  on_chosen_with_session(depot, program, show_depot);

  CLI::App& wallet =
      add_command(app, "wallet", "show what is available, held and spent",
                  "dayan wallet\ndayan wallet entries --limit 20\ndayan wallet show --organisation film-studio");
  wallet.group(group);
  wallet.require_subcommand(0, 1);
  on_chosen_with_session(wallet, program, [](Session& session) { return show_wallet(session, ""); });
  CLI::App& show = add_command(wallet, "show", "show the balance", "dayan wallet show");
  const auto organisation = std::make_shared<std::string>();
  show.add_option("--organisation", *organisation, "another one's (operator)")->type_name("NAME");
  on_chosen_with_session(show, program,
                         [organisation](Session& session) { return show_wallet(session, *organisation); });
  CLI::App& entries =
      add_command(wallet, "entries", "the ledger's entries on it, newest first", "dayan wallet entries --limit 20");
  const auto limit = std::make_shared<std::size_t>(100);
  entries.add_option("--limit", *limit, "at most so many")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str()
      ->type_name("N");
  on_chosen_with_session(entries, program,
                         [limit](Session& session) { return list_wallet_entries(session, *limit); });
}

}  // namespace dayan::cli
