#include "place/queue_ahead.h"

#include <algorithm>

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

QueueWalk::QueueWalk(const WaitQueue& queue, const QueueKey& before) : queue_(queue), before_(before) {
  for (const auto& [need, shape] : queue.shapes()) push_class(shape, {QueueKey(), 0});
}

void QueueWalk::push_class(const WaitingShape& shape, const std::pair<QueueKey, ClassIndex>& from) {
  const auto next = shape.by_head.lower_bound(from);
  if (next != shape.by_head.end() && next->first < before_) coming_.push({next->first, next->second, no_lane, &shape});
}

void QueueWalk::push_lanes(const JobClass& job_class) {
  for (const ViewIndex view : job_class.views) {
    for (const View::Entry& each : queue_.view(view).by_head) {
      if (each.head >= before_) break;
      push_job(each.lane, queue_.lanes()[each.lane].jobs.begin());
    }
  }
}

void QueueWalk::push_job(LaneIndex index, std::map<QueueKey, JobRecord*>::const_iterator job) {
  const Lane& lane = queue_.lanes()[index];
  if (job != lane.jobs.end() && job->first < before_) coming_.push({job->first, lane.in, index, nullptr});
}

const JobRecord* QueueWalk::job_at(const Comes& next) {
  const auto found = queue_.lanes()[next.lane].jobs.find(next.key);
  push_job(next.lane, std::next(found));
  return found->second;
}

RoomAhead::RoomAhead(UnixTime now, const Amounts& free, std::vector<std::pair<UnixTime, Amounts>> ends) {
  std::sort(ends.begin(), ends.end());
  steps_.push_back({now, free});
  for (const auto& [at, amounts] : ends) {
    if (at > steps_.back().at) steps_.push_back({at, steps_.back().free});
    steps_.back().free = sum_of(steps_.back().free, amounts);
  }
}

std::optional<RoomAhead::Slot> RoomAhead::earliest(const Amounts& each, std::int64_t most, UnixTime from, Duration run,
                                                   std::int64_t& looks) const {
  const UnixTime last = steps_.front().at + ahead_span_max;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (--looks < 0) return std::nullopt;
    if (i + 1 < steps_.size() && steps_[i + 1].at <= from) continue;
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
  const auto after = std::upper_bound(steps_.begin(), steps_.end(), at,
                                      [](UnixTime wanted, const Step& step) { return wanted < step.at; });
  const auto place = static_cast<std::size_t>(after - steps_.begin());
  if (std::prev(after)->at == at) return place - 1;
  const Step step{at, std::prev(after)->free};
  steps_.insert(after, step);
  return place;
}

void RoomAhead::take(const Slot& slot, const Amounts& each, Duration run) {
  const std::size_t first = cut(slot.at);
  const std::size_t end = cut(slot.at + run);
  const Amounts taken = several(each, slot.tasks);
  for (std::size_t i = first; i < end; ++i) steps_[i].free = minus(steps_[i].free, taken);
}

QueueAhead::QueueAhead(const World& world, const WaitQueue& queue, const Asking& asking, const QueueKey& before,
                       const std::vector<const PoolState*>& pools, UnixTime now)
    : world_(world), queue_(queue), asking_(asking), now_(now) {
  own_ = std::min(pools.size(), ahead_pools_max);
  for (std::size_t i = 0; i < own_; ++i) (void)stand_of(*pools[i]);
  const auto is_wanted = [&](const JobClass& job_class) { return suited(job_class).is_wanted; };
  QueueWalk walk(queue, before);
  while (const JobRecord* job = walk.next(is_wanted)) {
    is_cut_ = jobs_.size() == ahead_jobs_max;
    if (is_cut_) break;
    if (job->id != asking.job) jobs_.push_back(job);
  }
  is_cut_ = is_cut_ || walk.is_cut();
}

void QueueAhead::give_room() {
  for (std::size_t i = 0; i < own_; ++i) place_promised(stands_[i]);
  for (const bool at_the_latest : {false, true}) {
    looks_ = ahead_looks_max;
    for (const JobRecord* job : jobs_) place(*job, at_the_latest);
    is_cut_ = is_cut_ || looks_ < 0;
  }
}

