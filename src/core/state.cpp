#include "core/state.h"

#include <algorithm>
#include <string>
#include <type_traits>
#include <variant>

#include "base/hash.h"
#include "model/meter.h"

namespace dayan::core {
namespace {

/// Feeds one value to the hash, by the fields of whatever it is made of.
template <class T>
void add(Hash64& hash, const T& value) {
  if constexpr (Reflected<T>) {
    for_each_field<T>([&](const auto& each) { add(hash, value.*(each.member)); });
  } else if constexpr (std::is_same_v<T, std::string>) {
    hash.add_bytes(value);
  } else if constexpr (std::is_same_v<T, Digest>) {
    hash.add_bytes({reinterpret_cast<const char*>(value.bytes().data()), Digest::size});
  } else if constexpr (std::is_enum_v<T>) {
    hash.add(static_cast<std::uint64_t>(value));
  } else if constexpr (std::is_integral_v<T>) {
    hash.add(static_cast<std::uint64_t>(value));
  } else if constexpr (requires { value.has_value(); }) {
    hash.add(value.has_value() ? 1U : 0U);
    if (value) add(hash, *value);
  } else if constexpr (requires { value.begin(); }) {
    hash.add(value.size());
    for (const auto& each : value) add(hash, each);
  } else if constexpr (requires { value.microseconds(); }) {
    hash.add(static_cast<std::uint64_t>(value.microseconds()));
  } else if constexpr (requires { value.minutes(); }) {
    hash.add(static_cast<std::uint64_t>(value.minutes()));
  } else if constexpr (requires { value.micro(); }) {
    hash.add(static_cast<std::uint64_t>(value.micro()));
  } else if constexpr (requires { value.bits(); }) {
    hash.add(static_cast<std::uint64_t>(value.bits()));
  } else if constexpr (requires { value.value(); }) {
    hash.add(static_cast<std::uint64_t>(value.value()));
  } else {
    hash.add(static_cast<std::uint64_t>(value.value));
  }
}

}  // namespace

State::State() { meta.load(MetaRow{}); }

State State::over(const State& base) {
  State draft;
  const auto lay = [](auto& table, const auto& below) { table = std::decay_t<decltype(table)>::over(below); };
  lay(draft.meta, base.meta);
  lay(draft.organisations, base.organisations);
  lay(draft.projects, base.projects);
  lay(draft.users, base.users);
  lay(draft.tokens, base.tokens);
  lay(draft.join_tokens, base.join_tokens);
  lay(draft.centres, base.centres);
  lay(draft.pools, base.pools);
  lay(draft.offers, base.offers);
  lay(draft.jobs, base.jobs);
  lay(draft.payloads, base.payloads);
  lay(draft.tasks, base.tasks);
  lay(draft.placements, base.placements);
  lay(draft.leases, base.leases);
  lay(draft.attempts, base.attempts);
  lay(draft.outputs, base.outputs);
  lay(draft.late_reports, base.late_reports);
  lay(draft.accounts, base.accounts);
  lay(draft.entries, base.entries);
  lay(draft.payments, base.payments);
  lay(draft.holds, base.holds);
  lay(draft.charges, base.charges);
  lay(draft.reservations, base.reservations);
  lay(draft.usage, base.usage);
  lay(draft.transfers, base.transfers);
  lay(draft.series, base.series);
  lay(draft.due, base.due);
  lay(draft.pool_use, base.pool_use);
  lay(draft.centre_tasks, base.centre_tasks);
  lay(draft.pool_tasks, base.pool_tasks);
  lay(draft.project_names, base.project_names);
  lay(draft.current_offers, base.current_offers);
  lay(draft.live_rounds, base.live_rounds);
  return draft;
}

const MetaRow& State::counters() const {
  const MetaRow* row = meta.find({1});
  ASSERT(row != nullptr);
  return *row;
}

void State::load(Row row) {
  std::visit(
      [this]<class R>(R&& read) {
        using RowType = std::decay_t<R>;
        if constexpr (std::is_same_v<RowType, ProjectRow>) {
          project_names.load({read.organisation, read.name, read.id});
        } else if constexpr (std::is_same_v<RowType, OfferRow>) {
          note_offer(read);
        } else if constexpr (std::is_same_v<RowType, LeaseRow>) {
          note_lease(read);
        } else if constexpr (std::is_same_v<RowType, JobRow>) {
          note_job(read);
        } else if constexpr (std::is_same_v<RowType, ReservationRow>) {
          note_reservation(read);
        } else if constexpr (std::is_same_v<RowType, SeriesRow>) {
          note_series(read);
        }
        bool taken = false;
        for_each_table(*this, [&](auto& table) {
          if constexpr (std::is_same_v<std::decay_t<decltype(table)>, Table<RowType>>) {
            table.load(std::forward<R>(read));
            taken = true;
          }
        });
        ASSERT(taken);
      },
      std::move(row));
}

void State::note_offer(const OfferRow& offer) {
  const CurrentOffer* current = current_offers.find({offer.centre});
  const OfferRow* newest = current == nullptr ? nullptr : offers.find({current->offer});
  if (newest == nullptr || newest->version < offer.version) current_offers.put({offer.centre, offer.id});
}

void State::note_lease(const LeaseRow& lease) {
  due.put({lease_deadline(lease), lease.attempt(), ReservationId()});
  const PoolUse* found = pool_use.find({lease.centre, lease.pool});
  PoolUse use = found != nullptr ? *found : PoolUse{lease.centre, lease.pool};
  const Resources all = over_all_nodes(lease.resources);
  use.taken.cores += all.cores;
  use.taken.memory += all.memory;
  use.taken.cards += all.cards;
  pool_use.put(std::move(use));
  count_at_centre(lease, 1);
  count_in_pool(lease, 1);
}

void State::forget_lease(const LeaseRow& lease) {
  due.erase({lease_deadline(lease), lease.attempt(), ReservationId()});
  const PoolUse* found = pool_use.find({lease.centre, lease.pool});
  ASSERT(found != nullptr);
  PoolUse use = *found;
  const Resources all = over_all_nodes(lease.resources);
  use.taken.cores -= all.cores;
  use.taken.memory -= all.memory;
  use.taken.cards -= all.cards;
  pool_use.put(std::move(use));
  count_at_centre(lease, -1);
  count_in_pool(lease, -1);
}

/// Its job is there: rows come in the order of their tables.
void State::count_at_centre(const LeaseRow& lease, std::int32_t by) {
  const JobRow* job = jobs.find({lease.job});
  if (job == nullptr || job->requirements.tasks_per_centre_max == 0) return;
  const CentreTasks* found = centre_tasks.find({lease.job, lease.centre});
  CentreTasks there = found != nullptr ? *found : CentreTasks{lease.job, lease.centre};
  there.tasks += by;
  if (there.tasks > 0) centre_tasks.put(there);
  else centre_tasks.erase(there.key());
}

void State::count_in_pool(const LeaseRow& lease, std::int32_t by) {
  const JobRow* job = jobs.find({lease.job});
  if (job == nullptr || job->requirements.tasks_per_node_max == 0) return;
  const PoolTasks* found = pool_tasks.find({lease.job, lease.centre, lease.pool});
  PoolTasks there = found != nullptr ? *found : PoolTasks{lease.job, lease.centre, lease.pool};
  there.tasks += by;
  if (there.tasks > 0) pool_tasks.put(there);
  else pool_tasks.erase(there.key());
}

void State::note_job(const JobRow& job) {
  if (!job.series.is_none()) live_rounds.put({job.series, job.id});
  if (job.gave_up == GaveUp::no && job.state != JobState::cancelling)
    due.put({waiting_ends(job), {job.id, 0, 0}, ReservationId()});
}

void State::forget_job(const JobRow& job) {
  const DueRow row{waiting_ends(job), {job.id, 0, 0}, ReservationId()};
  if (due.contains(row.key())) due.erase(row.key());
}

void State::note_reservation(const ReservationRow& row) {
  due.put({row.until, {JobId(), 0, 0}, row.id});
}

void State::forget_reservation(const ReservationRow& row) {
  due.erase({row.until, {JobId(), 0, 0}, row.id});
}

void State::note_series(const SeriesRow& row) { due.put({row.next_at, {row.id, 0, -1}, ReservationId()}); }

void State::forget_series(const SeriesRow& row) { due.erase({row.next_at, {row.id, 0, -1}, ReservationId()}); }

std::vector<RowChange> State::drain() {
  std::vector<RowChange> changes;
  for_each_table(*this, [&](auto& table) { table.drain(changes); });
  due.settle();
  pool_use.settle();
  centre_tasks.settle();
  pool_tasks.settle();
  project_names.settle();
  current_offers.settle();
  live_rounds.settle();
  return changes;
}

std::uint64_t State::hash() const {
  Hash64 hash;
  for_each_table(*this, [&](const auto& table) {
    table.visit_all([&](const auto& row) { add(hash, row); });
    hash.add(0x7461626c65ULL);  // ends a table, so that rows cannot move from one to the next unseen
  });
  return hash.value();
}

UnixTime waiting_ends(const JobRow& job) {
  if (job.latest_start.is_none()) return job.waits_until;
  return std::min(job.waits_until, job.latest_start + Duration::microseconds(1));
}

UnixTime lease_deadline(const LeaseRow& lease) { return lease.ends_at + lease_grace + clock_bound; }

}  // namespace dayan::core
