#include "place/sharing/scarcity.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/assert.h"

namespace dayan::place::sharing {
namespace {

/// Thousandths of useful free cards that are given up rather than take a whole card of a model whose load from others
/// is that of an even cluster. Chosen on lists made for it (docs/performance.md): from 1,000 to 2,000 is as good;
/// less wastes models that are asked for, more wastes cards at the end.
constexpr double protection = 1500;
/// Beyond this nothing outweighs it anyway.
constexpr double cost_max = 1e12;

}  // namespace

std::vector<Scarcity::Load> Scarcity::loads(std::span<const Counted> mix, std::span<const std::int64_t> free_of) {
  const ModelSet known = free_of.size() == models_max ? any_model : (ModelSet{1} << free_of.size()) - 1;
  std::map<ModelSet, std::int64_t> asked;
  std::int64_t asked_in_all = 0;
  for (const auto& [demand, arrivals] : mix) {
    const std::int64_t milli_cards = demand.milli_cards() * arrivals;
    if ((demand.models & known) == 0 || demand.cards == 0) continue;
    asked[demand.models & known] += milli_cards;
    asked_in_all += milli_cards;
  }
  std::int64_t free_in_all = 0;
  for (const std::int64_t free : free_of) free_in_all += free;
  std::vector<Load> loads;
  for (const auto& [allowed, milli_cards] : asked) {
    std::int64_t free = 0;
    for (std::size_t model = 0; model < free_of.size(); ++model) {
      if ((allowed >> model & 1U) != 0) free += free_of[model];
    }
    // Where nothing is free nothing is placed: the least free amount stands for none.
    loads.push_back({allowed,
                     static_cast<double>(milli_cards) / static_cast<double>(std::max<std::int64_t>(asked_in_all, 1)),
                     static_cast<double>(std::max<std::int64_t>(free, 1)) /
                         static_cast<double>(std::max<std::int64_t>(free_in_all, 1))});
  }
  return loads;
}

Scarcity::Scarcity(std::span<const Counted> mix, std::span<const std::int64_t> free_of) : models_(free_of.size()) {
  ASSERT(free_of.size() <= models_max);
  known_ = models_ == models_max ? any_model : (ModelSet{1} << models_) - 1;
  const std::vector<Load> all = loads(mix, free_of);
  costs_.assign(all.size() * models_, 0);
  for (std::size_t row = 0; row < all.size(); ++row) {
    const ModelSet own = all[row].allowed;
    sets_.push_back(own);
    for (std::size_t model = 0; model < models_; ++model) {
      if ((own >> model & 1U) == 0) continue;
      double load = 0;
      for (const Load& other : all) {
        if ((other.allowed & own) == own || (other.allowed >> model & 1U) == 0) continue;
        load += other.share / other.share_free;
      }
      const double cost = std::min(load * protection / whole_card * weight_unit, cost_max);
      costs_[row * models_ + model] = std::llround(cost);
    }
  }
}

std::span<const std::int64_t> Scarcity::costs(ModelSet allowed) const {
  const auto at = std::ranges::lower_bound(sets_, allowed & known_);
  if (at == sets_.end() || *at != (allowed & known_)) return {};
  return std::span(costs_).subspan(static_cast<std::size_t>(at - sets_.begin()) * models_, models_);
}

}  // namespace dayan::place::sharing
