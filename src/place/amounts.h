#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <limits>

#include "base/saturate.h"
#include "model/job.h"

/// Amounts: cores, bytes and thousandths of a card side by side, so that the three are counted by one loop. Need:
/// what a task asks for, on each of its nodes.

namespace dayan::place {

enum Kind : std::size_t { in_cores, in_bytes, in_millicards };
inline constexpr std::size_t kinds = 3;

struct Amounts {
  std::array<std::int64_t, kinds> of{};
  friend auto operator<=>(const Amounts&, const Amounts&) = default;
};

inline constexpr std::int64_t int64_max = std::numeric_limits<std::int64_t>::max();

/// What a task needs: `each` on each of so many nodes, each of them another one. Of several nodes it is a gang: it
/// gets all of them at once, or none.
struct Need {
  Amounts each;
  std::int64_t nodes = 1;
  bool is_in_rack = false;  ///< a gang whose nodes lie in one rack

  /// On all its nodes together.
  [[nodiscard]] constexpr Amounts all() const {
    if (nodes == 1) return each;
    Amounts sum;
    for (std::size_t kind = 0; kind < kinds; ++kind) sum.of[kind] = times(each.of[kind], nodes);
    return sum;
  }
  [[nodiscard]] constexpr bool is_gang() const { return nodes > 1; }
  friend auto operator<=>(const Need&, const Need&) = default;
};

[[nodiscard]] inline Need need_of(const Resources& resources) {
  return {{{resources.cores.value(), resources.memory.value(), resources.cards.value()}},
          resources.nodes,
          resources.is_in_rack()};
}

/// How many of `need` fit into `room`: by the scarcest kind. Kinds that are not needed do not count.
[[nodiscard]] constexpr std::int64_t fit_count(const Amounts& room, const Amounts& need) {
  std::int64_t count = int64_max;
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    if (need.of[kind] <= 0) continue;
    const std::int64_t here = room.of[kind] > 0 ? room.of[kind] / need.of[kind] : 0;
    if (here < count) count = here;
  }
  return count;
}

/// True when `large` is at least `small` in every kind.
[[nodiscard]] constexpr bool covers(const Amounts& large, const Amounts& small) {
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    if (large.of[kind] < small.of[kind]) return false;
  }
  return true;
}

[[nodiscard]] constexpr Amounts minus(Amounts a, const Amounts& b) {
  for (std::size_t kind = 0; kind < kinds; ++kind) a.of[kind] -= b.of[kind];
  return a;
}

[[nodiscard]] constexpr Amounts sum(Amounts a, const Amounts& b) {
  for (std::size_t kind = 0; kind < kinds; ++kind) a.of[kind] = plus(a.of[kind], b.of[kind]);
  return a;
}

}  // namespace dayan::place
