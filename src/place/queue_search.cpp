#include "place/queue_search.h"

#include <set>
#include <utility>

namespace dayan::place {
namespace {

/// A search that goes on passes over so many lanes at most that are not asked.
constexpr std::size_t search_lanes_passed_max = 512;
/// Where so many searches stop that do not reach as far as the one that is to go on, that one is given up.
constexpr std::int32_t search_cuts_max = 8;

}  // namespace

JobRecord* QueueSearch::find(SearchPlace& place) {
  return place.is_cut && place.before <= before_ ? go_on(place) : find_first(place);
}

JobRecord* QueueSearch::find_first(SearchPlace& place) {
  const WaitQueue& queue = planning_.agenda().queue();
  QueueWalk walk(queue, QueueWalk::Lanes::unpromised, only_firm_);
  for (const auto& [need, shape] : queue.shapes()) {
    if (waits_for_room(need)) walk.add(shape);
  }
  for (std::size_t looked = 0; const auto step = walk.next(before_); ++looked) {
    if (looked == overtaken_looked_at_max) {
      const bool is_kept = place.is_cut && ++place.cut_since < search_cuts_max;
      if (!is_kept) place = {true, before_, 0, std::nullopt, 0};
      return nullptr;
    }
    if (step->job == nullptr) {
      if (is_of_pool(step->job_class->index)) walk.enter(*step->job_class);
      continue;
    }
    const WouldTake answer = ask_(*step->job);
    if (answer == WouldTake::yes) return step->job;
    if (answer == WouldTake::no) walk.go_on(*step);
  }
  return nullptr;
}

JobRecord* QueueSearch::go_on(SearchPlace& place) {
  const SearchPlace from = std::exchange(place, SearchPlace());
  const WaitQueue& queue = planning_.agenda().queue();
  std::set<Need> needs;
  for (const auto& [need, shape] : queue.shapes()) {
    if (waits_for_room(need)) needs.insert(need);
  }
  std::size_t looked = 0;
  std::size_t passed = 0;
  for (LaneIndex index = from.lane; index < queue.lanes().size(); ++index) {
    const Lane& lane = queue.lanes()[index];
    if (++passed > search_lanes_passed_max) {
      place = {true, before_, index, std::nullopt, 0};
      return nullptr;
    }
    if (lane.jobs.empty() || lane.key.is_promised || !queue.may_suit(lane.in, pool_)) continue;
    const JobClass& job_class = *queue.classes()[lane.in];
    const bool is_asked = needs.contains(job_class.need) && !(only_firm_ && job_class.requirements.reclaimable);
    if (!is_asked || !is_of_pool(lane.in)) continue;
    const bool is_within = index == from.lane && from.behind;
    std::optional<QueueKey> behind = is_within ? from.behind : std::nullopt;
    auto job = behind ? lane.jobs.upper_bound(*behind) : lane.jobs.begin();
    for (; job != lane.jobs.end() && job->first < before_; behind = (job++)->first) {
      if (looked++ == overtaken_looked_at_max) {
        place = {true, before_, index, behind, 0};
        return nullptr;
      }
      const WouldTake answer = ask_(*job->second);
      if (answer == WouldTake::yes) return job->second;
      if (answer == WouldTake::never_of_its_lane) break;
    }
  }
  return nullptr;
}

bool QueueSearch::is_of_pool(ClassIndex index) {
  WaitQueue& queue = planning_.agenda().queue();
  if (!queue.may_suit(index, pool_)) return false;
  const bool is_feasible = planning_.agenda().ranking(queue.job_class(index)).feasible().get(pool_.index);
  if (!is_feasible) queue.rule_out(index, pool_.index);
  return is_feasible;
}

}  // namespace dayan::place
