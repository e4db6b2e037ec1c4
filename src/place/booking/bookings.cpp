#include "place/booking/bookings.h"

#include <algorithm>

namespace dayan::place {
namespace {

constexpr std::uint32_t nobody = UINT32_MAX;

NodeDemand whole_nodes(ShapeIndex shape) { return {.whole_node = true, .shape = shape}; }

}  // namespace

Bookings::Bookings(Fleet fleet, UnixTime now) : fleet_(std::move(fleet)), now_(now), holder_(fleet_.size(), nobody) {
  capacity_.assign(fleet_.shapes(), 0);
  std::vector<int> idle(fleet_.shapes(), 0);
  for (NodeIndex node = 0; node < fleet_.size(); ++node) {
    ASSERT(fleet_.free_of(node).idle);
    ++capacity_[fleet_.shape_of(node)];
    if (fleet_.is_available(node)) {
      ++idle[fleet_.shape_of(node)];
    } else {
      lost_[node] = now;
    }
  }
  for (std::size_t shape = 0; shape < idle.size(); ++shape) {
    calendars_.emplace_back(idle[shape]);
    bounds_.emplace_back(capacity_[shape]);
  }
}

Result<void> Bookings::check(const NodeRequest& request) const {
  if (request.nodes < 1) {
    return fail(ErrorCode::invalid, std::to_string(request.nodes) + " nodes asked", "at least 1", "nodes");
  }
  if (request.wall_time <= Duration()) {
    return fail(ErrorCode::invalid, "a wall time of " + to_text(request.wall_time), "more than none", "wall_time");
  }
  if (request.wall_time > wall_time_max) {
    return fail(ErrorCode::invalid, "a wall time of " + to_text(request.wall_time),
                "at most " + to_text(wall_time_max), "wall_time");
  }
  if (request.shape && *request.shape >= calendars_.size()) {
    return fail(ErrorCode::invalid, "there is no shape " + std::to_string(*request.shape), "one of the fleet's",
                "shape");
  }
  return {};
}

std::optional<Booking> Bookings::book(const NodeRequest& request) {
  ASSERT(request.nodes >= 1 && request.wall_time > Duration() && request.wall_time <= wall_time_max);
  UnixTime start = never;
  std::size_t shape = 0;
  for (std::size_t i = 0; i < calendars_.size(); ++i) {
    if (request.shape ? *request.shape != i : request.nodes > capacity_[i]) continue;
    const UnixTime from = earliest_start(i, request);
    if (from >= start) continue;
    start = from;
    shape = i;
  }
  if (start == never) return std::nullopt;
  const Slot slot = new_slot();
  Entry& entry = entries_[slot];
  entry.start = start;
  entry.end = start + request.wall_time;
  entry.count = request.nodes;
  entry.shape = static_cast<ShapeIndex>(shape);
  entry.state = State::reserved;
  calendars_[shape].take(entry.start, entry.end, entry.count);
  starts_.emplace(start, entry.sequence, slot);
  if (start == now_) this->start(slot);
  return seen(entries_[slot]);
}

UnixTime Bookings::earliest_start(std::size_t shape, const NodeRequest& request) {
  StartBound& bound = bounds_[shape];
  const UnixTime from = std::max(now_, bound.known(request.nodes, request.wall_time));
  if (from == never) return never;
  const UnixTime start = calendars_[shape].earliest_start(from, request.wall_time, request.nodes);
  if (start > from) bound.learn(request.nodes, request.wall_time, start);
  return start;
}

/// Gives nodes back to the calendar.
void Bookings::free_capacity(ShapeIndex shape, UnixTime start, UnixTime end, std::int64_t nodes) {
  if (start >= end) return;
  calendars_[shape].release(start, end, nodes);
  bounds_[shape].forget();
}

Bookings::Slot Bookings::new_slot() {
  if (spare_.empty()) {
    spare_.push_back(static_cast<Slot>(entries_.size()));
    entries_.emplace_back();
  }
  const Slot slot = spare_.back();
  spare_.pop_back();
  entries_[slot].sequence = ++booked_;
  slot_of_.emplace(booked_, slot);
  return slot;
}

/// A reservation whose moment has come gets its nodes. That there are enough is what the calendar promised.
void Bookings::start(Slot slot) {
  Entry& entry = entries_[slot];
  ASSERT(entry.state == State::reserved && entry.start == now_);
  const bool found =
      fleet_.match_gang(whole_nodes(entry.shape), entry.count, GangScope::fleet, FitPolicy::first, grant_);
  ASSERT(found);
  entry.nodes.clear();
  for (const NodeSlot& node : grant_) {
    entry.nodes.push_back(node.node);
    holder_[node.node] = slot;
  }
  entry.state = State::runs;
  starts_.erase({entry.start, entry.sequence, slot});
  ends_.emplace(entry.end, entry.sequence, slot);
}

/// Gives back what a booking holds or has reserved, from now on.
void Bookings::finish(Slot slot) {
  Entry& entry = entries_[slot];
  if (entry.state == State::runs) {
    free_capacity(entry.shape, now_, entry.end, entry.count);
    for (const NodeIndex node : entry.nodes) {
      fleet_.release(fleet_.whole(node));
      holder_[node] = nobody;
      const auto lost = lost_.find(node);
      if (lost == lost_.end() || lost->second <= now_) continue;
      calendars_[entry.shape].take(now_, lost->second, 1);  // a draining node is gone as soon as it is empty
      lost->second = now_;
    }
    ends_.erase({entry.end, entry.sequence, slot});
  } else {
    ASSERT(entry.state == State::reserved);
    free_capacity(entry.shape, entry.start, entry.end, entry.count);
    starts_.erase({entry.start, entry.sequence, slot});
  }
  slot_of_.erase(entry.sequence);
  entry.state = State::spare;
  entry.nodes.clear();
  spare_.push_back(slot);
}

bool Bookings::end(BookingId id) {
  const auto found = slot_of_.find(static_cast<std::uint64_t>(id));
  if (found == slot_of_.end()) return false;
  finish(found->second);
  return true;
}

UnixTime Bookings::next_event() const {
  const UnixTime next_end = ends_.empty() ? never : std::get<UnixTime>(*ends_.begin());
  const UnixTime next_start = starts_.empty() ? never : std::get<UnixTime>(*starts_.begin());
  return std::min(next_end, next_start);
}

const Passed& Bookings::advance(UnixTime now) {
  ASSERT(now >= now_ && now < never);
  passed_.started.clear();
  passed_.ended.clear();
  for (UnixTime next = next_event(); next <= now; next = next_event()) {
    now_ = next;
    const bool ends = !ends_.empty() && std::get<UnixTime>(*ends_.begin()) == next;
    const auto [time, sequence, slot] = ends ? *ends_.begin() : *starts_.begin();
    (ends ? passed_.ended : passed_.started).push_back(static_cast<BookingId>(sequence));
    if (ends) {
      finish(slot);
    } else {
      start(slot);
    }
  }
  if (now > now_ || !passed_.ended.empty() || !passed_.started.empty()) {
    for (Calendar& calendar : calendars_) calendar.forget_before(now);
  }
  now_ = now;
  return passed_;
}

const Bookings::Entry* Bookings::entry_of(BookingId id) const {
  const auto found = slot_of_.find(static_cast<std::uint64_t>(id));
  return found == slot_of_.end() ? nullptr : &entries_[found->second];
}

Booking Bookings::seen(const Entry& entry) const {
  return {static_cast<BookingId>(entry.sequence),
          entry.start,
          entry.end,
          entry.shape,
          entry.count,
          entry.state == State::runs};
}

std::optional<Booking> Bookings::find(BookingId id) const {
  const Entry* entry = entry_of(id);
  if (entry == nullptr) return std::nullopt;
  return seen(*entry);
}

const std::vector<NodeIndex>& Bookings::nodes_of(BookingId id) const {
  const Entry* entry = entry_of(id);
  ASSERT(entry != nullptr);
  return entry->nodes;
}

}  // namespace dayan::place
