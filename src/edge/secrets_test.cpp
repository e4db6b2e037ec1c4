#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>
#include <vector>

#include "edge/random.h"
#include "edge/real_clock.h"
#include "edge/signals.h"
#include "edge/signing.h"

namespace dayan::edge {

namespace {

/// A folder of its own, removed at the end.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "dayan-edge-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }
  [[nodiscard]] std::size_t count() const {
    const std::filesystem::directory_iterator all(path_);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }

 private:
  std::filesystem::path path_;
};

}  // namespace

// Tokens differ, are well formed, and one changed character is noticed.
TEST(RandomToken, form_and_checksum) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string token = random_token("dayan_");
    EXPECT_EQ(token.size(), 6U + 43U + 6U);
    EXPECT_TRUE(is_well_formed_token(token));
    EXPECT_TRUE(seen.insert(token).second);
  }
  std::string token = random_token("dayan_");
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    EXPECT_FALSE(is_well_formed_token(changed)) << i;
  }
  EXPECT_FALSE(is_well_formed_token(token, "other_"));
  EXPECT_FALSE(is_well_formed_token(token + "0"));
  EXPECT_FALSE(is_well_formed_token(""));
  EXPECT_NE(random_seed(), random_seed());
}

// A signature holds for its message and key only.
TEST(SigningKey, sign_and_verify) {
  const SigningKey key = SigningKey::make();
  const SigningKey other = SigningKey::make();
  const std::string signature = key.sign("report");
  EXPECT_EQ(key.public_key().size(), 64U);
  EXPECT_EQ(signature.size(), 128U);
  EXPECT_TRUE(verify_signature("report", signature, key.public_key()));
  EXPECT_TRUE(verify_signature("", key.sign(""), key.public_key()));
  EXPECT_FALSE(verify_signature("Report", signature, key.public_key()));
  EXPECT_FALSE(verify_signature("report", signature, other.public_key()));
  EXPECT_FALSE(verify_signature("report", "00" + signature.substr(2), key.public_key()) &&
               !signature.starts_with("00"));
  for (const char* bad : {"", "zz", "00"}) {
    EXPECT_FALSE(verify_signature("report", bad, key.public_key()));
    EXPECT_FALSE(verify_signature("report", signature, bad));
  }
  EXPECT_FALSE(verify_signature("report", signature + "00", key.public_key()));
}

// The file is made once, mode 0600, leaves no draft behind, and gives the same key again.
TEST(SigningKey, file_is_made_and_read) {
  const Folder folder;
  const std::string path = folder.file("agent.key");
  const auto made = SigningKey::load_or_create(path);
  ASSERT_TRUE(made.has_value()) << to_text(made.error());
  const auto read = SigningKey::load_or_create(path);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(made->public_key(), read->public_key());
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(folder.count(), 1U);
}

// Eight threads that make the same file at once all get the one key that is in it.
TEST(SigningKey, made_by_many_at_once) {
  const Folder folder;
  const std::string path = folder.file("agent.key");
  std::vector<std::string> keys(8);
  std::vector<std::thread> threads;
  for (std::string& key : keys) {
    threads.emplace_back([&] {
      const auto made = SigningKey::load_or_create(path);
      if (made) key = made->public_key();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& key : keys) EXPECT_EQ(key, keys.front());
  EXPECT_EQ(keys.front().size(), 64U);
  EXPECT_EQ(folder.count(), 1U);
}

// A file that others can read, a link, a folder, a damaged file and a place that is not there are refused.
TEST(SigningKey, bad_files_are_refused) {
  const Folder folder;
  const std::string path = folder.file("agent.key");
  ASSERT_TRUE(SigningKey::load_or_create(path).has_value());
  for (const mode_t mode : {0640U, 0604U, 0620U}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    const auto open = SigningKey::load_or_create(path);
    ASSERT_FALSE(open.has_value());
    EXPECT_EQ(open.error().code, ErrorCode::denied);
    EXPECT_NE(to_text(open.error()).find("chmod 600 " + path), std::string::npos);
  }
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  ASSERT_EQ(::symlink(path.c_str(), folder.file("link").c_str()), 0);
  EXPECT_FALSE(SigningKey::load_or_create(folder.file("link")).has_value());
  EXPECT_FALSE(SigningKey::load_or_create(folder.file("")).has_value());
  EXPECT_FALSE(SigningKey::load_or_create(folder.file("no/such/place")).has_value());

  ASSERT_EQ(::truncate(path.c_str(), 10), 0);
  const auto damaged = SigningKey::load_or_create(path);
  ASSERT_FALSE(damaged.has_value());
  EXPECT_EQ(damaged.error().code, ErrorCode::corrupt);
}

// The clock shows this machine's time in microseconds.
TEST(RealClock, shows_the_time) {
  RealClock clock;
  const auto expected = std::chrono::system_clock::now().time_since_epoch() / std::chrono::microseconds(1);
  EXPECT_LT(std::abs(clock.now().microseconds() - expected), 5'000'000);
}

// A blocked stop signal does not kill: it is handed to whoever waits for it. A broken pipe is an ordinary error.
TEST(Signals, are_waited_for) {
  block_stop_signals();
  for (const int signal : {SIGTERM, SIGINT}) {
    ASSERT_EQ(::kill(::getpid(), signal), 0);
    EXPECT_EQ(wait_for_stop_signal(), signal);
  }
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ::close(ends[0]);
  EXPECT_EQ(::write(ends[1], "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
  ::close(ends[1]);
}

}  // namespace dayan::edge
