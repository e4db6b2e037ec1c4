#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <type_traits>

namespace dayan {
namespace {

// A Result is not its value and not a truth: both must be asked for. That ignoring one does not compile is shown by
// ignored_result.cpp.
static_assert(!std::is_convertible_v<Result<int>, int>);
static_assert(!std::is_convertible_v<Result<int>, bool>);
static_assert(!std::is_convertible_v<Error, Result<int>>);
static_assert(std::is_convertible_v<int, Result<int>>);

Result<int> half_of(int number) {
  if (number % 2 != 0)
    return fail(ErrorCode::invalid, std::to_string(number) + " is odd", "give an even number", "n");
  return number / 2;
}

Result<int> quarter_of(int number) {
  TRY(const int half, half_of(number));
  TRY(const int quarter, half_of(half));
  return quarter;
}

Result<void> check_quarter(int number) {
  TRY_VOID(quarter_of(number));
  return {};
}

Result<std::unique_ptr<int>> boxed(int number) {
  TRY(auto box, Result<std::unique_ptr<int>>(std::make_unique<int>(number)));
  return box;
}

// TRY binds the value, or returns the first Error unchanged.
TEST(Result, TryBindsOrReturns) {
  EXPECT_EQ(quarter_of(12).value(), 3);
  EXPECT_EQ(quarter_of(6).error(), (Error{ErrorCode::invalid, "n", "3 is odd", "give an even number"}));
  EXPECT_TRUE(check_quarter(12).has_value());
  EXPECT_EQ(check_quarter(5).error().wrong, "5 is odd");
}

// TRY moves what cannot be copied.
TEST(Result, TryMoves) { EXPECT_EQ(*boxed(7).value(), 7); }

// An Error reads as one sentence, and its empty parts leave no punctuation behind.
TEST(Result, ErrorText) {
  EXPECT_EQ(to_text(Error{ErrorCode::invalid, "size", "'x' is not a size", "give one"}),
            "size: 'x' is not a size; give one");
  EXPECT_EQ(to_text(Error{ErrorCode::invalid, "", "'x' is not a size", ""}), "'x' is not a size");
}

// Every code has its own word.
TEST(Result, CodeWords) {
  EXPECT_EQ(to_text(ErrorCode::invalid), "invalid");
  EXPECT_EQ(to_text(ErrorCode::denied), "denied");
  EXPECT_EQ(to_text(ErrorCode::not_found), "not_found");
  EXPECT_EQ(to_text(ErrorCode::conflict), "conflict");
  EXPECT_EQ(to_text(ErrorCode::exhausted), "exhausted");
  EXPECT_EQ(to_text(ErrorCode::unavailable), "unavailable");
  EXPECT_EQ(to_text(ErrorCode::unknown_outcome), "unknown_outcome");
  EXPECT_EQ(to_text(ErrorCode::corrupt), "corrupt");
}

// A broken invariant stops the process and names the condition; a kept one does nothing.
TEST(AssertDeathTest, StopsTheProcess) {
  ASSERT(1 + 1 == 2);
  EXPECT_DEATH(ASSERT(1 + 1 == 3), "broken invariant: 1 \\+ 1 == 3");
}

}  // namespace
}  // namespace dayan
