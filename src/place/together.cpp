#include "place/together.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "place/turn.h"

namespace dayan::place {
namespace {

/// A place so many times as bad as the best of its class is none: figures of others would vanish beside it.
constexpr float score_times_max = 1'000;

Need need_of(const JobRecord& job) { return place::need_of(job.common->requirements.resources); }

void add(Amounts& room, const Amounts& more) {
  for (std::size_t kind = 0; kind < kinds; ++kind) room.of[kind] = plus(room.of[kind], more.of[kind]);
}

}  // namespace

void Together::place(std::vector<Assignment>& plan, std::size_t limit) {
  if (placed_.empty()) return;
  Newcomers newcomers;
  if (limit > 0) newcomers = waiting_newcomers();
  if (placed_.size() == 1 && newcomers.empty()) return;
  tasks_.clear();
  if (!newcomers.empty()) {
    for (const Assignment& each : plan) ++tasks_[each.job];
  }
  std::vector<Purse> all = purses(std::move(newcomers));
  std::vector<std::int64_t> waiting;
  std::int64_t all_waiting = 0;
  std::int64_t all_placed = 0;
  for (const Purse& purse : all) {
    all_waiting += waiting.emplace_back(tasks_of(purse.newcomers));
    all_placed += std::ssize(purse.placed);
  }
  Portions work(together_work_max, all_placed + all_waiting);
  Portions looks(together_waiting_max, all_waiting);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::int64_t work_before = all[i].work = work.next(std::ssize(all[i].placed) + waiting[i]);
    const std::int64_t looks_before = all[i].looks = looks.next(waiting[i]);
    if (limit <= plan.size()) all[i].newcomers.clear();
    place(all[i], plan, limit);
    work.use(work_before - all[i].work);
    looks.use(looks_before - all[i].looks);
  }
}

/// How many of a purse's wait, as far as that many can matter.
std::int64_t Together::tasks_of(const Jobs& jobs) {
  std::int64_t tasks = 0;
  for (const auto& [key, job] : jobs) tasks += std::min<std::int64_t>(job->waiting(), together_waiting_max);
  return tasks;
}

/// In the order in which the queue has come to them; each has something that may move.
std::vector<Together::Purse> Together::purses(Newcomers newcomers) {
  std::vector<Purse> purses;
  std::map<OrganisationId, std::size_t> known;
  for (const Placed& each : std::exchange(placed_, {})) {
    const auto [at, is_new] = known.try_emplace(each.job->organisation, purses.size());
    if (is_new) purses.emplace_back().organisation = at->first;
    Purse& purse = purses[at->second];
    if (purse.placed.size() < together_placed_max && may_move(each)) purse.placed.push_back(each);
  }
  std::erase_if(purses, [](const Purse& purse) { return purse.placed.empty(); });
  for (Purse& purse : purses) {
    const auto come = newcomers.find(purse.organisation);
    if (come != newcomers.end()) purse.newcomers = std::move(come->second);
  }
  return purses;
}

/// Of each organisation, those that came since the last plan and of which tasks wait for room.
Together::Newcomers Together::waiting_newcomers() {
  Newcomers found;
  for (const JobId id : planning_.agenda().newcomers()) {
    JobRecord* job = planning_.agenda().world().job(id);
    if (job != nullptr && job->lane != no_lane) found[job->organisation][job->key()] = job;
  }
  return found;
}

void Together::place(Purse& purse, std::vector<Assignment>& plan, std::size_t limit) {
  // Tasks of one job are alike: none makes way for another of it.
  const JobRecord* first_job = purse.placed.front().job;
  const auto is_another = [&](const JobRecord* job) { return job != first_job; };
  const bool are_others_placed = std::ranges::any_of(purse.placed, is_another, &Placed::job);
  const bool do_others_wait =
      std::ranges::any_of(purse.newcomers, [&](const auto& each) { return is_another(each.second); });
  if (!are_others_placed && !do_others_wait) return;
  open(purse);
  if (!put(purse)) return;
  if (limit > plan.size()) seek(purse, limit - plan.size());
  if (!are_others_placed && std::ranges::none_of(purse.waiting, is_another, &Waiting::job)) return;
  for (int round = 0; round < together_rounds_max; ++round) {
    if (!put(purse)) return;
    Where now;
    for (const MarketTask& each : purse.market.tasks) now.push_back(each.at);
    const Where wanted = solve(purse.market, purse.work);
    if (is_pushing_back(purse, wanted)) {
      open(purse);
      continue;
    }
    const Cny before = planning_.agenda().world().available(purse.organisation);
    const Where found = move(purse, plan, wanted);
    const bool have_all_places = std::all_of(found.begin(), found.begin() + std::ssize(purse.placed),
                                             [](const auto& where) { return where.has_value(); });
    if (have_all_places && cost_of(purse.market, found) < cost_of(purse.market, now) && is_paid(purse, before))
      return tell(purse, plan, found);
    take_back(purse, plan, found);
    // Who should have started and found no room spoils it for those who would have.
    const std::size_t first = purse.placed.size();
    std::vector<Waiting> left;
    for (std::size_t i = 0; i < purse.waiting.size(); ++i) {
      if (wanted[first + i] == found[first + i]) left.push_back(std::move(purse.waiting[i]));
    }
    if (left.size() == purse.waiting.size()) return;
    purse.waiting = std::move(left);
  }
}

