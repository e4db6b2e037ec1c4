#include "base/units.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <type_traits>

#include "base/money.h"
#include "base/operators.h"
#include "base/time.h"

namespace dayan {
namespace {

constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

static_assert(Addable<Bytes> && Subtractable<Bytes> && Equatable<Bytes> && Orderable<Bytes>);
static_assert(Multipliable<Bytes, std::int64_t>);
static_assert(!Multipliable<Bytes> && !Dividable<Bytes> && !Dividable<Bytes, int> && !Multipliable<int, Bytes>);
static_assert(!Addable<Bytes, Cores> && !Addable<Cores, MilliCards> && !Subtractable<MilliCards, Capability>);
static_assert(!Addable<Bytes, Cny> && !Addable<Bytes, Duration> && !Addable<Bytes, int>);
static_assert(!Equatable<Bytes, Cores> && !Equatable<Bytes, int> && !Orderable<Cores, MilliCards>);
static_assert(!Multipliable<Cores, Capability> && !Multipliable<MilliCards, Duration>);
static_assert(!std::is_convertible_v<std::int64_t, Bytes> && !std::is_convertible_v<Bytes, std::int64_t>);
static_assert(!std::is_constructible_v<Bytes, Cores>);

// Amounts of one thing add, subtract, scale and compare.
TEST(Quantity, Arithmetic) {
  Bytes size = Bytes(3) + Bytes(4);
  EXPECT_EQ(size.value(), 7);
  size += Bytes(5);
  size -= Bytes(2);
  EXPECT_EQ(size, Bytes(10));
  EXPECT_EQ(size - Bytes(11), Bytes(-1));
  EXPECT_EQ(size * 3, Bytes(30));
  EXPECT_LT(Cores(1), Cores(2));
  EXPECT_TRUE(MilliCards().is_zero());
}

// A result that leaves the range stops the process.
TEST(QuantityDeathTest, OverflowStops) {
  EXPECT_DEATH(static_cast<void>(Bytes(most) + Bytes(1)), "broken invariant");
  EXPECT_DEATH(static_cast<void>(Bytes(least) - Bytes(1)), "broken invariant");
  EXPECT_DEATH(static_cast<void>(Bytes(most) * 2), "broken invariant");
}

// A size is written in the largest SI unit that shows it exactly with one decimal, else in a smaller one.
TEST(Bytes, Text) {
  EXPECT_EQ(to_text(Bytes()), "0B");
  EXPECT_EQ(to_text(Bytes(1)), "1B");
  EXPECT_EQ(to_text(Bytes(999)), "999B");
  EXPECT_EQ(to_text(Bytes(1'000)), "1kB");
  EXPECT_EQ(to_text(Bytes(1'234)), "1234B");
  EXPECT_EQ(to_text(Bytes(500'000'000)), "500MB");
  EXPECT_EQ(to_text(Bytes(1'500'000'000)), "1.5GB");
  EXPECT_EQ(to_text(Bytes(1'250'000'000)), "1250MB");
  EXPECT_EQ(to_text(Bytes(2'000'000'000'000)), "2TB");
  EXPECT_EQ(to_text(bytes_max), "1000PB");
  EXPECT_EQ(to_text(Bytes(-1'500)), "-1.5kB");
  EXPECT_EQ(to_text(Bytes(least)), "-9223372036854775808B");
}

// Every size up to the largest is read back as it was written, whatever unit it is written in.
RC_GTEST_PROP(Bytes, RoundTrip, ()) {
  const std::int64_t scale = *rc::gen::element<std::int64_t>(1, 100, 1'000, 1'000'000, 100'000'000'000);
  const Bytes size(*rc::gen::inRange<std::int64_t>(0, bytes_max.value() / scale + 1) * scale);
  RC_ASSERT(parse_bytes(to_text(size)).value() == size);
}

// SI and binary units are told apart, and decimals that give whole bytes are exact.
TEST(Bytes, ReadsForms) {
  EXPECT_EQ(parse_bytes("0B").value(), Bytes());
  EXPECT_EQ(parse_bytes("100B").value(), Bytes(100));
  EXPECT_EQ(parse_bytes("1kB").value(), Bytes(1'000));
  EXPECT_EQ(parse_bytes("1KiB").value(), Bytes(1'024));
  EXPECT_EQ(parse_bytes("500MB").value(), Bytes(500'000'000));
  EXPECT_EQ(parse_bytes("1MiB").value(), Bytes(1 << 20));
  EXPECT_EQ(parse_bytes("1GB").value(), Bytes(1'000'000'000));
  EXPECT_EQ(parse_bytes("4GiB").value(), Bytes(std::int64_t{4} << 30));
  EXPECT_EQ(parse_bytes("1.5TB").value(), Bytes(1'500'000'000'000));
  EXPECT_EQ(parse_bytes("1TiB").value(), Bytes(std::int64_t{1} << 40));
  EXPECT_EQ(parse_bytes("2PB").value(), Bytes(2'000'000'000'000'000));
  EXPECT_EQ(parse_bytes("0.5PiB").value(), Bytes(std::int64_t{1} << 49));
  EXPECT_EQ(parse_bytes("0.000000000000001PB").value(), Bytes(1));
  EXPECT_EQ(parse_bytes("1.50000000000000000000kB").value(), Bytes(1'500));
  EXPECT_EQ(parse_bytes("1000PB").value(), bytes_max);
}

struct Refused {
  std::string_view text;
  std::string_view wrong;  ///< after the quoted text
  std::string_view right;
};

// Every other text is refused, with the value seen and what would be right.
TEST(Bytes, RefusesOtherTexts) {
  constexpr std::string_view not_size = " is not a size";
  constexpr std::string_view example = "give a number and a unit, e.g. 500MB";
  constexpr std::string_view unknown = " has an unknown unit";
  constexpr std::string_view units = "use B, kB, MB, GB, TB, PB, KiB, MiB, GiB, TiB or PiB";
  constexpr std::string_view not_whole = " is not whole bytes";
  constexpr std::string_view whole = "give a size that is a whole number of bytes";
  for (const Refused& refused : std::initializer_list<Refused>{
           {"", not_size, example},
           {"GB", not_size, example},
           {".5GB", not_size, example},
           {"5.GB", not_size, example},
           {"-5GB", not_size, example},
           {"+5GB", not_size, example},
           {" 5GB", not_size, example},
           {"５GB", not_size, example},
           {"500", " is a size without a unit", example},
           {"1.5", " is a size without a unit", example},
           {"5 GB", unknown, units},
           {"5GB ", unknown, units},
           {"12 elephants", unknown, units},
           {"5gb", unknown, units},
           {"5KB", unknown, units},
           {"5kiB", unknown, units},
           {"5Gb", unknown, units},
           {"5G", unknown, units},
           {"1e3B", unknown, units},
           {"1.5.2GB", unknown, units},
           {"1EB", unknown, units},
           {"1.5B", not_whole, whole},
           {"0.0001kB", not_whole, whole},
           {"0.1KiB", not_whole, whole},
           {"0.0000000000000001PB", not_whole, whole},
           {"1000000000000000001B", " is too large", "give at most 1000PB"},
           {"1000.000000000000001PB", " is too large", "give at most 1000PB"},
           {"9223372036854775808B", " is too large", "give at most 1000PB"},
           {"9223372036854775807PB", " is too large", "give at most 1000PB"},
           {"1000PiB", " is too large", "give at most 1000PB"},
       }) {
    const auto size = parse_bytes(refused.text);
    ASSERT_FALSE(size.has_value()) << refused.text;
    EXPECT_EQ(size.error().code, ErrorCode::invalid);
    EXPECT_EQ(size.error().wrong, "'" + std::string(refused.text) + "'" + std::string(refused.wrong));
    EXPECT_EQ(size.error().right, refused.right);
  }
  EXPECT_LT(parse_bytes(std::string(100'000, '1') + "B").error().wrong.size(), 128U);
}

}  // namespace
}  // namespace dayan
