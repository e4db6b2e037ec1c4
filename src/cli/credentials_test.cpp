#include "cli/credentials.h"

#include <sys/stat.h>

#include "cli/fake_hub.h"

namespace dayan::cli::testing {
namespace {

const std::string me =
    R"({"organisation":{"id":"org_0000000000001","name":"studio","is_customer":true,"is_provider":false,)"
    R"("is_operator":false,"created_at":null,"a_member_of_tomorrow":1},"user":{"id":"user_0000000000002",)"
    R"("organisation":"org_0000000000001","name":"director"},"scopes":["read","submit"]})";

unsigned mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 0777U;
}

struct Credentials : ::testing::Test {
  Credentials() {
    hub.on("GET /v1/me", json(me));
    person.environment["XDG_CONFIG_HOME"] = folder.file("config");
    person.typed = edge::random_token();
  }
  FakeHub hub;
  Folder folder;
  Person person;
};

TEST_F(Credentials, AreStoredForTheirOwnerAlone) {
  // Logs in with a piped token, looks at the modes, then asks with the stored token.
  ASSERT_EQ(person.runs("login --hub " + hub.url()), 0) << person.complained();
  EXPECT_EQ(person.said(),
            "logged in to " + hub.url() + " as director of studio (customer), may read, submit; profile default\n");
  EXPECT_EQ(mode_of(folder.file("config/dayan/credentials")), 0600U);
  EXPECT_EQ(mode_of(folder.file("config/dayan")), 0700U);
  EXPECT_EQ(person.runs("whoami"), 0) << person.complained();
  EXPECT_EQ(hub.heard().back().header("authorization"), "Bearer " + person.typed);
}

TEST_F(Credentials, ThatOthersMayReadAreRefused) {
  // Loosens the mode of the file and asks again.
  ASSERT_EQ(person.runs("login --hub " + hub.url()), 0);
  ::chmod(folder.file("config/dayan/credentials").c_str(), 0644);
  EXPECT_EQ(person.runs("whoami"), 1);
  EXPECT_NE(person.complained().find("chmod 600"), std::string::npos) << person.complained();
}

TEST_F(Credentials, ProfilesStandBesideEachOther) {
  // Two logins under two names; logging out of one leaves the other.
  ASSERT_EQ(person.runs("login --hub " + hub.url() + " --profile work"), 0);
  person.typed = edge::random_token();
  ASSERT_EQ(person.runs("login --hub " + hub.url()), 0);
  EXPECT_EQ(person.runs("whoami --profile work"), 0);
  EXPECT_NE(hub.heard().back().header("authorization"), "Bearer " + person.typed);
  EXPECT_EQ(person.runs("logout"), 0);
  EXPECT_EQ(person.runs("whoami"), 2);
  person.environment["DAYAN_PROFILE"] = "work";
  EXPECT_EQ(person.runs("whoami"), 0);
}

TEST_F(Credentials, AreNotStoredWhenTheHubDoesNotKnowThem) {
  // A hub that answers 401.
  FakeHub strict;
  strict.on("GET /v1/me", problem(401, "unauthenticated", "authorization", "no such token", "send another"));
  EXPECT_EQ(person.runs("login --hub " + strict.url()), 1);
  EXPECT_FALSE(std::filesystem::exists(folder.file("config/dayan/credentials")));
}

TEST_F(Credentials, TokensAreNotTakenFromTheCommandLine) {
  // `--token` is refused without showing it again; so is a token with a slip, before anyone is asked.
  EXPECT_EQ(person.runs("login --hub " + hub.url() + " --token secret-of-mine"), 2);
  EXPECT_EQ((person.said() + person.complained()).find("secret-of-mine"), std::string::npos);
  person.typed.back() = person.typed.back() == 'a' ? 'b' : 'a';
  EXPECT_EQ(person.runs("login --hub " + hub.url()), 2);
  EXPECT_TRUE(hub.heard().empty());
}

TEST_F(Credentials, OfTheEnvironmentComeInPairs) {
  // A stored token must not go to a hub that only the environment names.
  ASSERT_EQ(person.runs("login --hub " + hub.url()), 0);
  person.environment["DAYAN_HUB"] = "http://127.0.0.1:9";
  EXPECT_EQ(person.runs("whoami"), 2);
  EXPECT_NE(person.complained().find("DAYAN_TOKEN"), std::string::npos);
}

}  // namespace
}  // namespace dayan::cli::testing
