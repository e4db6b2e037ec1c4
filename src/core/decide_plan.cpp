#include <algorithm>

#include "core/draft.h"
#include "ledger/ledger.h"
#include "model/name_list.h"
#include "model/rack.h"
#include "model/run_time.h"
#include "trade/rating.h"

/// A plan is checked against the rows, assignment by assignment: what has changed since it was made is dropped.

namespace dayan::core {
namespace {

/// The checks and figures of one assignment.
struct Grant {
  LeaseRow lease;
  OfferId offer;
  Cny hold;
};

using Stale = tl::unexpected<Reason>;

Stale stale(Constraint constraint, std::int64_t required, std::int64_t offered, std::string text) {
  return Stale(Reason{constraint, required, offered, std::move(text), true});
}

/// The task that an assignment may take: an untouched one (the job's next), or one that waits for another attempt.
tl::expected<AttemptKey, Reason> next_attempt(const State& state, const JobRow& job, const Assignment& assignment,
                                              UnixTime now) {
  if (assignment.task >= job.next_task) {
    if (job.next_task >= job.count) return stale(Constraint::capacity, 1, 0, "no task of the job waits any more");
    return AttemptKey{job.id, job.next_task, 1};
  }
  const TaskRow* task = state.tasks.find({job.id, assignment.task});
  if (task == nullptr || task->state != TaskState::waiting) {
    return stale(Constraint::capacity, 1, 0, "the task does not wait any more");
  }
  if (task->not_before > now) {
    return stale(Constraint::capacity, task->not_before.microseconds(), now.microseconds(),
                 "the task's older lease has not ended");
  }
  return AttemptKey{job.id, assignment.task, task->attempts + 1};
}

/// The time limit that a lease granted now would have; nothing where job or provider let none be granted.
tl::expected<Duration, Reason> time_limit(const State& state, const JobRow& job, const PoolRow& pool,
                                          const std::string& customer, UnixTime now) {
  const Requirements& needs = job.requirements;
  if (needs.not_before > now)
    return stale(Constraint::not_before, (needs.not_before - now).microseconds(), 0, "the job may not start yet");
  const Duration run = expected_run(needs, Learned{job.succeeded, job.run_time_sum}, pool);
  const Duration staging = staging_of(state, job, pool.centre);
  if (!meets_deadline(needs.finish_by, now, run, staging)) {
    return stale(Constraint::deadline, needed_time(run, staging).microseconds(), (needs.finish_by - now).microseconds(),
                 "it would not end by the job's deadline");
  }
  const Duration limit = lease_wall_time(needs.wall_time, needs.finish_by, now, staging);
  const UnixTime end = now + lease_start_allowance + staging + limit;
  std::optional<Reason> closed;
  state.reservations.visit_all([&](const ReservationRow& row) {
    if (row.centre != pool.centre || !row.is_of(pool.name) || row.names(customer)) return;
    if (now >= row.until || end <= row.from) return;
    closed = Reason{Constraint::closed, limit.microseconds(),
                    (row.from - now - lease_start_allowance - staging).microseconds(),
                    "the provider closes the pool meanwhile", true};
  });
  if (closed) return Stale(*std::move(closed));
  return limit;
}

/// Whether the pool has room for these resources beside the leases that it has: nodes enough that are each large
/// enough, and what they take together.
tl::expected<void, Reason> fits(const State& state, const PoolRow& pool, const Requirements& needs) {
  const Resources& want = needs.resources;
  if (want.cores > pool.cores_per_node || want.memory > pool.memory_per_node || want.cards > pool.cards_per_node ||
      needs.wall_time > pool.wall_time_max) {
    return stale(Constraint::cores, want.cores.value(), pool.cores_per_node.value(),
                 "no node of the pool is that large");
  }
  if (want.nodes > std::max(pool.nodes, 1)) {
    return stale(Constraint::nodes, want.nodes, pool.nodes, "the pool has not so many nodes");
  }
  if (!has_nodes_for(pool, want)) {
    return stale(Constraint::rack, want.nodes, task_nodes_max_of(pool, true), "no rack of the pool has so many nodes");
  }
  const Resources all = over_all_nodes(want);
  const PoolUse* found = state.pool_use.find({pool.centre, pool.name});
  const Resources taken = found == nullptr ? Resources{Cores(0), Bytes(0), MilliCards(0)} : found->taken;
  const auto room = [&](auto per_node, auto used, auto wanted) { return used + wanted <= per_node * pool.nodes; };
  if (!room(pool.cores_per_node, taken.cores, all.cores) || !room(pool.memory_per_node, taken.memory, all.memory) ||
      !room(pool.cards_per_node, taken.cards, all.cards)) {
    return stale(Constraint::capacity, all.cores.value(), (pool.cores_per_node * pool.nodes - taken.cores).value(),
                 "the pool has no room for it now");
  }
  return {};
}

/// Whether the job lets one more of its tasks run at the centre.
tl::expected<void, Reason> keeps_centre_bound(const State& state, const JobRow& job, CentreId centre) {
  const std::int32_t most = job.requirements.tasks_per_centre_max;
  const CentreTasks* there = most > 0 ? state.centre_tasks.find({job.id, centre}) : nullptr;
  if (there == nullptr || there->tasks < most) return {};
  return stale(Constraint::tasks_per_centre, there->tasks + 1, most,
               "as many of the job's tasks run at the centre as it lets");
}

/// Whether one more of a job's tasks surely finds nodes of the pool with fewer of them than it lets run on one.
tl::expected<void, Reason> keeps_node_bound(const State& state, const JobRow& job, const PoolRow& pool) {
  const std::int32_t on_node = job.requirements.tasks_per_node_max;
  const PoolTasks* there = on_node > 0 ? state.pool_tasks.find({job.id, pool.centre, pool.name}) : nullptr;
  const Resources& task = job.requirements.resources;
  if (there == nullptr || there->tasks < tasks_apart_max(on_node, pool, task)) return {};
  std::int64_t needed = on_node;
  while (needed <= there->tasks && there->tasks >= tasks_apart_max(needed, pool, task)) ++needed;
  return stale(Constraint::tasks_per_node, needed, on_node,
               "each node of the pool may have as many of the job's tasks as it lets run on one");
}

/// Whoever has been taken back as often as may be is left alone from now on, and pays what it paid.
bool is_reclaimable(const State& state, const JobRow& job, const AttemptKey& key) {
  const TaskRow* task = state.tasks.find({key.job, key.task});
  return job.requirements.reclaimable && (task == nullptr || task->reclaims < reclaims_max);
}

tl::expected<Grant, Reason> check_assignment(const State& state, const Assignment& assignment, UnixTime now) {
  const JobRow* job = state.jobs.find({assignment.job});
  if (job == nullptr || job->state == JobState::cancelling) {
    return stale(Constraint::capacity, 1, 0, "the job does not wait any more");
  }
  if (job->throttle > 0 && job->live >= job->throttle) {
    return stale(Constraint::throttle, job->live + 1, job->throttle, "the job's throttle is reached");
  }
  const PoolRow* pool = state.pools.find({assignment.placement.centre, assignment.placement.pool});
  const CurrentOffer* current = state.current_offers.find({assignment.placement.centre});
  if (pool == nullptr) return stale(Constraint::capacity, 1, 0, "the pool has gone");
  const CentreRow* centre = state.centres.find({pool->centre});
  const OrganisationRow* customer = state.organisations.find({job->organisation});
  ASSERT(centre != nullptr && customer != nullptr);
  if (auto bound = keeps_centre_bound(state, *job, pool->centre); !bound) return Stale(std::move(bound).error());
  if (auto bound = keeps_node_bound(state, *job, *pool); !bound) return Stale(std::move(bound).error());
  if (!is_among(centre->accepts, customer->name))
    return stale(Constraint::acceptance, 0, 0, "the centre does not serve the organisation");
  if (!has_account(centre->maps, customer->name))
    return stale(Constraint::acceptance, 0, 0, "the centre has no local account for the organisation");
  if (current == nullptr) return stale(Constraint::price, 1, 0, "the centre has no offer");
  if (auto room = fits(state, *pool, job->requirements); !room) return Stale(std::move(room).error());
  auto key = next_attempt(state, *job, assignment, now);
  if (!key) return Stale(std::move(key).error());

  auto wall_time = time_limit(state, *job, *pool, customer->name, now);
  if (!wall_time) return Stale(std::move(wall_time).error());

  const OfferRow* offer = state.offers.find({current->offer});
  ASSERT(offer != nullptr);
  const std::int64_t price_part = price_part_of(*offer, job->requirements.reclaimable);
  const Bytes transfer = transfer_to_hold(state, *job, pool->centre);
  const Result<Cny> hold = trade::hold_for(part_of(offer_at(*offer, now), price_part), job->requirements.resources,
                                           *wall_time, transfer);
  if (!hold) return stale(Constraint::price, 1, 0, hold.error().wrong);
  if (job->requirements.price_cap && job->charged + job->held + *hold > *job->requirements.price_cap) {
    return stale(Constraint::price_cap, job->requirements.price_cap->micro(),
                 (job->charged + job->held + *hold).micro(), "the job's price cap is reached");
  }
  Grant grant;
  grant.offer = offer->id;
  grant.hold = *hold;
  LeaseRow& lease = grant.lease;
  lease.job = key->job;
  lease.task = key->task;
  lease.number = key->number;
  lease.centre = pool->centre;
  lease.pool = pool->name;
  lease.organisation = customer->name;
  lease.task_count = job->count;
  lease.resources = job->requirements.resources;
  lease.chip = lease.resources.cards.is_zero() ? "" : pool->chip;
  lease.wall_time = *wall_time;
  lease.granted_at = now;
  lease.starts_by = now + lease_start_allowance + staging_of(state, *job, pool->centre);
  lease.ends_at = lease.starts_by + lease.wall_time;
  lease.held = *hold;
  lease.transfer = transfer;
  lease.reclaimable = is_reclaimable(state, *job, *key);
  lease.price_part = price_part;
  lease.tasks_per_node_max = job->requirements.tasks_per_node_max;
  return grant;
}

/// Holds the money: without it there is no lease.
tl::expected<EntryRow, Reason> hold_funds(const Draft& draft, const JobRow& job, const Grant& grant, bool unchecked) {
  const AccountKey wallet{AccountKind::customer_wallet, job.organisation};
  const AccountKey clearing{AccountKind::clearing, OrganisationId()};
  const ledger::Books books{draft.state().accounts, draft.state().holds};
  Decided<EntryRow> entry = ledger::hold(books, draft.next_entry(), wallet, clearing, grant.hold);
  if (entry) return *std::move(entry);
  if (unchecked) {  // PlantedBug::second_hold_unchecked
    EntryRow planted;
    planted.id = draft.next_entry();
    planted.kind = EntryKind::hold;
    planted.debit_kind = wallet.kind;
    planted.debit_owner = wallet.owner;
    planted.credit_kind = clearing.kind;
    planted.amount = grant.hold;
    return planted;
  }
  const AccountRow* row = draft.state().accounts.find({wallet.kind, wallet.owner});
  return stale(Constraint::funds, grant.hold.micro(), row == nullptr ? 0 : row->available().micro(),
               entry.error().faults.front().wrong);
}

}  // namespace

Decided<void> decide_plan(Draft& draft, const Actor& actor, const CommitPlan& command, PlantedBug bug) {
  TRY_VOID(require_host(actor));
  ASSERT(command.assignments.size() <= assignments_max);
  int granted = 0;
  for (const Assignment& assignment : command.assignments) {
    const auto drop = [&](Reason reason) {
      draft.decision.stale.push_back({assignment.job, assignment.task, std::move(reason)});
    };
    auto grant = check_assignment(draft.state(), assignment, draft.now());
    if (!grant) {
      drop(std::move(grant).error());
      continue;
    }
    const JobRow* job = draft.state().jobs.find({assignment.job});
    auto entry = hold_funds(draft, *job, *grant, bug == PlantedBug::second_hold_unchecked && granted > 0);
    if (!entry) {
      drop(std::move(entry).error());
      continue;
    }
    grant->lease.hold = entry->id;
    draft.emit_entry(*std::move(entry), grant->lease.attempt());
    PlacementRow placement = assignment.placement;
    placement.job = grant->lease.job;
    placement.task = grant->lease.task;
    placement.number = grant->lease.number;
    draft.emit(LeaseGranted{std::move(grant->lease), grant->offer, std::move(placement)});
    ++granted;
  }
  for (const Reclaim& reclaim : command.reclaims) take_back(draft, reclaim, bug);
  return {};
}

}  // namespace dayan::core
