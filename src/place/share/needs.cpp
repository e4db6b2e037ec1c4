#include "place/share/needs.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "base/assert.h"

namespace dayan::place::share {
namespace {

bool before(const Needs::Need& a, const Needs::Need& b) { return std::tie(a.rate, a.job) < std::tie(b.rate, b.job); }

}  // namespace

void Needs::sum_from(std::size_t index) {
  rates_.resize(needs_.size());
  sums_.resize(needs_.size() + 1);
  for (std::size_t i = index; i < needs_.size(); ++i) {
    const Need& need = needs_[i];
    rates_[i] = need.rate;
    sums_[i + 1] = {sums_[i].scale + need.scale, sums_[i].need + need.scale * need.rate};
  }
}

void Needs::add(const Need& need) {
  const auto at = std::ranges::upper_bound(needs_, need, before);
  const auto index = static_cast<std::size_t>(at - needs_.begin());
  needs_.insert(at, need);
  sum_from(index);
}

void Needs::add_all(std::vector<Need> needs) {
  std::move(needs.begin(), needs.end(), std::back_inserter(needs_));
  std::ranges::sort(needs_, before);
  sum_from(0);
}

void Needs::remove(double rate, std::uint32_t job) {
  const auto at = std::ranges::lower_bound(needs_, Need{rate, 0, job}, before);
  ASSERT(at != needs_.end() && at->job == job && at->rate == rate);
  const auto index = static_cast<std::size_t>(at - needs_.begin());
  needs_.erase(at);
  sum_from(index);
}

std::size_t Needs::up_to(double rate, std::size_t from) const {
  const auto begin = rates_.begin() + static_cast<std::ptrdiff_t>(from);
  return static_cast<std::size_t>(std::upper_bound(begin, rates_.end(), rate) - rates_.begin());
}

}  // namespace dayan::place::share
