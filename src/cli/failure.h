#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "base/result.h"

/// How a command ends: with a value, or with the faults to show and the exit code that scripts react to.

namespace dayan::cli {

enum class Exit {
  ok = 0,
  refused = 1,      ///< refused by the hub, or failed here (a file that cannot be written)
  usage = 2,        ///< wrong words, a bad job file, nobody logged in: asking again will not help
  unreachable = 3,  ///< the hub cannot be reached or cannot answer now
  job_failed = 4,   ///< the job that was waited for failed or was cancelled
};

struct Failure {
  Exit exit = Exit::refused;
  Faults faults;  ///< may be empty only with job_failed, where the output has told it already

  Failure(Exit code, Faults shown) : exit(code), faults(std::move(shown)) {}
  /// Implicit, so that TRY takes a Result in a function that gives an Answer.
  Failure(Error error)
      : exit(error.code == ErrorCode::unavailable || error.code == ErrorCode::unknown_outcome ? Exit::unreachable
                                                                                              : Exit::refused) {
    faults.push_back(std::move(error));
  }
};

template <class T>
class [[nodiscard]] Answer : public tl::expected<T, Failure> {
 public:
  using tl::expected<T, Failure>::expected;
};
template <>
class [[nodiscard]] Answer<void> : public tl::expected<void, Failure> {
 public:
  using tl::expected<void, Failure>::expected;
};

[[nodiscard]] inline tl::unexpected<Failure> end_with(Exit exit, Faults faults) {
  return tl::unexpected<Failure>(Failure(exit, std::move(faults)));
}
[[nodiscard]] inline tl::unexpected<Failure> bad_usage(std::string wrong, std::string right, std::string field = {}) {
  return end_with(Exit::usage, {{ErrorCode::invalid, std::move(field), std::move(wrong), std::move(right)}});
}
[[nodiscard]] inline tl::unexpected<Failure> failed_here(std::string wrong, std::string right = {},
                                                         std::string field = {}) {
  return end_with(Exit::refused, {{ErrorCode::invalid, std::move(field), std::move(wrong), std::move(right)}});
}

}  // namespace dayan::cli
