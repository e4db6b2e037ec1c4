#include "base/money_sum.h"

#include <gtest/gtest.h>

#include <limits>

namespace dayan {
namespace {

// A sum that one amount holds reads as that amount does.
TEST(MoneySum, ReadsAsAnAmount) {
  for (const std::int64_t micro : {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, std::int64_t{12'500'000},
                                   std::int64_t{-999'999'999'999}, std::numeric_limits<std::int64_t>::max(),
                                   std::numeric_limits<std::int64_t>::min()}) {
    MoneySum sum;
    sum += Cny::micro(micro);
    EXPECT_EQ(to_text(sum), to_text(Cny::micro(micro)));
  }
}

// Where an amount would overflow the sum is exact, and equal sums are equal in whatever order they came about.
TEST(MoneySum, PassesSixtyFourBits) {
  const Cny most = Cny::micro(std::numeric_limits<std::int64_t>::max());
  MoneySum sum;
  for (int i = 0; i < 3; ++i) sum += most;
  EXPECT_EQ(to_text(sum), "27670116110564.327421");
  sum += Cny::micro(-1);
  MoneySum other;
  other += Cny::micro(-1);
  for (int i = 0; i < 3; ++i) other += most;
  EXPECT_EQ(sum, other);
  EXPECT_EQ(to_text(MoneySum(Int128{most.micro()} * most.micro())), "85070591730234615847396907784232.501249");
}

}  // namespace
}  // namespace dayan
