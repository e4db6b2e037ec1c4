#include "cli/api_client.h"

#include "cli/fake_hub.h"

namespace dayan::cli::testing {
namespace {

const std::string project = R"({"id":"project_0000000000003","organisation":"org_0000000000001","name":"film-2"})";

TEST(ApiClient, KeepsTheKeyOfAChangeOverItsRepetitions) {
  // The hub does not know at first whether it took the project; the second try must carry the same key.
  FakeHub hub;
  hub.on("POST /v1/projects", problem(503, "unknown_outcome", "", "it may have happened", ""));
  hub.on("POST /v1/projects", json(project, 201));
  Person person(hub);
  EXPECT_EQ(person.runs("project create film-2"), 0) << person.complained();
  EXPECT_EQ(person.said(), "project_0000000000003 film-2\n");
  const auto heard = hub.heard();
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_FALSE(heard[0].header("idempotency-key").empty());
  EXPECT_EQ(heard[0].header("idempotency-key"), heard[1].header("idempotency-key"));
  EXPECT_EQ(heard[0].body, R"({"name":"film-2"})");
  EXPECT_EQ(person.pauses.size(), 1U);
  EXPECT_EQ(person.runs("project create film-2"), 0);
  EXPECT_NE(hub.heard().back().header("idempotency-key"), heard[0].header("idempotency-key"));
}

TEST(ApiClient, GivesUpAfterThreeRepetitions) {
  // A hub that is busy for ever: exit code 3, growing pauses.
  FakeHub hub;
  hub.on("GET /v1/wallet", problem(503, "unavailable", "", "it starts", "try again"));
  Person person(hub);
  EXPECT_EQ(person.runs("wallet"), 3);
  EXPECT_EQ(hub.heard().size(), 4U);
  ASSERT_EQ(person.pauses.size(), 3U);
  EXPECT_LT(person.pauses[0], person.pauses[2]);
  EXPECT_EQ(person.complained(), "dayan: it starts; try again\n");
}

TEST(ApiClient, TellsAHubThatIsNotThere) {
  // Nobody listens on that port any more.
  std::string url;
  {
    FakeHub hub;
    url = hub.url();
  }
  Person person;
  person.environment = {{"DAYAN_HUB", url}, {"DAYAN_TOKEN", edge::random_token()}};
  EXPECT_EQ(person.runs("jobs"), 3);
  EXPECT_NE(person.complained().find("cannot be reached"), std::string::npos) << person.complained();
}

TEST(ApiClient, DoesNotRepeatWhatWasRefused) {
  // A refusal is shown as "field: wrong; right", once.
  FakeHub hub;
  hub.on("POST /v1/projects", problem(409, "already_exists", "name", "there is one of that name", "give another"));
  Person person(hub);
  EXPECT_EQ(person.runs("project create film-2"), 1);
  EXPECT_EQ(person.complained(), "dayan: name: there is one of that name; give another\n");
  EXPECT_EQ(hub.heard().size(), 1U);
}

TEST(ApiClient, ReadsListsOverAllPages) {
  // Two pages; the cursor is handed back encoded.
  FakeHub hub;
  hub.on("GET /v1/projects?limit=1000", json(R"({"items":[)" + project + R"(],"next_cursor":"a/b="})"));
  hub.on("GET /v1/projects?limit=1000&cursor=a%2Fb%3D", json(R"({"items":[)" + project + R"(],"next_cursor":null})"));
  Person person(hub);
  ASSERT_EQ(person.runs("project list --json"), 0) << person.complained();
  EXPECT_EQ(person.said(), R"({"items":[)" + project + "," + project + "]}\n");
}

TEST(ApiClient, StopsAtAPageThatLeadsToItself) {
  // A cursor that never moves must not be followed for ever.
  FakeHub hub;
  hub.on_any([](const HttpRequest&) { return json(R"({"items":[],"next_cursor":"a"})"); });
  Person person(hub);
  EXPECT_EQ(person.runs("project list"), 1);
  EXPECT_EQ(hub.heard().size(), 2U);
}

TEST(ApiClient, EncodesWhatStandsInAPath) {
  // A name with a slash must not become another path.
  EXPECT_EQ(percent_encoded("a/b c?ü"), "a%2Fb%20c%3F%C3%BC");
  EXPECT_EQ(percent_encoded("job_0-x.y~"), "job_0-x.y~");
}

}  // namespace
}  // namespace dayan::cli::testing
