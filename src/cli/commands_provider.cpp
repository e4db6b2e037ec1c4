#include "cli/bill.h"
#include "cli/command_line.h"
#include "cli/provider.h"

namespace dayan::cli {
namespace {

void add_centre_set(CLI::App& centre, Program& program) {
  CLI::App& set = add_command(centre, "set", "tell of a centre what jobs choose by; what is not given stays as it is",
                              "dayan provider centre set guian --pue 1.2 --carbon 410 --latency shanghai=28ms\n"
                              "dayan provider centre set guian --accept film-studio --accept weather-office");
  const auto options = std::make_shared<CentreOptions>();
  set.add_option("NAME", options->centre, "of the centre")->required();
  set.add_option("--pue", options->pue, "power drawn over power used, e.g. 1.2; or unknown")->type_name("N");
  set.add_option("--bandwidth", options->bandwidth,
                 "of the link from the hub to it, e.g. '100 MB/s'; or unknown. What its agent measures counts more")
      ->type_name("RATE");
  set.add_option("--carbon", options->carbon, "grams of CO2 per kWh of its grid; or unknown")->type_name("GRAMS");
  set.add_option("--carbon-hours", options->carbon_hours,
                 "times of the day at which its grid has another percentage of that, e.g. 10:00/16:00=60; or none")
      ->type_name("FROM/UNTIL=PERCENT")
      ->allow_extra_args(false);
  set.add_option("--latency", options->latency, "round trip to a city's users, e.g. shanghai=28ms; or shanghai=unknown")
      ->type_name("CITY=TIME")
      ->allow_extra_args(false);
  CLI::Option* accept =
      set.add_option("--accept", options->accept, "serve this customer, and none that is not named so")
          ->type_name("ORGANISATION")
          ->allow_extra_args(false);
  set.add_flag("--accept-all", options->accept_all, "serve every customer")->excludes(accept);
  on_chosen_with_session(set, program, [options](Session& session) { return update_centre(session, *options); });
}

void add_centre(CLI::App& provider, Program& program) {
  CLI::App& centre = add_group(
      provider, "centre", "create a centre, let its agent join",
      "dayan provider centre create guian --region guizhou\ndayan provider centre set guian --pue 1.2 --carbon 410\n"
      "dayan provider centre join-token guian");
  CLI::App& create =
      add_command(centre, "create", "create a centre", "dayan provider centre create guian --region guizhou");
  const auto name = std::make_shared<std::string>();
  const auto region = std::make_shared<std::string>();
  create.add_option("NAME", *name, "unique: a-z, 0-9 and -")->required();
  create.add_option("--region", *region, "where it stands, e.g. guizhou")->required()->type_name("REGION");
  on_chosen_with_session(create, program,
                         [name, region](Session& session) { return create_centre(session, *name, *region); });

  add_centre_set(centre, program);
  CLI::App& join = add_command(centre, "join-token", "make a token that lets one agent join, once",
                               "dayan provider centre join-token guian > join.token");
  const auto joined = std::make_shared<std::string>();
  join.add_option("NAME", *joined, "of the centre")->required();
  on_chosen_with_session(join, program, [joined](Session& session) { return create_join_token(session, *joined); });
}

void add_offer(CLI::App& provider, Program& program) {
  CLI::App& offer = add_group(provider, "offer", "publish prices",
                              "dayan provider offer publish guian --core-hour 0.3 --card-hour 2.4 --gb-hour 0.01");
  CLI::App& publish =
      add_command(offer, "publish", "publish a centre's prices; leases already granted keep theirs",
                  "dayan provider offer publish guian --core-hour 0.3 --card-hour 2.4 --gb-hour 0.01\n"
                  "dayan provider offer publish guian --core-hour 0.3 --card-hour 2.4 --gb-hour 0.01 "
                  "--hours 23:00+08:00/07:00+08:00=60");
  const auto options = std::make_shared<OfferOptions>();
  publish.add_option("CENTRE", options->centre, "name of the centre")->required();
  publish.add_option("--core-hour", options->core_hour, "of one core")->required()->type_name("YUAN");
  publish.add_option("--card-hour", options->card_hour, "of one card; 0 where there is none")
      ->required()
      ->type_name("YUAN");
  publish
      .add_option("--transfer-gb", options->transfer_gb,
                  "of a GB of inputs that is moved to the centre; what is not given is given away")
      ->type_name("YUAN");
  publish.add_option("--gb-hour", options->gb_hour, "of one GB of memory; 0 where it is given away")
      ->required()
      ->type_name("YUAN");
  publish.add_option("--hours", options->hours,
                     "times of the day at which all of these are another percentage, e.g. 23:00/07:00=60 (UTC) or "
                     "23:00+08:00/07:00+08:00=60; may be given again")
      ->type_name("FROM/UNTIL=PERCENT")
      ->allow_extra_args(false);
  publish.add_option("--reclaimable-percent", options->reclaimable_percent,
                     "of these prices, for work that may be taken back for other work; all of them when left out")
      ->check(CLI::Range(1, 100))
      ->type_name("PERCENT");
  on_chosen_with_session(publish, program, [options](Session& session) { return publish_offer(session, *options); });
}

void add_reservation_add(CLI::App& reservation, Program& program) {
  CLI::App& add = add_command(
      reservation, "add", "close a pool, or the whole centre, to all or to all but named customers",
      "dayan provider reservation add guian --from 2026-12-01T20:00:00+08:00 --until 2026-12-02T04:00:00+08:00\n"
      "dayan provider reservation add guian --pool gpu --from +2h --until +8h --for weather-office --note \"typhoon\"");
  const auto options = std::make_shared<ReservationOptions>();
  add.add_option("CENTRE", options->centre, "name of the centre")->required();
  add.add_option("--from", options->from, "a date with its offset, or +8h from now on")->required()->type_name("TIME");
  add.add_option("--until", options->until, "when it opens again, in the same form")->required()->type_name("TIME");
  add.add_option("--pool", options->pool, "that is closed; all of the centre when left out")->type_name("POOL");
  add.add_option("--for", options->organisations, "a customer that may use it at all times; may be given again")
      ->type_name("ORGANISATION")
      ->allow_extra_args(false);
  add.add_option("--note", options->note, "why, for those whose work has to wait")->type_name("TEXT");
  on_chosen_with_session(add, program, [options](Session& session) { return add_reservation(session, *options); });
}

void add_reservations(CLI::App& provider, Program& program) {
  CLI::App& reservation =
      add_group(provider, "reservation", "close pools for maintenance, or in advance for named customers",
                "dayan provider reservation add guian --from +2h --until +8h --note switches\n"
                "dayan provider reservation list");
  add_reservation_add(reservation, program);
  CLI::App& list = add_command(reservation, "list", "those of one's centres that are not over",
                               "dayan provider reservation list\ndayan provider reservation list guian --json");
  const auto centre = std::make_shared<std::string>();
  list.add_option("CENTRE", *centre, "of this centre alone");
  on_chosen_with_session(list, program, [centre](Session& session) { return list_reservations(session, *centre); });
  CLI::App& remove = add_command(reservation, "remove", "open again what one closes",
                                 "dayan provider reservation remove reservation_0123456789abc");
  const auto id = std::make_shared<std::string>();
  remove.add_option("ID", *id, "as add and list show it")->required();
  on_chosen_with_session(remove, program, [id](Session& session) { return remove_reservation(session, *id); });
}

}  // namespace

void add_provider_commands(CLI::App& app, Program& program) {
  CLI::App& provider = add_group(app, "provider", "bring centres, set prices, see earnings",
                                 "dayan provider centre create guian --region guizhou\ndayan provider earnings");
  provider.group("Providers");
  add_centre(provider, program);
  add_offer(provider, program);
  add_reservations(provider, program);
  CLI::App& earnings = add_command(provider, "earnings", "what each centre has earned, and what is payable",
                                   "dayan provider earnings");
  on_chosen_with_session(earnings, program, show_earnings);
  CLI::App& charges = add_command(provider, "charges", "every line that was charged at one's centres",
                                  "dayan provider charges --json");
  const auto limit = std::make_shared<std::size_t>(1'000);
  charges.add_option("--limit", *limit, "at most so many")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str()
      ->type_name("N");
  on_chosen_with_session(charges, program,
                         [limit](Session& session) { return list_provider_charges(session, *limit); });
}

}  // namespace dayan::cli