std::size_t QueueAhead::stand_of(const PoolState& pool) {
  const auto [known, is_new] = stand_of_.try_emplace(pool.index, stands_.size());
  if (is_new) stands_.push_back({&pool, {}, {}, 0});
  return known->second;
}

/// Of the pools that are looked at, and of its own best ones.
const QueueAhead::Suited& QueueAhead::suited(const JobClass& job_class) {
  const auto [found, is_new] = suited_.try_emplace(job_class.index);
  Suited& suited = found->second;
  if (!is_new) return suited;
  const Ranking* ranking = job_class.ranking && job_class.ranking->is_built() ? job_class.ranking.get() : nullptr;
  const auto may_take = [&](const PoolState& pool) {
    if (!pool.is_known || pool.slots_when_empty(job_class.need) == 0) return false;
    if (ranking != nullptr) return ranking->feasible().get(pool.index);
    return queue_.may_suit(job_class.index, pool) && fixed_gaps(job_class.requirements, pool).empty();
  };
  for (std::size_t i = 0; i < own_; ++i) {
    const PoolState& pool = *stands_[i].pool;
    if (!may_take(pool)) continue;
    suited.is_wanted = true;
    suited.stands.emplace_back(i, ranking != nullptr ? ranking->score(world_.figures(pool.index)) : 0.0F);
  }
  if (!suited.is_wanted || ranking == nullptr) return suited;
  std::size_t count = 0;
  for (const RankedPool& each : ranking->best_first()) {
    const PoolState& pool = world_.pool(each.pool);
    if (!pool.is_known || !pool.centre->reachable(now_) || !may_take(pool)) continue;
    if (count++ == ahead_pools_of_class) break;
    const std::size_t stand = stand_of(pool);
    const auto is_same = [&](const auto& known) { return known.first == stand; };
    if (std::none_of(suited.stands.begin(), suited.stands.end(), is_same))
      suited.stands.emplace_back(stand, each.score);
  }
  return suited;
}

/// Where the job may wait for room: those that have some now it has been asked at, and would not have.
std::vector<std::size_t> QueueAhead::choices(const JobRecord& job) {
  std::vector<std::size_t> found;
  if (job.promised != no_pool) {
    const auto stand = stand_of_.find(job.promised);
    if (stand != stand_of_.end()) found.push_back(stand->second);
    return found;
  }
  const JobClass& job_class = *queue_.classes()[queue_.lanes()[job.lane].in];
  const Suited& all = suited(job_class);
  float best = std::numeric_limits<float>::infinity();
  const bool waits_for_best = preference_of(job_class.requirements).waits_for_best;
  const CustomerGroup group = world_.acceptance().group_of(job.organisation);
  const auto may_take = [&](const PoolState& pool) {
    return pool.centre->reachable(now_) && world_.acceptance().accepts(group, pool.index) &&
           world_.figures(pool.index).wall_time_max >= job.wall_time && !world_.is_full_of(job, pool);
  };
  for (const auto& [stand, score] : all.stands) {
    if (!may_take(*stands_[stand].pool)) continue;
    if (waits_for_best && score < best) found.clear();
    best = std::min(best, score);
    if (!waits_for_best || score == best) found.push_back(stand);
  }
  std::erase_if(found, [&](std::size_t stand) { return stands_[stand].pool->has_room(job_class.need); });
  return found;
}

