#pragma once

#include <cstdint>
#include <vector>

#include "model/fields.h"
#include "model/placement.h"

/// A list of quotes that people can read: a large platform has tens of thousands of pools.

namespace dayan::place {

/// What a list does not show.
struct QuoteRest {
  std::int32_t feasible = 0;   ///< pools that could run it, behind those that are shown
  std::int32_t ruled_out = 0;  ///< pools that never will
  std::vector<RuledOut>
      constraints;  ///< of those that never will: how many each constraint cost, and the best margin

  static constexpr auto fields() {
    using R = QuoteRest;
    return std::tuple{field("feasible", &R::feasible), field("ruled_out", &R::ruled_out),
                      field("constraints", &R::constraints)};
  }
  friend bool operator==(const QuoteRest&, const QuoteRest&) = default;
};

/// So many are shown to who does not say how many, and at most.
inline constexpr std::int64_t quotes_shown = 50;
inline constexpr std::int64_t quotes_shown_max = 100'000;

/// Leaves of quotes in the engine's order (feasible ones first) the `limit` best, and of those that never will the
/// `limit` nearest: the fewest reasons that time does not mend. Where all fit, their order stays.
[[nodiscard]] QuoteRest shorten(std::vector<Quote>& quotes, std::size_t limit);

}  // namespace dayan::place
