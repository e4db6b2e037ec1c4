#include "place/room_ahead.h"

#include <algorithm>
#include <deque>

namespace dayan::place {
namespace {

/// So long ahead nobody looks: it is as good as not known.
constexpr Duration ahead_span_max = wall_time_limit_max;

Amounts several(const Amounts& each, std::int64_t count) {
  Amounts sum;
  for (std::size_t kind = 0; kind < kinds; ++kind) sum.of[kind] = times(each.of[kind], count);
  return sum;
}

Amounts sum_of(Amounts a, const Amounts& b) {
  for (std::size_t kind = 0; kind < kinds; ++kind) a.of[kind] = plus(a.of[kind], b.of[kind]);
  return a;
}

}  // namespace

RoomAhead::RoomAhead(UnixTime now, const Amounts& free, std::vector<std::pair<UnixTime, Amounts>> ends) {
  std::sort(ends.begin(), ends.end());
  steps_.push_back({now, free});
  for (const auto& [at, amounts] : ends) {
    if (at > steps_.back().at) steps_.push_back({at, steps_.back().free});
    steps_.back().free = sum_of(steps_.back().free, amounts);
  }
}

/// The last step that begins then or before; the first where none does.
std::size_t RoomAhead::step_at(UnixTime at) const {
  const auto after = std::upper_bound(steps_.begin(), steps_.end(), at,
                                      [](UnixTime wanted, const Step& step) { return wanted < step.at; });
  return after == steps_.begin() ? 0 : static_cast<std::size_t>(after - steps_.begin()) - 1;
}

std::optional<RoomAhead::Slot> RoomAhead::earliest(const Amounts& each, std::int64_t most, UnixTime from, Duration run,
                                                   std::int64_t& looks) const {
  const UnixTime last = steps_.front().at + ahead_span_max;
  for (std::size_t i = step_at(from); i < steps_.size(); ++i) {
    if (--looks < 0) return std::nullopt;
    if (!covers(steps_[i].free, each)) continue;  // divisions are dear
    std::int64_t tasks = std::min(most, fit_count(steps_[i].free, each));
    if (tasks <= 0) continue;
    const UnixTime start = std::max(steps_[i].at, from);
    if (start > last) return std::nullopt;
    std::size_t narrow = i;  // the last step before its end that lets none in
    for (std::size_t j = i + 1; j < steps_.size() && steps_[j].at < start + run; ++j) {
      if (--looks < 0) return std::nullopt;
      tasks = std::min(tasks, fit_count(steps_[j].free, each));
      if (tasks <= 0) {
        narrow = j;
        break;
      }
    }
    if (tasks > 0) return Slot{start, tasks};
    i = narrow;
  }
  return std::nullopt;
}

/// The step that begins then.
std::size_t RoomAhead::cut(UnixTime at) {
  const std::size_t before = step_at(at);
  if (steps_[before].at == at) return before;
  const Step step{at, steps_[before].free};
  steps_.insert(steps_.begin() + static_cast<std::ptrdiff_t>(before) + 1, step);
  return before + 1;
}

void RoomAhead::take(const Slot& slot, const Amounts& each, Duration run) {
  const std::size_t first = cut(slot.at);
  const std::size_t end = cut(slot.at + run);
  const Amounts taken = several(each, slot.tasks);
  for (std::size_t i = first; i < end; ++i) steps_[i].free = minus(steps_[i].free, taken);
}

std::optional<UnixTime> RoomAhead::all_done(const Amounts& each, std::int64_t tasks, std::int64_t first,
                                            std::int64_t at_once, UnixTime from, Duration run) const {
  if (at_once <= 0) return std::nullopt;
  RoomAhead left = *this;
  const UnixTime settles = steps_.back().at;  // from then on nothing comes free but what these tasks give back
  std::deque<Slot> running;                   // by starts, so by ends
  std::int64_t count = 0;                     // of tasks that run
  std::int64_t looks = done_looks_max;
  std::int64_t last = 0;  // tasks of the group that ended last
  const auto end_of = [&](const Slot& slot) { return slot.at + run; };
  while (tasks > 0) {
    for (; !running.empty() && end_of(running.front()) <= from; running.pop_front())
      count -= last = running.front().tasks;
    const bool is_settled = from >= settles && count > 0;
    if (count >= at_once) {
      if (is_settled) break;
      from = end_of(running.front());
      continue;
    }
    const std::int64_t most = std::min({tasks, at_once - count, first});
    const auto slot = left.earliest(each, most, from, run, looks);
    if (!slot || (is_settled && slot->at > from)) break;
    left.take(*slot, each, run);
    running.push_back(*slot);
    count += slot->tasks;
    tasks -= slot->tasks;
    from = slot->at;
    if (slot->tasks == first) from = left.steps_[left.step_at(from) + 1].at;
    first = at_once;  // from now on the sums say how many
  }
  if (running.empty()) {  // the looks ended just as all had: the rest goes on from then as the last of them went
    if (last == 0) return std::nullopt;
    count = last;
    running.push_back({from - run, last});
  }
  if (tasks == 0) return end_of(running.back());
  // The rest follows those that run, each group as it ends by one of its size.
  const std::int64_t rounds = (tasks - 1) / count;
  tasks -= rounds * count;
  const auto follows = std::find_if(running.begin(), running.end(), [&](const Slot& each_group) {
    tasks -= each_group.tasks;
    return tasks <= 0;
  });
  const Duration more = Duration::microseconds(times(run.microseconds(), plus(rounds, 1)));
  return UnixTime(plus(end_of(*follows).microseconds(), more.microseconds()));
}

}  // namespace dayan::place
