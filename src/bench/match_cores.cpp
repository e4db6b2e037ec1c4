#include <algorithm>

#include "bench/match_load.h"

/// Single cores, for `dayan-bench match`.

namespace dayan::bench {
namespace {

using place::FitPolicy;
using place::Fleet;
using place::Grant;
using place::NodeDemand;
using place::NodeIndex;
using place::NodeSlot;

/// One core and 2 GiB each. Allocations need not be remembered: one is drawn as a core that is taken.
class SingleCores : public MatchLoad {
 public:
  using MatchLoad::MatchLoad;

  void fill() override {
    log_.asks({demand_}, 1, place::GangScope::fleet);
    log_.phase("fill");
    NodeSlot slot;
    while (fleet_.match(demand_, FitPolicy::first, slot)) {
      log_.match(0, demand_, &slot, 1);
      ++live_;
    }
    const std::size_t kept = live_ * filled_percent / 100;
    while (live_ > kept) release_one();
  }
  bool replace_one(FitPolicy policy) override {
    release_one();
    NodeSlot slot;
    if (!fleet_.match(demand_, policy, slot)) {
      log_.refuse(0);
      return false;
    }
    log_.match(0, demand_, &slot, 1);
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
    log_.release(slot, false);
    --live_;
  }

  static constexpr std::uint64_t cores_max = 128;  // of three_shapes
  NodeDemand demand_{.memory = gib * 2};
  std::size_t live_ = 0;
};

}  // namespace

std::unique_ptr<MatchLoad> make_single_cores(Fleet& fleet, std::uint64_t seed, DecisionLog log) {
  return std::make_unique<SingleCores>(fleet, seed, log);
}

}  // namespace dayan::bench
