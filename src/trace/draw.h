#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

#include "base/prng.h"

/// Draws from the usual distributions, the same on every compiler: std distributions differ between libraries.

namespace dayan::trace {

struct Gamma {
  double shape;
  double scale;
};

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : prng_(seed) {}
  explicit Draw(Prng prng) : prng_(prng) {}

  /// In (0, 1): 53 bits, never an end.
  double uniform() { return (static_cast<double>(prng_.next() >> 11) + 0.5) / 9007199254740992.0; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Evenly in the logarithm; low > 0.
  double log_uniform(double low, double high) { return low * std::exp(uniform() * std::log(high / low)); }
  /// Source: Marsaglia's polar method.
  double normal() {
    for (;;) {
      const double a = 2 * uniform() - 1;
      const double b = 2 * uniform() - 1;
      const double s = a * a + b * b;
      if (s < 1) return a * std::sqrt(-2 * std::log(s) / s);
    }
  }
  /// Shape ≥ 1. Source: Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS 26(3), 2000.
  double gamma(const Gamma& of) {
    const double d = of.shape - 1.0 / 3;
    const double c = 1 / std::sqrt(9 * d);
    for (;;) {
      const double x = normal();
      const double v = (1 + c * x) * (1 + c * x) * (1 + c * x);
      if (v <= 0) continue;
      if (std::log(uniform()) < x * x / 2 + d - d * v + d * std::log(v)) return d * v * of.scale;
    }
  }
  double gamma_below(const Gamma& of, double limit) {
    for (;;) {
      const double value = gamma(of);
      if (value <= limit) return value;
    }
  }
  /// By its median and the deviation of its logarithm.
  double log_normal(double median, double sigma) { return median * std::exp(sigma * normal()); }
  /// An index, as often as its part is of their sum, which is above zero.
  std::size_t index(std::span<const double> parts) {
    double sum = 0;
    for (const double part : parts) sum += part;
    double at = uniform() * sum;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      if (at < parts[i]) return i;
      at -= parts[i];
    }
    return parts.size() - 1;
  }
  bool chance(double probability) { return uniform() < probability; }
  std::int64_t between(std::int64_t low, std::int64_t high) { return prng_.between(low, high); }

 private:
  Prng prng_;
};

}  // namespace dayan::trace
