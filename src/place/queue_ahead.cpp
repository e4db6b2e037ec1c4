#include "place/queue_ahead.h"

#include <algorithm>
#include <limits>

#include "place/preference.h"

namespace dayan::place {

bool may_take(const JobClass& job_class, const PoolState& pool, const WaitQueue& queue) {
  if (!pool.is_known || pool.slots_when_empty(job_class.need) == 0) return false;
  if (job_class.ranking && job_class.ranking->is_built()) return job_class.ranking->feasible().get(pool.index);
  return queue.may_suit(job_class.index, pool) && fixed_gaps(job_class.requirements, pool).empty();
}

QueueAhead::QueueAhead(Outlook& outlook, const WaitQueue& queue, const std::vector<PoolIndex>& pools, JobId left_out)
    : outlook_(outlook), world_(outlook.world()), queue_(queue), left_out_(left_out), walk_(queue), own_(pools.size()) {
  ASSERT(own_ <= ahead_pools_max);
  for (const PoolIndex pool : pools) (void)stand_of(world_.pool(pool));
  for (const auto& [need, shape] : queue.shapes()) walk_.add(shape);
}

void QueueAhead::pass_to(const QueueKey& before) {
  while (!is_cut_) {
    const auto step = walk_.next(before);
    if (!step) return;
    if (step->job == nullptr) {
      is_cut_ = classes_++ == ahead_classes_max;
      if (!is_cut_ && suited(*step->job_class).is_wanted) walk_.enter(*step->job_class);
      continue;
    }
    walk_.go_on(*step);
    if (step->job->id == left_out_) continue;
    is_cut_ = jobs_ == ahead_jobs_max;
    if (is_cut_) return;
    ++jobs_;
    for (const auto ends : {Outlook::Ends::expected, Outlook::Ends::longest}) place(*step->job, ends);
    is_cut_ = looks_ < 0 || looks_longest_ < 0;
  }
}

std::size_t QueueAhead::stand_of(const PoolState& pool) {
  const auto [known, is_new] = stand_of_.try_emplace(pool.index, stands_.size());
  if (is_new) place_promised(stands_.emplace_back(Stand{&pool, {}, {}}));
  return known->second;
}

/// Of the pools that are looked at, and of its own best ones.
const QueueAhead::Suited& QueueAhead::suited(const JobClass& job_class) {
  const auto [found, is_new] = suited_.try_emplace(job_class.index);
  Suited& suited = found->second;
  if (!is_new) return suited;
  const Ranking* ranking = job_class.ranking && job_class.ranking->is_built() ? job_class.ranking.get() : nullptr;
  for (std::size_t i = 0; i < own_; ++i) {
    const PoolState& pool = *stands_[i].pool;
    if (!may_take(job_class, pool, queue_)) continue;
    suited.is_wanted = true;
    suited.stands.emplace_back(ranking != nullptr ? ranking->score(world_.figures(pool.index)) : 0.0F, i);
  }
  if (!suited.is_wanted || ranking == nullptr) return suited;
  std::size_t count = 0;
  for (const RankedPool& each : ranking->best_first()) {
    const PoolState& pool = world_.pool(each.pool);
    if (!pool.is_known || !pool.centre->reachable(outlook_.now()) || !may_take(job_class, pool, queue_)) continue;
    if (count++ == ahead_pools_of_class) break;
    const std::size_t stand = stand_of(pool);
    const auto is_same = [&](const auto& known) { return known.second == stand; };
    if (std::none_of(suited.stands.begin(), suited.stands.end(), is_same))
      suited.stands.emplace_back(each.score, stand);
  }
  const auto order = [&](const auto& each) { return std::pair(each.first, world_.rank(stands_[each.second].pool->index)); };
  std::sort(suited.stands.begin(), suited.stands.end(),
            [&](const auto& a, const auto& b) { return order(a) < order(b); });
  return suited;
}

/// Whether it has not been given up by then, and could end by its deadline there.
bool QueueAhead::still_waits(const JobRecord& job, UnixTime at, const PoolState& pool) const {
  return (job.waits_until.is_none() || at <= job.waits_until) &&
         is_in_time(job, at, pool.row, world_.staging(job, pool));
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
  const bool waits_for_best = preference_of(job_class.requirements).waits_for_best;
  const CustomerGroup group = world_.acceptance().group_of(job.organisation);
  const auto can_take = [&](const PoolState& pool) {
    return pool.centre->reachable(outlook_.now()) && world_.acceptance().accepts(group, pool.index) &&
           world_.figures(pool.index).wall_time_max >= job.wall_time && !world_.is_full_of(job, pool);
  };
  float best = std::numeric_limits<float>::infinity();
  for (const auto& [score, stand] : suited(job_class).stands) {
    if (!can_take(*stands_[stand].pool)) continue;
    best = std::min(best, score);
    if (waits_for_best && score > best) break;
    found.push_back(stand);
  }
  std::erase_if(found, [&](std::size_t stand) { return stands_[stand].pool->has_room(job_class.need); });
  return found;
}

void QueueAhead::place(const JobRecord& job, Outlook::Ends ends) {
  const std::vector<std::size_t> stands = choices(job);
  const Need& need = queue_.classes()[queue_.lanes()[job.lane].in]->need;
  const std::int64_t at_once = job.at_once_max() > 0 ? job.at_once_max() : int64_max;
  const auto length = [&](std::size_t stand) {
    const PoolState& pool = *stands_[stand].pool;
    if (ends == Outlook::Ends::expected) return expected_run(job, pool.row);
    return job.wall_time + lease_start_allowance + world_.staging(job, pool);
  };
  const auto promised = promised_.find(job.id);
  const std::int64_t done = promised != promised_.end() ? promised->second : 0;
  UnixTime from = outlook_.now();
  std::vector<std::size_t> used;
  for (std::int64_t left = stands.empty() ? 0 : job.waiting() - done; left > 0;) {
    std::optional<RoomAhead::Slot> best;
    std::size_t at = 0;
    for (const std::size_t each : stands) {
      const std::int64_t most = std::min({left, at_once, stands_[each].pool->slots_when_empty(need)});
      const auto slot = room(stands_[each], ends).earliest(need.all(), most, from, length(each), looks(ends));
      if (!slot || !still_waits(job, slot->at, *stands_[each].pool)) continue;
      if (best && slot->at + length(each) >= best->at + length(at)) continue;
      best = slot;
      at = each;
    }
    if (!best) break;
    room(stands_[at], ends).take(*best, need.all(), length(at));
    stands_[at].is_taken = true;
    if (std::find(used.begin(), used.end(), at) == used.end()) used.push_back(at);
    left -= best->tasks;
    if (at_once != int64_max) from = best->at + length(at);
  }
  if (ends == Outlook::Ends::longest || done > 0) return;  // counted
  for (const std::size_t each : used) ++stands_[each].jobs;
}

/// Who is promised room of a pool has it before all others, wherever it stands.
void QueueAhead::place_promised(Stand& stand) {
  const std::optional<Promise>& promise = stand.pool->promise;
  if (!promise || promise->job.is_none() || promise->job == left_out_) return;
  const JobRecord* job = world_.job(promise->job);
  if (job == nullptr) return;
  for (const auto ends : {Outlook::Ends::expected, Outlook::Ends::longest}) {
    const Duration staging = world_.staging(*job, *stand.pool);
    const Duration longest = job->wall_time + lease_start_allowance + staging;
    const Duration length = ends == Outlook::Ends::longest ? longest : promise->run;
    RoomAhead& had = room(stand, ends);
    const auto slot = had.earliest(promise->need.all(), promise->tasks, outlook_.now(), length, looks(ends));
    if (!slot || !still_waits(*job, slot->at, *stand.pool)) continue;
    had.take(*slot, promise->need.all(), length);
    stand.is_taken = true;
  }
  promised_[promise->job] = promise->tasks;
  stand.jobs += stand.is_taken ? 1 : 0;
}

RoomAhead& QueueAhead::room(Stand& stand, Outlook::Ends ends) {
  std::optional<RoomAhead>& known = ends == Outlook::Ends::expected ? stand.expected : stand.longest;
  if (!known) known = outlook_.room(*stand.pool, ends);
  return *known;
}

std::optional<Queued> QueueAhead::elsewhere() const {
  if (jobs_ == 0) return std::nullopt;
  Queued as_it_is;
  as_it_is.is_least = true;
  return as_it_is;
}

std::optional<Queued> QueueAhead::at(const PoolState& pool, const Asking& asking) const {
  const Stand& stand = stands_[stand_of_.at(pool.index)];
  Queued queued;
  queued.is_least = is_cut_;
  if (!stand.is_taken) return is_cut_ ? std::optional(queued) : std::nullopt;
  const RoomAhead& expected = stand.expected ? *stand.expected : outlook_.room(pool, Outlook::Ends::expected);
  const RoomAhead& longest = stand.longest ? *stand.longest : outlook_.room(pool, Outlook::Ends::longest);
  const Need need = asking.need();
  const UnixTime now = outlook_.now();
  const std::int64_t most = pool.slots_when_empty(need);
  queued.is_counted = true;
  queued.room = &expected;
  queued.jobs_before = stand.jobs;
  std::int64_t looks = ahead_looks_max;
  const auto slot = expected.earliest(need.all(), most, now, asking.run_on(pool.row), looks);
  if (slot) queued.wait = slot->at - now;
  if (slot) queued.slots = slot->tasks;
  const Duration length = asking.requirements->wall_time + lease_start_allowance + asking.staging(pool);
  const auto later = longest.earliest(need.all(), most, now, length, looks);
  if (later) queued.longest = later->at - now;
  return queued;
}

}  // namespace dayan::place
