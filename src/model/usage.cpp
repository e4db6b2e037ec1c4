#include "model/usage.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/assert.h"
#include "base/wide.h"
#include "model/meter.h"

namespace dayan {
namespace {

constexpr int fraction_bits = 62;
/// 2^(2^-i) for i = 1 to 40, in units of 2^-62, rounded down.
constexpr std::array<std::uint64_t, 40> roots_of_two = {
    6521908912666391106U, 5484249825272419511U, 5029079263719320435U, 4815862801830788490U, 4712668792719003883U,
    4661903986662671289U, 4636727017470743990U, 4624189567668517720U, 4617933561212708776U, 4614808732577250068U,
    4613247111281068008U, 4612466498810092974U, 4612076242109103707U, 4611881126141011236U, 4611783571252412753U,
    4611734794581956353U, 4611710406440186475U, 4611698212417665819U, 4611692115418496524U, 4611689066921934630U,
    4611687542674409371U, 4611686780550835663U, 4611686399489096040U, 4611686208958238036U, 4611686113692811986U,
    4611686066060099699U, 4611686042243743740U, 4611686030335565806U, 4611686024381476851U, 4611686021404432376U,
    4611686019915910140U, 4611686019171649022U, 4611686018799518462U, 4611686018613453183U, 4611686018520420543U,
    4611686018473904223U, 4611686018450646063U, 4611686018439016983U, 4611686018433202443U, 4611686018430295173U,
};
/// The half life over ln 2, in µs: what a use that never ends comes to.
constexpr std::uint64_t mean_life = 872'541'960'730;
constexpr std::int64_t half_life = usage_half_life.microseconds();
constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
/// So many half lives ahead the mean life still fits 64 bits.
constexpr std::int64_t halvings_max = 22;

/// Of `at` since `period`: whole half lives, and the rest of one in µs.
struct Since {
  std::int64_t halvings = 0;
  std::int64_t rest = 0;
};
Since since(UnixTime at, UnixTime period) {
  const std::int64_t passed = (at - period).microseconds();
  Since since{passed / half_life, passed % half_life};
  if (since.rest < 0) {
    since.rest += half_life;
    --since.halvings;
  }
  return since;
}

std::int64_t halved(std::int64_t sum, std::int64_t times) { return times < 63 ? sum >> times : 0; }

/// sum + amount × weight ÷ divisor, rounded up.
std::int64_t grown(std::int64_t sum, std::int64_t amount, std::int64_t weight, std::int64_t divisor) {
  const UInt128 product = static_cast<UInt128>(amount) * static_cast<UInt128>(weight);
  const auto by = static_cast<UInt128>(divisor);
  const UInt128 total = static_cast<UInt128>(sum) + (product + by - 1) / by;
  return total > static_cast<UInt128>(largest) ? largest : static_cast<std::int64_t>(total);
}

}  // namespace

UnixTime usage_period(UnixTime at) {
  ASSERT(at >= UnixTime());
  return UnixTime(at.microseconds() / half_life * half_life);
}

std::int64_t weighed_time(UnixTime at, UnixTime period) {
  const Since passed = since(at, period);
  // The rest of a half life in units of 2^-40 of it: less than a µs each. Every bit is a factor.
  const auto fraction =
      static_cast<std::uint64_t>((static_cast<UInt128>(passed.rest) << roots_of_two.size()) / UInt128{half_life});
  std::uint64_t factor = std::uint64_t{1} << fraction_bits;
  for (std::size_t i = 0; i < roots_of_two.size(); ++i)
    if ((fraction >> (roots_of_two.size() - 1 - i)) & 1U)
      factor = static_cast<std::uint64_t>((static_cast<UInt128>(factor) * roots_of_two[i]) >> fraction_bits);
  const auto within = static_cast<std::int64_t>((static_cast<UInt128>(factor) * mean_life) >> fraction_bits);
  if (passed.halvings > halvings_max) return largest;
  return passed.halvings >= 0 ? within << passed.halvings : halved(within, -passed.halvings);
}

void move_to(UsageRow& row, UnixTime period) {
  const std::int64_t times = since(period, row.period).halvings;
  ASSERT(times >= 0);
  for (std::int64_t* sum : {&row.core_ms, &row.memory_mib_s, &row.card_ms}) *sum = halved(*sum, times);
  row.period = period;
}

MilliCards in_reference_cards(MilliCards cards, Capability of_one) {
  const auto all = mul_div(cards.value(), or_reference(of_one).value(), reference_capability, Rounding::up);
  return MilliCards(all.has_value() ? *all : largest);
}

void add_use(UsageRow& row, const Resources& resources, Capability card, UnixTime from, UnixTime to) {
  constexpr std::int64_t in_ms = 1'000;
  constexpr std::int64_t in_s = 1'000'000;
  constexpr std::int64_t mib = std::int64_t{1} << 20;
  ASSERT(from <= to);
  move_to(row, std::max(row.period, usage_period(to)));
  const std::int64_t weight =
      std::max<std::int64_t>(weighed_time(to, row.period) - weighed_time(from, row.period), 0);
  const Resources all = over_all_nodes(resources);
  row.core_ms = grown(row.core_ms, all.cores.value(), weight, in_ms);
  row.memory_mib_s =
      grown(row.memory_mib_s, all.memory.value() / mib + (all.memory.value() % mib != 0), weight, in_s);
  row.card_ms = grown(row.card_ms, in_reference_cards(all.cards, card).value(), weight, in_ms * 1'000);
}

}  // namespace dayan
