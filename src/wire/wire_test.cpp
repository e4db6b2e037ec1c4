#include <gtest/gtest.h>

#include "model/json.h"
#include "wire/agent.h"
#include "wire/centre.h"
#include "wire/event.h"
#include "wire/job.h"
#include "wire/money.h"
#include "wire/page.h"
#include "wire/party.h"

namespace dayan::wire {
namespace {

/// The value comes back with the same text, and its members are exactly those that the API agreement names.
template <class T>
void expect_members(const T& value, const std::vector<std::string_view>& members) {
  const std::string text = nested_text(value);
  const auto back = parse_nested<T>(text);
  ASSERT_TRUE(back.has_value()) << to_text(back.error());
  EXPECT_EQ(nested_text(*back), text);
  std::vector<std::string_view> names;
  const JsonValue json = to_json(value);
  for (const auto& member : json.as_object()) names.emplace_back(member.key().data(), member.key().size());
  EXPECT_EQ(names, members) << text;
}

// Shows that organisations, tokens and the caller's own view have the members agreed on and read back.
TEST(Wire, Parties) {
  OrganisationRow organisation{OrganisationId(1), "film", true, false, false, UnixTime(5)};
  expect_members(MeView{organisation, UserRow{UserId(2), OrganisationId(1), "li"}, Scopes{Scope::read}},
                 {"organisation", "user", "scopes"});
  expect_members(MeView{organisation, std::nullopt, Scopes{Scope::agent}}, {"organisation", "user", "scopes"});
  expect_members(CreateTokenRequest{"ci", Scopes{Scope::submit}, Duration::hours(1)}, {"label", "scopes", "lifetime"});
  expect_members(CreateTokenReply{"dayan_x", sha256("x")}, {"token", "hash"});
  expect_members(CreateOrganisationRequest{"film", "li", {Role::provider}}, {"name", "user", "roles"});
  expect_members(CreateOrganisationReply{organisation, "dayan_x"}, {"organisation", "token"});
  // The secret stands only in the first answer; a repeated one has null there, and is still an answer.
  expect_members(CreateTokenReply{std::nullopt, sha256("x")}, {"token", "hash"});
  expect_members(CreateOrganisationReply{organisation, std::nullopt}, {"organisation", "token"});
  expect_members(CreateProjectRequest{"shots"}, {"name"});
  expect_members(WeightRequest{2'000}, {"weight"});
  const ProjectShareView project{ProjectId(3), "shots", 500, Duration::hours(2), Duration::minutes(7)};
  expect_members(project, {"id", "name", "weight", "time", "setback"});
  const ShareView share{OrganisationId(1), "film",  2'000, true, place::ShareResource::cards, Duration::hours(4),
                        620'000,           500'000, Duration::hours(11), Duration::hours(9), {project}};
  expect_members(share, {"id", "name", "weight", "is_active", "resource", "time", "share", "due", "setback",
                         "setback_at_due", "projects"});
  expect_members(SharesView{UnixTime(4), {share}}, {"as_of", "organisations"});
}

// Shows the same of money: what is no amount is a fault that names it, and a balance may be more than an amount.
TEST(Wire, Money) {
  const WalletView wallet{"film", Cny::yuan(1), Cny::yuan(2), Cny::yuan(3), Cny::yuan(6)};
  expect_members(wallet, {"organisation", "available", "held", "spent", "topped_up"});
  expect_members(TopUpReply{wallet}, {"wallet"});
  expect_members(TopUpRequest{"film", Cny::yuan(100), "bank 7"}, {"organisation", "amount", "reference"});
  expect_members(EarningsView{Cny::yuan(9), {{"gz", Cny::yuan(10), Cny::yuan(1), Cny::yuan(9), 4}}},
                 {"payable", "centres"});
  expect_members(LedgerView{{AccountRow{}}, "0", "0", "1", "1", true, std::nullopt},
                 {"accounts", "debits_pending", "credits_pending", "debits_posted", "credits_posted", "balanced",
                  "violation"});
  for (const std::string_view amount : {"-0", "1e9", "", "+1", "1.0000001", "9223372036854.775808", "٣"}) {
    TopUpRequest request;
    Faults faults;
    EXPECT_FALSE(from_json(JsonObject{{"amount", amount}}, "", request, faults)) << amount;
    ASSERT_EQ(faults.size(), 1U);
    EXPECT_EQ(faults[0].field, "amount");
  }
  WalletView read;
  Faults faults;
  EXPECT_TRUE(from_json(JsonObject{{"available", "-0.000001"}, {"topped_up", "300000000021"}}, "", read, faults));
  EXPECT_EQ(read.topped_up.micro(), 300'000'000'021'000'000);
  EXPECT_EQ(read.available, Cny::micro(-1));
}

// Shows the same of centres and of what agents say.
TEST(Wire, CentresAndAgents) {
  CentreRow centre;
  centre.id = CentreId(3);
  centre.name = "gz";
  expect_members(CreateCentreRequest{"gz", "guizhou"}, {"name", "region"});
  expect_members(CentreView{centre, "gz-one", true, {PoolRow{}}, OfferRow{}, AgentPresence::silent, UnixTime(9), 2,
                            Cores(8), {ReservationView{}}},
                 {"centre", "provider", "serves_you", "pools", "offer", "agent", "heard_at", "leases", "cores_leased",
                  "reservations"});
  expect_members(AddReservationRequest{"batch", UnixTime(8), UnixTime(9), {"film"}, "new switches"},
                 {"pool", "from", "until", "organisations", "note"});
  expect_members(JoinTokenReply{"dayan_join_x", UnixTime(9)}, {"join_token", "expires_at"});
  expect_members(JoinTokenReply{std::nullopt, UnixTime(9)}, {"join_token", "expires_at"});
  PublishOfferRequest offer;
  offer.core_hour = offer.card_hour = offer.gb_hour = Cny::yuan(1);
  expect_members(offer, {"core_hour", "card_hour", "gb_hour", "hours", "reclaimable_part", "transfer_gb"});
  expect_members(EnrolRequest{"dayan_join_x", "ff"}, {"join_token", "public_key"});
  expect_members(EnrolReply{"dayan_x", centre, "gz-one"}, {"token", "centre", "provider"});
  expect_members(LogProgress{Bytes(7)}, {"length"});
  expect_members(PoolsRequest{{PoolRow{}}}, {"pools", "maps"});
  PoolsRequest pools;
  Faults faults;
  EXPECT_TRUE(from_json(*parse_json(R"({"pools":[{"name":"local","nodes":1}]})"), "", pools, faults));
  EXPECT_TRUE(pools.pools.at(0).centre.is_none());
}

// Shows that a report keeps every figure from the agent's command to the hub's, and that the signed bytes hold the
// domain with its closing zero.
TEST(Wire, Reports) {
  AttemptReport report;
  report.attempt = {JobId(4), 7, 2};
  report.state = AttemptState::ended;
  report.outcome = Outcome::exited;
  report.engine_id = "68";
  report.exit_code = -9;
  report.started_at = UnixTime(1'000'001);
  report.wrapper_run = Duration::microseconds(1'234'567);
  report.memory_peak = Bytes(1'000);
  report.outputs = {{"frame_0001.png", sha256("x"), Bytes(1)}};
  const ReportsRequest request = from_command({3, 17, {report}});
  expect_members(request, {"agent_epoch", "sequence", "reports"});
  const auto back = parse_nested<ReportsRequest>(nested_text(request));
  ASSERT_TRUE(back.has_value());
  const ReportAttempts command = to_command(*back);
  EXPECT_EQ(command.agent_epoch, 3);
  EXPECT_EQ(command.sequence, 17);
  ASSERT_EQ(command.reports.size(), 1U);
  EXPECT_EQ(command.reports[0], report);
  EXPECT_EQ(report_signed_bytes("{}"), std::string("dayan-report-v1\0{}", 18));
}

// Shows the same of jobs, their attempts, quotes and bytes.
TEST(Wire, Jobs) {
  JobSpec spec;
  spec.name = "film";
  expect_members(SubmitRequest{"default", spec}, {"project", "spec"});
  Quote quote;
  quote.reasons = {{Constraint::memory, 8, 4, "too little", false}};
  expect_members(SubmitReply{JobRow{}, {quote}, {}}, {"job", "quotes", "rest"});
  expect_members(QuotesReply{UnixTime(4), {quote}, {}}, {"as_of", "quotes", "rest"});
  place::Waiting waiting;
  waiting.tasks = 3;
  waiting.hopeless = true;
  waiting.reasons = quote.reasons;
  waiting.nearest = CentreId(2);
  expect_members(waiting, {"tasks", "hopeless", "reasons", "nearest", "promised_from", "promised_centre",
                           "promised_pool", "taken_back", "set_back", "nearest_name", "nearest_pool", "promised_name", "wait",
                           "wait_longest", "jobs_before", "is_wait_least", "instead", "gives_up_at"});
  expect_members(place::SetBack{Duration::hours(11), Duration::hours(2), Duration::hours(9),
                                place::ShareResource::memory, 620'000, 500'000},
                 {"by", "of_project", "at_due", "resource", "share", "due"});
  expect_members(JobView{JobRow{}, waiting}, {"job", "waiting", "series"});
  expect_members(ExplanationView{UnixTime(4), UnixTime(), {quote}, {}, std::nullopt},
                 {"as_of", "ended_at", "quotes", "rest", "waiting"});
  expect_members(AttemptView{AttemptRow{}, PlacementRow{}, "gz"}, {"attempt", "placement", "centre"});
  expect_members(BlobProgress{Bytes(5), true}, {"received", "complete"});
  expect_members(EventView{1, UnixTime(4), "job_ended", to_json(Event(JobEnded{}))},
                 {"sequence", "at", "event", "detail"});
  // A project that is left out is the first one, and a reply of a cancel has no `waiting`.
  SubmitRequest request;
  JobView view;
  Faults faults;
  EXPECT_TRUE(from_json(*parse_json(R"({"spec":{"name":"x"}})"), "", request, faults));
  EXPECT_EQ(request.project, "default");
  EXPECT_TRUE(from_json(*parse_json(R"({"job":{}})"), "", view, faults));
  EXPECT_FALSE(view.waiting.has_value());
}

// Shows that a page carries its items and where the next one begins.
TEST(Wire, Pages) {
  expect_members(Page<BlobProgress>{{{Bytes(1), false}}, "abc"}, {"items", "next_cursor"});
  expect_members(Page<BlobProgress>{{}, std::nullopt}, {"items", "next_cursor"});
}

}  // namespace
}  // namespace dayan::wire
