#include "agent/output_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include "agent/glob.h"
#include "agent/test_folder.h"

namespace dayan::agent {
namespace {

using testing::TestFolder;

// Patterns match within a part, `**` across parts; hidden files only by name.
TEST(Glob, Matches) {
  EXPECT_TRUE(glob_matches("frames/*.png", "frames/0001.png"));
  EXPECT_FALSE(glob_matches("*.png", "frames/0001.png"));
  EXPECT_TRUE(glob_matches("**/*.png", "a/b/c.png"));
  EXPECT_TRUE(glob_matches("**/*.png", "c.png"));
  EXPECT_TRUE(glob_matches("out/**", "out/a/b"));
  EXPECT_TRUE(glob_matches("log-[0-9]?.txt", "log-42.txt"));
  EXPECT_FALSE(glob_matches("*", ".hidden"));
  EXPECT_TRUE(glob_matches(".hidden", ".hidden"));
}

// A pattern of many `**` against a long path ends at once: the work is bounded by their product.
TEST(Glob, IsBounded) {
  std::string pattern = "**";
  std::string path = "a";
  for (int i = 0; i < 200; ++i) {
    pattern += "/**";
    path += "/a";
  }
  EXPECT_FALSE(glob_matches(pattern + "/b", path));
}

// What matches is found, sorted, once; a pattern without a match is told; reserved names are left to the agent.
TEST(OutputFiles, FindsWhatMatches) {
  const TestFolder folder;
  for (const char* name : {"frames/2.png", "frames/1.png", "frames/notes.txt", "stdout.log", "stdout"}) {
    folder.write(name, "x");
  }
  const Result<FoundOutputs> found = find_outputs(folder.path(), {"frames/*.png", "**/1.png", "std*", "film.mp4"});
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->paths, (std::vector<std::string>{"frames/1.png", "frames/2.png"}));
  EXPECT_NE(found->missing.find("no file matches the output pattern 'film.mp4'"), std::string::npos);
}

// Links and pipes are never followed, read or waited for: neither a linked file, nor a linked folder, nor a part of a
// path that is a link.
TEST(OutputFiles, FollowsNoLink) {
  const TestFolder secrets;
  secrets.write("key", "secret");
  const TestFolder folder;
  folder.write("real.txt", "x");
  ASSERT_EQ(::symlink(secrets.file("key").c_str(), folder.file("key.txt").c_str()), 0);
  ASSERT_EQ(::symlink(secrets.path().c_str(), folder.file("linked").c_str()), 0);
  ASSERT_EQ(::mkfifo(folder.file("pipe.txt").c_str(), 0600), 0);
  const Result<FoundOutputs> found = find_outputs(folder.path(), {"*.txt", "linked/*", "**/key"});
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->paths, (std::vector<std::string>{"real.txt"}));
  EXPECT_NE(found->missing.find("'key.txt' is a link"), std::string::npos);
  EXPECT_EQ(open_inside(folder.path(), "key.txt").error().code, ErrorCode::denied);
  EXPECT_FALSE(open_inside(folder.path(), "linked/key").has_value());
  EXPECT_FALSE(open_inside(folder.path(), "../" + secrets.path()).has_value());
  EXPECT_EQ(open_inside(folder.path(), "pipe.txt").error().code, ErrorCode::denied);
  EXPECT_EQ(open_inside(folder.path(), "absent").error().code, ErrorCode::not_found);
  EXPECT_TRUE(open_inside(folder.path(), "real.txt").has_value());
}

// Long names fill the manifest before many files do: what no longer fits into a report is named and left out.
TEST(OutputFiles, KeepsTheManifestSmallEnoughForAReport) {
  const TestFolder folder;
  const std::string deep = std::string(250, 'd') + '/' + std::string(250, 'e') + '/' + std::string(250, 'f') + '/';
  constexpr std::size_t count = 4'500;
  for (std::size_t i = 0; i < count; ++i) folder.write(deep + std::to_string(i), "");
  const Result<FoundOutputs> found = find_outputs(folder.path(), {"**"});
  ASSERT_TRUE(found.has_value());
  std::size_t bytes = 0;
  for (const std::string& path : found->paths) bytes += path.size() + manifest_entry_bytes;
  EXPECT_LE(bytes, manifest_bytes_max);
  EXPECT_GT(bytes, manifest_bytes_max - 2'000);
  EXPECT_LT(found->paths.size(), count);
  EXPECT_NE(found->missing.find("was left out: the list of outputs is full"), std::string::npos);
}

// However many files there are, and however deep, the manifest stays bounded and says so.
TEST(OutputFiles, IsBounded) {
  const TestFolder folder;
  for (std::size_t i = 0; i < output_files_max + 5; ++i) folder.write("f" + std::to_string(i), "");
  std::string deep = "d";
  for (int i = 0; i < walk_depth_max + 2; ++i) deep += "/d";
  folder.write(deep + "/f", "");
  const Result<FoundOutputs> found = find_outputs(folder.path(), {"**"});
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->paths.size(), output_files_max);
  EXPECT_NE(found->missing.find("only the first"), std::string::npos);
  EXPECT_NE(found->missing.find("deeper"), std::string::npos);
}

// An agent that is root takes up only what belongs to the folder's user: the user may have given a second name to
// somebody else's file.
TEST(OutputFiles, RootTakesOnlyTheUsersOwn) {
  if (::geteuid() != 0) return;  // any other agent may read no more than it may read
  const TestFolder folder;
  folder.write("work/theirs", "secret");
  folder.write("work/own", "fine");
  constexpr uid_t user = 65534;
  for (const char* path : {"work", "work/own"}) ASSERT_EQ(::chown(folder.file(path).c_str(), user, user), 0);
  EXPECT_TRUE(open_inside(folder.file("work"), "own").has_value());
  EXPECT_EQ(open_inside(folder.file("work"), "theirs").error().code, ErrorCode::denied);
}

}  // namespace
}  // namespace dayan::agent
