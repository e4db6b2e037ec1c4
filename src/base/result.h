#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "base/assert.h"

/// Result<T>: what the world or a user can cause is an Error; our own bugs are ASSERT (base/assert.h).

namespace dayan {

/// What kind of failure a caller can react to. A new kind only when some caller would act differently.
enum class ErrorCode {
  invalid,          ///< the input is wrong; sending it again will not help
  denied,           ///< the caller may not do this
  not_found,        ///< nothing of that name, or nothing the caller may see
  conflict,         ///< it contradicts what is there (a used token, one key with two bodies)
  exhausted,        ///< a limit, a quota, a balance or a capacity is used up
  unavailable,      ///< not now; safe to try again
  unknown_outcome,  ///< it may or may not have happened: look before you try again
  corrupt,          ///< stored or received data contradict themselves
};

/// The stable word of a code, as it stands on the wire and in logs.
[[nodiscard]] std::string_view to_text(ErrorCode code);

/// One fault: which field, what was wrong with it, and what would be right. Field and right may be empty.
struct Error {
  ErrorCode code = ErrorCode::invalid;
  std::string field;  ///< path of the offending field, e.g. "resources.memory"; empty when none is to blame
  std::string wrong;  ///< what was wrong, with the value seen
  std::string right;  ///< what would be right

  friend bool operator==(const Error&, const Error&) = default;
};

/// "resources.memory: '12 elephants' is not a size; give a number and a unit, e.g. 500MB".
[[nodiscard]] std::string to_text(const Error& error);

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string wrong, std::string right = {},
                                                std::string field = {}) {
  return tl::unexpected<Error>(Error{code, std::move(field), std::move(wrong), std::move(right)});
}
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

/// A value or an Error. Ignoring one is a compile error under our warnings.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

template <>
class [[nodiscard]] Result<void> : public tl::expected<void, Error> {
 public:
  using tl::expected<void, Error>::expected;
};

/// Every fault of one input, in the order of the input: one clear error per fault.
using Faults = std::vector<Error>;

}  // namespace dayan

#define DAYAN_CONCAT_INNER(a, b) a##b
#define DAYAN_CONCAT(a, b) DAYAN_CONCAT_INNER(a, b)

/// TRY(auto value, expression): binds the value of a Result (or Decided), or returns its error from this function.
#define TRY(declaration, ...) TRY_INNER(DAYAN_CONCAT(try_result_, __LINE__), declaration, __VA_ARGS__)
#define TRY_INNER(name, declaration, ...)                                                  \
  auto name = (__VA_ARGS__);                                                               \
  if (!name.has_value()) [[unlikely]]                                                      \
    return ::tl::make_unexpected(std::move(name).error());                                 \
  declaration = std::move(*name)

/// TRY_VOID(expression): returns the error of a Result<void> (or Decided<void>) from this function.
#define TRY_VOID(...)                                                                      \
  do {                                                                                     \
    auto try_void_result = (__VA_ARGS__);                                                  \
    if (!try_void_result.has_value()) [[unlikely]]                                         \
      return ::tl::make_unexpected(std::move(try_void_result).error());                    \
  } while (false)
