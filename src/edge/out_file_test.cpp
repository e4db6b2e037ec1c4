#include "edge/out_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace dayan::edge {
namespace {

namespace fs = std::filesystem;

class OutFileTest : public testing::Test {
 protected:
  OutFileTest() : folder_(testing::TempDir() + "out-file-" + std::to_string(::getpid())) {
    fs::create_directory(folder_);
  }
  ~OutFileTest() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string at(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] static std::string bytes(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void put(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }
  [[nodiscard]] static Result<void> write(const std::string& path, std::string_view text) {
    TRY(OutFile file, OutFile::open(path));
    TRY_VOID(file.write(text));
    return file.finish();
  }
  [[nodiscard]] std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

// Shows that a file is there as a whole or not at all: until the end the old one stands, and what was given up leaves
// nothing behind.
TEST_F(OutFileTest, IsWholeOrTheOldOne) {
  put(at("a"), "old");
  {
    auto file = OutFile::open(at("a"), 0600);
    ASSERT_TRUE(file.has_value());
    ASSERT_TRUE(file->write("new").has_value());
    EXPECT_EQ(bytes(at("a")), "old");
    EXPECT_EQ(entries(), 2U);
    ASSERT_TRUE(file->finish().has_value());
  }
  EXPECT_EQ(bytes(at("a")), "new");
  EXPECT_EQ(fs::status(at("a")).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  { ASSERT_TRUE(OutFile::open(at("a"))->write("given up").has_value()); }
  EXPECT_EQ(bytes(at("a")), "new");
  EXPECT_EQ(entries(), 1U);
}

// Shows that a link stays a link, in a chain of them too, and that the file at its end is the one replaced.
TEST_F(OutFileTest, FollowsLinks) {
  put(at("real"), "old");
  fs::create_symlink("real", at("link"));
  fs::create_symlink(at("link"), at("second"));
  ASSERT_TRUE(write(at("second"), "new").has_value());
  EXPECT_TRUE(fs::is_symlink(at("second")) && fs::is_symlink(at("link")));
  EXPECT_EQ(bytes(at("real")), "new");
  fs::create_symlink("nowhere", at("dangling"));
  const auto refused = write(at("dangling"), "x");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().wrong, "cannot be written: it is a symbolic link to what is not there");
  EXPECT_TRUE(fs::is_symlink(at("dangling")));
}

// Shows that a pipe gets the bytes and stays a pipe.
TEST_F(OutFileTest, WritesToAPipe) {
  ASSERT_EQ(::mkfifo(at("pipe").c_str(), 0600), 0);
  const int reader = ::open(at("pipe").c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  ASSERT_TRUE(write(at("pipe"), "through").has_value());
  char got[16] = {};
  EXPECT_EQ(::read(reader, got, sizeof got), 7);
  EXPECT_STREQ(got, "through");
  ::close(reader);
  EXPECT_TRUE(fs::is_fifo(at("pipe")));
}

// Shows that a device stays what it is, and that its error is told: /dev/full is a disk without room.
TEST_F(OutFileTest, LeavesDevicesAlone) {
  if (!fs::is_character_file("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  // By a link: were links replaced, or what they lead to, it would be here and not on the machine.
  fs::create_symlink("/dev/full", at("full"));
  const auto refused = write(at("full"), "x");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::exhausted);
  EXPECT_EQ(refused.error().field, at("full"));
  EXPECT_TRUE(fs::is_symlink(at("full")) && fs::is_character_file("/dev/full"));
  fs::create_symlink("/dev/null", at("null"));
  EXPECT_TRUE(write(at("null"), "x").has_value());
  EXPECT_TRUE(fs::is_symlink(at("null")) && fs::is_character_file("/dev/null"));
}

// Shows that the file to which this program's own output goes is written on, not begun anew or replaced.
TEST_F(OutFileTest, GoesOnWithItsOwnOutput) {
  const int kept = ::dup(STDOUT_FILENO);
  const int file = ::open(at("log").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  ASSERT_TRUE(std::fflush(stdout) == 0 && ::dup2(file, STDOUT_FILENO) == STDOUT_FILENO);
  const bool put = ::write(STDOUT_FILENO, "before ", 7) == 7;
  const auto written = write("/dev/stdout", "between ");
  const bool put_again = ::write(STDOUT_FILENO, "after", 5) == 5;
  ::dup2(kept, STDOUT_FILENO);
  ::close(kept);
  ::close(file);
  EXPECT_TRUE(put && put_again && written.has_value());
  EXPECT_EQ(bytes(at("log")), "before between after");
  EXPECT_EQ(entries(), 1U);
}

// Shows that folders and places without a folder are refused, with the path as the field.
TEST_F(OutFileTest, NamesWhatIsWrong) {
  EXPECT_EQ(write(folder_.string(), "x").error().wrong, "cannot be written: Is a directory");
  const auto nowhere = write(at("no/such"), "x");
  ASSERT_FALSE(nowhere.has_value());
  EXPECT_EQ(nowhere.error().field, at("no/such"));
  EXPECT_EQ(nowhere.error().wrong, "cannot be written: No such file or directory");
}

}  // namespace
}  // namespace dayan::edge
