#include "place/sharing/shared_fleet.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <numeric>
#include <tuple>
#include <utility>

#include "base/assert.h"

namespace dayan::place::sharing {
namespace {

/// The usefulness is computed anew when the arrivals have doubled, at the latest after so many, and when so much of
/// the fleet's cards was taken or given back: every kept score is worth nothing afterwards.
constexpr std::int64_t learn_steps_max = 4096;
constexpr std::int64_t fleet_parts = 16;
/// What is scarce changes faster, and costs little to compute.
constexpr std::uint64_t scarcity_steps = 64;

constexpr std::uint32_t nobody = UINT32_MAX;

Node idle_node(const NodeShape& shape) {
  Node node;
  node.memory = shape.memory.value();
  node.cpu = static_cast<std::int32_t>(shape.cpu.value());
  node.milli_cards = shape.cards * whole_card;
  node.cards = static_cast<std::uint8_t>(shape.cards);
  node.whole = node.cards;
  node.model = static_cast<std::uint8_t>(shape.model);
  for (std::size_t i = 0; i < node.cards; ++i) node.free[i] = whole_card;
  return node;
}

/// On which nothing fits, not even a demand for nothing.
Node nothing_fits(int model) {
  Node node;
  node.memory = -1;
  node.cpu = -1;
  node.model = static_cast<std::uint8_t>(model);
  node.idle = false;
  return node;
}

}  // namespace

bool is_valid(const NodeShape& shape) {
  return shape.cpu >= MilliCores(0) && shape.cpu <= milli_cores_max && shape.memory >= Bytes(0) &&
         shape.memory <= bytes_max && shape.cards >= 0 && shape.cards <= cards_per_node_max && shape.model >= 0 &&
         shape.model < models_max;
}

bool is_valid(const Demand& demand) {
  const bool card =
      demand.of_each == whole_card || (demand.cards == 1 && demand.of_each >= 1 && demand.of_each < whole_card);
  return demand.cpu >= MilliCores(0) && demand.cpu <= milli_cores_max && demand.memory >= Bytes(0) &&
         demand.memory <= bytes_max && demand.cards >= 0 && demand.cards <= cards_per_node_max && card;
}

SharedFleet::SharedFleet(std::span<const NodeShape> nodes) : shapes_(nodes.begin(), nodes.end()) {
  ASSERT(nodes.size() < nobody / 2);
  for (const NodeShape& shape : nodes) {
    ASSERT(is_valid(shape));
    models_ = std::max(models_, shape.model + 1);
  }
  lay_out(nodes);
  floor_.values.assign(floor_.nodes.size(), 0);
  floor_.changed_at.assign(floor_.nodes.size(), 0);
  floor_.changes.assign(std::max<std::size_t>(floor_.nodes.size(), 1), 0);
  floor_.free_of.assign(static_cast<std::size_t>(models_), 0);
  for (const Node& node : floor_.nodes) floor_.free_of[node.model] += node.milli_cards;
  milli_cards_ = std::accumulate(floor_.free_of.begin(), floor_.free_of.end(), std::int64_t{0});
  free_milli_cards_ = milli_cards_;
}

void SharedFleet::lay_out(std::span<const NodeShape> nodes) {
  std::vector<std::uint32_t> order(nodes.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) {
    return std::tuple(nodes[a].model, nodes[a], a) < std::tuple(nodes[b].model, nodes[b], b);
  });
  const auto put = [&](const Node& node, std::uint32_t number, bool like_last) {
    const std::uint32_t shape = floor_.shape_of.empty() ? 0 : floor_.shape_of.back() + (like_last ? 0 : 1);
    floor_.nodes.push_back(node);
    floor_.shape_of.push_back(shape);
    number_of_.push_back(number);
  };
  const auto fill_block = [&] {
    while (floor_.nodes.size() % block_nodes != 0) put(nothing_fits(floor_.nodes.back().model), nobody, false);
  };
  place_of_.assign(nodes.size(), 0);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const NodeShape& shape = nodes[order[i]];
    if (i > 0 && nodes[order[i - 1]].model != shape.model) fill_block();
    place_of_[order[i]] = static_cast<std::uint32_t>(floor_.nodes.size());
    put(idle_node(shape), order[i], i > 0 && nodes[order[i - 1]] == shape);
  }
  fill_block();
}

