#include <algorithm>

#include "core/apply.h"
#include "core/draft.h"
#include "ledger/ledger.h"
#include "model/meter.h"
#include "trade/rating.h"

/// The end of an attempt, and its money: what was measured is charged, never more than was held; the rest is released.

namespace dayan::core {
namespace {

/// Nothing is charged for what never ran, nor for what the centre lost: the provider bears it.
bool is_charged(Outcome outcome) { return !may_retry(outcome); }

struct Bill {
  std::vector<ChargeRow> charges;
  Cny amount;
  Cny fee;
};

/// What crossed to the centre for the attempt's job and is for its lease to pay.
Bytes moved_for(const State& state, const LeaseRow& lease, Outcome outcome) {
  if (lease.transfer.is_zero()) return {};
  const TransferRow* row = state.transfers.find({lease.job, lease.centre});
  ASSERT(row != nullptr);
  return pays_inputs(*row, outcome) ? row->fetched : Bytes();
}

Bill bill_of(const State& state, const LeaseRow& lease, const AttemptRow& attempt, Duration billed, Bytes moved) {
  const OfferRow* offer = state.offers.find({attempt.offer});
  const CentreRow* centre = state.centres.find({attempt.centre});
  const JobRow* job = state.jobs.find({attempt.job});
  ASSERT(offer != nullptr && centre != nullptr && job != nullptr);
  Bill bill;
  bill.charges = trade::rate(part_of(offer_at(*offer, lease.granted_at), lease.price_part), lease, billed, moved);
  for (ChargeRow& charge : bill.charges) {
    charge.customer = job->organisation;
    charge.provider = centre->provider;
    bill.amount += charge.amount;
    bill.fee += charge.fee;
  }
  ASSERT(bill.amount <= lease.held);
  return bill;
}

/// One chain: the hold is resolved, and what it posted passes through clearing to the provider and the platform.
void move_money(Draft& draft, const LeaseRow& lease, OrganisationId provider, const Bill& bill, PlantedBug bug) {
  const AttemptKey about = lease.attempt();
  const AccountKey clearing{AccountKind::clearing, OrganisationId()};
  const auto books = [&] { return ledger::Books{draft.state().accounts, draft.state().holds}; };
  const auto emit = [&](Decided<EntryRow> entry) {
    // After a planted second posting clearing lacks money for the next chain of the same command: the invariant is to
    // tell of it, not this assertion.
    if (bug == PlantedBug::post_twice && !entry) return;
    ASSERT(entry.has_value());
    draft.emit_entry(*std::move(entry), about);
  };
  if (bill.amount.is_zero()) {
    emit(ledger::release(books(), draft.next_entry(), lease.hold));
    return;
  }
  emit(ledger::post(books(), draft.next_entry(), lease.hold, bill.amount));
  const Cny earned = bill.amount - bill.fee;
  const AccountKey payable{AccountKind::provider_payable, provider};
  if (!earned.is_zero()) emit(ledger::direct(books(), draft.next_entry(), clearing, payable, earned));
  if (!bill.fee.is_zero()) {
    emit(ledger::direct(books(), draft.next_entry(), clearing, {AccountKind::platform_fee, OrganisationId()},
                        bill.fee));
  }
  if (bug == PlantedBug::post_twice && !earned.is_zero()) {
    EntryRow again;
    again.id = draft.next_entry();
    again.debit_kind = clearing.kind;
    again.credit_kind = payable.kind;
    again.credit_owner = payable.owner;
    again.amount = earned;
    draft.emit_entry(again, about);
  }
}

TaskState task_after(const State& state, const AttemptRow& attempt, Outcome outcome) {
  const JobRow* job = state.jobs.find({attempt.job});
  const TaskRow* task = state.tasks.find({attempt.job, attempt.task});
  ASSERT(job != nullptr && task != nullptr);
  if (outcome == Outcome::exited && attempt.exit_code == 0) return TaskState::succeeded;
  if (job->state == JobState::cancelling) return TaskState::cancelled;
  if (job->gave_up != GaveUp::no) return TaskState::failed;
  // What was taken back was nobody's failure.
  if (outcome == Outcome::reclaimed) return TaskState::waiting;
  // Of an attempt that was refused nothing ran: it does not use up those in which the task could run.
  const bool is_taken_back = !attempt.reclaimed_at.is_none();
  const std::int32_t counted = attempt.number - task->refusals - task->reclaims - (is_taken_back ? 1 : 0);
  const bool is_left =
      outcome == Outcome::start_refused && !is_taken_back ? task->refusals < refusals_max : counted < attempts_max;
  if (may_retry(outcome) && is_left) return TaskState::waiting;
  return TaskState::failed;
}

}  // namespace

void settle(Draft& draft, const AttemptKey& key, Outcome outcome, PlantedBug bug) {
  const State& state = draft.state();
  const AttemptRow* found = state.attempts.find({key.job, key.task, key.number});
  const LeaseRow* found_lease = state.leases.find({key.job, key.task, key.number});
  ASSERT(found != nullptr && found_lease != nullptr);
  const AttemptRow attempt = *found;
  const LeaseRow lease = *found_lease;
  const Duration billed =
      is_charged(outcome) ? trade::billable_run(lease, attempt, draft.now()) : Duration();
  Bill bill = bill_of(state, lease, attempt, billed, moved_for(state, lease, outcome));
  const EntryId first_entry = draft.next_entry();
  const CentreRow* centre = state.centres.find({attempt.centre});
  move_money(draft, lease, centre->provider, bill, bug);

  AttemptSettled settled;
  settled.attempt = key;
  settled.outcome = outcome;
  settled.billed_run = billed;
  settled.task_becomes = task_after(draft.state(), attempt, outcome);
  // What is lost may still run somewhere until its lease has ended; what never started cannot.
  if (settled.task_becomes == TaskState::waiting) {
    const bool may_live = outcome == Outcome::lost && bug != PlantedBug::placed_before_lease_end;
    settled.not_before = may_live ? std::max(draft.now(), lease_deadline(lease)) : draft.now();
  }
  for (ChargeRow& charge : bill.charges) {
    charge.entry = first_entry;
    charge.at = draft.now();
  }
  settled.charges = std::move(bill.charges);
  draft.emit(std::move(settled));
  end_job_if_done(draft, key.job);
  give_up_above_cap(draft, key.job);
}

}  // namespace dayan::core
