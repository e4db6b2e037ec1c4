#include "cli/commands_host.h"
#include "cli/help_walk.h"

namespace dayan::cli::testing {
namespace {

TEST(Program, EveryCommandHasHelpWithExamples) {
  // All groups of the program, those that are programs of their own among them.
  Person person;
  person.more = {add_hub_commands, add_agent_commands, add_place_command, add_sim_commands};
  EXPECT_GT(walk_help(person), 45);
}

TEST(Program, AnAgentsFaultsAreDocumentsWithTheExitCodeOfTheHelp) {
  // join and run with --json: one document of faults on standard error, and the exit code says whose fault it is.
  Folder folder;
  folder.write("join.token", "dayan_join_x\n");
  Person person;
  person.more = {add_agent_commands};
  const auto ends = [&](const std::string& line) {
    const int code = person.runs(line + " --json");
    const auto document = parse_json(person.complained());
    EXPECT_TRUE(document.has_value()) << person.complained();
    EXPECT_FALSE(document.has_value() && document->as_object().at("faults").as_array().empty());
    EXPECT_EQ(person.said(), "");
    return code;
  };
  const std::string words = " --token-file " + folder.file("join.token") + " --folder " + folder.file("agent");
  std::string gone;
  {
    FakeHub hub;
    gone = hub.url();
    hub.on("POST /v1/agent/enrol", problem(401, "unauthenticated", "join_token", "it is unknown", "a new one"));
    EXPECT_EQ(ends("agent join --hub " + hub.url() + words), 1) << "refused by the hub";
  }
  EXPECT_EQ(ends("agent join --hub " + gone + words), 3) << "nobody is there";
  EXPECT_EQ(ends("agent join --hub nonsense" + words), 2) << "wrong words";
  EXPECT_EQ(ends("agent join --hub " + gone + " --token-file " + folder.file("none") + " --folder x"), 1);
  EXPECT_EQ(ends("agent run --folder " + folder.file("agent")), 2) << "it never joined";
  folder.write("agent/identity.json", "{broken");
  EXPECT_EQ(ends("agent run --folder " + folder.file("agent")), 1) << "a damaged file";
}

TEST(Program, JoiningTellsItsCentreAsADocument) {
  // The result on standard output with --json, what to do next as a note.
  Folder folder;
  folder.write("join.token", "dayan_join_x\n");
  FakeHub hub;
  hub.on("POST /v1/agent/enrol",
         json(R"({"token":"dayan_x","centre":{"id":"centre_0000000000004","name":"guian"},"provider":"gui"})", 201));
  Person person;
  person.more = {add_agent_commands};
  ASSERT_EQ(person.runs("agent join --hub " + hub.url() + " --token-file " + folder.file("join.token") + " --folder " +
                        folder.file("agent") + " --json"),
            0)
      << person.complained();
  EXPECT_EQ(person.said(), R"({"centre":"guian","hub":")" + hub.url() + R"(","folder":")" + folder.file("agent") +
                               "\"}\n");
  EXPECT_NE(person.complained().find("dayan agent run --folder"), std::string::npos);
}

}  // namespace
}  // namespace dayan::cli::testing
