#include <sstream>

#include "cli/fake_hub.h"
#include "cli/help_walk.h"
#include "model/account.h"
#include "wire/centre.h"
#include "wire/job.h"
#include "wire/money.h"
#include "wire/party.h"

namespace dayan::cli::testing {
namespace {

TEST(Commands, WrongWordsEndWithTwo) {
  // No command, an unknown one, a missing word, a value out of range.
  Person person;
  for (const char* line :
       {"", "fly", "submit", "jobs --limit 0", "job show", "job fetch a --task -1", "operator top-up x 5"}) {
    EXPECT_EQ(person.runs(line), 2) << line;
    EXPECT_FALSE(person.complained().empty()) << line;
  }
}

TEST(Commands, DepotShowsUseAndLimit) {
  // One line with the sizes and times that the hub tells, as people read them; --json has the exact figure.
  FakeHub hub;
  Person person{hub};
  hub.on("GET /v1/depot",
         json(json_text(to_json(wire::DepotView{Bytes(41'948'459), Bytes(50'000'000'000),
                                                Duration::hours(720), Duration::hours(24)}))));
  ASSERT_EQ(person.runs("depot"), 0) << person.complained();
  EXPECT_NE(person.said().find("41.9MB   50GB"), std::string::npos) << person.said();
  EXPECT_NE(person.said().find("30d"), std::string::npos) << person.said();
  ASSERT_EQ(person.runs("depot --json"), 0) << person.complained();
  EXPECT_NE(person.said().find("41948459"), std::string::npos) << person.said();
}

TEST(Commands, NobodyLoggedInEndsWithTwo) {
  // Says how to log in.
  Folder folder;
  Person person;
  person.environment["HOME"] = folder.file("home");
  EXPECT_EQ(person.runs("jobs"), 2);
  EXPECT_NE(person.complained().find("dayan login --hub"), std::string::npos);
}

TEST(Commands, EveryOneHasHelpWithExamples) {
  // Walks the command tree by its own help texts, and reads each example as a command line.
  Person person;
  EXPECT_EQ(person.runs("--version"), 0);
  EXPECT_EQ(person.said().rfind("dayan ", 0), 0U);
  EXPECT_GT(walk_help(person), 35);
}

TEST(Commands, AnExampleThatCannotBeReadIsFound) {
  // What the walk above rests on: words of a line for a shell are taken apart, and wrong ones are refused unrun.
  using Lines = std::vector<std::string>;
  EXPECT_EQ(command_lines("pass dayan | dayan login --hub URL > x && dayan jobs"), (Lines{"login --hub URL", "jobs"}));
  Person person;
  const auto is_read = [&](const std::vector<std::string>& words) {
    return !CommandLine(person.host, {}).read(words).has_value();
  };
  EXPECT_TRUE(is_read({"jobs", "--limit", "5"}));
  EXPECT_FALSE(is_read({"jobs", "--limit", "0"}));
  EXPECT_FALSE(is_read({"jobs", "--wrong"}));
}

TEST(Commands, WrongWordsAreToldAsJsonToo) {
  // The footer promises a document for every fault with --json, wherever the flag stands; help stays help.
  Person person;
  EXPECT_EQ(person.runs("jobs --limit 0 --json"), 2);
  const auto document = parse_json(person.complained());
  ASSERT_TRUE(document.has_value()) << person.complained();
  const JsonObject& fault = document->as_object().at("faults").as_array().at(0).as_object();
  EXPECT_EQ(fault.at("code"), JsonValue("invalid"));
  EXPECT_EQ(fault.at("field"), JsonValue("--limit"));
  EXPECT_NE(fault.at("wrong").as_string(), "");
  EXPECT_NE(fault.at("right").as_string(), "");
  for (const char* line : {"--json fly", "--json", "job show --json", "jobs --json --limit many"}) {
    EXPECT_EQ(person.runs(line), 2) << line;
    EXPECT_TRUE(parse_json(person.complained()).has_value()) << line << ": " << person.complained();
    EXPECT_EQ(person.said(), "") << line;
  }
  EXPECT_EQ(person.runs("jobs --help --json"), 0);
  EXPECT_NE(person.said().find("Examples:"), std::string::npos);
}

TEST(Commands, NamesMayEqualCommands) {
  // A project called "jobs" and one called "show" are names, not commands.
  FakeHub hub;
  hub.on("POST /v1/projects",
         json(R"({"id":"project_0000000000003","organisation":"org_0000000000001","name":"jobs"})", 201));
  Person person(hub);
  EXPECT_EQ(person.runs("project create jobs"), 0) << person.complained();
  EXPECT_EQ(person.runs("project create list --json"), 0) << person.complained();
  EXPECT_EQ(hub.heard().back().body, R"({"name":"list"})");
}

TEST(Commands, SharesAreToldAndWeightsSet) {
  // A golden table with an organisation of two projects; weights cross in thousandths, and what is none is refused
  // here.
  FakeHub hub;
  wire::ShareView film{OrganisationId(2),       "film",   2'000, true, place::ShareResource::cards, Duration::hours(4),
                       620'000,                 500'000,  Duration::hours(11), Duration::hours(9),
                       {{ProjectId(3), "default", 1'000, Duration::hours(3), Duration::minutes(90)},
                        {ProjectId(4), "tests", 500, Duration::hours(1), Duration()}}};
  wire::SharesView view{UnixTime(1'800'000'000'000'000), {film}};
  hub.on("GET /v1/shares", json(json_text(to_json(view))));
  Person person(hub);
  ASSERT_EQ(person.runs("shares"), 0) << person.complained();
  EXPECT_EQ(person.said(),
            "ORGANISATION  PROJECT  WEIGHT  HAS HAD  MOST OF  SHARE    DUE  SETBACK  AT DUE\n"
            "film                        2       4h  cards    62.0%  50.0%      11h      9h\n"
            "              default       1       3h                          +1h30m\n"
            "              tests       0.5       1h                             +0s\n");
  ProjectRow tests{ProjectId(4), OrganisationId(2), "tests", 500};
  hub.on("PUT /v1/projects/tests/weight", json(json_text(to_json(tests))));
  EXPECT_EQ(person.runs("project weight tests 0.5"), 0) << person.complained();
  EXPECT_EQ(person.said(), "tests: weight 0.5\n");
  EXPECT_EQ(hub.heard().back().body, R"({"weight":500})");
  OrganisationRow row;
  row.name = "film";
  row.weight = 2'000;
  hub.on("PUT /v1/organisations/film/weight", json(json_text(to_json(row))));
  EXPECT_EQ(person.runs("operator organisation weight film 2"), 0) << person.complained();
  EXPECT_EQ(hub.heard().back().body, R"({"weight":2000})");
  for (const char* wrong : {"0", "heavy", "1001", "0.0001"})
    EXPECT_EQ(person.runs(std::string("project weight tests ") + wrong), 2) << wrong;
}

TEST(Commands, AProviderTellsOfItsCentre) {
  // What is named is changed and all else kept; what cannot be read is refused before the hub is asked to change it.
  FakeHub hub;
  wire::CentreView view;
  view.centre.name = "guian";
  view.centre.accepts = {"lab"};
  view.centre.latency = {{"shanghai", Duration::milliseconds(30)}, {"beijing", Duration::milliseconds(40)}};
  view.centre.carbon = 500;
  for (int calls = 0; calls < 3; ++calls)
    hub.on("GET /v1/centres?limit=1000", json(R"({"items":[)" + json_text(to_json(view)) + R"(],"next_cursor":null})"));
  CentreRow after = view.centre;
  after.pue = 1'200;
  for (int calls = 0; calls < 3; ++calls) hub.on("PUT /v1/centres/guian", json(json_text(to_json(after))));
  Person person(hub);
  EXPECT_EQ(person.runs("provider centre set guian --pue 1.2 --latency shanghai=28ms --latency beijing=unknown"), 0)
      << person.complained();
  EXPECT_EQ(person.said(), "guian: PUE 1.2; 500 g CO2/kWh; 30ms to shanghai; 40ms to beijing; serves only lab\n");
  EXPECT_EQ(hub.heard().back().body,
            R"({"accepts":["lab"],"latency":[{"city":"shanghai","round_trip":0.028}],"pue":1200,"carbon":500,)"
            R"("carbon_hours":[],"bandwidth":null,"seen":{"accepts":["lab"],"latency":[{"city":"shanghai",)"
            R"("round_trip":0.03},{"city":"beijing","round_trip":0.04}],"pue":null,"carbon":500,"carbon_hours":[],)"
            R"("bandwidth":null}})");
  EXPECT_EQ(person.runs("provider centre set guian --bandwidth 1.5GB/s"), 0) << person.complained();
  EXPECT_NE(hub.heard().back().body.find(R"("bandwidth":1500000000)"), std::string::npos);
  EXPECT_EQ(person.runs("provider centre set guian --accept-all --carbon unknown"), 0) << person.complained();
  EXPECT_NE(hub.heard().back().body.find(R"("accepts":[])"), std::string::npos);
  EXPECT_NE(hub.heard().back().body.find(R"("carbon":null)"), std::string::npos);
  for (const char* wrong : {"--pue much", "--carbon 4.5", "--bandwidth 100Mbit/s", "--latency shanghai",
                            "--latency shanghai=28", "--accept lab --accept-all", "--carbon-hours 10:00=60"}) {
    hub.on("GET /v1/centres?limit=1000", json(R"({"items":[],"next_cursor":null})"));
    EXPECT_EQ(person.runs(std::string("provider centre set guian ") + wrong), 2) << wrong << person.complained();
  }
  EXPECT_EQ(person.runs("provider centre set guian --pue much --carbon 4.5 --latency shanghai --latency beijing"), 2);
  for (const char* word : {"'much'", "'4.5'", "'shanghai'", "'beijing'"})
    EXPECT_NE(person.complained().find(word), std::string::npos) << word << person.complained();
}

TEST(Commands, OfTwoChangesOfACentreAtOnceNoneIsLost) {
  // Somebody else's change comes between the look and the change: it is looked at again, and both stand.
  FakeHub hub;
  wire::CentreView view;
  view.centre.name = "guian";
  const auto shown = [&] {
    return json(R"({"items":[)" + json_text(to_json(view)) + R"(],"next_cursor":null})");
  };
  hub.on("GET /v1/centres?limit=1000", shown());
  view.centre.carbon = 410;
  hub.on("GET /v1/centres?limit=1000", shown());
  hub.on("PUT /v1/centres/guian", problem(409, "wrong_state", "seen", "has changed", "look again"));
  hub.on("PUT /v1/centres/guian", json(json_text(to_json(view.centre))));
  Person person(hub);
  EXPECT_EQ(person.runs("provider centre set guian --pue 1.2"), 0) << person.complained();
  ASSERT_EQ(hub.heard("PUT", "/v1/centres/guian").size(), 2U);
  EXPECT_NE(hub.heard().back().body.find(R"("pue":1200,"carbon":410)"), std::string::npos) << hub.heard().back().body;
}

TEST(Commands, ACentreThatAlwaysChangesIsGivenUp) {
  // Not for ever: the refusal is told in the end.
  FakeHub hub;
  wire::CentreView view;
  view.centre.name = "guian";
  hub.on("GET /v1/centres?limit=1000", json(R"({"items":[)" + json_text(to_json(view)) + R"(],"next_cursor":null})"));
  hub.on("PUT /v1/centres/guian", problem(409, "wrong_state", "seen", "has changed", "look again"));
  Person person(hub);
  EXPECT_EQ(person.runs("provider centre set guian --pue 1.2"), 1);
  EXPECT_NE(person.complained().find("has changed"), std::string::npos) << person.complained();
}

TEST(Commands, AProviderPublishesHours) {
  // Parts of the day are read with their offset and told in UTC; what is none is refused before the hub is asked.
  FakeHub hub;
  OfferRow offer;
  offer.id = OfferId(7);
  offer.core_hour = Cny::micro(300'000);
  offer.hours = {{DayTime::minutes(15 * 60), DayTime::minutes(23 * 60), 60}};
  hub.on("POST /v1/centres/guian/offers", json(json_text(to_json(offer))));
  Person person(hub);
  const std::string publish = "provider offer publish guian --core-hour 0.3 --card-hour 0 --gb-hour 0 --hours ";
  EXPECT_EQ(person.runs(publish + "23:00+08:00/07:00+08:00=60"), 0) << person.complained();
  EXPECT_NE(hub.heard().back().body.find(R"("hours":[{"from":"15:00","until":"23:00","percent":60}])"),
            std::string::npos)
      << hub.heard().back().body;
  EXPECT_NE(person.said().find("15:00-23:00 UTC 60 %"), std::string::npos) << person.said();
  for (const char* wrong : {"23:00-07:00=60", "23:00/07:00", "23:00/07:00=", "23:00/07:00=1001", "23:00/25:00=60",
                            "23/7=60", "23:00/07:00=-5"})
    EXPECT_EQ(person.runs(publish + wrong), 2) << wrong << person.complained();
  // All that is wrong is told at once.
  EXPECT_EQ(person.runs("provider offer publish guian --core-hour 0,3 --card-hour x --gb-hour 0 --transfer-gb 1e3 "
                        "--hours 23/7=60 --hours 23:00/07:00"),
            2);
  for (const char* option :
       {"--core-hour: ", "--card-hour: ", "--transfer-gb: ", "--hours: '23'", "--hours: '23:00/07:00'"})
    EXPECT_NE(person.complained().find(option), std::string::npos) << option << person.complained();
  EXPECT_EQ(hub.heard().size(), 1U);
}

TEST(Commands, ASeriesIsShownAndEnded) {
  // The list and the job tell the round, the job what comes next and what was left out; a cancel may end the series.
  FakeHub hub;
  SeriesRow series;
  series.id = JobId(77);
  series.every = Duration::hours(24);
  series.times = 30;
  series.round = 3;
  series.skipped = 1;
  series.overlap = Overlap::skip;
  series.next_at = *parse_time("2026-12-04T02:00:00Z");
  JobRow job;
  job.id = JobId(78);
  job.name = "forecast";
  job.series = series.id;
  job.round = 3;
  job.rounds = 30;
  const std::string path = "/v1/jobs/" + to_text(job.id);
  hub.on("GET /v1/jobs?limit=20", json(R"({"items":[)" + json_text(to_json(job)) + R"(],"next_cursor":null})"));
  hub.on("GET " + path, json(json_text(to_json(wire::JobView{job, {}, series}))));
  hub.on("POST " + path + "/cancel?series=true", json(json_text(to_json(wire::JobView{job, {}}))));
  hub.on("POST " + path + "/cancel", json(json_text(to_json(wire::JobView{job, {}}))));
  Person person(hub);
  EXPECT_EQ(person.runs("jobs"), 0) << person.complained();
  EXPECT_NE(person.said().find("forecast   3/30"), std::string::npos) << person.said();
  EXPECT_EQ(person.runs("job show " + to_text(job.id)), 0) << person.complained();
  EXPECT_NE((person.said() + person.complained())
                .find("round 3 of 30 of the series " + to_text(series.id) +
                      ", one every 1d: round 4 comes on 2026-12-04 02:00:00 UTC; 1 left out"),
            std::string::npos)
      << person.said() << person.complained();
  EXPECT_EQ(person.runs("job cancel " + to_text(job.id) + " --series"), 0) << person.complained();
  EXPECT_EQ(hub.heard().back().target, path + "/cancel?series=true");
  EXPECT_EQ(person.runs("job cancel " + to_text(job.id)), 0) << person.complained();
  EXPECT_EQ(hub.heard().back().target, path + "/cancel");
}

TEST(Commands, BoundsOfTasksPerCentreAndNodeAreShown) {
  // As long as they say something: not of a job that has ended.
  FakeHub hub;
  JobRow job;
  job.id = JobId(78);
  job.requirements.tasks_per_centre_max = 2;
  job.requirements.tasks_per_node_max = 1;
  const std::string path = "/v1/jobs/" + to_text(job.id);
  hub.on("GET " + path, json(json_text(to_json(wire::JobView{job, {}}))));
  Person person(hub);
  const std::string told = "at most 2 tasks run at once at one centre";
  EXPECT_EQ(person.runs("job show " + to_text(job.id)), 0) << person.complained();
  EXPECT_NE((person.said() + person.complained()).find(told), std::string::npos) << person.said() << person.complained();
  EXPECT_NE((person.said() + person.complained()).find("at most 1 task runs at once on one node"), std::string::npos);
  job.state = JobState::succeeded;
  FakeHub later;
  later.on("GET " + path, json(json_text(to_json(wire::JobView{job, {}}))));
  Person other(later);
  EXPECT_EQ(other.runs("job show " + to_text(job.id)), 0) << other.complained();
  EXPECT_EQ((other.said() + other.complained()).find(told), std::string::npos);
}

TEST(Commands, AProviderClosesItsPools) {
  // Times count from now or are dates; what cannot be read is refused before the hub is asked. The list has what the
  // own centres' rows have, and everybody sees when a centre is closed.
  FakeHub hub;
  ReservationRow row;
  row.id = ReservationId(77);
  row.pool = "gpu";
  row.from = UnixTime(1'800'007'200'000'000);
  row.until = UnixTime(1'800'028'800'000'000);
  row.organisations = {"weather", "lab"};
  row.note = "typhoon";
  hub.on("POST /v1/centres/guian/reservations", json(json_text(to_json(row))));
  Person person(hub);
  EXPECT_EQ(person.runs("provider reservation add guian --pool gpu --from +2h --until 2027-01-16T00:00:00+08:00 "
                        "--for weather --for lab --note typhoon"),
            0)
      << person.complained();
  EXPECT_EQ(hub.heard().back().body,
            R"({"pool":"gpu","from":"2027-01-15T10:00:00Z","until":"2027-01-15T16:00:00Z",)"
            R"("organisations":["weather","lab"],"note":"typhoon"})");
  const std::string text = "pool gpu closed to all but weather, lab from 2027-01-15 10:00:00 until 2027-01-15 16:00:00 "
                           "UTC (typhoon)\n";
  EXPECT_EQ(person.said(), to_text(row.id) + " guian: " + text);
  for (const char* wrong :
       {"--from tomorrow --until +2h", "--from +1h --until 2027-01-16", "--from +1h", "--until +1h"})
    EXPECT_EQ(person.runs(std::string("provider reservation add guian ") + wrong), 2) << wrong;
  EXPECT_EQ(person.runs("provider reservation add guian --from tomorrow --until evening"), 2);
  EXPECT_NE(person.complained().find("--from: "), std::string::npos) << person.complained();
  EXPECT_NE(person.complained().find("--until: "), std::string::npos) << person.complained();

  wire::CentreView own;
  own.centre.name = "guian";
  own.centre.provider = OrganisationId(5);
  own.reservations = {{row, 2, false}};
  wire::CentreView other;
  other.centre.name = "elsewhere";
  other.centre.provider = OrganisationId(6);
  row.organisations.clear();
  other.reservations = {{row, 2, true}};
  wire::MeView me;
  me.organisation.id = OrganisationId(5);
  const std::string centres =
      R"({"items":[)" + json_text(to_json(own)) + "," + json_text(to_json(other)) + R"(],"next_cursor":null})";
  for (int calls = 0; calls < 3; ++calls) hub.on("GET /v1/me", json(json_text(to_json(me))));
  for (int calls = 0; calls < 4; ++calls) hub.on("GET /v1/centres?limit=1000", json(centres));
  EXPECT_EQ(person.runs("provider reservation list"), 0) << person.complained();
  EXPECT_NE(person.said().find(to_text(row.id) + "  guian"), std::string::npos) << person.said();
  EXPECT_EQ(person.said().find("elsewhere"), std::string::npos) << person.said();
  EXPECT_EQ(person.runs("provider reservation list --json"), 0) << person.complained();
  EXPECT_NE(person.said().find(R"("note":"typhoon")"), std::string::npos) << person.said();
  EXPECT_EQ(person.runs("provider reservation list elsewhere"), 2);
  EXPECT_EQ(person.runs("centres"), 0) << person.complained();
  EXPECT_NE(person.said().find("guian: " + text), std::string::npos) << person.said();
  EXPECT_NE(person.said().find("elsewhere: pool gpu closed to all but you and others that it names from"),
            std::string::npos)
      << person.said();
  hub.on("DELETE /v1/reservations/" + to_text(row.id), HttpResponse{204, {}, ""});
  EXPECT_EQ(person.runs("provider reservation remove " + to_text(row.id)), 0) << person.complained();
}

TEST(Commands, BillsLineByLine) {
  // A golden text: quantities in seconds, the provider's price by the hour, sums and entries.
  FakeHub hub;
  ChargeRow core;
  core.job = JobId(77);
  core.meter = Meter::core_time;
  core.quantity = 1'500;
  core.price_amount = Cny::micro(300'000);
  core.price_quantity = 3'600'000;
  core.amount = Cny::micro(125);
  core.fee = Cny::micro(6);
  core.entry = EntryId(9);
  ChargeRow memory = core;
  memory.meter = Meter::memory_time;
  memory.quantity = 750'000;
  memory.price_amount = Cny::micro(20'000);
  memory.amount = Cny::micro(4);
  memory.fee = Cny();
  JobRow job;
  job.id = JobId(77);
  const std::string path = "/v1/jobs/" + to_text(job.id);
  hub.on("GET " + path, json(json_text(to_json(wire::JobView{job, {}}))));
  hub.on("GET " + path + "/charges?limit=1000",
         json(json_text(JsonObject{{"items", JsonArray{to_json(core), to_json(memory)}}, {"next_cursor", nullptr}})));
  Person person(hub);
  ASSERT_EQ(person.runs("job bill " + to_text(job.id)), 0) << person.complained();
  EXPECT_EQ(person.said(),
            "TASK  TRY  METER          QUANTITY  PRICE             YUAN  FEE IN IT  ENTRY\n"
            "   0    1  core_time    1.5 core·s  0.3 / core·h  0.000125   0.000006  entry_0000000000009\n"
            "   0    1  memory_time    750 MB·s  0.02 / GB·h   0.000004          0  entry_0000000000009\n"
            "sum of core_time: 0.000125 yuan\n"
            "sum of memory_time: 0.000004 yuan\n"
            "total: 0.000129 yuan, in it the platform's fee of 0.000006; still held: 0\n");
}

TEST(Commands, ABillSaysWhatWasMovedAsPeopleReadIt) {
  // The line of a job's inputs: rounded in the table, exact in --json.
  FakeHub hub;
  ChargeRow moved;
  moved.job = JobId(77);
  moved.meter = Meter::transfer;
  moved.quantity = 41'948'459;
  moved.price_amount = Cny::micro(50'000);
  moved.price_quantity = 1'000'000'000;
  moved.amount = Cny::micro(2'097);
  JobRow job;
  job.id = JobId(77);
  const std::string path = "/v1/jobs/" + to_text(job.id);
  hub.on("GET " + path, json(json_text(to_json(wire::JobView{job, {}}))));
  hub.on("GET " + path + "/charges?limit=1000",
         json(json_text(JsonObject{{"items", JsonArray{to_json(moved)}}, {"next_cursor", nullptr}})));
  Person person(hub);
  ASSERT_EQ(person.runs("job bill " + to_text(job.id)), 0) << person.complained();
  EXPECT_NE(person.said().find("41.9MB  0.05 / GB moved"), std::string::npos) << person.said();
  ASSERT_EQ(person.runs("job bill --json " + to_text(job.id)), 0) << person.complained();
  EXPECT_NE(person.said().find("41948459"), std::string::npos) << person.said();
}

TEST(Commands, AttemptsTellQuotedAgainstReal) {
  // And why each was placed where it was. One attempt that began two seconds late, and one whose placement is not
  // known.
  FakeHub hub;
  const UnixTime quoted = *parse_time("2026-11-22T08:30:00Z");
  wire::AttemptView first;
  first.centre = "guian";
  first.attempt.job = JobId(77);
  first.attempt.pool = "main";
  first.attempt.engine_id = "68";
  first.attempt.state = AttemptState::ended;
  first.attempt.outcome = Outcome::exited;
  first.attempt.started_at = quoted + Duration::seconds(2);
  first.attempt.ended_at = quoted + Duration::seconds(5);
  first.attempt.charged = Cny::micro(400'000);
  first.placement.emplace();
  first.placement->expected_start = quoted;
  first.placement->expected_finish = quoted + Duration::seconds(4);
  first.placement->task_cost = Cny::micro(500'000);
  first.placement->carbon = Milligrams(3'000);
  first.placement->exchanged_with = JobId(78);
  first.placement->runners_up = {{CentreId(9), "batch", Cny::micro(600'000), Duration::seconds(6)}};
  first.placement->ruled_out = {{Constraint::cards, 2, 1'000}, {Constraint::region, 1, 0}};
  first.attempt.centre = CentreId(4);
  wire::CentreView other;
  other.centre.id = CentreId(9);
  other.centre.name = "shanghai";
  hub.on("GET /v1/centres?limit=1000",
         json(json_text(JsonObject{{"items", JsonArray{to_json(other)}}, {"next_cursor", nullptr}})));
  wire::AttemptView second;
  second.centre = "shanghai";
  second.attempt.job = JobId(77);
  second.attempt.task = 1;
  second.attempt.pool = "main";
  hub.on(
      "GET /v1/jobs/job_x/tasks?limit=1000",
      json(json_text(JsonObject{{"items", JsonArray{to_json(first), to_json(second)}}, {"next_cursor", nullptr}})));
  Person person(hub);
  ASSERT_EQ(person.runs("job attempts job_x"), 0) << person.complained();
  EXPECT_EQ(
      person.said(),
      "TASK  TRY  CENTRE    POOL  ENGINE ID  STATE        START      QUOTED      FINISH      QUOTED  LATE  YUAN  "
      "QUOTED  OUTCOME\n"
      "   0    1  guian     main  68         ended   08:30:02.0  08:30:00.0  08:30:05.0  08:30:04.0   +1s   0.4     "
      "0.5  exited 0\n"
      "   1    1  shanghai  main  -          leased           -           -           -           -     -     -      "
      " 0  -\n"
      "why guian/main: 1 attempt; 0.5 yuan, done by 08:30:04.0, 3 g CO2; placed together with "
      "job_000000000002e: one has the place that the other would have had; next best: shanghai/batch 0.6 yuan in "
      "6s; ruled out, each by one or more: 2 pools by cards, 1 pool by region\n"
      "2 attempts; real against quoted, in the middle: start +2s, finish +1s; charged 0.4 of 0.5 yuan quoted\n");
  wire::ExplanationView ended;
  ended.as_of = quoted + Duration::hours(24);
  ended.ended_at = quoted + Duration::seconds(5);
  hub.on("GET /v1/jobs/job_x/explanation", json(json_text(to_json(ended))));
  JobRow job;
  job.id = JobId(77);
  job.state = JobState::failed;
  job.failed = 1;
  job.gave_up = GaveUp::wait_max;
  job.waits_until = quoted + Duration::seconds(5);
  hub.on("GET /v1/jobs/job_x", json(json_text(to_json(wire::JobView{job, {}}))));
  ASSERT_EQ(person.runs("job explain job_x"), 0) << person.complained();
  EXPECT_EQ(person.said(),
            "job_x has ended, on 2026-11-22 08:30:05 UTC: failed\n"
            "of its placements was kept:\n"
            "why guian/main: 1 attempt; 0.5 yuan, done by 08:30:04.0, 3 g CO2; placed together with "
            "job_000000000002e: one has the place that the other would have had; next best: shanghai/batch 0.6 yuan in "
            "6s; ruled out, each by one or more: 2 pools by cards, 1 pool by region\n");
}

TEST(Commands, ABalanceAboveTheLimitOfAmountsIsShown) {
  // Three top-ups at the limit make a wallet that no single top-up may bring; one that went wrong may be below zero.
  FakeHub hub;
  hub.on("GET /v1/wallet", json(R"({"organisation":"film","available":"300000000021","held":"0","spent":"0",)"
                                R"("topped_up":"300000000021"})"));
  hub.on("GET /v1/wallet",
         json(R"({"organisation":"film","available":"-0.5","held":"0","spent":"1.5","topped_up":"1"})"));
  Person person(hub);
  EXPECT_EQ(person.runs("wallet"), 0) << person.complained();
  EXPECT_NE(person.said().find("300000000021"), std::string::npos) << person.said();
  EXPECT_EQ(person.runs("wallet"), 0) << person.complained();
  EXPECT_NE(person.said().find("-0.5"), std::string::npos) << person.said();
}

TEST(Commands, ALedgerThatDoesNotBalanceEndsWithOne) {
  // The document is still shown; the exit code tells a script.
  FakeHub hub;
  wire::LedgerView ledger;
  ledger.balanced = false;
  ledger.debits_posted = "18000000000000";  // more than one amount can hold
  hub.on("GET /v1/operator/ledger", json(json_text(to_json(ledger))));
  Person person(hub);
  EXPECT_EQ(person.runs("operator ledger --json"), 1);
  EXPECT_EQ(person.said(), json_text(to_json(ledger)) + "\n");
}

TEST(Commands, SecretsThatWereLostAreTold) {
  // The replay of a creation whose first answer was lost has null in the secret's place.
  FakeHub hub;
  hub.on("POST /v1/centres/guian/join-tokens",
         json(R"({"join_token":null,"expires_at":"2026-11-22T08:30:00Z"})", 201));
  hub.on("POST /v1/centres/guian/join-tokens",
         json(R"({"join_token":"dayan_join_x","expires_at":"2026-11-22T08:30:00Z"})", 201));
  Person person(hub);
  EXPECT_EQ(person.runs("provider centre join-token guian"), 1);
  EXPECT_EQ(person.runs("provider centre join-token guian"), 0);
  EXPECT_EQ(person.said(), "dayan_join_x\n");
  EXPECT_NE(person.complained().find("dayan agent join --hub " + hub.url()), std::string::npos);
}

TEST(Commands, LogsComeAsTheyAre) {
  // Two parts, then an empty one, then the end; bytes are not made harmless, and the attempt is held on to.
  FakeHub hub;
  const auto part = [](std::string bytes, const char* complete) {
    return HttpResponse{200, {{"x-log-complete", complete}, {"x-attempt-number", "2"}}, std::move(bytes)};
  };
  const std::string base = "GET /v1/jobs/job_x/tasks/3/log?stream=stderr&offset=";
  hub.on(base + "0", part("one\x1b[1m", "false"));
  hub.on(base + "7&number=2", part("", "false"));
  hub.on(base + "7&number=2", part("two\n", "true"));
  Person person(hub);
  ASSERT_EQ(person.runs("job logs job_x --task 3 --stderr -f"), 0) << person.complained();
  EXPECT_EQ(person.said(), "one\x1b[1mtwo\n");
}

TEST(Commands, EventsStreamOneDocumentALine) {
  // Pages by sequence until nothing new comes.
  FakeHub hub;
  const std::string event =
      R"({"sequence":8,"at":"2026-11-22T08:30:00Z","event":"lease_granted","detail":{"task":1}})";
  hub.on("GET /v1/operator/events?after=7&limit=1000", json(R"({"items":[)" + event + R"(],"next_cursor":null})"));
  hub.on("GET /v1/operator/events?after=8&limit=1000", json(R"({"items":[],"next_cursor":null})"));
  Person person(hub);
  ASSERT_EQ(person.runs("operator events --after 7 --json"), 0) << person.complained();
  EXPECT_EQ(person.said(), event + "\n");
}

}  // namespace
}  // namespace dayan::cli::testing