std::size_t SharedFleet::room_for_class() {
  if (classes_.size() < classes_max) {
    classes_.emplace_back();
    mix_.emplace_back();
    return classes_.size() - 1;
  }
  const auto oldest = std::ranges::min_element(classes_, {}, &DemandClass::asked_last);
  const auto index = static_cast<std::size_t>(oldest - classes_.begin());
  index_of_.erase(mix_[index].demand);
  counted_ -= mix_[index].arrivals;
  *oldest = {};
  mix_[index] = {};
  return index;
}

std::size_t SharedFleet::class_of(const Demand& demand) {
  const auto known = index_of_.find(demand);
  if (known != index_of_.end()) return known->second;
  const std::size_t index = room_for_class();
  mix_[index].demand = demand;
  index_of_.emplace(demand, index);
  return index;
}

void SharedFleet::learn(std::size_t index) {
  ++arrivals_;
  classes_[index].asked_last = arrivals_;
  ++mix_[index].arrivals;
  ++counted_;
  if (counted_ < learn_at_ && std::abs(free_milli_cards_ - learned_free_) * fleet_parts <= milli_cards_) return;
  if (counted_ >= mix_window) {
    counted_ = 0;
    for (Counted& each : mix_) counted_ += each.arrivals /= 2;
  }
  learn_at_ = std::min(2 * counted_, counted_ + learn_steps_max);
  learned_free_ = free_milli_cards_;
  floor_.use(Usefulness(mix_, models_, Prospects(mix_, draws_for(mix_, floor_.nodes))));
}

std::span<const std::int64_t> SharedFleet::model_costs(const Demand& demand) {
  if (demand.cards == 0) return {};
  const bool old = arrivals_ - scarcity_from_ >= scarcity_steps;
  if (old || scarcity_.costs(demand.models).empty()) {
    scarcity_ = Scarcity(mix_, floor_.free_of);
    scarcity_from_ = arrivals_;
  }
  return scarcity_.costs(demand.models);
}

std::optional<Spot> SharedFleet::place(const Demand& demand) {
  ASSERT(is_valid(demand));
  const std::size_t index = class_of(demand);
  learn(index);
  ScoreBoard& board = classes_[index].board;
  board.update(floor_, demand);
  const std::optional<std::uint32_t> at = board.best(floor_, demand, model_costs(demand));
  if (!at) return std::nullopt;
  return take(demand, *at);
}

Spot SharedFleet::take(const Demand& demand, std::uint32_t at) {
  Node& node = floor_.nodes[at];
  ASSERT(fits(node, demand));
  Spot spot{number_of_[at], 0};
  if (demand.is_fraction()) {
    const auto card = static_cast<std::size_t>(floor_.usefulness.after(node, demand).card);
    if (node.free[card] == whole_card) --node.whole;
    node.free[card] = static_cast<std::int16_t>(node.free[card] - demand.of_each);
    spot.cards = static_cast<std::uint16_t>(1U << card);
  } else {
    int wanted = demand.cards;
    for (std::size_t i = 0; i < node.cards && wanted > 0; ++i) {
      if (node.free[i] != whole_card) continue;
      node.free[i] = 0;
      spot.cards = static_cast<std::uint16_t>(spot.cards | 1U << i);
      --wanted;
    }
    node.whole = static_cast<std::uint8_t>(node.whole - demand.cards);
  }
  node.cpu -= static_cast<std::int32_t>(demand.cpu.value());
  node.memory -= demand.memory.value();
  node.milli_cards -= demand.milli_cards();
  after_change(at, -demand.milli_cards());
  return spot;
}

