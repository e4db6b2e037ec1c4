#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "place/sharing/shape.h"

/// How much of what is free on a card will be used in the end.
///
/// What could be placed at once says little about that: of a card with 530 thousandths free nearly all fractions can
/// use some, yet whether 60 or 210 remain depends on what comes. A fleet with many cards can choose: a piece that
/// comes goes to the card that it completes best. So the use of a card is followed piece by piece, and each time the
/// best of K pieces drawn from the mix is taken:
///
///     use(free) = E[ max over those of K draws that fit of: piece + use(free - piece) ],   0 when none fits.
///
/// K says how choosy the fleet can be: how many pieces will still come, until no whole card is left, for each card
/// that is partly taken and could use them. It is great while the fleet is empty, falls as partly taken cards pile
/// up, and is small when the fleet is full and every piece counts. With perfect foresight the remainders would be
/// those of a cutting-stock program; this comes near without solving one.

namespace dayan::place::sharing {

/// A demand and how often it came.
struct Counted {
  Demand demand;
  std::int64_t arrivals = 0;
};

/// Prospects are in thousandths of a card times this.
inline constexpr std::int32_t weight_unit = 1 << 16;

class Prospects {
 public:
  /// Nothing is known: all that is free will be used.
  Prospects();
  Prospects(std::span<const Counted> mix, int draws);

  [[nodiscard]] std::int32_t of(int free) const { return of_[static_cast<std::size_t>(free)]; }

 private:
  std::array<std::int32_t, whole_card + 1> of_{};
};

/// K for a fleet as it is.
[[nodiscard]] int draws_for(std::span<const Counted> mix, std::span<const Node> nodes);

}  // namespace dayan::place::sharing
