#include "place/cost/dive.h"

#include <algorithm>
#include <set>

namespace dayan::place::cost {
namespace {

// Tuned on instances of 400 to 5,000 jobs: few changes at a time find the small savings, many the large ones.
constexpr std::size_t taken_back_max = 40;
constexpr std::uint64_t elsewhere_percent = 25;
constexpr std::uint64_t drawn_percent = 20;
constexpr Int128 unlimited = static_cast<Int128>(INT64_MAX) * INT64_MAX;

}  // namespace

void Dive::descend() {
  (void)descend_below(unlimited, Choice::cheapest, pins_);
  keep_places();
}

/// False: the cost reached the limit. `made` gets the pins in any case.
bool Dive::descend_below(Int128 limit, Choice choice, std::vector<Pin>& made) {
  const auto larger = [&](JobIndex a, JobIndex b) {
    const std::int64_t demand_a = transport_.rows()[a].demand;
    const std::int64_t demand_b = transport_.rows()[b].demand;
    return demand_a != demand_b ? demand_a > demand_b : a < b;
  };
  std::set<JobIndex, decltype(larger)> waiting(larger);
  waiting.insert(left_split_.begin(), left_split_.end());
  left_split_.clear();
  for (;;) {
    for (const JobIndex job : transport_.take_split()) {
      if (transport_.rows()[job].is_split()) waiting.insert(job);
    }
    if (transport_.cost() >= limit) {
      left_split_.assign(waiting.begin(), waiting.end());
      return false;
    }
    if (waiting.empty()) return true;
    const std::uint64_t skipped = choice == Choice::drawn ? prng_.below(waiting.size()) : 0;
    const auto next = std::next(waiting.begin(), static_cast<std::ptrdiff_t>(skipped));
    const JobIndex job = *next;
    waiting.erase(next);
    const Row& row = transport_.rows()[job];
    if (!row.is_split()) continue;
    const std::vector<PlaceIndex> places = candidates(row);
    if (choice == Choice::cheapest) {
      made.push_back({job, pin_cheapest(job, places)});
    } else {
      made.push_back({job, places[prng_.below(places.size())]});
      pin(job, made.back().place);
    }
  }
}

/// The places that hold some of the job and have room for all of it beside what is pinned; when there is none: left
/// out.
std::vector<PlaceIndex> Dive::candidates(const Row& row) const {
  std::vector<PlaceIndex> places;
  for (PlaceIndex i = 0; i < row.places.size(); ++i) {
    if (row.places[i].units > 0 && transport_.fits(row.demand, row.places[i].node)) places.push_back(i);
  }
  if (places.empty()) places.push_back(static_cast<PlaceIndex>(row.places.size() - 1));
  return places;
}

void Dive::pin(JobIndex job, PlaceIndex place) {
  transport_.pin(job, place);
  transport_.settle();
}

/// Pins the job to the candidate that costs least when the rest is settled again.
PlaceIndex Dive::pin_cheapest(JobIndex job, const std::vector<PlaceIndex>& candidates) {
  PlaceIndex best = candidates.front();
  pin(job, best);
  Int128 least = transport_.cost();
  for (std::size_t i = 1; i < candidates.size(); ++i) {
    transport_.unpin(job);
    pin(job, candidates[i]);
    if (transport_.cost() >= least) continue;
    least = transport_.cost();
    best = candidates[i];
  }
  if (best != candidates.back()) {
    transport_.unpin(job);
    pin(job, best);
  }
  return best;
}

void Dive::improve(std::uint64_t work, Int128 enough) {
  const std::uint64_t end = transport_.work() + work;
  Int128 best = transport_.cost();
  std::vector<Pin> taken;
  std::vector<Pin> made;
  while (transport_.work() < end && !pins_.empty() && best > enough) {
    take_back_some(taken);
    made.clear();
    if (prng_.chance(elsewhere_percent, 100)) send_elsewhere(taken[prng_.below(taken.size())], best, made);
    const Choice choice = prng_.chance(drawn_percent, 100) ? Choice::drawn : Choice::cheapest;
    if (descend_below(best, choice, made)) {
      best = transport_.cost();
      pins_.insert(pins_.end(), made.begin(), made.end());
      keep_places();
      continue;
    }
    for (const Pin& each : made) transport_.unpin(each.job);
    for (const Pin& each : taken) transport_.pin(each.job, each.place);
    pins_.insert(pins_.end(), taken.begin(), taken.end());
    transport_.settle();
    // Where jobs are alike there may be another optimum around the same pins, with other jobs split.
    (void)descend_below(unlimited, Choice::cheapest, pins_);
  }
}

void Dive::take_back_some(std::vector<Pin>& taken) {
  taken.clear();
  const std::size_t count = 1 + prng_.below(std::min(taken_back_max, pins_.size()));
  for (std::size_t i = 0; i < count; ++i) {
    std::swap(pins_[prng_.below(pins_.size())], pins_.back());
    taken.push_back(pins_.back());
    pins_.pop_back();
    transport_.unpin(taken.back().job);
  }
  transport_.settle();
}

/// Pins the job to another place than it had, drawn from those whose price alone does not use up what is to be saved.
void Dive::send_elsewhere(const Pin& from, Int128 limit, std::vector<Pin>& made) {
  const Row& row = transport_.rows()[from.job];
  const Int128 saved = limit - transport_.cost();
  const auto paid = [&](const Place& place) { return place.unit_cost + transport_.price(place.node); };
  std::int64_t least = never;
  for (const Place& place : row.places) {
    if (place.open) least = std::min(least, paid(place));
  }
  std::vector<PlaceIndex> choice;
  for (PlaceIndex i = 0; i < row.places.size(); ++i) {
    const Place& place = row.places[i];
    if (i == from.place || !place.open || !transport_.fits(row.demand, place.node)) continue;
    if (static_cast<Int128>(paid(place) - least) * row.demand < saved) choice.push_back(i);
  }
  if (choice.empty()) return;
  made.push_back({from.job, choice[prng_.below(choice.size())]});
  pin(from.job, made.back().place);
}

void Dive::keep_places() {
  const std::vector<Row>& rows = transport_.rows();
  places_.assign(rows.size(), 0);
  for (std::size_t job = 0; job < rows.size(); ++job) {
    for (PlaceIndex i = 0; i < rows[job].places.size(); ++i) {
      if (rows[job].places[i].units > 0) places_[job] = i;
    }
  }
}

void Dive::surface() {
  for (const Pin& pin : pins_) transport_.unpin(pin.job);
  pins_.clear();
  transport_.settle();
}

}  // namespace dayan::place::cost
