#pragma once

#include <string>

#include "base/money.h"
#include "base/wide.h"

/// Sums of money that may pass what one amount can hold: over all accounts, or of figures that somebody else tells.

namespace dayan {

/// Exact: in 128 bits, which 2^64 amounts cannot pass.
class MoneySum {
 public:
  constexpr MoneySum() = default;
  constexpr explicit MoneySum(Int128 micro_yuan) : micro_(micro_yuan) {}
  constexpr MoneySum& operator+=(Cny amount) {
    micro_ += amount.micro();
    return *this;
  }
  [[nodiscard]] constexpr Int128 micro() const { return micro_; }
  friend constexpr bool operator==(MoneySum a, MoneySum b) { return a.micro_ == b.micro_; }

 private:
  Int128 micro_ = 0;
};

/// In yuan, as an amount reads: "12.5", "-0.000001", "27670116110564.327421".
[[nodiscard]] std::string to_text(MoneySum sum);

}  // namespace dayan
