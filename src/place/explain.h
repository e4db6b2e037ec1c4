#pragma once

#include <string>

#include "place/evaluation.h"

/// What is told of an evaluated pool: its figures, with the words of all that it lacks (gap_text.h).

namespace dayan::place {

/// When the prices of the centre, which has an offer, are others next, and what a task that runs so long costs then.
[[nodiscard]] std::optional<NextPrice> next_price_of(const CentreState& centre, const Asking& asking, Duration run,
                                                     UnixTime now);

/// A length of time to the second, rounded up; one below a second in full.
[[nodiscard]] std::string rounded(Duration duration);

/// The quote of one evaluated pool, without its rank.
[[nodiscard]] Quote quote_of(const Evaluation& evaluation, const Asking& asking, Outlook& outlook);

}  // namespace dayan::place
