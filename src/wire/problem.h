#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/json.h"
#include "model/refusal.h"

/// Errors on the wire: RFC 9457 problem documents, written by the hub and read by the agent and the CLI.
///   {"type":"about:blank","title":…,"status":…,"detail":…,"code":…,"errors":[{"field","wrong","right"}]}
/// `code` is the word of a RefusalReason or of an ErrorCode; `errors` holds one entry a fault.

namespace dayan::wire {

inline constexpr std::string_view problem_type = "application/problem+json";

/// A status and a body of problem_type.
struct Problem {
  int status = 500;
  std::string body;
};

[[nodiscard]] int status_of(ErrorCode code);
[[nodiscard]] int status_of(RefusalReason reason);
/// "Bad Request"
[[nodiscard]] std::string_view title_of(int status);

/// For what has a status of its own: 405, 410, 413, 429.
[[nodiscard]] Problem problem(int status, std::string_view code, const Faults& faults);
[[nodiscard]] Problem problem(const Error& error);
/// Of a body or a query: 400.
[[nodiscard]] Problem problem(const Faults& faults);
[[nodiscard]] Problem problem(const Refusal& refusal);

/// The faults of an answer whose status is 400 or more; at least one, whatever the body is. The code of each is what
/// its receiver can react to: a word of the body that is known, else what the status means.
[[nodiscard]] Faults parse_problem(int status, std::string_view body);

}  // namespace dayan::wire
