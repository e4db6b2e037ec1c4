#include <algorithm>

#include "bench/match_load.h"

/// Whole nodes, singly or as gangs, for `dayan-bench match`.

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

/// Whole nodes of one of the three shapes, singly or as gangs. A gang is replaced by one of the same shape.
class WholeNodes : public MatchLoad {
 public:
  WholeNodes(Fleet& fleet, std::uint64_t seed, DecisionLog log, int members, GangScope scope)
      : MatchLoad(fleet, seed, std::move(log)), members_(members), scope_(scope) {}

  void fill() override {
    std::vector<NodeDemand> demands;
    for (std::size_t shape = 0; shape < three_shapes.size(); ++shape)
      demands.push_back(demand_of(static_cast<ShapeIndex>(shape)));
    log_.asks(demands, members_, scope_);
    log_.phase("fill");
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
    if (!place_one(shape, policy)) {
      log_.refuse(shape);
      return false;
    }
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
  [[nodiscard]] static NodeDemand demand_of(ShapeIndex shape) { return {.whole_node = true, .shape = shape}; }
  bool place_one(ShapeIndex shape, FitPolicy policy) {
    const NodeDemand demand = demand_of(shape);
    if (members_ == 1) {
      grant_.resize(1);
      if (!fleet_.match(demand, policy, grant_[0])) return false;
    } else if (!fleet_.match_gang(demand, members_, scope_, policy, grant_)) {
      return false;
    }
    log_.match(shape, demand, grant_.data(), grant_.size());
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
    log_.release(grant_.front(), true);
  }

  int members_;
  GangScope scope_;
  std::vector<NodeIndex> nodes_;  ///< `members_` for each allocation
  Grant grant_;
};

}  // namespace

std::unique_ptr<MatchLoad> make_whole_nodes(Fleet& fleet, std::uint64_t seed, DecisionLog log, int members,
                                            GangScope scope) {
  return std::make_unique<WholeNodes>(fleet, seed, std::move(log), members, scope);
}

}  // namespace dayan::bench
