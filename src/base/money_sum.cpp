#include "base/money_sum.h"

#include <algorithm>

#include "base/scan.h"

namespace dayan {

std::string to_text(MoneySum sum) {
  constexpr unsigned micro_per_yuan = 1'000'000;
  const bool is_negative = sum.micro() < 0;
  UInt128 rest = is_negative ? 0 - static_cast<UInt128>(sum.micro()) : static_cast<UInt128>(sum.micro());
  const Cny fraction = Cny::micro(static_cast<std::int64_t>(rest % micro_per_yuan));
  rest /= micro_per_yuan;
  std::string yuan;
  do {
    yuan += static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  } while (rest > 0);
  std::ranges::reverse(yuan);
  return (is_negative ? "-" : "") + yuan + to_text(fraction).substr(1);
}

}  // namespace dayan
