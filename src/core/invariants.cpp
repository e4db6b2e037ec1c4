#include <algorithm>
#include <map>

#include "core/core.h"
#include "ledger/ledger.h"
#include "model/rack.h"

/// What must hold over the whole state. Each check is written from the rows alone, not from how apply keeps them.

namespace dayan::core {
namespace {

using Broken = std::optional<std::string>;

std::string name_of(const LeaseRow& lease) { return "lease " + engine_name(lease.attempt()); }

/// A lease has its hold, its attempt, its leased task and its job; what a job counts is what there is.
struct Counted {
  std::int32_t live = 0;
  std::map<CentreId, std::int32_t> at_centres;  ///< of these, where the job bounds them
  std::int32_t retrying = 0;
  Cny held;
};

Broken check_lease(const State& state, const LeaseRow& lease) {
  const HoldRow* hold = state.holds.find({lease.hold});
  if (hold == nullptr) return name_of(lease) + " has no unresolved hold";
  if (hold->amount != lease.held) {
    return name_of(lease) + " says it holds " + to_text(lease.held) + ", its hold has " + to_text(hold->amount);
  }
  if (!state.attempts.contains(lease.key())) return name_of(lease) + " has no live attempt";
  if (!state.jobs.contains({lease.job})) return name_of(lease) + " has no live job";
  const TaskRow* task = state.tasks.find({lease.job, lease.task});
  if (task == nullptr || task->state != TaskState::leased) return name_of(lease) + " has no leased task";
  if (task->attempts != lease.number) {
    return name_of(lease) + " is not of its task's newest attempt " + std::to_string(task->attempts);
  }
  if (lease.reclaimable && !state.jobs.find({lease.job})->requirements.reclaimable)
    return name_of(lease) + " may be taken back, its job may not";
  if (!lease.reclaimed_at.is_none() && !lease.reclaimable) return name_of(lease) + " was taken back and may not be";
  if (task->reclaims > reclaims_max || (lease.reclaimable && task->reclaims == reclaims_max))
    return name_of(lease) + " is of a task that has been taken back " + std::to_string(task->reclaims) + " times";
  if (lease.ends_at != lease.starts_by + lease.wall_time) return name_of(lease) + " could run past its end";
  const UnixTime deadline = state.jobs.find({lease.job})->requirements.finish_by;
  if (!deadline.is_none() && lease.ends_at > deadline)
    return name_of(lease) + " could run past its job's deadline, " + to_text(deadline);
  return std::nullopt;
}

/// A job's inputs are covered by one hold at a centre at once, and never once they are paid; no more of them has
/// crossed than there are.
Broken check_transfers(const State& state) {
  Broken broken;
  std::map<std::pair<JobId, CentreId>, std::int64_t> covered;
  state.leases.visit_all([&](const LeaseRow& lease) {
    if (broken) return;
    const JobRow* job = state.jobs.find({lease.job});
    if (lease.transfer < Bytes() || lease.transfer > job->input_bytes)
      broken = name_of(lease) + " covers " + to_text(lease.transfer) + " of inputs, its job has " +
               to_text(job->input_bytes);
    if (!job->input_bytes.is_zero() && !state.transfers.contains({lease.job, lease.centre}))
      broken = name_of(lease) + " has no transfer of its job's inputs";
    if (!lease.transfer.is_zero()) ++covered[{lease.job, lease.centre}];
  });
  state.transfers.visit_all([&](const TransferRow& row) {
    if (broken) return;
    const std::string name = "the transfer of " + to_text(row.job) + " to " + to_text(row.centre);
    const JobRow* job = state.jobs.find({row.job});
    if (job == nullptr) broken = name + " is of no live job";
    else if (row.fetched < Bytes() || row.fetched > job->input_bytes)
      broken = name + " says " + to_text(row.fetched) + ", the inputs have " + to_text(job->input_bytes);
    else if (row.is_held && row.is_settled) broken = name + " is paid and held for";
    const auto holds = covered.find({row.job, row.centre});
    if (!broken && (holds == covered.end() ? 0 : holds->second) != (row.is_held ? 1 : 0))
      broken = name + " is covered by " + std::to_string(holds == covered.end() ? 0 : holds->second) + " leases";
  });
  return broken;
}

/// No live lease of a customer that is not named overlaps a reservation that was there before it.
Broken check_reservations(const State& state) {
  Broken broken;
  state.reservations.visit_all([&](const ReservationRow& row) {
    if (broken) return;
    state.leases.visit_all([&](const LeaseRow& lease) {
      if (lease.centre != row.centre || !row.is_of(lease.pool) || row.names(lease.organisation)) return;
      if (lease.granted_at < row.created_at || lease.granted_at >= row.until || lease.ends_at <= row.from) return;
      broken = name_of(lease) + " lies in " + to_text(row.id) + ", which closes its pool from " + to_text(row.from) +
               " to " + to_text(row.until);
    });
  });
  return broken;
}

Broken check_job(const JobRow& job, const Counted& counted) {
  const std::string name = to_text(job.id);
  const auto differs = [&](const char* what, std::int64_t says, std::int64_t is) {
    return name + " says " + what + " " + std::to_string(says) + ", the rows say " + std::to_string(is);
  };
  if (is_final(job.state)) return name + " is final and still live";
  if (job.live != counted.live) return differs("live", job.live, counted.live);
  if (job.retrying != counted.retrying) return differs("retrying", job.retrying, counted.retrying);
  if (job.held != counted.held) return differs("held", job.held.micro(), counted.held.micro());
  const std::int32_t all =
      job.live + job.retrying + job.succeeded + job.failed + job.cancelled + (job.count - job.next_task);
  if (all != job.count) return differs("count", job.count, all);
  if (job.throttle > 0 && job.live > job.throttle) return differs("throttle", job.throttle, job.live);
  for (const auto& [centre, tasks] : counted.at_centres) {
    const std::int32_t most = job.requirements.tasks_per_centre_max;
    if (tasks > most) return differs(("tasks at " + to_text(centre) + " at most").c_str(), most, tasks);
  }
  if (job.requirements.price_cap && job.charged + job.held > *job.requirements.price_cap) {
    return name + " has charged and held more than its price cap";
  }
  return std::nullopt;
}

Broken check_work(const State& state) {
  Broken broken;
  std::map<JobId, Counted> counted;
  std::int64_t leases = 0;
  state.leases.visit_all([&](const LeaseRow& lease) {
    ++leases;
    if (!broken) broken = check_lease(state, lease);
    Counted& of = counted[lease.job];
    ++of.live;
    if (const JobRow* job = state.jobs.find({lease.job}); job != nullptr && job->requirements.tasks_per_centre_max > 0)
      ++of.at_centres[lease.centre];
    of.held += lease.held;
  });
  if (broken) return broken;
  state.tasks.visit_all([&](const TaskRow& task) {
    if (task.state == TaskState::waiting) ++counted[task.job].retrying;
    if (!broken && task.state != TaskState::waiting && task.state != TaskState::leased) {
      broken = "a task of " + to_text(task.job) + " has ended and is still live";
    }
  });
  state.jobs.visit_all([&](const JobRow& job) {
    if (!broken) broken = check_job(job, counted[job.id]);
  });
  std::int64_t holds = 0;
  std::int64_t attempts = 0;
  state.holds.visit_all([&](const HoldRow&) { ++holds; });
  state.attempts.visit_all([&](const AttemptRow&) { ++attempts; });
  if (!broken && holds != leases) broken = std::to_string(holds) + " holds for " + std::to_string(leases) + " leases";
  if (!broken && attempts != leases) {
    broken = std::to_string(attempts) + " live attempts for " + std::to_string(leases) + " leases";
  }
  return broken;
}

Broken check_usage(const State& state) {
  Broken broken;
  state.usage.visit_all([&](const UsageRow& usage) {
    const ProjectRow* project = state.projects.find({usage.project});
    if (project == nullptr || project->organisation != usage.organisation)
      broken = "usage of " + to_text(usage.project) + " is not of its organisation";
    else if (usage.core_ms < 0 || usage.memory_mib_s < 0 || usage.card_ms < 0 ||
             usage.period > state.counters().last_now)
      broken = "usage of " + to_text(usage.project) + " is below zero, or of a time to come";
  });
  return broken;
}

/// What is to come of each series, and that its rounds are what it says, each once.
Broken check_series(const State& state) {
  Broken broken;
  state.series.visit_all([&](const SeriesRow& series) {
    const std::string name = "series " + to_text(series.id);
    if (broken) return;
    if (series.round < 1 || series.round >= series.times || series.end != SeriesEnd::not_yet)
      broken = name + " is live, and no further round is to come";
    else if (series.next_at != series.due(series.round + 1))
      broken = name + " has its next round at " + to_text(series.next_at) + ", not a period after the one before";
    else if (series.skipped < 0 || series.skipped >= series.round)
      broken = name + " has skipped " + std::to_string(series.skipped) + " of " + std::to_string(series.round);
  });
  std::map<std::pair<JobId, std::int32_t>, JobId> rounds;
  state.jobs.visit_all([&](const JobRow& job) {
    if (broken || job.series.is_none()) return;
    if (job.round < 1 || job.round > job.rounds || (job.round == 1) != (job.id == job.series))
      broken = to_text(job.id) + " cannot be round " + std::to_string(job.round) + " of " + to_text(job.series);
    const auto [other, is_first] = rounds.try_emplace({job.series, job.round}, job.id);
    if (!is_first) broken = to_text(job.id) + " and " + to_text(other->second) + " are the same round";
    const SeriesRow* series = state.series.find({job.series});
    if (broken || series == nullptr) return;
    const Duration later = series->every * (job.round - 1);
    const auto is_shifted = [&](UnixTime time, UnixTime first) {
      return first.is_none() ? time.is_none() : time == first + later;
    };
    if (!is_shifted(job.requirements.not_before, series->requirements.not_before) ||
        !is_shifted(job.requirements.finish_by, series->requirements.finish_by))
      broken = to_text(job.id) + " is not " + to_text(later) + " after the first round of " + to_text(job.series);
  });
  return broken;
}

Broken check_clearing(const State& state) {
  const AccountRow* clearing = state.accounts.find({AccountKind::clearing, OrganisationId()});
  if (clearing == nullptr || clearing->credits_posted == clearing->debits_posted) return std::nullopt;
  return "clearing is not zero after a chain: credits " + to_text(clearing->credits_posted) + ", debits " +
         to_text(clearing->debits_posted);
}

}  // namespace

std::optional<std::string> broken_invariant(const State& state) {
  if (auto broken = ledger::broken_invariant({state.accounts, state.holds})) return "ledger: " + *broken;
  if (auto broken = check_clearing(state)) return "ledger: " + *broken;
  if (auto broken = check_work(state)) return "work: " + *broken;
  if (auto broken = check_reservations(state)) return "work: " + *broken;
  if (auto broken = check_transfers(state)) return "work: " + *broken;
  if (auto broken = check_usage(state)) return "work: " + *broken;
  if (auto broken = check_series(state)) return "work: " + *broken;
  return std::nullopt;
}

std::optional<std::string> broken_change(const std::vector<RowChange>& changes) {
  for (const RowChange& change : changes) {
    const auto* account = std::get_if<AccountRow>(&change.row);
    if (account != nullptr && must_not_go_negative(account->kind) && account->available().is_negative()) {
      return to_text(account->account()) + " would be at " + to_text(account->available());
    }
  }
  return std::nullopt;
}

std::optional<std::string> exceeded_capacity(const State& state) {
  std::map<std::pair<CentreId, std::string>, Resources> taken;
  std::map<std::pair<CentreId, std::string>, const LeaseRow*> widest;
  state.leases.visit_all([&](const LeaseRow& lease) {
    auto [entry, is_new] = taken.try_emplace({lease.centre, lease.pool}, Resources{Cores(0), Bytes(0), MilliCards(0)});
    const std::int64_t nodes = lease.resources.nodes;
    entry->second.cores += lease.resources.cores * nodes;
    entry->second.memory += lease.resources.memory * nodes;
    entry->second.cards += lease.resources.cards * nodes;
    const LeaseRow*& most = widest[entry->first];
    if (most == nullptr || lease.resources.nodes > most->resources.nodes) most = &lease;
  });
  for (const auto& [where, sum] : taken) {
    const PoolRow* pool = state.pools.find({where.first, where.second});
    if (pool == nullptr) return "leases in the pool '" + where.second + "', which is not there";
    if (sum.cores > pool->cores_per_node * pool->nodes || sum.memory > pool->memory_per_node * pool->nodes ||
        sum.cards > pool->cards_per_node * pool->nodes) {
      return "the pool '" + where.second + "' of " + to_text(where.first) + " has " +
             std::to_string((pool->cores_per_node * pool->nodes).value()) + " cores, its leases take " +
             std::to_string(sum.cores.value());
    }
    // Each node of a gang is another one.
    const LeaseRow& gang = *widest.at(where);
    if (gang.resources.nodes > std::max(pool->nodes, 1)) {
      return name_of(gang) + " takes " + std::to_string(gang.resources.nodes) + " nodes of the pool '" +
             where.second + "', which has " + std::to_string(pool->nodes);
    }
  }
  std::optional<std::string> exceeded;
  state.pool_tasks.visit_all([&](const PoolTasks& there) {
    const JobRow* job = state.jobs.find({there.job});
    const PoolRow* pool = state.pools.find({there.centre, there.pool});
    ASSERT(job != nullptr && pool != nullptr);
    const Requirements& needs = job->requirements;
    const std::int64_t most = tasks_apart_max(needs.tasks_per_node_max, *pool, needs.resources);
    if (!exceeded && there.tasks > most)
      exceeded = to_text(job->id) + " has " + std::to_string(there.tasks) + " tasks in the pool '" + there.pool +
                 "', which surely finds nodes for " + std::to_string(most);
  });
  return exceeded;
}

}  // namespace dayan::core
