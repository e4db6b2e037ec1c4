#include "agent/folder.h"

#include <sys/stat.h>

#include "agent/engines.h"
#include "agent/test_folder.h"

namespace dayan::agent {
namespace {

using testing::TestFolder;

// Two agents in one folder would start everything twice: the second is refused as long as the first lives.
TEST(AgentFolder, TakesOneAgent) {
  const TestFolder place;
  {
    const Result<AgentFolder> first = AgentFolder::open(place.file("agent"));
    ASSERT_TRUE(first.has_value()) << to_text(first.error());
    EXPECT_EQ(AgentFolder::open(place.file("agent")).error().code, ErrorCode::conflict);
  }
  EXPECT_TRUE(AgentFolder::open(place.file("agent")).has_value());
}

// A folder in which others may write is refused: they could be this agent.
TEST(AgentFolder, RefusesOneThatOthersWrite) {
  const TestFolder place;
  ASSERT_EQ(::mkdir(place.file("agent").c_str(), 0700), 0);
  ASSERT_EQ(::chmod(place.file("agent").c_str(), 0777), 0);
  EXPECT_EQ(AgentFolder::open(place.file("agent")).error().code, ErrorCode::denied);
}

// Identity and journal come back as they were; a newer enrolment keeps the leases and raises epoch and sequence.
TEST(AgentFolder, KeepsIdentityAndJournal) {
  const TestFolder place;
  const Result<AgentFolder> folder = AgentFolder::open(place.file("agent"));
  ASSERT_TRUE(folder.has_value());
  EXPECT_EQ(folder->identity().error().code, ErrorCode::not_found);
  Identity identity{"http://127.0.0.1:1", "dayan_x", "guian", CentreId(4), 1, 0, UnixTime()};
  ASSERT_TRUE(folder->keep_identity(identity).has_value());
  EXPECT_EQ(folder->identity()->centre_name, "guian");
  struct stat info {};
  ASSERT_EQ(::stat(folder->file("identity.json").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);

  execute::AgentState state = *folder->load_state(identity);
  state.lease_sequence = 17;
  state.report_sequence = 5;
  state.leases.emplace_back().lease.job = JobId(3);
  ASSERT_TRUE(folder->store_state(state).has_value());
  identity.agent_epoch = 2;
  const Result<execute::AgentState> loaded = folder->load_state(identity);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->agent_epoch, 2);
  EXPECT_EQ(loaded->lease_sequence, 17);
  EXPECT_EQ(loaded->report_sequence, 5);
  EXPECT_EQ(loaded->leases.size(), 1U);
  EXPECT_FALSE(loaded->looked);
}

// A damaged journal stops the agent with a clear word: beginning anew could start everything twice.
TEST(AgentFolder, RefusesADamagedJournal) {
  const TestFolder place;
  const Result<AgentFolder> folder = AgentFolder::open(place.file("agent"));
  ASSERT_TRUE(folder.has_value());
  place.write("agent/journal.json", R"({"agent_epoch":1,"leases":[{)");
  EXPECT_EQ(folder->load_state({}).error().code, ErrorCode::corrupt);
}

// The home of the agent's user is hidden from local jobs beside the agent's own folders; a part of the system is not.
TEST(HiddenFolders, IncludeTheHome) {
  const TestFolder home;
  const std::string real = std::filesystem::canonical(home.path()).string();
  EXPECT_EQ(hidden_folders("/a", "/w", home.path()), (std::vector<std::string>{"/a", "/w", real}));
  for (const char* kept : {"/", "/usr", "", "relative", "/not/there"})
    EXPECT_EQ(hidden_folders("/a", "/w", kept).size(), 2U) << kept;
}

}  // namespace
}  // namespace dayan::agent
