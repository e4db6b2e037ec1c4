#include "bench/match_load.h"

#include <algorithm>

namespace dayan::bench {
namespace {

using place::FitPolicy;
using place::Fleet;
using place::GangScope;
using place::Grant;
using place::NodeDemand;
using place::NodeIndex;
using place::NodeSlot;
using place::ShapeIndex;

constexpr Bytes gib = Bytes(std::int64_t{1} << 30);
constexpr std::uint64_t filled_percent = 90;
constexpr int nodes_per_rack = 32;

/// One core and 2 GiB each. Allocations need not be remembered: one is drawn as a core that is taken.
class SingleCores : public MatchLoad {
 public:
  using MatchLoad::MatchLoad;

  void fill() override {
    NodeSlot slot;
    while (fleet_.match(demand_, FitPolicy::first, slot)) {
      log_.match(demand_, &slot, 1);
      ++live_;
    }
    const std::size_t kept = live_ * filled_percent / 100;
    while (live_ > kept) release_one();
  }
  bool replace_one(FitPolicy policy) override {
    release_one();
    NodeSlot slot;
    if (!fleet_.match(demand_, policy, slot)) return false;
    log_.match(demand_, &slot, 1);
    ++live_;
    return true;
  }
  std::optional<Grant> held() const override {
    Grant all;
    for (NodeIndex node = 0; node < fleet_.size(); ++node) {
      NodeSlot slot;
      slot.node = node;
      const int cores = static_cast<int>(fleet_.shape(fleet_.shape_of(node)).cores.value());
      for (int core = 0; core < cores; ++core) {
        if (fleet_.is_free(node, core)) continue;
        slot.cores[static_cast<std::size_t>(core) / 64] |= std::uint64_t{1} << (core % 64);
        slot.memory_steps += memory_steps;
      }
      if (slot.memory_steps > 0) all.push_back(slot);
    }
    return all;
  }
  std::size_t live() const override { return live_; }

 private:
  static constexpr std::uint32_t memory_steps = 2048;

  void release_one() {
    NodeSlot slot;
    int core = 0;
    do {
      // Each core of the fleet is as likely as any other: a core that the node does not have is drawn again.
      slot.node = static_cast<NodeIndex>(prng_.below(fleet_.size()));
      core = static_cast<int>(prng_.below(cores_max));
    } while (core >= fleet_.shape(fleet_.shape_of(slot.node)).cores.value() || fleet_.is_free(slot.node, core));
    slot.cores[static_cast<std::size_t>(core) / 64] = std::uint64_t{1} << (core % 64);
    slot.memory_steps = memory_steps;
    fleet_.release(slot);
    log_.release(&slot, 1);
    --live_;
  }

  static constexpr std::uint64_t cores_max = 128;  // of three_shapes
  NodeDemand demand_{.memory = gib * 2};
  std::size_t live_ = 0;
};

/// Whole nodes of one of the three shapes, singly or as gangs. A gang is replaced by one of the same shape.
class WholeNodes : public MatchLoad {
 public:
  WholeNodes(Fleet& fleet, std::uint64_t seed, DecisionLog log, int members, GangScope scope)
      : MatchLoad(fleet, seed, log), members_(members), scope_(scope) {}

  void fill() override {
    for (std::size_t shape = 0; shape < three_shapes.size(); ++shape) {
      while (place_one(static_cast<ShapeIndex>(shape), FitPolicy::first)) {
        nodes_.resize(nodes_.size() + members());
        keep(live() - 1);
      }
    }
    const std::size_t kept = live() * filled_percent / 100;
    while (live() > kept) {
      const std::size_t drawn = prng_.below(live());
      release(drawn);
      std::copy(nodes_.end() - members_, nodes_.end(), first_of(drawn));
      nodes_.resize(nodes_.size() - members());
    }
  }
  bool replace_one(FitPolicy policy) override {
    const std::size_t drawn = prng_.below(live());
    const ShapeIndex shape = fleet_.shape_of(*first_of(drawn));
    release(drawn);
    if (!place_one(shape, policy)) return false;
    keep(drawn);
    return true;
  }
  std::optional<Grant> held() const override {
    Grant all;
    all.reserve(nodes_.size());
    for (const NodeIndex node : nodes_) all.push_back(fleet_.whole(node));
    return all;
  }
  std::size_t live() const override { return nodes_.size() / members(); }

