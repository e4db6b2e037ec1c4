#include "place/share/decay.h"

#include <array>

#include "base/assert.h"

namespace dayan::place::share {
namespace {

constexpr int fraction_bits = 62;
/// 2^(2^-i) for i = 1 to 32, in units of 2^-62, rounded down.
constexpr std::array<std::uint64_t, 32> roots_of_two = {
    6521908912666391106U, 5484249825272419511U, 5029079263719320435U, 4815862801830788490U, 4712668792719003883U,
    4661903986662671289U, 4636727017470743990U, 4624189567668517720U, 4617933561212708776U, 4614808732577250068U,
    4613247111281068008U, 4612466498810092974U, 4612076242109103707U, 4611881126141011236U, 4611783571252412753U,
    4611734794581956353U, 4611710406440186475U, 4611698212417665819U, 4611692115418496524U, 4611689066921934630U,
    4611687542674409371U, 4611686780550835663U, 4611686399489096040U, 4611686208958238036U, 4611686113692811986U,
    4611686066060099699U, 4611686042243743740U, 4611686030335565806U, 4611686024381476851U, 4611686021404432376U,
    4611686019915910140U, 4611686019171649022U,
};

}  // namespace

Decay::Decay(Duration half_life, UnixTime epoch) : half_life_(half_life.microseconds()), epoch_(epoch) {
  ASSERT(half_life >= half_life_min && half_life <= half_life_max);
}

Decay::Growth Decay::growth(UnixTime at) const {
  const std::int64_t since = (at - epoch_).microseconds();
  std::int64_t whole = since / half_life_;
  std::int64_t rest = since % half_life_;
  if (rest < 0) {
    rest += half_life_;
    --whole;
  }
  // The fraction of a half life, in units of 2^-32: each of its bits is a factor.
  const auto fraction = static_cast<std::uint64_t>((static_cast<UInt128>(rest) << roots_of_two.size()) /
                                                   static_cast<UInt128>(half_life_));
  std::uint64_t factor = std::uint64_t{1} << fraction_bits;
  for (std::size_t i = 0; i < roots_of_two.size(); ++i)
    if ((fraction >> (roots_of_two.size() - 1 - i)) & 1U)
      factor = static_cast<std::uint64_t>((static_cast<UInt128>(factor) * roots_of_two[i]) >> fraction_bits);
  return {factor >> (fraction_bits - growth_bits), whole};
}

UInt128 Decay::grown(std::uint64_t amount, UnixTime at) const {
  ASSERT(amount <= amount_max);
  const Growth by = growth(at);
  const UInt128 product = static_cast<UInt128>(amount) * by.factor;
  if (by.halvings >= 0) {
    ASSERT(by.halvings <= halvings_max);
    return product << by.halvings;
  }
  return by.halvings > -128 ? product >> -by.halvings : 0;
}

UInt128 Decay::worth(UInt128 grown, UnixTime now) const {
  const Growth by = growth(now);
  const UInt128 rest = grown / by.factor;
  if (by.halvings >= 0) return by.halvings < 128 ? rest >> by.halvings : 0;
  return -by.halvings < 64 ? rest << -by.halvings : rest << 63;
}

std::int64_t Decay::halvings_due(UnixTime at) const {
  const std::int64_t whole = growth(at).halvings;
  return whole > halvings_max ? whole : 0;
}

void Decay::advance(std::int64_t halvings) { epoch_ = epoch_ + Duration::microseconds(half_life_ * halvings); }

}  // namespace dayan::place::share
