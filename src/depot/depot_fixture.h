#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "depot/local_depot.h"

/// For tests: a depot in a folder of its own, which goes with the test.

namespace dayan::depot {

inline constexpr OrganisationId lab(7);
inline constexpr OrganisationId studio(8);
inline constexpr CentreId guian(4);
inline constexpr DepotQuota roomy{Bytes(1'000'000), Bytes(1'000'000)};

/// Stands until a test moves it. Later than any file of this machine.
class TestClock : public Clock {
 public:
  [[nodiscard]] UnixTime now() override { return time; }
  UnixTime time = *parse_time("2090-01-01T00:00:00Z");
};

class DepotTest : public testing::Test {
 protected:
  DepotTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "dayan-depot-XXXXXX").string();
    ASSERT(::mkdtemp(pattern.data()) != nullptr);
    root_ = pattern;
    open(roomy);
  }
  ~DepotTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  /// Opens the depot, again when it was open: as after a restart.
  void open(const DepotQuota& quota) {
    depot_.reset();
    auto opened = open_depot((root_ / "depot").string(), quota, clock_);
    ASSERT(opened.has_value());
    depot_ = std::move(*opened);
  }
  /// Puts the bytes [begin, end) of `content`.
  Result<UploadProgress> put(std::string_view content, std::size_t begin, std::size_t end,
                             const Sender& sender = lab) {
    return depot_->put_chunk(sender, sha256(content), Bytes(std::ssize(content)),
                             Bytes(static_cast<std::int64_t>(begin)), content.substr(begin, end - begin));
  }
  Result<UploadProgress> put_all(std::string_view content, const Sender& sender = lab) {
    return put(content, 0, content.size(), sender);
  }
  std::string read_all(std::string_view content, OrganisationId owner = lab) {
    return depot_->read(owner, sha256(content), Bytes(0), Bytes(1'000'000)).value_or("(none)");
  }
  std::size_t files_in(const std::string& folder) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_ / "depot" / folder)) {
      if (entry.is_regular_file()) ++count;
    }
    return count;
  }

  std::filesystem::path root_;
  TestClock clock_;
  std::unique_ptr<Depot> depot_;
};

#define EXPECT_PROGRESS(result, bytes, is_complete)                     \
  do {                                                                  \
    const auto got = (result);                                          \
    ASSERT_TRUE(got) << to_text(got.error());                           \
    EXPECT_EQ(got->received.value(), static_cast<std::int64_t>(bytes)); \
    EXPECT_EQ(got->complete, is_complete);                              \
  } while (false)

}  // namespace dayan::depot
