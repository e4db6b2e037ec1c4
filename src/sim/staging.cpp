#include "sim/staging.h"

#include <algorithm>

#include "base/assert.h"

namespace dayan::sim {
namespace {

/// Of so many bytes those that have crossed after so much of the whole time.
Bytes part_of(Bytes bytes, Duration passed, Duration whole) {
  if (passed >= whole) return bytes;
  const auto part = mul_div(bytes.value(), passed.microseconds(), whole.microseconds(), Rounding::down);
  ASSERT(part.has_value());  // it is no more than the whole
  return Bytes(*part);
}

}  // namespace

Duration Staging::begin(TaskIndex task, std::uint32_t site, Duration now) {
  if (inputs_of(task).is_zero()) return {};
  Crossing& crossing = crossings_[key_of(task, site)];
  if (crossing.fetcher) {
    if (crossing.ready > now) crossing.waiting.push_back(task);
  } else if (crossing.there < inputs_of(task)) {
    crossing.fetcher = task;
    crossing.from = now;
    crossing.ready = now + stage_.scenario.crossing_time(site, inputs_of(task) - crossing.there);
  }
  return std::max(Duration(), crossing.ready - now);
}

Fetched Staging::end(TaskIndex task, std::uint32_t site, Duration now) {
  if (inputs_of(task).is_zero()) return {};
  Crossing& crossing = crossings_.at(key_of(task, site));
  std::erase(crossing.waiting, task);
  if (crossing.fetcher != task) return {};
  const Duration until = std::min(now, crossing.ready);
  const Fetched fetched{
      part_of(inputs_of(task) - crossing.there, until - crossing.from, crossing.ready - crossing.from),
      until - crossing.from};
  crossing.there = crossing.there + fetched.bytes;
  crossing.from = until;
  crossing.fetcher.reset();
  if (crossing.ready > now && !crossing.waiting.empty()) {
    crossing.fetcher = crossing.waiting.front();
    crossing.waiting.erase(crossing.waiting.begin());
  }
  return fetched;
}

bool Staging::charge(TaskIndex task, std::uint32_t site) {
  if (inputs_of(task).is_zero()) return false;
  return !std::exchange(crossings_.at(key_of(task, site)).is_charged, true);
}

}  // namespace dayan::sim
