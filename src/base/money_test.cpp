#include "base/money.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <type_traits>

#include "base/operators.h"
#include "base/scan.h"
#include "base/time.h"
#include "base/units.h"
#include "base/wide.h"

namespace dayan {
namespace {

constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

static_assert(Addable<Cny> && Subtractable<Cny> && Equatable<Cny> && Orderable<Cny>);
static_assert(!Addable<Cny, Bytes> && !Subtractable<Cny, Bytes> && !Equatable<Cny, Bytes>);
static_assert(!Addable<Cny, Duration> && !Multipliable<Cny, Duration> && !Multipliable<Cny, MilliCards>);
static_assert(!Multipliable<Cny> && !Dividable<Cny>);
static_assert(!Multipliable<Cny, int> && !Multipliable<Cny, double> && !Multipliable<double, Cny>);
static_assert(!Dividable<Cny, int> && !Dividable<Cny, double>);
static_assert(!Addable<Cny, int> && !Addable<Cny, double> && !Equatable<Cny, int> && !Orderable<Cny, double>);
static_assert(!std::is_convertible_v<std::int64_t, Cny> && !std::is_constructible_v<Cny, std::int64_t>);
static_assert(!std::is_constructible_v<Cny, double> && !std::is_convertible_v<Cny, double>);
static_assert(!Orderable<Price> && !Addable<Price> && !Addable<BasisPoints> && !Multipliable<Cny, BasisPoints>);

// Amounts add, subtract and compare as integers of a millionth of a yuan.
TEST(Money, Arithmetic) {
  Cny sum = Cny::yuan(2) + Cny::micro(500'000);
  EXPECT_EQ(sum.micro(), 2'500'000);
  EXPECT_EQ(Cny::yuan(1) - Cny::yuan(3), Cny::yuan(-2));
  sum += Cny::yuan(1);
  sum -= Cny::micro(1);
  EXPECT_EQ(sum, Cny::micro(3'499'999));
  EXPECT_LT(Cny::micro(-1), Cny());
  EXPECT_TRUE(Cny::micro(-1).is_negative());
  EXPECT_FALSE(Cny().is_negative());
  EXPECT_TRUE(Cny().is_zero());
}

// A sum that leaves the range stops the process, since it could only come from our own bug.
TEST(MoneyDeathTest, OverflowStops) {
  EXPECT_DEATH(static_cast<void>(Cny::micro(most) + Cny::micro(1)), "broken invariant");
  EXPECT_DEATH(static_cast<void>(Cny::micro(least) - Cny::micro(1)), "broken invariant");
}

// Amounts are written in yuan without zeros that say nothing.
TEST(Money, Text) {
  EXPECT_EQ(to_text(Cny()), "0");
  EXPECT_EQ(to_text(Cny::micro(12'500'000)), "12.5");
  EXPECT_EQ(to_text(Cny::micro(1)), "0.000001");
  EXPECT_EQ(to_text(Cny::micro(-1'230'000)), "-1.23");
  EXPECT_EQ(to_text(Cny::micro(-1)), "-0.000001");
  EXPECT_EQ(to_text(Cny::yuan(100)), "100");
  EXPECT_EQ(to_text(amount_max), "100000000000");
  EXPECT_EQ(to_text(Cny::micro(most)), "9223372036854.775807");
  EXPECT_EQ(to_text(Cny::micro(least)), "-9223372036854.775808");
}

// Every amount that may enter is read back as it was written.
RC_GTEST_PROP(Money, RoundTrip, ()) {
  const std::int64_t scale = *rc::gen::element<std::int64_t>(1, 10, 10'000, 1'000'000);
  const Cny amount = Cny::micro(*rc::gen::inRange<std::int64_t>(0, amount_max.micro() / scale + 1) * scale);
  RC_ASSERT(parse_cny(to_text(amount)).value() == amount);
}

// Zeros before the number and after its decimals change nothing, and the largest amount is allowed.
TEST(Money, ReadsForms) {
  EXPECT_EQ(parse_cny("12.5").value(), Cny::micro(12'500'000));
  EXPECT_EQ(parse_cny("012.500000").value(), Cny::micro(12'500'000));
  EXPECT_EQ(parse_cny("0").value(), Cny());
  EXPECT_EQ(parse_cny("0.000001").value(), Cny::micro(1));
  EXPECT_EQ(parse_cny("100000000000").value(), amount_max);
  EXPECT_EQ(parse_cny("100000000000.000000").value(), amount_max);
}

// A balance is read whatever its size and sign: every text that is written, to the ends of the type, and no other form.
TEST(Money, ReadsEveryBalanceThatIsWritten) {
  for (const std::int64_t micro :
       {most, least, least + 1, std::int64_t{-1}, std::int64_t{0}, 3 * amount_max.micro() + 21})
    EXPECT_EQ(parse_balance(to_text(Cny::micro(micro))).value(), Cny::micro(micro));
  for (const std::string_view text : {"9223372036854.775808", "-9223372036854.775809", "99999999999999999999"})
    EXPECT_NE(parse_balance(text).error().wrong.find(" is too much"), std::string::npos) << text;
  for (const std::string_view text : {"", "-", "--1", "+1", "-0", "-0.0", "1e3", "1.", "- 1"})
    EXPECT_NE(parse_balance(text).error().wrong.find(" is not an amount of money"), std::string::npos) << text;
}

struct Refused {
  std::string_view text;
  std::string_view wrong;  ///< after the quoted text
  std::string_view right;
};

// Every other text is refused, with the value seen and what would be right.
TEST(Money, RefusesOtherTexts) {
  constexpr std::string_view not_money = " is not an amount of money";
  constexpr std::string_view example = "give yuan as digits without a sign, e.g. 12.5";
  constexpr std::string_view bound = "give at most 100000000000";
  for (const Refused& refused : std::initializer_list<Refused>{
           {"", not_money, example},
           {".", not_money, example},
           {".5", not_money, example},
           {"5.", not_money, example},
           {"1.2.3", not_money, example},
           {"-1", not_money, example},
           {"+1", not_money, example},
           {"-0", not_money, example},
           {"1e3", not_money, example},
           {"0x10", not_money, example},
           {"1,000", not_money, example},
           {"1_000", not_money, example},
           {" 1", not_money, example},
           {"1 ", not_money, example},
           {"1\n", not_money, example},
           {"NaN", not_money, example},
           {"inf", not_money, example},
           {"１２", not_money, example},
           {"12元", not_money, example},
           {"¥12", not_money, example},
           {"0.0000001", " is finer than a micro-yuan", "give at most six decimals"},
           {"0.0000000", " is finer than a micro-yuan", "give at most six decimals"},
           {"100000000000.000001", " is too much", bound},
           {"100000000001", " is too much", bound},
           {"9223372036854.775808", " is too much", bound},
           {"9223372036854775808", " is too much", bound},
           {"99999999999999999999999999", " is too much", bound},
       }) {
    const auto amount = parse_cny(refused.text);
    ASSERT_FALSE(amount.has_value()) << refused.text;
    EXPECT_EQ(amount.error().code, ErrorCode::invalid);
    EXPECT_EQ(amount.error().wrong, quote(refused.text) + std::string(refused.wrong));
    EXPECT_EQ(amount.error().right, refused.right);
  }
  EXPECT_LT(parse_cny(std::string(100'000, '1')).error().wrong.size(), 128U);
}

/// floor(a × b / c), or one more when rounded up and not exact, found by checking instead of by branching on signs.
Int128 expected_quotient(Int128 product, std::int64_t c, Rounding rounding) {
  Int128 floor = product / c - 1;
  while ((floor + 1) * c <= product) ++floor;
  return rounding == Rounding::up && floor * c != product ? floor + 1 : floor;
}

/// Numbers of every length in bits, with both signs.
rc::Gen<std::int64_t> any_length() {
  return rc::gen::map(rc::gen::pair(rc::gen::inRange(0, 64), rc::gen::inRange(least, most)),
                      [](const std::pair<int, std::int64_t>& drawn) { return drawn.second >> drawn.first; });
}

// The quotient agrees with 128-bit arithmetic for all signs and sizes, and is an error exactly when it does not fit.
RC_GTEST_PROP(MulDiv, Agrees, ()) {
  const std::int64_t a = *any_length();
  const std::int64_t b = *any_length();
  const std::int64_t c = *rc::gen::suchThat(any_length(), [](std::int64_t value) { return value > 0; });
  const Rounding rounding = *rc::gen::element(Rounding::down, Rounding::up);
  const Int128 expected = expected_quotient(Int128{a} * b, c, rounding);
  const auto result = mul_div(a, b, c, rounding);
  RC_ASSERT(result.has_value() == (expected >= least && expected <= most));
  RC_ASSERT(!result.has_value() || Int128{*result} == expected);
}

// Rounding goes towards minus infinity or plus infinity as named, and exact quotients are not moved.
TEST(MulDiv, Rounds) {
  EXPECT_EQ(mul_div(7, 1, 2, Rounding::down).value(), 3);
  EXPECT_EQ(mul_div(7, 1, 2, Rounding::up).value(), 4);
  EXPECT_EQ(mul_div(-7, 1, 2, Rounding::down).value(), -4);
  EXPECT_EQ(mul_div(-7, 1, 2, Rounding::up).value(), -3);
  EXPECT_EQ(mul_div(8, 1, 2, Rounding::up).value(), 4);
  EXPECT_EQ(mul_div(0, 5, 3, Rounding::up).value(), 0);
}

// The ends of the range are reached and not passed.
TEST(MulDiv, Ends) {
  EXPECT_EQ(mul_div(most, most, most, Rounding::down).value(), most);
  EXPECT_EQ(mul_div(least, most, most, Rounding::up).value(), least);
  EXPECT_EQ(mul_div(least, least, 1, Rounding::down).error().code, ErrorCode::invalid);
  EXPECT_FALSE(mul_div(least, -1, 1, Rounding::down).has_value());
  EXPECT_FALSE(mul_div(most, 2, 1, Rounding::down).has_value());
  EXPECT_FALSE(mul_div(1, 1, 0, Rounding::down).has_value());
  EXPECT_EQ(mul_div(1, 1, -3, Rounding::down).error().wrong, "-3 cannot divide a product");
}

// A charge is rounded down and a hold up, by less than one micro-yuan.
TEST(Charge, Rounds) {
  const Price price{Cny::yuan(25), 3'600'000};  // 25 yuan per card-hour, by the milli-card-second
  EXPECT_EQ(charge(price, 3'600'000, Rounding::down).value(), Cny::yuan(25));
  EXPECT_EQ(charge(price, 1, Rounding::down).value(), Cny::micro(6));
  EXPECT_EQ(charge(price, 1, Rounding::up).value(), Cny::micro(7));
  EXPECT_EQ(charge(price, 0, Rounding::up).value(), Cny());
}

// A charge beyond the range of money, or a price for no quantity, is an error and no number.
TEST(Charge, Refuses) {
  EXPECT_EQ(charge(Price{amount_max, 1}, 1'000, Rounding::down).error().code, ErrorCode::invalid);
  EXPECT_FALSE(charge(Price{Cny::yuan(1), 0}, 1, Rounding::down).has_value());
  EXPECT_FALSE(charge(Price{Cny::yuan(1), -1}, 1, Rounding::down).has_value());
}

// However usage is cut into reports, charging the difference of the floors of the running totals sums to the floor
// of the whole: reporting more often neither costs nor saves anything.
RC_GTEST_PROP(Charge, Telescopes, ()) {
  const Price price{Cny::micro(*rc::gen::inRange<std::int64_t>(0, 1'000'000'000)),
                    *rc::gen::inRange<std::int64_t>(1, 10'000'000)};
  const auto parts = *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 100'000'000));
  std::int64_t used = 0;
  Cny before;
  Cny charged;
  for (const std::int64_t part : parts) {
    used += part;
    const Cny now = charge(price, used, Rounding::down).value();
    RC_ASSERT(now >= before);
    charged += now - before;
    before = now;
  }
  RC_ASSERT(charged == charge(price, used, Rounding::down).value());
}

// A hold made before the use is never less than the charge after it.
RC_GTEST_PROP(Charge, HoldCoversCharge, ()) {
  const Price price{Cny::micro(*rc::gen::inRange<std::int64_t>(0, 1'000'000'000)),
                    *rc::gen::inRange<std::int64_t>(1, 10'000'000)};
  const std::int64_t held = *rc::gen::inRange<std::int64_t>(0, 100'000'000);
  const std::int64_t used = *rc::gen::inRange<std::int64_t>(0, held + 1);
  RC_ASSERT(charge(price, held, Rounding::up).value() >= charge(price, used, Rounding::down).value());
}

// A share is floored and the remainder stays with the other party, so that the parts sum to the whole.
RC_GTEST_PROP(Share, PartsSumToTheWhole, ()) {
  const Cny amount = Cny::micro(*rc::gen::inRange<std::int64_t>(0, most));
  const BasisPoints share{*rc::gen::inRange(0, 10'001)};
  const Cny fee = share_of(amount, share);
  const Cny rest = amount - fee;
  RC_ASSERT(fee + rest == amount);
  RC_ASSERT(fee >= Cny());
  RC_ASSERT(rest >= Cny());
  RC_ASSERT(Int128{fee.micro()} * 10'000 <= Int128{amount.micro()} * share.value);
  RC_ASSERT((Int128{fee.micro()} + 1) * 10'000 > Int128{amount.micro()} * share.value);
}

// The whole and nothing are exact shares, and a loss is floored away from zero.
TEST(Share, Ends) {
  EXPECT_EQ(share_of(Cny::micro(most), BasisPoints{10'000}), Cny::micro(most));
  EXPECT_EQ(share_of(Cny::micro(least), BasisPoints{10'000}), Cny::micro(least));
  EXPECT_EQ(share_of(Cny::micro(most), BasisPoints{0}), Cny());
  EXPECT_EQ(share_of(Cny::micro(99), BasisPoints{100}), Cny());
  EXPECT_EQ(share_of(Cny::micro(-1), BasisPoints{1}), Cny::micro(-1));
}

// A share outside 0 to 100 percent is our bug.
TEST(ShareDeathTest, OutOfRangeStops) {
  EXPECT_DEATH(static_cast<void>(share_of(Cny::yuan(1), BasisPoints{-1})), "broken invariant");
  EXPECT_DEATH(static_cast<void>(share_of(Cny::yuan(1), BasisPoints{10'001})), "broken invariant");
}

}  // namespace
}  // namespace dayan
