#include "trace/text_file.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <fstream>

namespace dayan::trace {
namespace {

class TextFileTest : public testing::Test {
 protected:
  void TearDown() override { (void)::unlink(path_.c_str()); }
  void write(const std::string& bytes) const { std::ofstream(path_, std::ios::binary) << bytes; }
  [[nodiscard]] std::string bytes() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write_compressed(const std::string& text) const {
    gzFile file = gzopen(path_.c_str(), "wb");
    ASSERT_NE(file, nullptr);
    ASSERT_EQ(gzwrite(file, text.data(), static_cast<unsigned>(text.size())), static_cast<int>(text.size()));
    ASSERT_EQ(gzclose(file), Z_OK);
  }
  std::string path_ = testing::TempDir() + "trace-text-" + std::to_string(::getpid());
};

// Shows that plain and compressed files give the same text, whatever their names.
TEST_F(TextFileTest, ReadsPlainAndCompressed) {
  const std::string text(1'000'000, 'x');
  write(text);
  EXPECT_EQ(read_text(path_).value(), text);
  write_compressed(text);
  EXPECT_LT(bytes().size(), 10'000U);
  EXPECT_EQ(read_text(path_).value(), text);
  write("");
  EXPECT_EQ(read_text(path_).value(), "");
}

// Shows that a compressed file that was cut off or changed is not taken for a shorter one.
TEST_F(TextFileTest, RefusesDamage) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919);
  write_compressed(text);
  const std::string whole = bytes();
  write(whole.substr(0, whole.size() / 2));
  EXPECT_EQ(read_text(path_).error().code, ErrorCode::corrupt);
  std::string changed = whole;
  changed[whole.size() / 2] = static_cast<char>(changed[whole.size() / 2] ^ 0x55);
  write(changed);
  EXPECT_EQ(read_text(path_).error().code, ErrorCode::corrupt);
}

// Shows the other faults: nothing there, a folder, more than the limit once unpacked.
TEST_F(TextFileTest, NamesOtherFaults) {
  EXPECT_EQ(read_text(path_ + "-not-there").error().code, ErrorCode::not_found);
  EXPECT_EQ(read_text("/tmp").error().code, ErrorCode::invalid);
  write_compressed(std::string(100'000, 'x'));
  EXPECT_EQ(read_text(path_, 99'999).error().code, ErrorCode::exhausted);
  EXPECT_TRUE(read_text(path_, 100'000).has_value());
}

// Shows that a fault of a file names the file before the line, and that none is lost where only one error can be told.
TEST(FaultsOfFiles, NameTheFile) {
  const Faults faults{{ErrorCode::invalid, "line 3", "ends too early", "18 numbers"},
                      {ErrorCode::invalid, "", "no job", "a log with some"}};
  const Faults named = in_file(faults, "log.swf");
  EXPECT_EQ(named[0].field, "log.swf: line 3");
  EXPECT_EQ(named[1].field, "log.swf");
  EXPECT_EQ(to_text(error_in_file(faults, "log.swf")), to_text(named[0]) + '\n' + to_text(named[1]));
}

}  // namespace
}  // namespace dayan::trace