 private:
  [[nodiscard]] std::size_t members() const { return static_cast<std::size_t>(members_); }
  [[nodiscard]] std::vector<NodeIndex>::iterator first_of(std::size_t allocation) {
    return nodes_.begin() + static_cast<std::ptrdiff_t>(allocation * members());
  }
  bool place_one(ShapeIndex shape, FitPolicy policy) {
    const NodeDemand demand{.whole_node = true, .shape = shape};
    if (members_ == 1) {
      grant_.resize(1);
      if (!fleet_.match(demand, policy, grant_[0])) return false;
    } else if (!fleet_.match_gang(demand, members_, scope_, policy, grant_)) {
      return false;
    }
    log_.match(demand, grant_.data(), grant_.size());
    return true;
  }
  void keep(std::size_t allocation) {
    std::ranges::transform(grant_, first_of(allocation), [](const NodeSlot& slot) { return slot.node; });
  }
  void release(std::size_t allocation) {
    grant_.clear();
    for (auto node = first_of(allocation); node != first_of(allocation) + members_; ++node) {
      grant_.push_back(fleet_.whole(*node));
      fleet_.release(grant_.back());
    }
    log_.release(grant_.data(), grant_.size());
  }

  int members_;
  GangScope scope_;
  std::vector<NodeIndex> nodes_;  ///< `members_` for each allocation
  Grant grant_;
};

/// A slot on a node of at most 128 cores, in 32 bytes.
struct PackedSlot {
  NodeIndex node = 0;
  std::uint32_t memory_steps = 0;
  std::uint32_t cards = 0;
  std::uint32_t demand = 0;
  std::array<std::uint64_t, 2> cores{};
};

/// Parts of nodes of several sizes, singly or as gangs. Remembers at most `remembered_max` slots, drawn at random as
/// they are placed; the others stay for ever.
class Shares : public MatchLoad {
 public:
  Shares(Fleet& fleet, std::uint64_t seed, DecisionLog log, int members, std::vector<NodeDemand> demands)
      : MatchLoad(fleet, seed, log), members_(members), demands_(std::move(demands)) {}

  void fill() override {
    std::int64_t cores_free = 0;
    for (NodeIndex node = 0; node < fleet_.size(); ++node) cores_free += fleet_.free_of(node).cores;
    const std::int64_t cores_kept_free = cores_free - cores_free * static_cast<std::int64_t>(filled_percent) / 100;
    std::int64_t cores_asked = 0;
    for (const NodeDemand& demand : demands_) cores_asked += demand.cores.value();
    const auto expected = static_cast<std::uint64_t>(cores_free * std::ssize(demands_) / cores_asked);
    for (int refused = 0; refused < refusals_max;) {
      const auto demand = static_cast<std::uint32_t>(prng_.below(demands_.size()));
      if (!place_one(demand, FitPolicy::first)) {
        ++refused;
        continue;
      }
      refused = 0;
      cores_free -= cores_of(demand);
      if (expected > remembered_max && !prng_.chance(remembered_max, expected)) {
        remembers_all_ = false;
        continue;
      }
      slots_.resize(slots_.size() + members());
      keep(live() - 1, demand);
    }
    while (cores_free < cores_kept_free && live() > 1) {
      const std::size_t drawn = prng_.below(live());
      cores_free += cores_of(first_of(drawn)->demand);
      release(drawn);
      std::copy(slots_.end() - members_, slots_.end(), first_of(drawn));
      slots_.resize(slots_.size() - members());
    }
  }
  bool replace_one(FitPolicy policy) override {
    const std::size_t drawn = prng_.below(live());
    const std::uint32_t demand = first_of(drawn)->demand;
    release(drawn);
    if (!place_one(demand, policy)) return false;
    keep(drawn, demand);
    return true;
  }
  std::optional<Grant> held() const override {
    if (!remembers_all_) return std::nullopt;
    Grant all;
    all.reserve(slots_.size());
    for (const PackedSlot& slot : slots_) all.push_back(unpacked(slot));
    return all;
  }
  std::size_t live() const override { return slots_.size() / members(); }

 private:
  static constexpr std::uint64_t remembered_max = 4'000'000;
  static constexpr int refusals_max = 64;

