#include "bench/match_load.h"

#include <algorithm>

namespace dayan::bench {
namespace {

using place::FitPolicy;
using place::Fleet;
using place::GangScope;
using place::NodeDemand;
using place::NodeIndex;
using place::ShapeIndex;

constexpr int nodes_per_rack = 32;

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
    case LoadKind::single_core: return make_single_cores(fleet, seed, std::move(log));
    case LoadKind::whole_node: return make_whole_nodes(fleet, seed, std::move(log), 1, GangScope::fleet);
    case LoadKind::gang: return make_whole_nodes(fleet, seed, std::move(log), gang_members, GangScope::fleet);
    case LoadKind::gang_in_rack: return make_whole_nodes(fleet, seed, std::move(log), gang_members, GangScope::rack);
    case LoadKind::gang_of_shares: {
      std::vector<NodeDemand> share{{.cores = Cores(4), .memory = gib * 16}};
      return make_shares(fleet, seed, std::move(log), gang_members, std::move(share));
    }
    case LoadKind::mixed: return make_shares(fleet, seed, std::move(log), 1, mixed_demands());
  }
  return nullptr;
}

}  // namespace dayan::bench