void QueueAhead::place(const JobRecord& job, bool at_the_latest) {
  const std::vector<std::size_t> stands = choices(job);
  const Need& need = queue_.classes()[queue_.lanes()[job.lane].in]->need;
  const std::int64_t at_once = job.at_once_max() > 0 ? job.at_once_max() : int64_max;
  const auto length = [&](const PoolState& pool) {
    if (!at_the_latest) return expected_run(job, pool.row);
    return job.wall_time + lease_start_allowance + world_.staging(job, pool);
  };
  UnixTime from = now_;
  std::vector<std::size_t> used;
  for (std::int64_t left = stands.empty() ? 0 : job.waiting(); left > 0;) {
    std::optional<RoomAhead::Slot> best;
    std::size_t at = 0;
    for (const std::size_t each : stands) {
      const PoolState& pool = *stands_[each].pool;
      const std::int64_t most = std::min({left, at_once, pool.slots_when_empty(need)});
      const auto slot = room(stands_[each], at_the_latest).earliest(need.all(), most, from, length(pool), looks_);
      const auto done = [&](const RoomAhead::Slot& found, std::size_t there) {
        return found.at + length(*stands_[there].pool);
      };
      if (!slot || (best && done(*slot, each) >= done(*best, at))) continue;
      best = slot;
      at = each;
    }
    if (!best) return;
    const Duration taken_for = length(*stands_[at].pool);
    room(stands_[at], at_the_latest).take(*best, need.all(), taken_for);
    stands_[at].is_taken = true;
    if (std::find(used.begin(), used.end(), at) == used.end()) used.push_back(at);
    left -= best->tasks;
    if (at_once != int64_max) from = best->at + taken_for;
  }
  for (const std::size_t each : used) stands_[each].jobs += at_the_latest ? 0 : 1;
}

/// Who is promised room of a pool has it before all others, wherever it stands.
void QueueAhead::place_promised(Stand& stand) {
  const std::optional<Promise>& promise = stand.pool->promise;
  if (!promise || promise->job.is_none() || promise->job == asking_.job) return;
  const bool stands_before = std::any_of(jobs_.begin(), jobs_.end(),
                                         [&](const JobRecord* each) { return each->id == promise->job; });
  const JobRecord* job = world_.job(promise->job);
  if (stands_before || job == nullptr) return;
  for (const bool at_the_latest : {false, true}) {
    const Duration length = at_the_latest ? job->wall_time + lease_start_allowance : promise->run;
    RoomAhead& had = room(stand, at_the_latest);
    const auto slot = had.earliest(promise->need.all(), promise->tasks, now_, length, looks_);
    if (slot) had.take(*slot, promise->need.all(), length);
  }
  stand.is_taken = true;
  ++stand.jobs;
}

RoomAhead& QueueAhead::room(Stand& stand, bool at_the_latest) {
  open(stand);
  return at_the_latest ? *stand.longest : *stand.expected;
}

void QueueAhead::open(Stand& stand) {
  if (stand.expected) return;
  const PoolState& pool = *stand.pool;
  std::vector<std::pair<UnixTime, Amounts>> expected;
  std::vector<std::pair<UnixTime, Amounts>> longest;
  for (const Holding* each : pool.holdings) {
    expected.emplace_back(stepwise_end(*each, pool.row, now_), each->shape.all());
    longest.emplace_back(sure_end(*each, now_), each->shape.all());
  }
  const Amounts free = minus(pool.total, pool.taken());
  stand.expected.emplace(now_, free, std::move(expected));
  stand.longest.emplace(now_, free, std::move(longest));
}

std::optional<Queued> QueueAhead::at(const PoolState& pool) {
  const auto found = stand_of_.find(pool.index);
  const bool is_looked_at = found != stand_of_.end();
  if (!is_looked_at || !stands_[found->second].is_taken) {
    if (is_looked_at ? !is_cut_ : jobs_.empty()) return std::nullopt;
    Queued as_it_is;
    as_it_is.is_least = true;
    return as_it_is;
  }
  Stand& stand = stands_[found->second];
  const Need need = asking_.need();
  const std::int64_t most = pool.slots_when_empty(need);
  Queued queued;
  queued.is_counted = true;
  queued.jobs_before = stand.jobs;
  queued.is_least = is_cut_;
  std::int64_t looks = ahead_looks_max;
  const auto slot = stand.expected->earliest(need.all(), most, now_, asking_.run_on(pool.row), looks);
  if (slot) queued.wait = slot->at - now_;
  if (slot) queued.slots = slot->tasks;
  const Duration length = asking_.requirements->wall_time + lease_start_allowance + asking_.staging(pool);
  const auto later = stand.longest->earliest(need.all(), most, now_, length, looks);
  if (later) queued.longest = later->at - now_;
  return queued;
}

}  // namespace dayan::place