/// Nothing is kept there for anybody.
bool Together::is_open(PoolIndex index) const {
  const PoolState& pool = planning_.agenda().world().pool(index);
  return !pool.promise && pool.reservations.empty() && planning_.is_reachable(index);
}

bool Together::may_move(const Placed& placed) const {
  return !placed.job->has_inputs() && !placed.job->is_bounded() && is_open(placed.pool);
}

/// What there is for it: the rooms of its placed tasks, and what their classes could have elsewhere.
void Together::open(Purse& purse) {
  const World& world = planning_.agenda().world();
  std::erase_if(purse.placed, [&](const Placed& each) { return !may_move(each); });
  purse.rooms.clear();
  purse.places.clear();
  purse.choices.clear();
  for (const Placed& each : purse.placed) {
    const auto room = purse.rooms.try_emplace(each.pool, world.pool(each.pool).free()).first;
    add(room->second, need_of(*each.job).all());
    purse.places[each.pool] = 0;
  }
  for (const Placed& each : purse.placed) {
    Choices& all = choices(purse, *each.job);
    if (std::ranges::find(all, each.pool, &Choice::pool) != all.end()) continue;
    all.push_back(choice_of(*each.job, each.pool));
    all.back().is_far = true;
  }
  for (const Waiting& each : purse.waiting) (void)choices(purse, *each.job);
}

Together::Choice Together::choice_of(const JobRecord& job, PoolIndex pool) {
  JobClass& job_class = planning_.agenda().queue().job_class(planning_.agenda().queue().class_of(job));
  const Ranking& ranking = planning_.agenda().ranking(job_class);
  const PoolFigures& figures = planning_.agenda().world().figures(pool);
  const double delay = ranking.delay(figures);
  const bool is_for_green = job_class.requirements.objective == Objective::greenest;
  return {pool, ranking.score(figures), delay, is_for_green ? ranking.cost(figures) : delay};
}

/// The best pools of a job's class that have room, or tasks of the purse that may leave.
Together::Choices& Together::choices(Purse& purse, const JobRecord& job) {
  const ClassIndex index = planning_.agenda().queue().class_of(job);
  const auto [known, is_new] = purse.choices.try_emplace(index);
  if (!is_new) return known->second;
  const World& world = planning_.agenda().world();
  const CustomerGroup group = world.acceptance().group_of(purse.organisation);
  const Need need = need_of(job);
  std::size_t looked = 0;
  float worst = std::numeric_limits<float>::infinity();
  JobClass& job_class = planning_.agenda().queue().job_class(index);
  for (const auto& [score, pool] : planning_.agenda().ranking(job_class).best_first()) {
    if (known->second.size() == together_options_max || ++looked > together_looked_at_max || score > worst) break;
    if (!is_open(pool) || !planning_.accepts(group, pool)) continue;
    const auto room = purse.rooms.find(pool);
    const bool may_be_left = room != purse.rooms.end() && covers(room->second, need.all());
    if (!may_be_left && !world.pool(pool).has_room(need)) continue;
    if (purse.places.size() >= together_pools_max && !purse.places.contains(pool)) continue;
    purse.places[pool] = 0;
    if (known->second.empty() && score > 0) worst = score * score_times_max;
    known->second.push_back(choice_of(job, pool));
  }
  return known->second;
}

/// Those of the newcomers that would start, had some pool the room of its placed tasks.
void Together::seek(Purse& purse, std::size_t most) {
  most = std::min(most, static_cast<std::size_t>(std::max<std::int64_t>(purse.looks, 0)));
  for (const auto& [key, job] : purse.newcomers) {
    if (purse.looks-- <= 0 || purse.waiting.size() >= most) break;
    const auto placed = tasks_.find(job->id);
    seek(purse, *job, placed != tasks_.end() ? placed->second : 0);
    if (purse.waiting.size() > most) purse.waiting.resize(most);
  }
  // Tasks of an array are as many looks.
  purse.looks = std::min(purse.looks, static_cast<std::int64_t>(most) - std::ssize(purse.waiting));
}

