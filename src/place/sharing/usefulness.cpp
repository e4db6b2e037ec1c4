#include "place/sharing/usefulness.h"

#include <algorithm>

#include "base/assert.h"
#include "base/wide.h"
#include "place/sharing/steps.h"

namespace dayan::place::sharing {
namespace {

constexpr std::size_t whole_counts = cards_per_node_max + 1;

/// Sums along both axes: then a cell holds the weight of all demands that ask for no more than it stands for.
void accumulate(std::vector<std::int32_t>& table, std::size_t rows, std::size_t columns) {
  for (std::size_t at = 0; at < table.size(); ++at) {
    if (at % columns != 0) table[at] += table[at - 1];
  }
  for (std::size_t at = columns; at < table.size(); ++at) {
    if (at / columns % rows != 0) table[at] += table[at - columns];
  }
}

}  // namespace

bool fits(const Node& node, const Demand& demand) {
  if (demand.cpu.value() > node.cpu || demand.memory.value() > node.memory) return false;
  if (demand.cards == 0) return true;
  if ((demand.models >> node.model & 1U) == 0) return false;
  if (!demand.is_fraction()) return demand.cards <= node.whole;
  if (node.whole > 0) return true;
  for (std::size_t i = 0; i < node.cards; ++i) {
    if (node.free[i] >= demand.of_each) return true;
  }
  return false;
}

Usefulness::Usefulness(std::span<const Counted> mix, int models, const Prospects& prospects)
    : prospects_(prospects), models_(models) {
  ASSERT(models >= 1 && models <= models_max);
  std::vector<std::int32_t> cpus;
  std::vector<std::int32_t> fractions;
  std::int64_t arrivals = 0;
  Int128 cpu = 0;
  Int128 milli_cards = 0;
  for (const auto& [demand, count] : mix) {
    if (demand.cards == 0 || count == 0) continue;
    cpus.push_back(static_cast<std::int32_t>(demand.cpu.value()));
    if (demand.is_fraction()) fractions.push_back(demand.of_each);
    arrivals += count;
    cpu += static_cast<Int128>(demand.cpu.value()) * count;
    milli_cards += static_cast<Int128>(demand.milli_cards()) * count;
  }
  cpu_steps_ = steps_of(std::move(cpus));
  const std::vector<std::int32_t> fraction_steps = steps_of(std::move(fractions));
  fraction_steps_ = fraction_steps.size() + 1;
  for (int free = 0; free <= whole_card; ++free) {
    fraction_step_[static_cast<std::size_t>(free)] = static_cast<std::uint8_t>(steps_within(fraction_steps, free));
  }
  if (cpu > 0) fed_per_core_ = static_cast<std::int64_t>((milli_cards << 32) / cpu);

  const std::size_t rows = cpu_steps_.size() + 1;
  fractions_.assign(static_cast<std::size_t>(models_) * rows * fraction_steps_, 0);
  wholes_.assign(static_cast<std::size_t>(models_) * rows * whole_counts, 0);
  for (const auto& [demand, count] : mix) {
    if (demand.cards == 0 || count == 0) continue;
    const auto weight = static_cast<std::int32_t>(static_cast<Int128>(count) * weight_unit / arrivals);
    const std::size_t at = step_reaching(cpu_steps_, static_cast<std::int32_t>(demand.cpu.value())) + 1;
    for (int model = 0; model < models_; ++model) {
      if ((demand.models >> model & 1U) == 0) continue;
      const std::size_t line = static_cast<std::size_t>(model) * rows + at;
      if (demand.is_fraction()) {
        fractions_[line * fraction_steps_ + step_reaching(fraction_steps, demand.of_each) + 1] += weight;
      } else {
        wholes_[line * whole_counts + static_cast<std::size_t>(demand.cards)] += weight;
      }
    }
  }
  accumulate(fractions_, rows, fraction_steps_);
  accumulate(wholes_, rows, whole_counts);
}

Usefulness::Row Usefulness::row(int model, std::int32_t cpu) const {
  const std::size_t line = static_cast<std::size_t>(model) * (cpu_steps_.size() + 1) + steps_within(cpu_steps_, cpu);
  return {fractions_.data() + line * fraction_steps_, wholes_.data() + line * whole_counts};
}

std::int64_t Usefulness::of_partial(const Row& row, int free) const {
  const std::int32_t at_once = row.fractions[fraction_step_[static_cast<std::size_t>(free)]];
  return prospects_.of(free) * at_once_parts + std::int64_t{free} * at_once;
}

std::int64_t Usefulness::of_whole(const Row& row, int cards) const {
  const std::int64_t at_once = row.fractions[fraction_steps_ - 1] + row.wholes[cards];
  return cards * (prospects_.of(whole_card) * at_once_parts + whole_card * at_once);
}

std::int64_t Usefulness::of_cards(const Node& node, const Row& row, int whole) const {
  std::int64_t cards = of_whole(row, whole);
  for (std::size_t i = 0; i < node.cards; ++i) {
    if (node.free[i] < whole_card) cards += of_partial(row, node.free[i]);
  }
  return cards;
}

std::int64_t Usefulness::stranded(std::int32_t milli_cards, std::int32_t cpu) const {
  if (fed_per_core_ == 0) return 0;  // nobody asks for CPU
  const auto fed = static_cast<std::int64_t>(static_cast<Int128>(cpu) * fed_per_core_ >> 32);
  return fed >= milli_cards ? 0 : (milli_cards - fed) * weight_unit;
}

std::int32_t Usefulness::value(std::int64_t cards, std::int64_t stranded) {
  return static_cast<std::int32_t>(cards / at_once_parts - stranded);
}

std::int32_t Usefulness::of(const Node& node) const {
  return value(of_cards(node, row(node.model, node.cpu), node.whole), stranded(node.milli_cards, node.cpu));
}

Usefulness::After Usefulness::after(const Node& node, const Demand& demand) const {
  const auto cpu = static_cast<std::int32_t>(node.cpu - demand.cpu.value());
  const Row at = row(node.model, cpu);
  After after;
  const std::int64_t cards = demand.is_fraction() ? best_fraction(node, at, demand.of_each, after.card)
                                                  : of_cards(node, at, node.whole - demand.cards);
  after.value = value(cards, stranded(node.milli_cards - demand.milli_cards(), cpu));
  return after;
}

std::int64_t Usefulness::best_fraction(const Node& node, const Row& row, int of_each, int& card) const {
  std::int64_t cards = of_whole(row, node.whole);
  std::int64_t best = INT64_MIN;
  for (std::size_t i = 0; i < node.cards; ++i) {
    const int free = node.free[i];
    if (free == whole_card) continue;
    const std::int64_t before = of_partial(row, free);
    cards += before;
    if (free < of_each) continue;
    const std::int64_t gain = of_partial(row, free - of_each) - before;
    if (gain <= best) continue;
    best = gain;
    card = static_cast<int>(i);
  }
  if (node.whole > 0) {  // a card is opened only when that is better
    const std::int64_t gain =
        of_whole(row, node.whole - 1) + of_partial(row, whole_card - of_each) - of_whole(row, node.whole);
    if (gain > best) {
      best = gain;
      card = static_cast<int>(std::ranges::find(node.free, whole_card) - node.free.begin());
    }
  }
  ASSERT(card >= 0);
  return cards + best;
}

}  // namespace dayan::place::sharing
