#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "base/result.h"
#include "model/fields.h"

/// A domain answer "no": why, and one clear fault per cause.

namespace dayan {

/// A new reason only when some caller reacts differently.
enum class RefusalReason {
  invalid,              ///< faults name the fields
  unauthenticated,      ///< no such token, or expired or revoked
  forbidden,            ///< the scope or the role is missing
  not_found,            ///< also: not yours
  already_exists,
  wrong_state,          ///< e.g. a join token used, a job already final
  insufficient_funds,
  stale_agent,          ///< a newer agent has enrolled for the centre
  not_after_last,       ///< `now` is behind the last command's
};
template <>
struct EnumWords<RefusalReason> {
  static constexpr std::array<std::string_view, 9> words{"invalid",     "unauthenticated", "forbidden",
                                                         "not_found",   "already_exists",  "wrong_state",
                                                         "insufficient_funds", "stale_agent", "not_after_last"};
};

struct Refusal {
  RefusalReason reason = RefusalReason::invalid;
  Faults faults;  ///< at least one

  friend bool operator==(const Refusal&, const Refusal&) = default;
};

[[nodiscard]] inline tl::unexpected<Refusal> refuse(RefusalReason reason, std::string wrong, std::string right = {},
                                                    std::string field = {}) {
  return tl::unexpected<Refusal>(
      Refusal{reason, {Error{ErrorCode::invalid, std::move(field), std::move(wrong), std::move(right)}}});
}
[[nodiscard]] inline tl::unexpected<Refusal> refuse(Faults faults) {
  return tl::unexpected<Refusal>(Refusal{RefusalReason::invalid, std::move(faults)});
}

template <class T>
class [[nodiscard]] Decided : public tl::expected<T, Refusal> {
 public:
  using tl::expected<T, Refusal>::expected;
};

}  // namespace dayan
