#include "place/check.h"

#include <algorithm>

namespace dayan::place {
namespace {

using Broken = std::optional<std::string>;

std::string name_of(const PoolState& pool) { return pool.centre->name + "/" + pool.row.name; }

/// What each pool holds against its leases and claims.
Broken check_pools(const World& world) {
  std::map<PoolIndex, Shapes> held;
  std::map<PoolIndex, Amounts> sums;
  const auto add = [&](const Holding& each) {
    add_shape(held[each.pool], each.shape, 1);
    const Amounts all = each.shape.all();
    for (std::size_t kind = 0; kind < kinds; ++kind)
      sums[each.pool].of[kind] = plus(sums[each.pool].of[kind], all.of[kind]);
  };
  for (const auto& [attempt, lease] : world.leases()) add(lease);
  world.visit_claims(add);
  for (const PoolState& pool : world.pools()) {
    if (pool.leased != sums[pool.index]) return name_of(pool) + ": what its leases take is not what is counted";
    if (pool.shapes != held[pool.index]) return name_of(pool) + ": the shapes of its leases are not those counted";
  }
  return std::nullopt;
}

/// Whatever a job's task holds, it holds all of: so much on each of its nodes.
Broken check_gangs(const World& world) {
  Broken broken;
  const auto look = [&](const Holding& each) {
    if (broken || each.job == nullptr) return;
    const Need need = need_of(each.job->common->requirements.resources);
    if (each.shape == need) return;
    broken = "a task of " + to_text(each.attempt.job) + " needs " + std::to_string(need.nodes) + " nodes and has " +
             std::to_string(each.shape.nodes) + (each.shape.each == need.each ? "" : ", with something else on each");
  };
  for (const auto& [attempt, lease] : world.leases()) look(lease);
  world.visit_claims(look);
  return broken;
}

/// Which pools have room for a shape, of those that have not changed since.
Broken check_rooms(const World& world, const Rooms& rooms) {
  for (const auto& [need, room] : rooms.all()) {
    if (!rooms.log().reaches(room->cursor)) continue;  // will be built anew
    Bits changed;
    rooms.log().for_each_since(room->cursor, [&](PoolIndex pool) { changed.set(pool, true); });
    for (const PoolState& pool : world.pools()) {
      if (changed.get(pool.index) || pool.index >= room->lacks.size()) continue;
      PoolState fresh = pool;
      fresh.recount();  // packs anew
      const bool has_room = pool.is_known && fresh.has_room(need);
      if (has_room != room->now.get(pool.index)) return name_of(pool) + ": its room for a shape is stale";
    }
  }
  return std::nullopt;
}

/// Prices and carbon at the hour of the day, against rows.
Broken check_hours(const World& world, UnixTime now) {
  for (const auto& [id, centre] : world.centres()) {
    const auto offer = centre.offer_at(now);
    if (offer.has_value() != (centre.current_offer() != nullptr) || (offer && *offer != centre.offer_now) ||
        centre.carbon_at(now) != centre.carbon_now)
      return centre.name + ": its terms are not those of the hour";
    if (centre.next_hour(now).value_or(UnixTime()) != centre.hour_ends)
      return centre.name + ": its hour does not end when it says";
  }
  return std::nullopt;
}

/// Rankings against new ones.
Broken check_rankings(const World& world, const Agenda& agenda) {
  for (const auto& job_class : agenda.queue().classes()) {
    if (job_class == nullptr || job_class->ranking == nullptr) continue;
    if (!job_class->ranking->is_fresh(agenda.replaced())) continue;
    Ranking fresh(job_class->key, job_class->requirements);
    fresh.refresh(world, agenda.replaced());
    const auto& kept = job_class->ranking->best_first();
    const auto& anew = fresh.best_first();
    for (std::size_t i = 0; i < std::max(kept.size(), anew.size()); ++i) {
      if (i >= kept.size() || i >= anew.size() || kept[i].pool != anew[i].pool || kept[i].score != anew[i].score)
        return "the ranking of a class is stale at place " + std::to_string(i);
    }
    if (job_class->ranking->ruled_out(world) != fresh.ruled_out(world)) return "what a class rules out is stale";
  }
  return std::nullopt;
}

/// No lease that the engine knew to be so lies where its pool is closed to its customer, or runs past its deadline.
Broken check_times(const World& world) {
  Broken broken;
  const auto look = [&](const Holding& each) {
    if (broken || each.job == nullptr) return;
    const PoolState& pool = world.pool(each.pool);
    const std::string* customer = world.name_of(each.job->organisation);
    for (const ReservationRow* closing : pool.reservations) {
      if (customer != nullptr && closing->names(*customer)) continue;
      if (each.granted_at < closing->created_at || each.granted_at >= closing->until) continue;
      if (each.ends_at > closing->from)
        broken = name_of(pool) + ": a lease of " + to_text(each.job->id) + " lies in " + to_text(closing->id);
    }
    if (each.job->has_deadline() && each.ends_at > each.job->finish_by)
      broken = name_of(pool) + ": a lease of " + to_text(each.job->id) + " runs past its deadline";
  };
  for (const auto& [attempt, lease] : world.leases()) look(lease);
  world.visit_claims(look);
  return broken;
}

/// No centre has more tasks of a job, claims counted, than the job lets run there; and how many there are is known.
Broken check_centre_bounds(const World& world) {
  World::TasksAt counted;
  const auto count = [&](const Holding& each) {
    if (each.job != nullptr && each.job->is_bounded_at_centres())
      ++counted[{each.attempt.job, world.pool(each.pool).row.centre}];
  };
  for (const auto& [attempt, lease] : world.leases()) count(lease);
  world.visit_claims(count);
  if (counted != world.tasks_at()) return std::string("tasks of jobs at centres are not those counted");
  for (const auto& [where, tasks] : counted) {
    const std::int32_t most = world.job(where.first)->tasks_per_centre_max;
    if (tasks > most)
      return to_text(where.first) + " lets " + std::to_string(most) + " tasks run at " + to_text(where.second) +
             ", where " + std::to_string(tasks) + " do";
  }
  return std::nullopt;
}

/// Where the tasks lie of jobs that keep them apart is known. That they are no more than find nodes is so when they are
/// leased: a pool may lose nodes.
Broken check_tasks_apart(const World& world) {
  World::TasksIn counted;
  std::map<PoolIndex, std::set<JobId>> jobs;
  const auto count = [&](const Holding& each) {
    if (each.job == nullptr || !each.job->is_bounded_on_nodes()) return;
    ++counted[{each.attempt.job, each.pool}];
    jobs[each.pool].insert(each.attempt.job);
  };
  for (const auto& [attempt, lease] : world.leases()) count(lease);
  world.visit_claims(count);
  if (counted != world.tasks_in()) return std::string("tasks of jobs in pools are not those counted");
  for (const PoolState& pool : world.pools()) {
    if (pool.apart != jobs[pool.index]) return name_of(pool) + ": not known are the jobs that keep tasks apart there";
  }
  return std::nullopt;
}

/// The groups of customers against the lists of the centres, and of the reservations.
Broken check_acceptance(const World& world) {
  const Acceptance& acceptance = world.acceptance();
  if (acceptance.is_stale()) return std::nullopt;  // will be renewed before the next plan
  for (const PoolState& pool : world.pools()) {
    for (const auto& [id, name] : world.organisations()) {
      if (acceptance.accepts(acceptance.group_of(id), pool.index) != accepts(*pool.centre, &name))
        return name_of(pool) + ": whether it accepts " + name + " is not what its centre says";
    }
  }
  for (const auto& [reservation, row] : world.reservations()) {
    for (const auto& [id, name] : world.organisations()) {
      if (acceptance.is_named(acceptance.group_of(id), reservation) != row.names(name))
        return to_text(reservation) + ": whether it names " + name + " is not what its row says";
    }
  }
  return std::nullopt;
}

/// What projects hold and stand back by, against leases and jobs.
Broken check_shares(const World& world) {
  std::map<const ProjectShare*, ShareUnits> held;
  std::map<const ProjectShare*, std::int64_t> waiting;
  for (const auto& [attempt, lease] : world.leases()) {
    if (lease.job == nullptr) continue;
    const ShareUnits units = share_units(lease.shape, world.pool(lease.pool).card());
    for (std::size_t kind = 0; kind < kinds; ++kind) held[lease.job->share][kind] += units[kind];
  }
  for (const auto& [id, job] : world.jobs()) {
    waiting[job.share] += job.waiting() > 0 ? 1 : 0;
    if (job.share_place >= job.share->jobs.size() || job.share->jobs[job.share_place] != &job)
      return to_text(id) + " is not among the jobs of its project";
    if (job.rank != rank_of(job.waits_since, job.priority) + job.share->setback.microseconds())
      return to_text(id) + " does not stand back as its project does";
  }
  for (const auto& [id, organisation] : world.shares().organisations()) {
    for (const ProjectShare* each : organisation.projects) {
      if (each->held != held[each]) return to_text(each->id) + ": what its leases hold is not what is counted";
      if (each->waiting != waiting[each]) return to_text(each->id) + ": its waiting jobs are not those counted";
    }
  }
  return std::nullopt;
}

/// Every job is where its row says.
Broken check_queue(const World& world, const Agenda& agenda) {
  std::size_t queued = 0;
  for (const auto& [id, job] : world.jobs()) {
    const bool is_queued = job.lane != no_lane;
    queued += is_queued ? 1 : 0;
    if (is_queued && !agenda.queue().lanes()[job.lane].jobs.contains(job.key()))
      return to_text(id) + " is not in the lane that it names";
    const bool is_grouped = world.acceptance().is_stale() || !is_queued ||
                            agenda.queue().lanes()[job.lane].key.group == world.acceptance().group_of(job.organisation);
    if (!is_grouped) return to_text(id) + " is in a lane of other customers";
    const bool is_throttled = job.throttle > 0 && job.live >= job.throttle;
    const bool can_go = job.waiting() > 0 && !is_throttled && job.next_task < job.count && job.not_before <= agenda.now();
    const bool is_set_aside = agenda.is_parked(job) || agenda.broke().contains(job.key());
    if (job.is_parked != agenda.is_parked(job)) return to_text(id) + " is not parked as it says";
    if (can_go && !is_queued && !is_set_aside && !world.has_claim(id))
      return to_text(id) + " has tasks that could go and is nowhere";
    if ((job.waiting() == 0 || is_throttled) && (is_queued || is_set_aside))
      return to_text(id) + " waits for nothing and is in the queue";
  }
  if (queued != agenda.queue().size()) return std::string("the queue holds a job that is gone");
  return std::nullopt;
}

/// Who is promised room and who promises it agree, and no later lease has taken what was promised.
Broken check_promises(const World& world, const Agenda& agenda) {
  for (const PoolState& pool : world.pools()) {
    if (!pool.promise) continue;
    const Promise& promise = *pool.promise;
    const JobRecord* job = world.job(promise.job);
    if (job == nullptr || job->promised != pool.index) return name_of(pool) + ": promises room to nobody";
    // A plan commits a little after it was made, and its leases end as much later.
    constexpr Duration commits_within = Duration::seconds(60);
    const UnixTime start = promise.start + commits_within;
    if (promise.start <= agenda.now() || pool.has_room_at(start, promise.need, Need(), promise.tasks)) continue;
    // Packed anew without a lease that ends, the rest may look worse than with it; the nodes do not.
    const auto opens = pool.surely_opens(promise.need, agenda.now(), promise.tasks);
    if (opens && *opens <= start) continue;
    PoolState without = pool;
    const auto is_later = [&](const Holding& each) { return each.granted_at >= promise.counts_from && each.ends_at > start; };
    // Tasks of its own that have begun early are packed otherwise than they were promised with the rest.
    std::int64_t own = 0;
    for (const Holding* each : pool.holdings) {
      if (each->attempt.job != promise.job || !is_later(*each)) continue;
      without.let_go(*each);
      ++own;
    }
    if (own > 0 && without.has_room_at(start, promise.need, Need(), promise.tasks + own)) continue;
    without = pool;
    for (const Holding* each : pool.holdings) {
      if (each->attempt.job != promise.job && is_later(*each)) without.let_go(*each);
    }
    if (without.has_room_at(start, promise.need, Need(), promise.tasks))
      return name_of(pool) + ": later leases push back what it promised to " + to_text(promise.job);
  }
  for (const auto& [id, job] : world.jobs()) {
    if (job.promised == no_pool) continue;
    const auto& promise = world.pool(job.promised).promise;
    if (!promise || promise->job != id) return to_text(id) + " counts on room that nobody promised";
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> broken_invariant(const World& world, const Agenda& agenda) {
  if (auto broken = check_pools(world)) return broken;
  if (auto broken = check_gangs(world)) return broken;
  if (auto broken = check_hours(world, agenda.now())) return broken;
  if (auto broken = check_rooms(world, agenda.rooms())) return broken;
  if (auto broken = check_rankings(world, agenda)) return broken;
  if (auto broken = check_times(world)) return broken;
  if (auto broken = check_centre_bounds(world)) return broken;
  if (auto broken = check_tasks_apart(world)) return broken;
  if (auto broken = check_acceptance(world)) return broken;
  if (auto broken = check_promises(world, agenda)) return broken;
  if (auto broken = check_shares(world)) return broken;
  return check_queue(world, agenda);
}

}  // namespace dayan::place
