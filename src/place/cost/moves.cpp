#include "place/cost/moves.h"

#include <algorithm>

#include "base/assert.h"

namespace dayan::place::cost {
namespace {

/// For the std heaps, whose front is the greatest: a total order, so that equal keys give the same job everywhere.
struct Later {
  bool operator()(const Moves::Move& a, const Moves::Move& b) const {
    if (a.key != b.key) return a.key > b.key;
    return a.job != b.job ? a.job > b.job : a.stay > b.stay;
  }
};

bool is_past(const std::vector<Row>& rows, const Moves::Move& move) {
  const Row& row = rows[move.job];
  return move.from >= row.places.size() || row.places[move.from].stay != move.stay;
}

}  // namespace

Moves::Moves(std::size_t nodes)
    : nodes_(nodes), heaps_(nodes * nodes), keys_from_(nodes * nodes, never), keys_into_(nodes * nodes, never) {}

void Moves::arrive(std::vector<Row>& rows, JobIndex job, PlaceIndex place) {
  Row& row = rows[job];
  Place& here = row.places[place];
  here.stay = ++row.stays;
  ASSERT(here.stay != 0);
  for (PlaceIndex to = 0; to < row.places.size(); ++to) {
    const Place& there = row.places[to];
    if (to == place || !there.open) continue;
    Heap& heap = heaps_[here.node * nodes_ + there.node];
    if (heap.moves.size() >= heap.sweep_at) sweep(rows, heap);
    heap.moves.push_back({there.unit_cost - here.unit_cost, job, here.stay, place, to});
    std::push_heap(heap.moves.begin(), heap.moves.end(), Later{});
    publish(heap, here.node, there.node);
  }
}

void Moves::depart(std::vector<Row>& rows, JobIndex job, PlaceIndex place) {
  Row& row = rows[job];
  Place& here = row.places[place];
  here.stay = 0;
  for (const Place& there : row.places) {
    Heap& heap = heaps_[here.node * nodes_ + there.node];
    if (heap.moves.empty() || heap.moves.front().job != job) continue;
    drop_past(rows, heap);
    publish(heap, here.node, there.node);
  }
}

void Moves::publish(const Heap& heap, NodeIndex from, NodeIndex to) {
  const std::int64_t key = heap.moves.empty() ? never : heap.moves.front().key;
  keys_from_[from * nodes_ + to] = key;
  keys_into_[to * nodes_ + from] = key;
}

void Moves::drop_past(const std::vector<Row>& rows, Heap& heap) {
  while (!heap.moves.empty() && is_past(rows, heap.moves.front())) {
    std::pop_heap(heap.moves.begin(), heap.moves.end(), Later{});
    heap.moves.pop_back();
  }
}

void Moves::sweep(const std::vector<Row>& rows, Heap& heap) {
  std::erase_if(heap.moves, [&](const Move& move) { return is_past(rows, move); });
  std::make_heap(heap.moves.begin(), heap.moves.end(), Later{});
  heap.sweep_at = std::max(sweep_min, 3 * heap.moves.size());
}

}  // namespace dayan::place::cost
