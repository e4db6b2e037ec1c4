#include "place/wait_queue.h"

#include <algorithm>
#include <bit>
#include <tuple>
#include <utility>

namespace dayan::place {
namespace {

constexpr std::int64_t exact_tasks_max = 64;

/// Of a positive number, by powers of two, rounded down.
int log_of(std::int64_t number) { return 63 - std::countl_zero(static_cast<std::uint64_t>(number)); }

std::uint8_t tasks_step_of(std::int64_t tasks) {
  if (tasks <= exact_tasks_max) return static_cast<std::uint8_t>(std::max<std::int64_t>(tasks, 0));
  const int log = log_of(tasks) - log_of(exact_tasks_max);
  return static_cast<std::uint8_t>(exact_tasks_max + 1 + log);
}

/// The index of a new one, which may have been another before.
template <class Things>
std::uint32_t take_free(Things& things, std::vector<std::uint32_t>& free) {
  if (free.empty()) {
    free.push_back(static_cast<std::uint32_t>(things.size()));
    things.emplace_back();
  }
  const std::uint32_t index = free.back();
  free.pop_back();
  things[index] = {};
  return index;
}

/// Where the lane of this key is, or would be.
auto entry_of(View& view, const LaneKey& key) {
  return std::lower_bound(view.lanes.begin(), view.lanes.end(), key,
                          [](const auto& each, const LaneKey& wanted) { return each.first < wanted; });
}

}  // namespace

std::int64_t tasks_of_step(std::uint8_t step) {
  if (step <= exact_tasks_max) return step;
  return exact_tasks_max * 3 / 2 << (step - exact_tasks_max - 1);
}

bool surely_pays(std::uint8_t cap_step, double rate) {
  // Rounding to whole micro-yuan and milliseconds counts for most with the shortest wall time, a second.
  constexpr double rounding = 1.001;
  constexpr double rounding_micro = 200'000;
  return static_cast<double>(std::uint64_t{1} << (cap_step - 1)) > rate * rounding + rounding_micro;
}

LaneKey lane_key_of(const JobRecord& job, Duration wall_bound, bool is_particular, CustomerGroup group) {
  LaneKey key;
  key.group = group;
  key.wall_bound = wall_bound;
  key.run_step = run_step_of(job);
  key.tasks_step = tasks_step_of(job.waiting());
  key.throttle_step = tasks_step_of(job.at_once_max());
  key.wall_step = static_cast<std::uint8_t>(log_of(std::max<std::int64_t>(job.wall_time.microseconds(), 1)));
  key.is_particular = is_particular;
  key.is_promised = job.promised != no_pool;
  // What a cap leaves for an hour hangs on the centre where there are inputs, and which may take it where a bound of
  // tasks per centre or node is reached: each is asked.
  if (!job.has_cap() || job.has_deadline() || job.retrying > 0 || job.has_inputs() || job.is_bounded())
    return key;
  const auto left = static_cast<double>(job.price_cap.micro() - job.charged.micro() - job.held.micro());
  const auto hour = static_cast<double>(Duration::hours(1).microseconds());
  const double hours = static_cast<double>(std::max<std::int64_t>(job.wall_time.microseconds(), 1)) / hour;
  const auto tasks = static_cast<double>(std::max<std::int64_t>(job.waiting() + job.live, 1));
  const double rate = std::clamp(left / hours / tasks, 1.0, 1e18);
  key.cap_step = static_cast<std::uint8_t>(1 + log_of(static_cast<std::int64_t>(rate)));
  return key;
}

ClassIndex WaitQueue::class_of(const JobRecord& job) {
  const ClassKey key{job.common->serial, job.is_estimated(), data_steps_of(job)};
  const auto [found, is_new] = by_key_.try_emplace(key, 0);
  if (!is_new) return found->second;
  if (free_classes_.empty()) {
    free_classes_.push_back(static_cast<ClassIndex>(classes_.size()));
    classes_.emplace_back();
    sieves_.emplace_back();
  }
  const ClassIndex index = free_classes_.back();
  free_classes_.pop_back();
  found->second = index;
  classes_[index] = std::make_unique<JobClass>();
  JobClass& made = *classes_[index];
  made.index = index;
  made.key = key;
  sieves_[index] = NameSieve();
  made.requirements = job.common->requirements;
  made.need = need_of(made.requirements.resources);
  made.used = ++used_;
  ++idle_;
  if (idle_ > 2 * idle_classes_max) drop_idle();
  return index;
}

ViewIndex WaitQueue::view_of(ClassIndex in, const LaneKey& key) {
  JobClass& job_class = *classes_[in];
  for (const ViewIndex index : job_class.views) {
    if (views_[index].wall_bound == key.wall_bound && views_[index].group == key.group) return index;
  }
  const ViewIndex index = take_free(views_, free_views_);
  views_[index].in = in;
  views_[index].wall_bound = key.wall_bound;
  views_[index].group = key.group;
  job_class.views.push_back(index);
  return index;
}

LaneIndex WaitQueue::lane_of(ClassIndex in, const LaneKey& key) {
  const ViewIndex of = view_of(in, key);
  const auto entry = entry_of(views_[of], key);
  if (entry != views_[of].lanes.end() && entry->first == key) return entry->second;
  const LaneIndex index = take_free(lanes_, free_lanes_);
  lanes_[index].in = in;
  lanes_[index].view = of;
  lanes_[index].key = key;
  views_[of].lanes.insert(entry, {key, index});
  return index;
}

bool WaitQueue::join(JobRecord& job, Duration wall_bound, bool is_particular, CustomerGroup group) {
  const ClassIndex in = class_of(job);
  const LaneKey key = lane_key_of(job, wall_bound, is_particular, group);
  if (job.lane != no_lane) {
    const Lane& old = lanes_[job.lane];
    if (old.in == in && old.key == key) return true;
    leave(job);
  }
  job.lane = lane_of(in, key);
  Lane& lane = lanes_[job.lane];
  const bool is_first = lane.jobs.empty() || job.key() < lane.jobs.begin()->first;
  // Who spoke for the lane did so for no shorter wall time than any of it had.
  if (job.wall_least() < lane.shortest_wall) lane.is_settled = false;
  lane.shortest_wall = std::min(lane.shortest_wall, job.wall_least());
  lane.jobs[job.key()] = &job;
  ++size_;
  ++shapes_[classes_[in]->need].jobs;
  update_head(job.lane);
  return is_first || !lane.is_settled;
}

void WaitQueue::leave(JobRecord& job) {
  if (job.lane == no_lane) return;
  const LaneIndex index = std::exchange(job.lane, no_lane);
  Lane& lane = lanes_[index];
  lane.jobs.erase(job.key());
  --size_;
  if (lane.jobs.empty()) {
    lane.is_settled = false;
    lane.shortest_wall = Lane::no_wall;
  }
  update_head(index);
  const auto shape = shapes_.find(classes_[lane.in]->need);
  if (--shape->second.jobs == 0) shapes_.erase(shape);
}

void WaitQueue::move(JobRecord& job, std::int64_t rank) {
  const QueueKey before = job.key();
  job.rank = rank;
  if (job.lane == no_lane) return;
  Lane& lane = lanes_[job.lane];
  auto place = lane.jobs.extract(before);
  place.key() = job.key();
  lane.jobs.insert(std::move(place));
  if (moved_.empty() || moved_.back() != job.lane) moved_.push_back(job.lane);
}

void WaitQueue::end_moves() {
  std::vector<LaneIndex> lanes = std::exchange(moved_, {});
  std::sort(lanes.begin(), lanes.end());
  lanes.erase(std::unique(lanes.begin(), lanes.end()), lanes.end());
  for (const LaneIndex each : lanes) update_head(each);
}

void WaitQueue::update_head(LaneIndex index) {
  Lane& lane = lanes_[index];
  const QueueKey head = lane.jobs.empty() ? Lane::nobody : lane.jobs.begin()->first;
  const QueueKey before = std::exchange(lane.head, head);
  if (head == before) return;
  View& view = views_[lane.view];
  if (before != Lane::nobody) view.by_head.erase(view.from(before));
  if (head != Lane::nobody) view.by_head.insert(view.from(head), {head, lane.key, index});
  QueueKey first = Lane::nobody;
  for (const ViewIndex each : classes_[lane.in]->views) {
    if (!views_[each].by_head.empty()) first = std::min(first, views_[each].by_head.front().head);
  }
  update_head(lane.in, first);
}

void WaitQueue::update_head(ClassIndex index, const QueueKey& first) {
  JobClass& job_class = *classes_[index];
  const auto head = first == Lane::nobody ? std::nullopt : std::optional(first);
  if (head == job_class.head) return;
  auto& by_head = shapes_[job_class.need].by_head;
  auto& firm = shapes_[job_class.need].firm_by_head;
  const bool is_firm = !job_class.requirements.reclaimable;
  if (is_firm && job_class.head) firm.erase({*job_class.head, index});
  if (is_firm && head) firm.insert({*head, index});
  if (job_class.head) by_head.erase({*job_class.head, index});
  if (head) by_head.insert({*head, index});
  if (head && !job_class.head) --idle_;
  if (!head) ++idle_;
  job_class.head = head;
}

void WaitQueue::forget_asked(PoolIndex pool) {
  for (auto& [need, shape] : shapes_) {
    if (shape.asked.get(pool)) shape.asked.set(pool, false);
  }
}

Ranking& WaitQueue::ranking(JobClass& of, const World& world, const ChangeLog& replaced) {
  of.used = ++used_;
  if (of.ranking == nullptr) of.ranking = std::make_unique<Ranking>(of.key, of.requirements);
  if (of.ranking->is_fresh(replaced)) return *of.ranking;
  const std::size_t before = of.ranking->is_built() ? of.ranking->bytes() : 0;
  of.ranking->refresh(world, replaced);
  of.ranking->tell(sieves_[of.index]);
  ranking_bytes_ += of.ranking->bytes() - before;
  if (ranking_bytes_ > ranking_bytes_max) make_way(of);
  return *of.ranking;
}

void WaitQueue::make_way(const JobClass& keep) {
  // A tenth at once, so that it is not sought through for each.
  std::vector<JobClass*> kept;
  for (const auto& each : classes_) {
    if (each != nullptr && each->ranking != nullptr && each.get() != &keep) kept.push_back(each.get());
  }
  std::sort(kept.begin(), kept.end(), [](const JobClass* a, const JobClass* b) { return a->used < b->used; });
  for (JobClass* each : kept) {
    if (ranking_bytes_ <= ranking_bytes_max / 10 * 9) break;
    ranking_bytes_ -= each->ranking->bytes();
    each->ranking.reset();
  }
}

void WaitQueue::drop_idle() {
  std::vector<std::pair<std::uint64_t, ClassIndex>> idle;
  for (std::size_t i = 0; i < classes_.size(); ++i) {
    if (classes_[i] != nullptr && !classes_[i]->head)
      idle.emplace_back(classes_[i]->used, static_cast<ClassIndex>(i));
  }
  std::sort(idle.begin(), idle.end());
  Bits dropped;
  for (const auto& [used, index] : idle) {
    if (idle_ <= idle_classes_max) break;
    if (classes_[index]->ranking != nullptr) ranking_bytes_ -= classes_[index]->ranking->bytes();
    for (const ViewIndex view : classes_[index]->views) {
      for (const auto& [key, lane] : views_[view].lanes) free_lanes_.push_back(lane);
      views_[view] = View();
      free_views_.push_back(view);
    }
    by_key_.erase(classes_[index]->key);
    classes_[index].reset();
    free_classes_.push_back(index);
    dropped.set(index, true);
    --idle_;
  }
  for (Bits& classes : ruled_out_) classes.remove(dropped);
}

}  // namespace dayan::place
