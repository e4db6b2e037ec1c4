#include "bench/decision_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "bench/command.h"
#include "trace/text_file.h"

namespace dayan::bench {
namespace {

namespace fs = std::filesystem;

class DecisionFileTest : public testing::Test {
 protected:
  DecisionFileTest() { fs::create_directory(folder_); }
  ~DecisionFileTest() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string at(const std::string& name) const { return (folder_ / name).string(); }
  fs::path folder_ = testing::TempDir() + "decision-file-" + std::to_string(::getpid());
};

/// More than one buffer of it, in pieces that do not divide the buffer.
std::string long_text() {
  std::string text;
  for (int i = 0; text.size() < 1'000'000; ++i) text += std::to_string(i * 7919) + '\n';
  return text;
}
void write_in_pieces(std::ostream& out, const std::string& text) {
  for (std::size_t at = 0; at < text.size(); at += 1013) out << text.substr(at, 1013);
}

// Shows that a reader finds all that was written, plain and compressed.
TEST_F(DecisionFileTest, HoldsEverything) {
  const std::string text = long_text();
  for (const char* name : {"plain.txt", "packed.gz"}) {
    ASSERT_TRUE(write_decisions(at(name), [&](std::ostream& out) { write_in_pieces(out, text); }).has_value());
    EXPECT_EQ(trace::read_text(at(name)).value(), text) << name;
  }
  EXPECT_EQ(fs::file_size(at("plain.txt")), text.size());
  EXPECT_LT(fs::file_size(at("packed.gz")), text.size() / 2);
}

// Shows that --out of every command (they all write through this) neither replaces a link nor a device, and tells the
// device's error: /dev/full is a disk without room.
TEST_F(DecisionFileTest, ReplacesNothingButFiles) {
  std::ofstream(at("real")) << "old";
  fs::create_symlink("real", at("link"));
  ASSERT_TRUE(write_decisions(at("link"), [](std::ostream& out) { out << "new"; }).has_value());
  EXPECT_TRUE(fs::is_symlink(at("link")));
  EXPECT_EQ(trace::read_text(at("real")).value(), "new");
  if (!fs::is_character_file("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  for (const char* name : {"full", "full.gz"}) {
    fs::create_symlink("/dev/full", at(name));
    const auto refused = write_decisions(at(name), [](std::ostream& out) { write_in_pieces(out, long_text()); });
    ASSERT_FALSE(refused.has_value()) << name;
    EXPECT_EQ(refused.error().code, ErrorCode::exhausted);
    EXPECT_TRUE(fs::is_symlink(at(name)) && fs::is_character_file("/dev/full"));
  }
}

}  // namespace
}  // namespace dayan::bench
