#include <algorithm>

#include "bench/match_load.h"

/// Parts of nodes, singly or as gangs, for `dayan-bench match`.

namespace dayan::bench {
namespace {

using place::FitPolicy;
using place::Fleet;
using place::GangScope;
using place::Grant;
using place::NodeDemand;
using place::NodeIndex;
using place::NodeSlot;

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
      : MatchLoad(fleet, seed, std::move(log)), members_(members), demands_(std::move(demands)) {}

  void fill() override {
    log_.asks(demands_, members_, GangScope::fleet);
    log_.phase("fill");
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
    if (!place_one(demand, policy)) {
      log_.refuse(demand);
      return false;
    }
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
    log_.match(demand, demands_[demand], grant_.data(), grant_.size());
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
    log_.release(grant_.front(), false);
  }

  int members_;
  std::vector<NodeDemand> demands_;
  std::vector<PackedSlot> slots_;  ///< `members_` for each allocation
  bool remembers_all_ = true;
  Grant grant_;
};

}  // namespace

std::unique_ptr<MatchLoad> make_shares(Fleet& fleet, std::uint64_t seed, DecisionLog log, int members,
                                       std::vector<NodeDemand> demands) {
  return std::make_unique<Shares>(fleet, seed, std::move(log), members, std::move(demands));
}

}  // namespace dayan::bench
