#include <algorithm>

#include "place/booking/bookings.h"

/// Nodes that fail, drain and return, and what that does to what was promised; and the recount.

namespace dayan::place {
namespace {

constexpr std::uint32_t nobody = UINT32_MAX;

}  // namespace

Disruption Bookings::lose(NodeIndex node) {
  Disruption disruption;
  const Slot holder = holder_[node];
  if (holder != nobody) {
    disruption.stopped = static_cast<BookingId>(entries_[holder].sequence);
    finish(holder);
  }
  if (fleet_.is_available(node)) lose_capacity(node, now_, disruption);
  return disruption;
}

Disruption Bookings::drain(NodeIndex node) {
  Disruption disruption;
  if (!fleet_.is_available(node)) return disruption;
  const Slot holder = holder_[node];
  lose_capacity(node, holder == nobody ? now_ : entries_[holder].end, disruption);
  return disruption;
}

void Bookings::restore(NodeIndex node) {
  const auto lost = lost_.find(node);
  if (lost == lost_.end()) return;
  free_capacity(fleet_.shape_of(node), std::max(now_, lost->second), never, 1);
  lost_.erase(lost);
  fleet_.set_available(node, true);
}

void Bookings::lose_capacity(NodeIndex node, UnixTime from, Disruption& disruption) {
  const ShapeIndex shape = fleet_.shape_of(node);
  fleet_.set_available(node, false);
  lost_[node] = from;
  calendars_[shape].take(from, never, 1);
  move_reservations(shape, disruption);
}

/// After a loss: the youngest reservations that want more than is left give way, and are reserved again, the oldest
/// of them first, from the earliest moment that is left.
void Bookings::move_reservations(ShapeIndex shape, Disruption& disruption) {
  Calendar& calendar = calendars_[shape];
  if (calendar.least_free(now_, never) >= 0) return;
  std::vector<Slot> giving_way;
  for (auto youngest = slot_of_.rbegin(); youngest != slot_of_.rend(); ++youngest) {
    const Entry& entry = entries_[youngest->second];
    if (entry.shape != shape || entry.state != State::reserved) continue;
    if (calendar.least_free(entry.start, entry.end) >= 0) continue;
    free_capacity(shape, entry.start, entry.end, entry.count);
    starts_.erase({entry.start, entry.sequence, youngest->second});
    giving_way.push_back(youngest->second);
    if (calendar.least_free(now_, never) >= 0) break;
  }
  ASSERT(calendar.least_free(now_, never) >= 0);
  for (auto oldest = giving_way.rbegin(); oldest != giving_way.rend(); ++oldest) {
    Entry& entry = entries_[*oldest];
    const Duration wall_time = entry.end - entry.start;
    const UnixTime before = entry.start;
    entry.start = calendar.earliest_start(now_, wall_time, entry.count);
    if (entry.start == never) {
      disruption.dropped.push_back(static_cast<BookingId>(entry.sequence));
      slot_of_.erase(entry.sequence);
      entry.state = State::spare;
      spare_.push_back(*oldest);
      continue;
    }
    entry.end = entry.start + wall_time;
    calendar.take(entry.start, entry.end, entry.count);
    starts_.emplace(entry.start, entry.sequence, *oldest);
    if (entry.start == now_) start(*oldest);
    if (entry.start != before) disruption.moved.push_back(seen(entry));
  }
}

std::optional<std::string> Bookings::broken_invariant() const {
  Grant held;
  std::size_t starts = 0;
  std::size_t ends = 0;
  for (Slot slot = 0; slot < entries_.size(); ++slot) {
    const Entry& entry = entries_[slot];
    if (entry.state == State::spare) continue;
    const std::string name = "booking " + std::to_string(entry.sequence) + ": ";
    const auto found = slot_of_.find(entry.sequence);
    if (found == slot_of_.end() || found->second != slot) return name + "it is not found by its id";
    if (entry.state == State::reserved) {
      ++starts;
      if (!starts_.contains({entry.start, entry.sequence, slot})) return name + "its start is forgotten";
      if (entry.start <= now_) return name + "it should have started";
      continue;
    }
    ++ends;
    if (!ends_.contains({entry.end, entry.sequence, slot})) return name + "its end is forgotten";
    if (entry.end <= now_) return name + "it should have ended";
    if (std::ssize(entry.nodes) != entry.count) return name + "it has not as many nodes as it asked for";
    for (const NodeIndex node : entry.nodes) {
      if (holder_[node] != slot) return name + "a node of it is held by another";
      if (fleet_.shape_of(node) != entry.shape) return name + "a node of it is of another shape";
      held.push_back(fleet_.whole(node));
    }
  }
  if (starts != starts_.size() || ends != ends_.size()) return "a start or an end is due of no booking";
  for (std::size_t shape = 0; shape < calendars_.size(); ++shape) {
    if (auto broken = broken_calendar(static_cast<ShapeIndex>(shape))) return broken;
  }
  return fleet_.broken_invariant(held);
}

/// The calendar's level at every moment where it may change, against the sum of what is booked and lost then.
std::optional<std::string> Bookings::broken_calendar(ShapeIndex shape) const {
  std::map<UnixTime, std::int64_t> changes;
  changes[now_] += capacity_[shape];
  for (const Entry& entry : entries_) {
    if (entry.state == State::spare || entry.shape != shape) continue;
    changes[std::max(now_, entry.start)] -= entry.count;
    changes[entry.end] += entry.count;
  }
  for (const auto& [node, from] : lost_) {
    if (fleet_.shape_of(node) == shape) changes[std::max(now_, from)] -= 1;
  }
  std::int64_t free = 0;
  for (auto change = changes.begin(); change != changes.end(); ++change) {
    free += change->second;
    const std::string name = "shape " + std::to_string(shape) + " at " + to_text(change->first) + ": ";
    if (free < 0) return name + "more nodes are booked than there are";
    const auto next = std::next(change);
    const UnixTime until = next == changes.end() ? never : next->first;
    const Calendar& calendar = calendars_[shape];
    if (calendar.least_free(change->first, until) != free || calendar.most_free(change->first, until) != free) {
      return name + "the calendar does not say what is booked";
    }
  }
  return std::nullopt;
}

}  // namespace dayan::place