  [[nodiscard]] std::size_t members() const { return static_cast<std::size_t>(members_); }
  [[nodiscard]] std::int64_t cores_of(std::uint32_t demand) const {
    return demands_[demand].cores.value() * members_;
  }
  [[nodiscard]] std::vector<PackedSlot>::iterator first_of(std::size_t allocation) {
    return slots_.begin() + static_cast<std::ptrdiff_t>(allocation * members());
  }
  bool place_one(std::uint32_t demand, FitPolicy policy) {
    if (members_ == 1) {
      grant_.resize(1);
      if (!fleet_.match(demands_[demand], policy, grant_[0])) return false;
    } else if (!fleet_.match_gang(demands_[demand], members_, GangScope::fleet, policy, grant_)) {
      return false;
    }
    log_.match(demands_[demand], grant_.data(), grant_.size());
    return true;
  }
  void keep(std::size_t allocation, std::uint32_t demand) {
    std::ranges::transform(grant_, first_of(allocation), [&](const NodeSlot& slot) {
      return PackedSlot{slot.node, slot.memory_steps, slot.cards, demand, {slot.cores[0], slot.cores[1]}};
    });
  }
  static NodeSlot unpacked(const PackedSlot& packed) {
    NodeSlot slot;
    slot.node = packed.node;
    slot.memory_steps = packed.memory_steps;
    slot.cards = packed.cards;
    std::ranges::copy(packed.cores, slot.cores.begin());
    return slot;
  }
  void release(std::size_t allocation) {
    grant_.clear();
    for (auto slot = first_of(allocation); slot != first_of(allocation) + members_; ++slot) {
      grant_.push_back(unpacked(*slot));
      fleet_.release(grant_.back());
    }
    log_.release(grant_.data(), grant_.size());
  }

  int members_;
  std::vector<NodeDemand> demands_;
  std::vector<PackedSlot> slots_;  ///< `members_` for each allocation
  bool remembers_all_ = true;
  Grant grant_;
};

/// 36 sizes: 1 to 32 cores, 1 to 8 GiB a core, with and without cards.
std::vector<NodeDemand> mixed_demands() {
  std::vector<NodeDemand> demands;
  for (const int cores : {1, 2, 4, 8, 16, 32}) {
    for (const int gib_each : {1, 4, 8}) {
      for (const int cards : {0, cores < 4 ? 1 : cores / 4}) {
        demands.push_back({.cores = Cores(cores), .cards = cards, .memory = gib * (gib_each * cores)});
      }
    }
  }
  return demands;
}

}  // namespace

Fleet three_shape_fleet(NodeIndex nodes) {
  Fleet fleet;
  for (const place::NodeShape& shape : three_shapes) ASSERT(fleet.add_shape(shape).has_value());
  for (std::size_t rack = 0; fleet.size() < nodes; ++rack) {
    const auto size = static_cast<int>(std::min<NodeIndex>(nodes_per_rack, nodes - fleet.size()));
    ASSERT(fleet.add_rack(static_cast<ShapeIndex>(rack % three_shapes.size()), size).has_value());
  }
  return fleet;
}

std::string_view name_of(LoadKind kind) {
  switch (kind) {
    case LoadKind::single_core: return "single_core";
    case LoadKind::whole_node: return "whole_node";
    case LoadKind::gang: return "gang_16";
    case LoadKind::gang_of_shares: return "gang_16_shares";
    case LoadKind::gang_in_rack: return "gang_16_rack";
    case LoadKind::mixed: return "mixed";
  }
  return "";
}

std::string_view name_of(FitPolicy policy) { return policy == FitPolicy::first ? "first_fit" : "best_fit"; }

std::string_view words_of(LoadKind kind) {
  switch (kind) {
    case LoadKind::single_core: return "one core and 2 GiB";
    case LoadKind::whole_node: return "a whole node of a given shape";
    case LoadKind::gang: return "16 whole nodes of a given shape";
    case LoadKind::gang_of_shares: return "16 times 4 cores and 16 GiB, no two on one node";
    case LoadKind::gang_in_rack: return "16 whole nodes of one rack";
    case LoadKind::mixed: return "36 sizes of 1 to 32 cores, 1 to 256 GiB, 0 to 8 cards";
  }
  return "";
}

std::unique_ptr<MatchLoad> make_load(LoadKind kind, Fleet& fleet, std::uint64_t seed, DecisionLog log) {
  switch (kind) {
    case LoadKind::single_core: return std::make_unique<SingleCores>(fleet, seed, log);
    case LoadKind::whole_node: return std::make_unique<WholeNodes>(fleet, seed, log, 1, GangScope::fleet);
    case LoadKind::gang: return std::make_unique<WholeNodes>(fleet, seed, log, gang_members, GangScope::fleet);
    case LoadKind::gang_in_rack: return std::make_unique<WholeNodes>(fleet, seed, log, gang_members, GangScope::rack);
    case LoadKind::gang_of_shares: {
      std::vector<NodeDemand> share{{.cores = Cores(4), .memory = gib * 16}};
      return std::make_unique<Shares>(fleet, seed, log, gang_members, std::move(share));
    }
    case LoadKind::mixed: return std::make_unique<Shares>(fleet, seed, log, 1, mixed_demands());
  }
  return nullptr;
}

}  // namespace dayan::bench
