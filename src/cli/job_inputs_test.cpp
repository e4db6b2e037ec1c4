#include "cli/job_inputs.h"

#include <filesystem>

#include "cli/fake_hub.h"

namespace dayan::cli::testing {
namespace {

namespace fs = std::filesystem;

struct JobInputs : ::testing::Test {
  Answer<std::vector<GatheredInput>> gather(const std::vector<jobfile::LocalInput>& wanted) {
    Progress progress(person.host);
    return gather_inputs(wanted, folder.file("job"), progress);
  }
  /// The only fault.
  std::string fault_of(const std::string& local) {
    const auto gathered = gather({{local, local, false}});
    if (gathered.has_value()) return "none";
    EXPECT_EQ(gathered.error().exit, Exit::usage);
    EXPECT_EQ(gathered.error().faults.size(), 1U);
    return to_text(gathered.error().faults.front());
  }
  Folder folder;
  Person person;
};

TEST_F(JobInputs, ExpandsFoldersInOrderAndHashes) {
  // A folder with a folder in it, one file executable; digests are those of the contents.
  folder.write("job/data/b.txt", "two");
  folder.write("job/data/a/c.sh", "three");
  folder.write("job/run.sh", "one");
  fs::permissions(folder.file("job/data/a/c.sh"), fs::perms::owner_exec, fs::perm_options::add);
  const auto gathered = gather({{"run.sh", "run.sh", true}, {"in", "data", false}});
  ASSERT_TRUE(gathered.has_value()) << to_text(gathered.error().faults.front());
  ASSERT_EQ(gathered->size(), 3U);
  EXPECT_EQ((*gathered)[0].file, (InputFile{"run.sh", sha256("one"), Bytes(3), true}));
  EXPECT_EQ((*gathered)[1].file, (InputFile{"in/a/c.sh", sha256("three"), Bytes(5), true}));
  EXPECT_EQ((*gathered)[2].file, (InputFile{"in/b.txt", sha256("two"), Bytes(3), false}));
}

TEST_F(JobInputs, LinksMayNotLeadOutOfTheFolder) {
  // A link to a secret beside the job's folder: named outright, and inside a folder that is named.
  folder.write("secret", "s");
  folder.write("job/data/a", "a");
  fs::create_symlink("../secret", folder.file("job/key"));
  EXPECT_NE(fault_of("key").find("outside the job file's folder"), std::string::npos);
  fs::create_symlink("../../secret", folder.file("job/data/key"));
  EXPECT_NE(fault_of("data").find("outside"), std::string::npos);
  fs::remove(folder.file("job/data/key"));
  fs::create_symlink("a", folder.file("job/data/again"));
  EXPECT_EQ(fault_of("data"), "none");
  // A path through a link to a folder elsewhere is no better.
  fs::create_directory_symlink("..", folder.file("job/up"));
  EXPECT_NE(fault_of("up/secret").find("outside"), std::string::npos);
}

TEST_F(JobInputs, TellsEveryFaultAtOnce) {
  // One that is not there, an empty folder, and one given twice.
  folder.write("job/a", "a");
  fs::create_directory(folder.file("job/empty"));
  const auto gathered =
      gather({{"x", "not-there", false}, {"empty", "empty", false}, {"a", "a", false}, {"a", "a", false}});
  ASSERT_FALSE(gathered.has_value());
  ASSERT_EQ(gathered.error().faults.size(), 3U);
  EXPECT_EQ(gathered.error().faults[0].field, "inputs[x]");
  EXPECT_EQ(gathered.error().faults[1].field, "inputs[empty]");
  EXPECT_EQ(gathered.error().faults[2].field, "inputs[a]");
}

TEST_F(JobInputs, LosesNothingSilently) {
  // A folder in a folder that holds nothing cannot be sent, and a name that is not UTF-8 cannot be told.
  folder.write("job/data/a", "a");
  fs::create_directory(folder.file("job/data/empty"));
  EXPECT_NE(fault_of("data").find("inputs[data/empty]: the folder is empty"), std::string::npos) << fault_of("data");
  fs::remove(folder.file("job/data/empty"));
  folder.write("job/data/\xff", "b");
  EXPECT_NE(fault_of("data").find("its name is not UTF-8"), std::string::npos) << fault_of("data");
}

TEST_F(JobInputs, AreLimitedInNumber) {
  // One file more than a job may have: one fault, not one a file.
  for (std::size_t i = 0; i < input_files_max + 3; ++i) folder.write("job/many/" + std::to_string(i), "");
  EXPECT_NE(fault_of("many").find("at most 1000 input files"), std::string::npos);
}

}  // namespace
}  // namespace dayan::cli::testing
