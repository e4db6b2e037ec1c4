#pragma once

#include <cstdint>
#include <vector>

#include "place/cost/job.h"

/// Which job is cheapest to move from one pool to another, for every pair of pools, kept while jobs move.

namespace dayan::place::cost {

/// A pool, or the place of the jobs that are left out: node `pools`.
using NodeIndex = std::uint32_t;
/// An entry of Row::places.
using PlaceIndex = std::uint32_t;

/// One place a job may be in, and how much of it is there.
struct Place {
  NodeIndex node = 0;
  std::uint32_t stay = 0;      ///< which stay at this node it is; 0: none of the job is here
  std::int64_t unit_cost = 0;  ///< of one unit of demand, in 1/unit_scale micro-yuan
  std::int64_t units = 0;      ///< of the demand, here
  std::int64_t cost = 0;       ///< of the whole job, in micro-yuan
  bool open = true;            ///< the pool can take the whole job
};

/// One job: its places by rising node, the last of them is where jobs are left out.
struct Row {
  std::int64_t demand = 0;  ///< 0: the slot is free
  std::uint32_t stays = 0;  ///< how many stays this slot has had
  std::uint32_t used = 0;   ///< how many places hold some of it; more than one: the job is split
  bool pinned = false;      ///< it stays where it is
  std::vector<Place> places;

  [[nodiscard]] bool is_split() const { return used > 1; }
};

/// The larger the scale, the nearer is the price of a unit to the price of the job.
inline constexpr std::int64_t unit_scale = 64;
/// cost × unit_scale / demand, rounded to the nearest.
[[nodiscard]] inline std::int64_t unit_cost_of(Cny cost, std::int64_t demand) {
  return (cost.micro() * unit_scale + demand / 2) / demand;
}
/// No job can move along this pair.
inline constexpr std::int64_t never = INT64_MAX / 2;

class Moves {
 public:
  /// How one unit of `job` moves from places[from] to places[to]; `key` is the change of cost.
  struct Move {
    std::int64_t key = never;
    JobIndex job = no_job;
    std::uint32_t stay = 0;
    PlaceIndex from = 0;
    PlaceIndex to = 0;
  };

  explicit Moves(std::size_t nodes);

  /// Some of the job is now at this place, where none was.
  void arrive(std::vector<Row>& rows, JobIndex job, PlaceIndex place);
  /// None of the job is at this place any more.
  void depart(std::vector<Row>& rows, JobIndex job, PlaceIndex place);

  [[nodiscard]] std::size_t nodes() const { return nodes_; }
  /// The change of cost of the cheapest move out of a node, by target; `never` where no job can move.
  [[nodiscard]] const std::int64_t* keys_from(NodeIndex from) const { return keys_from_.data() + from * nodes_; }
  /// The same into a node, by origin.
  [[nodiscard]] const std::int64_t* keys_into(NodeIndex to) const { return keys_into_.data() + to * nodes_; }
  [[nodiscard]] const Move& cheapest(NodeIndex from, NodeIndex to) const {
    return heaps_[from * nodes_ + to].moves.front();
  }

 private:
  static constexpr std::size_t sweep_min = 64;

  /// A binary heap, least first, with entries of past stays that are dropped when they reach the top.
  struct Heap {
    std::vector<Move> moves;
    std::size_t sweep_at = sweep_min;  ///< at this size, past stays are swept out
  };

  void drop_past(const std::vector<Row>& rows, Heap& heap);
  void publish(const Heap& heap, NodeIndex from, NodeIndex to);
  void sweep(const std::vector<Row>& rows, Heap& heap);

  std::size_t nodes_;
  std::vector<Heap> heaps_;
  std::vector<std::int64_t> keys_from_;
  std::vector<std::int64_t> keys_into_;
};

}  // namespace dayan::place::cost