/// Tasks of a job of which so many have been placed.
void Together::seek(Purse& purse, JobRecord& job, std::int32_t placed) {
  if (job.retrying > 0 || job.is_bounded() || job.promised != no_pool || (job.has_cap() && placed > 0)) return;
  // What a second task would hold beside the first, a cap is not asked for.
  std::int32_t last = job.has_cap() ? job.next_task + 1 : job.count;
  if (job.throttle > 0) last = std::min(last, job.next_task + job.throttle - job.live);
  const std::int32_t first = job.next_task + placed;
  if (first >= last) return;
  Waiting waiting{&job, first, first, {}};
  World& world = planning_.agenda().world();
  const Choices& all = choices(purse, job);
  Turn turn(planning_, job);
  for (const Choice& each : all) {
    if (each.is_far) continue;
    if (turn.would_take(world.pool(each.pool), planning_.agenda().now()) == WouldTake::yes)
      waiting.pools.push_back(each.pool);
  }
  if (waiting.pools.empty()) return;
  for (; waiting.task < last && purse.waiting.size() <= together_waiting_max; ++waiting.task)
    purse.waiting.push_back(waiting);
}

bool Together::may_go(const Placed& placed, const Choice& from, const Choice& to) const {
  const JobRecord& job = *placed.job;
  const World& world = planning_.agenda().world();
  const PoolState& pool = world.pool(to.pool);
  const UnixTime now = planning_.agenda().now();
  if (!placed.left_out.is_none() && pool.centre->id == placed.left_out) return false;
  if (job.wall_time > world.figures(to.pool).wall_time_max || !is_in_time(job, now, pool.row, Duration())) return false;
  const bool is_good = placed.score ? to.score == *placed.score && to.second <= from.second * as_good
                                    : to.delay <= placed.slowness_max;
  if (!is_good) return false;
  const auto hold = world.hold_on(job, pool, now);
  if (!hold.has_value()) return false;
  if (!job.has_cap()) return true;
  const PoolState& old_pool = world.pool(placed.pool);
  const auto old_hold = world.hold_on(job, old_pool, now);
  return old_hold.has_value() && *hold <= *old_hold && task_cost(job, pool) <= task_cost(job, old_pool);
}

/// Puts the problem, if there is one: some placed task could be elsewhere.
bool Together::put(Purse& purse) {
  const World& world = planning_.agenda().world();
  purse.pools.clear();
  for (const auto& [pool, place] : purse.places) purse.pools.push_back(pool);
  std::sort(purse.pools.begin(), purse.pools.end(),
            [&](PoolIndex a, PoolIndex b) { return world.rank(a) < world.rank(b); });
  for (std::size_t i = 0; i < purse.pools.size(); ++i) purse.places[purse.pools[i]] = i;
  purse.market = {};
  for (const PoolIndex pool : purse.pools) {
    const auto left = purse.rooms.find(pool);
    purse.market.rooms.push_back(left != purse.rooms.end() ? left->second : world.pool(pool).free());
  }
  bool is_free = false;
  for (const Placed& each : purse.placed) {
    const Choices& all = choices(purse, *each.job);
    const Choice& from = *std::ranges::find(all, each.pool, &Choice::pool);
    MarketTask& task = add_task(purse, *each.job, [&](const Choice& to) {
      return to.pool == each.pool || (!to.is_far && may_go(each, from, to));
    });
    task.at = purse.places.at(each.pool);
    // It moves for more than counts as equally good.
    std::ranges::find(task.options, *task.at, &MarketOption::pool)->cost /= static_cast<double>(as_good);
    is_free = is_free || task.options.size() > 1;
  }
  for (const Waiting& each : purse.waiting) {
    add_task(purse, *each.job, [&](const Choice& to) {
      return !to.is_far && std::ranges::find(each.pools, to.pool) != each.pools.end();
    });
  }
  return is_free;
}

/// A task comes at a pool to what it costs at its best one, as many times as that has its score.
template <class MayGo>
MarketTask& Together::add_task(Purse& purse, const JobRecord& job, MayGo&& may_go) {
  const Choices& all = choices(purse, job);
  MarketTask& task = purse.market.tasks.emplace_back();
  task.need = need_of(job);
  if (all.empty()) return task;  // what it could have had was promised meanwhile
  const PoolState& best = planning_.agenda().world().pool(all.front().pool);
  const auto least = static_cast<double>(std::max<std::int64_t>(task_cost(job, best).micro(), 1));
  const double unit = all.front().score > 0 ? least / static_cast<double>(all.front().score) : least;
  for (const Choice& to : all) {
    if (!may_go(to)) continue;
    const float score = all.front().score > 0 ? std::min(to.score, all.front().score * score_times_max) : to.score;
    task.options.push_back({purse.places.at(to.pool), unit * static_cast<double>(score)});
  }
  std::ranges::sort(task.options, {}, &MarketOption::pool);
  return task;
}

}  // namespace dayan::place
