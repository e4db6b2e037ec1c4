#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "hub/submission.h"
#include "model/json.h"
#include "model/refusal.h"
#include "ports/http.h"
#include "ports/store.h"

/// Answers as HTTP: JSON bodies and problem documents.

namespace dayan::hub {

[[nodiscard]] HttpResponse json_answer(int status, const JsonValue& value);
[[nodiscard]] HttpResponse no_content();
[[nodiscard]] HttpResponse raw_answer(std::string bytes);

/// A problem document: `code` is a RefusalReason or an ErrorCode word; the first fault is its detail.
[[nodiscard]] HttpResponse problem_answer(int status, std::string_view code, const Faults& faults);
[[nodiscard]] HttpResponse problem_answer(const Error& error);
[[nodiscard]] HttpResponse problem_answer(const Faults& faults);
[[nodiscard]] HttpResponse problem_answer(const Refusal& refusal);
/// One answer for every credential that does not do, so that it tells a stranger nothing.
[[nodiscard]] HttpResponse unauthenticated_answer();

/// What is kept under an idempotency key, as the answer to `request`: `conflict` when it was another one.
[[nodiscard]] CommandAnswer replayed(KeptReply kept, const Digest& request);
/// What became of a command.
[[nodiscard]] HttpResponse command_answer(CommandAnswer answer);

}  // namespace dayan::hub