void SharedFleet::release(const Demand& demand, const Spot& spot) {
  ASSERT(is_valid(demand) && spot.node < node_count());
  const NodeShape& shape = shapes_[spot.node];
  const std::uint32_t at = place_of_[spot.node];
  Node& node = floor_.nodes[at];
  ASSERT(std::popcount(spot.cards) == demand.cards && spot.cards >> shape.cards == 0);
  for (std::size_t i = 0; i < node.cards; ++i) {
    if ((spot.cards >> i & 1U) == 0) continue;
    ASSERT(node.free[i] + demand.of_each <= whole_card);
    node.free[i] = static_cast<std::int16_t>(node.free[i] + demand.of_each);
    if (node.free[i] == whole_card) ++node.whole;
  }
  node.cpu += static_cast<std::int32_t>(demand.cpu.value());
  node.memory += demand.memory.value();
  node.milli_cards += demand.milli_cards();
  ASSERT(node.cpu <= shape.cpu.value() && node.memory <= shape.memory.value());
  after_change(at, demand.milli_cards());
}

void SharedFleet::after_change(std::uint32_t at, std::int64_t milli_cards_given_back) {
  Node& node = floor_.nodes[at];
  const NodeShape& shape = shapes_[number_of_[at]];
  node.idle = node.cpu == shape.cpu.value() && node.memory == shape.memory.value() && node.whole == node.cards;
  floor_.free_of[node.model] += milli_cards_given_back;
  free_milli_cards_ += milli_cards_given_back;
  floor_.note_change(at);
}

std::optional<std::string> SharedFleet::broken_node(std::uint32_t number) const {
  const NodeShape& shape = shapes_[number];
  const std::uint32_t at = place_of_[number];
  const Node& node = floor_.nodes[at];
  const std::string name = "node " + std::to_string(number) + ": ";
  int milli_cards = 0;
  int whole = 0;
  for (std::size_t i = 0; i < node.free.size(); ++i) {
    const int most = std::cmp_less(i, shape.cards) ? whole_card : 0;
    if (node.free[i] < 0 || node.free[i] > most) return name + "card " + std::to_string(i) + " beyond its capacity";
    milli_cards += node.free[i];
    whole += node.free[i] == whole_card ? 1 : 0;
  }
  if (node.cpu < 0 || node.cpu > shape.cpu.value()) return name + "CPU beyond its capacity";
  if (node.memory < 0 || node.memory > shape.memory.value()) return name + "memory beyond its capacity";
  if (milli_cards != node.milli_cards || whole != node.whole) return name + "its sums are not those of its cards";
  if (floor_.values[at] != floor_.usefulness.of(node)) return name + "its usefulness is stale";
  if (number_of_[at] != number || node.cards != shape.cards || node.model != shape.model) return name + "is another";
  return std::nullopt;
}

std::optional<std::string> SharedFleet::broken_invariant() const {
  std::vector<std::int64_t> free_of(floor_.free_of.size(), 0);
  for (std::uint32_t number = 0; number < node_count(); ++number) {
    if (auto broken = broken_node(number)) return broken;
    free_of[node(number).model] += node(number).milli_cards;
  }
  const std::int64_t free = std::accumulate(free_of.begin(), free_of.end(), std::int64_t{0});
  if (free_of != floor_.free_of || free != free_milli_cards_)
    return "free cards: the sums are not those of the nodes";
  std::int64_t counted = 0;
  for (std::size_t i = 0; i < classes_.size(); ++i) {
    counted += mix_[i].arrivals;
    if (!classes_[i].board.equals_fresh(floor_, mix_[i].demand))
      return "class " + std::to_string(i) + ": a stale score";
  }
  if (counted != counted_ || index_of_.size() != classes_.size())
    return "the mix: its sum is not that of its classes";
  return std::nullopt;
}

}  // namespace dayan::place::sharing
