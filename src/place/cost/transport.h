#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/wide.h"
#include "place/cost/job.h"
#include "place/cost/moves.h"

/// The linear relaxation: a job may be split over its places. Because it takes the same demand everywhere, that is a
/// transportation problem, and an optimum is found in integers, exactly, by successive shortest paths between the
/// pools (Ford, Fulkerson 1957; Dijkstra over reduced costs as Edmonds, Karp 1972), with a price for a unit of each
/// pool.
///
/// Between calls of `settle` pools may be over their capacity or have room at a price above zero; always true is that
/// no move of a unit saves more than the difference of the prices. That is why anything may change at any time and
/// only what is disturbed is worked on again.

namespace dayan::place::cost {

class Transport {
 public:
  /// A capacity and a first price for each pool; prices are not negative.
  Transport(const std::vector<std::int64_t>& capacities, const std::vector<std::int64_t>& prices);

  /// The job goes to the place that is cheapest at the present prices. It must have passed faults_of.
  JobIndex add(const Job& job);
  void remove(JobIndex job);
  /// Jobs that are pinned there may exceed the new capacity; then nothing else is put there.
  void set_capacity(PoolIndex pool, std::int64_t capacity);
  /// Closes to each job the pools that cannot take the whole of it beside what is pinned, and opens the others: the
  /// relaxation comes nearer to what whole jobs can reach. For after changes of capacities and pins that last.
  void reopen();

  /// The whole job to one of its places, from which `settle` does not move it.
  void pin(JobIndex job, PlaceIndex place);
  /// Movable again: goes to the place that is cheapest at the present prices.
  void unpin(JobIndex job);

  /// Restores an optimum of what is not pinned.
  void settle();

  [[nodiscard]] std::size_t pools() const { return capacity_.size() - 1; }
  [[nodiscard]] NodeIndex left_out() const { return static_cast<NodeIndex>(pools()); }
  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }
  [[nodiscard]] std::int64_t capacity(NodeIndex node) const { return capacity_[node]; }
  /// Room for the whole of it beside what is pinned.
  [[nodiscard]] bool fits(std::int64_t demand, NodeIndex node) const {
    return demand <= capacity_[node] - pinned_load_[node];
  }
  /// What is there of pinned jobs.
  [[nodiscard]] std::int64_t pinned_load(NodeIndex node) const { return pinned_load_[node]; }
  [[nodiscard]] std::int64_t room(NodeIndex node) const { return capacity_[node] - load_[node]; }
  /// Of one unit, in 1/unit_scale micro-yuan; zero where there is room.
  [[nodiscard]] std::int64_t price(NodeIndex node) const { return price_[node]; }
  /// Jobs that became split since the last call, once each or more; some may be whole again, or gone.
  [[nodiscard]] std::vector<JobIndex> take_split() { return std::exchange(split_, {}); }
  /// Of what is placed now, at unit costs: in 1/unit_scale micro-yuan. After `settle` the least of the relaxation.
  [[nodiscard]] Int128 cost() const { return cost_; }
  /// Pairs of pools looked at so far: the measure of work.
  [[nodiscard]] std::uint64_t work() const { return work_; }

 private:
  void enter(JobIndex job);
  void leave(JobIndex job);
  void put(JobIndex job, PlaceIndex place, std::int64_t units);
  void take(JobIndex job, PlaceIndex place, std::int64_t units);
  void relieve(NodeIndex from);
  void fill(NodeIndex into);
  NodeIndex search_room(NodeIndex from);
  NodeIndex search_units(NodeIndex into);
  void begin_search(NodeIndex at);
  NodeIndex finish(std::size_t position);
  void push(const std::vector<Moves::Move>& path, std::int64_t units);

  std::vector<std::int64_t> capacity_;  // by node
  std::vector<std::int64_t> load_;
  std::vector<std::int64_t> pinned_load_;
  std::vector<std::int64_t> price_;
  std::vector<Row> rows_;
  std::vector<JobIndex> free_rows_;
  Moves moves_;
  std::vector<JobIndex> split_;
  Int128 cost_ = 0;
  std::uint64_t work_ = 0;

  // Of one search over the nodes.
  std::vector<std::int64_t> distance_;
  std::vector<NodeIndex> via_;
  std::vector<NodeIndex> open_;
  std::vector<NodeIndex> final_;
  std::vector<Moves::Move> path_;
};

}  // namespace dayan::place::cost
