#include "base/id.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <type_traits>
#include <unordered_set>

#include "base/operators.h"

namespace dayan {
namespace {

struct AppleTag {
  static constexpr std::string_view prefix = "apple";
};
struct PearTag {
  static constexpr std::string_view prefix = "pear";
};
using AppleId = Id<AppleTag>;
using PearId = Id<PearTag>;

static_assert(Equatable<AppleId> && Orderable<AppleId>);
static_assert(!Equatable<AppleId, PearId> && !Orderable<AppleId, PearId>);
static_assert(!Equatable<AppleId, std::int64_t>);
static_assert(!Addable<AppleId> && !Addable<AppleId, int> && !Subtractable<AppleId>);
static_assert(!Multipliable<AppleId, int>);
static_assert(!std::is_convertible_v<std::int64_t, AppleId> && !std::is_convertible_v<AppleId, std::int64_t>);
static_assert(!std::is_constructible_v<AppleId, PearId>);
static_assert(AppleId().is_none() && !AppleId(1).is_none());
static_assert(AppleId(1) < AppleId(2) && AppleId(1) == AppleId(1) && AppleId(1) != AppleId(2));

// An id is written as its kind and 13 digits.
TEST(Id, Text) {
  EXPECT_EQ(to_text(AppleId(1)), "apple_0000000000001");
  EXPECT_EQ(to_text(PearId(32)), "pear_0000000000010");
  EXPECT_EQ(to_text(AppleId(std::numeric_limits<std::int64_t>::max())), "apple_7zzzzzzzzzzzz");
}

// Whatever is written is read back as the same id; "none" is nobody's id and is not read.
RC_GTEST_PROP(Id, RoundTrip, ()) {
  const AppleId id(*rc::gen::inRange<std::int64_t>(1, std::numeric_limits<std::int64_t>::max()));
  RC_ASSERT(parse<AppleId>(to_text(id)).value() == id);
}

// The order of texts is the order of ids.
RC_GTEST_PROP(Id, TextOrder, ()) {
  const auto any = rc::gen::inRange<std::int64_t>(0, std::numeric_limits<std::int64_t>::max());
  const AppleId a(*any);
  const AppleId b(*any);
  RC_ASSERT((a < b) == (to_text(a) < to_text(b)));
}

// Any other text is refused with the value seen and an example of the kind that was wanted.
TEST(Id, RefusesOtherTexts) {
  for (const std::string_view text :
       {"", "apple", "apple_", "apple_1", "pear_0000000000001", "Apple_0000000000001", "apple-0000000000001",
        "apple_00000000000001", "apple_000000000000u", "apple_000000000000A", "apple_8000000000000",
        "apple_zzzzzzzzzzzzz", " apple_000000000001", "apple_000000000001 "}) {
    const auto id = parse<AppleId>(text);
    ASSERT_FALSE(id.has_value()) << text;
    EXPECT_EQ(id.error().code, ErrorCode::invalid);
    EXPECT_EQ(id.error().wrong, "'" + std::string(text) + "' is not an id of this kind");
    EXPECT_EQ(id.error().right, "give one like apple_0000000000001");
  }
  EXPECT_LT(parse<AppleId>(std::string(100'000, 'x')).error().wrong.size(), 128U);
}

// Equal ids meet in a hash set.
TEST(Id, Hash) {
  const std::unordered_set<AppleId> ids = {AppleId(1), AppleId(2), AppleId(1)};
  EXPECT_EQ(ids.size(), 2U);
  EXPECT_TRUE(ids.contains(AppleId(2)));
}

}  // namespace
}  // namespace dayan
