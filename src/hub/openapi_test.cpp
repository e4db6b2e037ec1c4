#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "hub/route.h"
#include "model/account.h"
#include "model/json.h"
#include "wire/agent.h"
#include "wire/centre.h"
#include "wire/event.h"
#include "wire/job.h"
#include "wire/money.h"
#include "wire/party.h"

/// api/openapi.yaml is the one contract: it must say what the hub does, no more and no less.

namespace dayan::hub {
namespace {

const YAML::Node& contract() {
  static const YAML::Node document = YAML::LoadFile(DAYAN_OPENAPI);
  return document;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

/// A $ref followed, within the document.
YAML::Node followed(const YAML::Node& node) {
  if (!node["$ref"]) return node;
  YAML::Node found;
  found.reset(contract());
  std::string path = node["$ref"].as<std::string>().substr(2);
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    found.reset(found[path.substr(0, slash)]);
    path.erase(0, slash + 1);
  }
  return found;
}

YAML::Node operation(const Route& route) {
  return contract()["paths"][std::string(route.pattern)][lower(std::string(route.method))];
}

// S43: the operations of the document and the routes of the table are the same set.
TEST(OpenApi, HasExactlyTheRoutesOfTheTable) {
  std::set<std::string> documented;
  for (const auto& path : contract()["paths"]) {
    for (const auto& method : path.second) {
      documented.insert(method.first.as<std::string>() + ' ' + path.first.as<std::string>());
    }
  }
  std::set<std::string> served;
  for (const Route& route : route_table()) {
    served.insert(lower(std::string(route.method)) + ' ' + std::string(route.pattern));
  }
  EXPECT_EQ(documented, served);
}

// Who may call an operation stands in the document as in the table: open, any token, or one of the scopes.
TEST(OpenApi, TellsThePolicyOfEachRoute) {
  for (const Route& route : route_table()) {
    const YAML::Node told = operation(route);
    ASSERT_TRUE(told) << route.pattern;
    const bool is_open = told["security"].IsDefined() && told["security"].size() == 0;
    EXPECT_EQ(is_open, route.policy.access == Access::open) << route.method << ' ' << route.pattern;
    Scopes scopes;
    for (const auto& word : told["x-scope"]) {
      const auto scope = parse_word<Scope>(word.as<std::string>());
      ASSERT_TRUE(scope.has_value()) << word;
      scopes = Scopes(scopes.bits() | Scopes{*scope}.bits());
    }
    EXPECT_EQ(scopes, route.policy.any_of) << route.method << ' ' << route.pattern;
  }
}

// The query parameters and the idempotency key of each operation are those that the hub reads.
TEST(OpenApi, TellsTheParametersOfEachRoute) {
  for (const Route& route : route_table()) {
    std::set<std::string> queries;
    std::size_t paths = 0;
    bool has_key = false;
    for (const auto& each : operation(route)["parameters"]) {
      const YAML::Node parameter = followed(each);
      const std::string in = parameter["in"].as<std::string>();
      if (in == "query") queries.insert(parameter["name"].as<std::string>());
      if (in == "path") ++paths;
      if (parameter["name"].as<std::string>() == "Idempotency-Key") has_key = true;
    }
    EXPECT_EQ(queries, std::set<std::string>(route.query.begin(), route.query.end())) << route.pattern;
    EXPECT_EQ(paths, static_cast<std::size_t>(std::count(route.pattern.begin(), route.pattern.end(), '{')))
        << route.pattern;
    EXPECT_EQ(has_key, route.policy.needs_key) << route.method << ' ' << route.pattern;
  }
}

template <class T>
void expect_fields(const char* schema) {
  std::set<std::string> ours;
  for_each_field<T>([&](const auto& field) { ours.insert(std::string(field.name)); });
  std::set<std::string> told;
  const YAML::Node properties = contract()["components"]["schemas"][schema]["properties"];
  for (const auto& property : properties) told.insert(property.first.as<std::string>());
  EXPECT_EQ(told, ours) << schema;
}

// The members of each schema are the fields of the type that is written or read.
TEST(OpenApi, HasTheFieldsOfTheRows) {
  expect_fields<OrganisationRow>("OrganisationRow");
  expect_fields<TokenRow>("TokenRow");
  expect_fields<ProjectRow>("ProjectRow");
  expect_fields<UserRow>("UserRow");
  expect_fields<CentreRow>("CentreRow");
  expect_fields<Software>("Software");
  expect_fields<Racks>("Racks");
  expect_fields<PoolRow>("PoolRow");
  expect_fields<OfferRow>("OfferRow");
  expect_fields<ReservationRow>("ReservationRow");
  expect_fields<SoftwareNeed>("SoftwareNeed");
  expect_fields<Resources>("Resources");
  expect_fields<Requirements>("Requirements");
  expect_fields<EnvironmentVariable>("EnvironmentVariable");
  expect_fields<InputFile>("InputFile");
  expect_fields<Payload>("Payload");
  expect_fields<JobSpec>("JobSpec");
  expect_fields<JobRow>("JobRow");
  expect_fields<SeriesRow>("SeriesRow");
  expect_fields<DayHours>("DayHours");
  expect_fields<NextPrice>("NextPrice");
  expect_fields<LeaseRow>("LeaseRow");
  expect_fields<AttemptRow>("AttemptRow");
  expect_fields<OutputFile>("OutputFile");
  expect_fields<OutputRow>("OutputRow");
  expect_fields<AccountRow>("AccountRow");
  expect_fields<EntryRow>("EntryRow");
  expect_fields<ChargeRow>("ChargeRow");
  expect_fields<Reason>("Reason");
  expect_fields<Quote>("Quote");
  expect_fields<RunnerUp>("RunnerUp");
  expect_fields<RuledOut>("RuledOut");
  expect_fields<PlacementRow>("PlacementRow");
  expect_fields<AttemptKey>("AttemptKey");
  expect_fields<AttemptReport>("AttemptReport");
  expect_fields<place::Waiting>("Waiting");
  expect_fields<place::Instead>("Instead");
  expect_fields<place::SetBack>("SetBack");
}

TEST(OpenApi, HasTheFieldsOfTheBodies) {
  expect_fields<wire::MeView>("Me");
  expect_fields<wire::WalletView>("Wallet");
  expect_fields<wire::CentreView>("CentreView");
  expect_fields<wire::ReservationView>("ReservationView");
  expect_fields<wire::AttemptView>("Task");
  expect_fields<wire::ExplanationView>("Explanation");
  expect_fields<wire::QuotesReply>("Quotes");
  expect_fields<wire::BlobProgress>("Upload");
  expect_fields<wire::DepotView>("Depot");
  expect_fields<wire::CentreEarnings>("CentreEarnings");
  expect_fields<wire::EarningsView>("Earnings");
  expect_fields<wire::LedgerView>("Ledger");
  expect_fields<wire::EventView>("EventRecord");
  expect_fields<wire::CreateTokenRequest>("NewToken");
  expect_fields<wire::CreateOrganisationRequest>("NewOrganisation");
  expect_fields<wire::CreateProjectRequest>("NewProject");
  expect_fields<wire::WeightRequest>("Weight");
  expect_fields<wire::SharesView>("Shares");
  expect_fields<wire::ShareView>("Share");
  expect_fields<wire::ProjectShareView>("ProjectShare");
  expect_fields<wire::TopUpRequest>("TopUp");
  expect_fields<wire::CreateCentreRequest>("NewCentre");
  expect_fields<wire::UpdateCentreRequest>("CentreDescription");
  expect_fields<CentreDescription>("SeenCentre");
  expect_fields<wire::PublishOfferRequest>("NewOffer");
  expect_fields<wire::AddReservationRequest>("NewReservation");
  expect_fields<wire::SubmitRequest>("Submission");
  expect_fields<wire::SubmitRequest>("QuoteRequest");
  expect_fields<wire::EnrolRequest>("Enrolment");
  expect_fields<wire::PoolsRequest>("Pools");
  expect_fields<wire::ReportsRequest>("Reports");
}

template <WordedEnum Enum>
void expect_words(const char* schema) {
  std::set<std::string> ours(EnumWords<Enum>::words.begin(), EnumWords<Enum>::words.end());
  std::set<std::string> told;
  for (const auto& word : contract()["components"]["schemas"][schema]["enum"]) told.insert(word.as<std::string>());
  EXPECT_EQ(told, ours) << schema;
}

TEST(OpenApi, HasTheWordsOfTheEnumerations) {
  expect_words<Scope>("Scope");
  expect_words<Objective>("Objective");
  expect_words<JobState>("JobState");
  expect_words<GaveUp>("GaveUp");
  expect_words<Desired>("Desired");
  expect_words<Within>("Within");
  expect_words<Overlap>("Overlap");
  expect_words<SeriesEnd>("SeriesEnd");
  expect_words<AttemptState>("AttemptState");
  expect_words<Outcome>("Outcome");
  expect_words<AccountKind>("AccountKind");
  expect_words<EntryKind>("EntryKind");
  expect_words<Meter>("Meter");
  expect_words<CapabilitySource>("CapabilitySource");
  expect_words<Constraint>("Constraint");
  expect_words<place::ShareResource>("ShareResource");
  expect_words<wire::AgentPresence>("AgentState");
  expect_words<wire::Role>("Role");
}

}  // namespace
}  // namespace dayan::hub
