#include "sim/checkers.h"

#include "base/wide.h"

namespace dayan::sim {

namespace {

std::string name_of(const AttemptRow& attempt) { return engine_name(attempt.attempt()); }

/// Amount × quantity ÷ unit, cut off: written here a second time on purpose.
Cny naive_amount(const ChargeRow& line) {
  const Int128 product = Int128{line.price_amount.micro()} * line.quantity;
  return Cny::micro(static_cast<std::int64_t>(product / line.price_quantity));
}

/// The price of an hour, by meter, and how many of the meter's units make an hour of one core, card or GB.
/// At the hour at which a lease was granted, by minutes of the day.
std::pair<Cny, std::int64_t> naive_price(const OfferRow& offer, Meter meter, UnixTime granted_at) {
  constexpr std::int64_t hour = 3'600'000;
  if (meter == Meter::transfer) return {offer.transfer_gb, 1'000'000'000};  // at all hours
  const std::int64_t minute = granted_at.microseconds() / 60'000'000 % 1'440;
  std::int64_t percent = 100;
  for (const DayHours& each : offer.hours) {
    for (std::int64_t at = each.from.minutes(); at != each.until.minutes(); at = (at + 1) % 1'440)
      percent = at == minute ? each.percent : percent;
  }
  const auto then = [&](Cny usual) { return Cny::micro((usual.micro() * percent + 99) / 100); };
  if (meter == Meter::core_time) return {then(offer.core_hour), hour};
  if (meter == Meter::card_time) return {then(offer.card_hour), hour * 1'000};
  return {then(offer.gb_hour), hour * 1'000};
}

/// The most that a meter can have measured in `run`, in its unit; of what was moved, what its lease covers.
Int128 naive_quantity(const LeaseRow& lease, Meter meter, Duration run) {
  if (meter == Meter::transfer) return lease.transfer.value();
  const Int128 node_milliseconds = Int128{run.microseconds() / 1'000} * lease.resources.nodes;
  if (meter == Meter::core_time) return lease.resources.cores.value() * node_milliseconds;
  if (meter == Meter::card_time) return lease.resources.cards.value() * node_milliseconds;
  return (lease.resources.memory.value() + 999'999) / 1'000'000 * node_milliseconds;
}

}  // namespace

void Checkers::check_state(const core::State& state) {
  if (const auto broken = core::broken_invariant(state)) {
    const std::size_t colon = broken->find(": ");
    trial_.broken(broken->substr(0, colon), broken->substr(colon + 2));
  }
  if (const auto exceeded = core::exceeded_capacity(state)) trial_.broken("capacity", *exceeded);
  journal_.check_money(state);
}

void Checkers::after_commit(const Batch& batch, const core::State& state) {
  check_state(state);
  just_settled_.clear();
  for (const RowChange& change : batch.changes) {
    if (const auto* offer = std::get_if<OfferRow>(&change.row)) offers_[offer->id] = *offer;
    std::visit([&](const auto& row) { check_row(row, change.fate); }, change.row);
  }
  check_bills();
  check_centre_bounds();
  for (const EventRecord& record : batch.events) {
    trial_.counts.leases += std::holds_alternative<LeaseGranted>(record.event) ? 1 : 0;
    trial_.counts.jobs += std::holds_alternative<JobSubmitted>(record.event) ? 1 : 0;
    trial_.counts.rounds += std::holds_alternative<RoundSubmitted>(record.event) ? 1 : 0;
    trial_.counts.late_reports += std::holds_alternative<LateReportKept>(record.event) ? 1 : 0;
    const auto* settled = std::get_if<AttemptSettled>(&record.event);
    trial_.counts.lost_attempts += settled != nullptr && settled->outcome == Outcome::lost ? 1 : 0;
  }
}

void Checkers::check_row(const JobRow& job, RowFate fate) {
  reclaimable_[job.id] = job.requirements.reclaimable;
  if (job.requirements.tasks_per_centre_max > 0) tasks_per_centre_max_[job.id] = job.requirements.tasks_per_centre_max;
  if (finals_.contains(job.id)) {
    trial_.broken("final_jobs", to_text(job.id) + " was final and is written again");
    return;
  }
  if (fate != RowFate::retired) return;
  ++trial_.counts.final_jobs;
  finals_[job.id] = job;
  const bool is_whole = is_final(job.state) && job.succeeded + job.failed + job.cancelled == job.count;
  if (!is_whole) trial_.broken("final_jobs", to_text(job.id) + " has retired and is not final");
}

void Checkers::check_row(const AttemptRow& attempt, RowFate fate) {
  const std::string name = name_of(attempt);
  if (settled_.contains(attempt.key())) trial_.broken("counter", name + " was settled and is written again");
  const auto [seen, is_new] = seen_.try_emplace(attempt.key(), attempt);
  const AttemptRow before = std::exchange(seen->second, attempt);
  const bool goes_back = attempt.engine_run < before.engine_run || attempt.wrapper_run < before.wrapper_run ||
                         attempt.state < before.state;
  if (goes_back) {
    trial_.broken("counter", name + " went back from " + to_text(before.engine_run) + " to " +
                                 to_text(attempt.engine_run) + " of run time, or in its state");
  }
  if (!attempt.engine_id.empty() && attempt.engine_id.substr(3) != name) {
    trial_.broken("counter", name + " carries what was said of " + attempt.engine_id.substr(3));
  }
  if (fate != RowFate::retired) return;
  settled_[attempt.key()] = true;
  just_settled_.push_back(attempt);
}

void Checkers::check_row(const LeaseRow& lease, RowFate fate) {
  if (tasks_per_centre_max_.contains(lease.job)) {
    const std::pair where{lease.job, lease.centre};
    if (fate != RowFate::live) live_there_[where].erase(lease.key());
    else if (live_there_[where].insert(lease.key()).second) leased_there_.insert(where);
  }
  const auto before = leases_.find(lease.key());
  const bool is_taken_back = !lease.reclaimed_at.is_none() &&
                             (before == leases_.end() || before->second.reclaimed_at.is_none());
  if (is_taken_back) {
    const std::string name = engine_name(lease.attempt());
    ++trial_.counts.reclaims;
    if (!reclaimable_[lease.job]) trial_.broken("reclaim", name + " is taken back, its job may not be");
    if (++reclaims_[{lease.job, lease.task}] > reclaims_max)
      trial_.broken("reclaim", name + " is of a task that was taken back too often");
  }
  leases_[lease.key()] = lease;
}

/// Ended by the word of the agent, not by its own: it had its notice, by the true time. Clocks may jump meanwhile, and
/// what was in the engine's queue when that was looked at last needs none.
void Checkers::check_taken_back(const AttemptRow& attempt) {
  constexpr Duration looked_within = Duration::minutes(2);
  const std::string name = name_of(attempt);
  if (attempt.outcome != Outcome::reclaimed) return;
  if (attempt.reclaimed_at.is_none()) trial_.broken("reclaim", name + " ended as taken back and was not");
  if (reclaimable_[attempt.reclaimed_for])
    trial_.broken("reclaim", name + " was taken back for work that may be taken back");
  const Processes::Span ran = processes_.span_of(attempt.attempt());
  if (attempt.exit_code != 0 || ran.from.is_none() || ran.from + looked_within > attempt.reclaimed_at) return;
  if (ran.until - attempt.reclaimed_at < reclaim_notice - clock_bound * 2)
    trial_.broken("reclaim",
                  name + " was ended " + to_text(ran.until - attempt.reclaimed_at) + " after it was taken back");
}

void Checkers::check_row(const ChargeRow& charge, RowFate) {
  const std::string name = engine_name({charge.job, charge.task, charge.number});
  const std::tuple key{charge.job, charge.task, charge.number};
  charged_[key] += charge.amount;
  const auto [price, unit] = naive_price(offers_[charge.offer], charge.meter, leases_[key].granted_at);
  // What is moved has its price in full.
  const std::int64_t part = charge.meter == Meter::transfer ? 1'000 : leases_[key].price_part;
  const Cny due = Cny::micro(static_cast<std::int64_t>(Int128{price.micro()} * part / 1'000));
  const bool pays_part = charge.price_part == part && (part == 1'000 || reclaimable_[charge.job]);
  if (charge.price_amount != due || charge.price_quantity != unit || !pays_part) {
    trial_.broken("charge", name + " is charged at another price than its offer's");
  }
  if (charge.amount != naive_amount(charge) || charge.fee > charge.amount) {
    trial_.broken("charge", name + " is charged " + to_text(charge.amount) + " yuan, quantity times price is " +
                                to_text(naive_amount(charge)));
  }
  if (charge.meter == Meter::transfer && !moved_.emplace(charge.job, charge.centre).second) {
    trial_.broken("charge", name + " is charged for inputs that were charged at that centre before");
  }
  const Duration ran = processes_.ran_of({charge.job, charge.task, charge.number});
  if (Int128{charge.quantity} > naive_quantity(leases_[key], charge.meter, ran)) {
    trial_.broken("charge", name + " ran for " + to_text(ran) + " and is charged for more " +
                                std::string(to_text(charge.meter)));
  }
}

void Checkers::check_settled(const AttemptRow& attempt) {
  const std::string name = name_of(attempt);
  const Duration ran = processes_.ran_of(attempt.attempt());
  if (attempt.billed_run > ran) {
    trial_.broken("charge", name + " ran for " + to_text(ran) + " and is billed for " + to_text(attempt.billed_run));
  }
  if (may_retry(attempt.outcome) && !attempt.charged.is_zero()) {
    trial_.broken("charge", name + " was the centre's failure and costs " + to_text(attempt.charged) + " yuan");
  }
  if (attempt.charged != charged_[attempt.key()]) {
    trial_.broken("charge", name + " says " + to_text(attempt.charged) + " yuan, its lines say " +
                                to_text(charged_[attempt.key()]));
  }
  const auto lease = leases_.find(attempt.key());
  if (lease != leases_.end() && attempt.charged > lease->second.held) {
    trial_.broken("charge", name + " is charged more than was held");
  }
}

void Checkers::check_bills() {
  for (const AttemptRow& attempt : just_settled_) {
    check_settled(attempt);
    check_taken_back(attempt);
  }
}

void Checkers::check_centre_bounds() {
  for (const auto& where : std::exchange(leased_there_, {})) {
    const std::size_t most = static_cast<std::size_t>(tasks_per_centre_max_.at(where.first));
    const std::size_t there = live_there_.at(where).size();
    trial_.counts.centres_filled += there == most ? 1 : 0;
    if (there > most)
      trial_.broken("centre_bound", to_text(where.first) + " has " + std::to_string(there) + " leases at " +
                                        to_text(where.second) + " and lets " + std::to_string(most) + " run there");
  }
}

void Checkers::after_reload(const core::State& state, Store& store) {
  check_state(state);
  journal_.check(state, store);
}

void Checkers::replay(const core::State& state, Store& store) {
  core::State again;
  std::int64_t sequence = 0;
  while (true) {
    const auto records = store.events_after(sequence, 10'000);
    if (!records) return trial_.broken("replay", to_text(records.error()));
    if (records->empty()) break;
    for (const EventRecord& record : *records) {
      if (record.sequence != ++sequence) {
        return trial_.broken("replay", "event " + std::to_string(sequence) + " is not there");
      }
      core::apply(again, record.event, record.at);
    }
  }
  if (again.hash() != state.hash()) {
    trial_.broken("replay", std::to_string(sequence) + " events from the beginning lead to another state");
  }
}

void Checkers::at_end(Store& store) {
  for (const auto& [id, job] : finals_) {
    const std::optional<JobRow> stored = stored_job(store, id);
    if (!stored || !(*stored == job)) trial_.broken("final_jobs", to_text(id) + " has changed after it was final");
  }
}

}  // namespace dayan::sim
