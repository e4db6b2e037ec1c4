#include "model/transfer.h"

#include <algorithm>
#include <set>

#include "base/readable.h"
#include "model/meter.h"

namespace dayan {
namespace {

constexpr std::int64_t microseconds_per_second = 1'000'000;

/// Its two first digits, rounded to the nearest.
std::int64_t in_two_digits(std::int64_t number) {
  std::int64_t unit = 1;
  while (number / unit >= 100) unit *= 10;
  return (number + unit / 2) / unit * unit;
}

}  // namespace

Bytes input_bytes_of(const std::vector<InputFile>& inputs) {
  std::set<Digest> seen;
  std::int64_t sum = 0;
  for (const InputFile& input : inputs) {
    if (!seen.insert(input.digest).second) continue;
    if (__builtin_add_overflow(sum, input.size.value(), &sum) || sum > bytes_max.value()) return bytes_max;
  }
  return Bytes(sum);
}

Duration transfer_time(Bytes bytes, Bandwidth bandwidth) {
  ASSERT(bytes >= Bytes() && bandwidth > Bandwidth());
  const auto time = mul_div(bytes.value(), microseconds_per_second, bandwidth.value(), Rounding::up);
  return time.has_value() ? std::min(Duration::microseconds(*time), transfer_time_max) : transfer_time_max;
}

Result<Cny> transfer_cost(const OfferRow& offer, Bytes bytes, Rounding rounding) {
  if (offer.transfer_gb.is_zero() || bytes.is_zero()) return Cny();
  return charge(price_of(offer, Meter::transfer), bytes.value(), rounding);
}

Result<Cny> with_transfer(Result<Cny> run, const OfferRow& offer, Bytes bytes, Rounding rounding) {
  if (!run || bytes.is_zero()) return run;
  TRY(const Cny moving, transfer_cost(offer, bytes, rounding));
  std::int64_t sum = 0;
  if (__builtin_add_overflow(run->micro(), moving.micro(), &sum))
    return fail(ErrorCode::exhausted, "moving " + readable(bytes) + " costs more than the platform can count",
                "bring less data", "inputs");
  return Cny::micro(sum);
}

Transfer expected_transfer(Bytes bytes, std::optional<Bandwidth> link, const OfferRow& offer, Bytes paid) {
  Transfer expected;
  expected.bytes = bytes;
  expected.bandwidth = link;
  if (link) expected.time = transfer_time(bytes, *link);
  else if (bytes.is_zero()) expected.time = Duration();
  const auto cost = transfer_cost(offer, paid, Rounding::down);
  expected.cost = cost.has_value() ? *cost : amount_max;
  return expected;
}

Duration staging_allowance(Bytes bytes, std::optional<Bandwidth> link) {
  if (bytes.is_zero()) return Duration();
  return std::min(transfer_time(bytes, link.value_or(bandwidth_assumed)), staging_allowance_max);
}

std::optional<Bandwidth> measured_link(std::optional<Bandwidth> known, Bytes bytes, Duration time) {
  if (bytes < link_sample_min || time <= Duration()) return std::nullopt;
  const auto rate = mul_div(bytes.value(), microseconds_per_second, time.microseconds(), Rounding::down);
  const std::int64_t sample = std::clamp<std::int64_t>(rate.value_or(bandwidth_max.value()), 1, bandwidth_max.value());
  const std::int64_t before = known ? known->value() : sample;
  if (known && std::max(sample, before) - std::min(sample, before) <= before / 8) return std::nullopt;
  return Bandwidth(std::min(in_two_digits(before + (sample - before) / 2), bandwidth_max.value()));
}

}  // namespace dayan
