#include "place/cost/transport.h"

#include <algorithm>

#include "base/assert.h"

namespace dayan::place::cost {
namespace {

/// Farther than any node that can be reached, nearer than one over a move that is never.
constexpr std::int64_t unreached = never / 2;
constexpr std::int64_t endless = INT64_MAX / 4;

}  // namespace

Transport::Transport(const std::vector<std::int64_t>& capacities, const std::vector<std::int64_t>& prices)
    : capacity_(capacities),
      load_(capacities.size() + 1, 0),
      pinned_load_(capacities.size() + 1, 0),
      price_(prices),
      moves_(capacities.size() + 1) {
  capacity_.push_back(endless);
  price_.push_back(0);
  distance_.resize(capacity_.size());
  via_.resize(capacity_.size());
}

JobIndex Transport::add(const Job& job) {
  JobIndex index = static_cast<JobIndex>(rows_.size());
  if (free_rows_.empty()) {
    rows_.emplace_back();
  } else {
    index = free_rows_.back();
    free_rows_.pop_back();
  }
  Row& row = rows_[index];
  row.demand = job.demand;
  row.used = 0;
  row.pinned = false;
  row.places.clear();
  row.places.reserve(job.options.size() + 1);
  const auto add_place = [&](NodeIndex node, Cny cost) {
    row.places.push_back({node, 0, unit_cost_of(cost, job.demand), 0, cost.micro(), fits(job.demand, node)});
  };
  for (const Option& option : job.options) add_place(option.pool, option.cost);
  std::ranges::sort(row.places, {}, &Place::node);
  add_place(left_out(), job.reject_cost);
  enter(index);
  return index;
}

void Transport::remove(JobIndex job) {
  Row& row = rows_[job];
  ASSERT(row.demand > 0);
  leave(job);
  row.demand = 0;
  row.places.clear();
  free_rows_.push_back(job);
}

void Transport::set_capacity(PoolIndex pool, std::int64_t capacity) { capacity_[pool] = capacity; }

void Transport::reopen() {
  for (JobIndex job = 0; job < rows_.size(); ++job) {
    Row& row = rows_[job];
    if (row.demand == 0 || row.pinned) continue;
    const auto is_stale = [&](const Place& place) { return place.open != fits(row.demand, place.node); };
    if (std::ranges::none_of(row.places, is_stale)) continue;
    leave(job);
    for (Place& place : row.places) place.open = fits(row.demand, place.node);
    enter(job);
  }
}

void Transport::pin(JobIndex job, PlaceIndex place) {
  Row& row = rows_[job];
  ASSERT(row.demand > 0 && !row.pinned);
  leave(job);
  row.pinned = true;
  row.used = 1;
  row.places[place].units = row.demand;
  cost_ += static_cast<Int128>(row.places[place].unit_cost) * row.demand;
  load_[row.places[place].node] += row.demand;
  pinned_load_[row.places[place].node] += row.demand;
}

void Transport::unpin(JobIndex job) {
  ASSERT(rows_[job].pinned);
  leave(job);
  enter(job);
}

void Transport::enter(JobIndex job) {
  const Row& row = rows_[job];
  PlaceIndex best = static_cast<PlaceIndex>(row.places.size() - 1);
  const auto paid = [&](PlaceIndex i) { return row.places[i].unit_cost + price_[row.places[i].node]; };
  for (PlaceIndex i = 0; i + 1 < row.places.size(); ++i) {
    if (row.places[i].open && paid(i) < paid(best)) best = i;
  }
  put(job, best, row.demand);
}

void Transport::leave(JobIndex job) {
  Row& row = rows_[job];
  for (PlaceIndex i = 0; i < row.places.size(); ++i) {
    Place& place = row.places[i];
    if (place.units == 0) continue;
    if (row.pinned) {
      load_[place.node] -= place.units;
      pinned_load_[place.node] -= place.units;
      cost_ -= static_cast<Int128>(place.unit_cost) * place.units;
      place.units = 0;
    } else {
      take(job, i, place.units);
    }
  }
  row.used = 0;
  row.pinned = false;
}

void Transport::put(JobIndex job, PlaceIndex index, std::int64_t units) {
  Row& row = rows_[job];
  Place& place = row.places[index];
  const bool is_new = place.units == 0;
  place.units += units;
  cost_ += static_cast<Int128>(place.unit_cost) * units;
  load_[place.node] += units;
  if (!is_new) return;
  if (++row.used == 2) split_.push_back(job);
  moves_.arrive(rows_, job, index);
}

void Transport::take(JobIndex job, PlaceIndex index, std::int64_t units) {
  Row& row = rows_[job];
  Place& place = row.places[index];
  place.units -= units;
  cost_ -= static_cast<Int128>(place.unit_cost) * units;
  load_[place.node] -= units;
  ASSERT(place.units >= 0);
  if (place.units > 0) return;
  --row.used;
  moves_.depart(rows_, job, index);
}

void Transport::settle() {
  for (NodeIndex node = 0; node < pools(); ++node) relieve(node);
  for (NodeIndex node = 0; node < pools(); ++node) fill(node);
}

/// Moves what is over the capacity of a node along the cheapest paths to room elsewhere.
void Transport::relieve(NodeIndex from) {
  while (room(from) < 0 && load_[from] > pinned_load_[from]) {
    const NodeIndex to = search_room(from);
    for (const NodeIndex node : final_) price_[node] += distance_[to] - distance_[node];
    std::int64_t units = std::min(-room(from), room(to));
    path_.clear();
    for (NodeIndex node = to; node != from; node = via_[node]) {
      path_.push_back(moves_.cheapest(via_[node], node));
      units = std::min(units, rows_[path_.back().job].places[path_.back().from].units);
    }
    push(path_, units);
  }
}

/// Moves units into a node that has room at a price, along the cheapest paths, until it is full or free of charge.
void Transport::fill(NodeIndex into) {
  while (room(into) > 0 && price_[into] > 0) {
    const NodeIndex from = search_units(into);
    const std::int64_t fall = distance_[from] + price_[from];
    for (const NodeIndex node : final_) price_[node] -= std::max<std::int64_t>(0, fall - distance_[node]);
    std::int64_t units = room(into);
    path_.clear();
    for (NodeIndex node = from; node != into; node = via_[node]) {
      path_.push_back(moves_.cheapest(node, via_[node]));
      units = std::min(units, rows_[path_.back().job].places[path_.back().from].units);
    }
    push(path_, units);
  }
}

void Transport::push(const std::vector<Moves::Move>& path, std::int64_t units) {
  for (const Moves::Move& move : path) {
    take(move.job, move.from, units);
    put(move.job, move.to, units);
  }
}

void Transport::begin_search(NodeIndex at) {
  std::ranges::fill(distance_, unreached);
  distance_[at] = 0;
  final_.clear();
  final_.push_back(at);
  open_.clear();
  for (NodeIndex node = 0; node < distance_.size(); ++node) {
    if (node != at) open_.push_back(node);
  }
}

/// Takes the nearest of the open nodes, at this position, into the final ones.
NodeIndex Transport::finish(std::size_t position) {
  const NodeIndex node = open_[position];
  open_[position] = open_.back();
  open_.pop_back();
  final_.push_back(node);
  return node;
}

/// Dijkstra from a node along moves, by reduced cost, to the nearest node that has room.
NodeIndex Transport::search_room(NodeIndex from) {
  begin_search(from);
  NodeIndex at = from;
  while (room(at) <= 0) {
    const std::int64_t* keys = moves_.keys_from(at);
    const std::int64_t base = distance_[at] - price_[at];
    std::int64_t least = unreached;
    std::size_t nearest = open_.size();
    for (std::size_t i = 0; i < open_.size(); ++i) {
      const NodeIndex node = open_[i];
      const std::int64_t distance = base + keys[node] + price_[node];
      if (distance < distance_[node]) {
        distance_[node] = distance;
        via_[node] = at;
      }
      if (distance_[node] >= least) continue;
      least = distance_[node];
      nearest = i;
    }
    work_ += open_.size();
    ASSERT(nearest < open_.size());  // every movable job may be left out, where there is room
    at = finish(nearest);
  }
  return at;
}

/// Dijkstra against the moves, from the node that units are wanted in, to the node where giving them up costs least:
/// there the price falls to zero. Jobs that are left out have the price zero.
NodeIndex Transport::search_units(NodeIndex into) {
  begin_search(into);
  NodeIndex best = into;
  std::int64_t best_cost = price_[into];
  for (NodeIndex at = into;;) {
    const std::int64_t* keys = moves_.keys_into(at);
    const std::int64_t base = distance_[at] + price_[at];
    std::int64_t least = unreached;
    std::size_t nearest = open_.size();
    for (std::size_t i = 0; i < open_.size(); ++i) {
      const NodeIndex node = open_[i];
      const std::int64_t distance = base + keys[node] - price_[node];
      if (distance < distance_[node]) {
        distance_[node] = distance;
        via_[node] = at;
        if (distance + price_[node] < best_cost) {
          best_cost = distance + price_[node];
          best = node;
        }
      }
      if (distance_[node] >= least) continue;
      least = distance_[node];
      nearest = i;
    }
    work_ += open_.size();
    if (least >= best_cost) return best;
    at = finish(nearest);
  }
}

}  // namespace dayan::place::cost
