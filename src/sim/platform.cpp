#include "sim/platform.h"

#include "core/plan_parts.h"
#include "sim/scenario.h"

namespace dayan::sim {
namespace {

constexpr std::int64_t first_customer = 2;  ///< the number of its organisation, project and user; then come the others
constexpr std::int64_t first_id = 1'000;    ///< of all else, after those of customers
constexpr std::size_t plan_max = 10'000;
/// Every command needs a later time than the one before.
constexpr Duration instant = Duration::microseconds(1);

Error first_fault(const Refusal& refusal) {
  Error error = refusal.faults.empty() ? Error{} : refusal.faults.front();
  if (error.wrong.empty()) error.wrong = "the core refused it";
  return error;
}

}  // namespace

Cny funds_of(std::size_t customers) {
  constexpr std::int64_t full_wallets = 40;  // their sum stays far below the largest of numbers
  const auto count = static_cast<std::int64_t>(customers);
  return count <= full_wallets ? amount_max : Cny::micro(amount_max.micro() / count * full_wallets);
}

Platform::Platform(UnixTime now, std::span<const std::string> customers)
    : engine_(place::make_engine()),
      began_(now),
      now_(now),
      last_id_(first_id + static_cast<std::int64_t>(customers.size())) {
  Actor host;
  host.is_host = true;
  const auto done = [](const Result<core::Decision>& decision) { ASSERT(decision.has_value()); };
  done(must(host, Bootstrap{OrganisationId(1), UserId(1), ProjectId(1), "platform", "root", sha256("root")}));
  const Cny funds = funds_of(customers.size());
  for (const std::string& name : customers) {
    const std::int64_t id = first_customer + std::ssize(customers_);
    done(must(bearer("root"), CreateOrganisation{OrganisationId(id), ProjectId(id), UserId(id), name, "first", true,
                                                 false, sha256(name)}));
    done(must(bearer("root"), TopUpWallet{name, funds, "all that is needed"}));
    // Who it is, not its token, which ends after 90 days: a simulation may be of years.
    customers_.push_back(bearer(name));
  }
}

Actor Platform::bearer(const std::string& token) const {
  const auto actor = core::authenticate(state_, sha256(token), now_);
  ASSERT(actor.has_value());
  return *actor;
}

Decided<core::Decision> Platform::decide(const Actor& actor, CommandBody body) {
  now_ = now_ + instant;
  auto decision = core::decide(state_, {actor, std::move(body)}, now_);
  if (!decision) return decision;
  for (const Event& event : decision->events) {
    core::apply(state_, event, now_);
    if (const auto* lease = std::get_if<LeaseGranted>(&event)) {
      granted_.push_back(lease->lease);
      placements_.insert_or_assign(lease->lease.attempt(), lease->placement);
    } else if (const auto* reclaimed = std::get_if<LeaseReclaimed>(&event)) {
      reclaimed_.push_back(reclaimed->attempt);
    } else if (const auto* settled = std::get_if<AttemptSettled>(&event)) {
      placements_.erase(settled->attempt);
      Cny charged;
      for (const ChargeRow& charge : settled->charges) charged += charge.amount;
      settled_.push_back({settled->attempt, settled->outcome, charged, settled->task_becomes == TaskState::waiting,
                          settled->not_before});
    }
  }
  for (const RowChange& change : state_.drain()) engine_->apply(change);
  return decision;
}

Result<core::Decision> Platform::must(const Actor& actor, CommandBody body) {
  auto decision = decide(actor, std::move(body));
  if (!decision) return fail(first_fault(decision.error()));
  return *std::move(decision);
}

Result<void> Platform::add_provider(const std::string& name) {
  if (!providers_.insert(name).second) return {};
  const std::int64_t id = ++last_id_;
  TRY_VOID(must(bearer("root"), CreateOrganisation{OrganisationId(id), ProjectId(id), UserId(id), name, "first", false,
                                                   true, sha256("provider " + name)}));
  return {};
}

Result<CentreId> Platform::add_centre(const jobfile::CentreFile& centre) {
  const std::string provider = centre.provider;
  Actor host;
  host.is_host = true;
  TRY_VOID(add_provider(provider));
  const Actor owner = bearer("provider " + provider);
  const CentreId id(++last_id_);
  TRY_VOID(must(owner, CreateCentre{id, centre.name, centre.region}));
  UpdateCentre told{centre.name, centre.accepts, centre.latency, centre.pue, centre.carbon, centre.carbon_hours};
  told.bandwidth = centre.bandwidth;
  TRY_VOID(must(owner, std::move(told)));
  TRY_VOID(must(owner, CreateJoinToken{centre.name, sha256("join " + centre.name)}));
  const std::string agent = "agent " + centre.name;
  TRY_VOID(must(host, EnrolAgent{sha256("join " + centre.name), std::string(64, 'a'), sha256(agent)}));
  PublishOffer offer{OfferId(++last_id_), centre.name, centre.core_hour, centre.card_hour, centre.gb_hour};
  offer.reclaimable_part = centre.reclaimable_part;
  offer.hours = centre.hours;
  offer.transfer_gb = centre.transfer_gb.value_or(Cny());  // else no job brings any data
  TRY_VOID(must(owner, std::move(offer)));
  TRY_VOID(must(bearer(agent), ReportPools{centre.pools}));
  for (const jobfile::ClosedSpan& closed : centre.reservations) {
    const UnixTime from = began_ + closed.from;
    TRY_VOID(must(owner, AddReservation{ReservationId(++last_id_), centre.name, closed.pool, from, from + closed.span,
                                        closed.organisations, closed.note}));
  }
  agents_.emplace(id, Agent{bearer(agent), 0, centre.silences});
  const auto is_now = [](const jobfile::Silence& each) { return each.from <= Duration() && each.span > Duration(); };
  if (std::ranges::none_of(centre.silences, is_now)) hear(id);
  return id;
}

Result<JobId> Platform::submit(const JobSpec& spec, std::size_t customer) {
  const JobId id(++last_id_);
  TRY_VOID(must(customers_[customer], SubmitJob{id, "default", spec}));
  return id;
}

std::vector<LeaseRow> Platform::place_all() {
  Actor host;
  host.is_host = true;
  for (bool is_taken = true; is_taken;) {
    std::vector<Assignment> plan = engine_->plan(now_, plan_max);
    std::vector<Reclaim> reclaims = engine_->reclaims();
    is_taken = !reclaims.empty();
    for (CommitPlan& part : core::plan_parts(std::move(plan), std::move(reclaims), assignments_max)) {
      const std::size_t proposed = part.assignments.size();
      const auto decision = decide(host, std::move(part));
      ASSERT(decision.has_value());
      is_taken = is_taken || decision->stale.size() < proposed;
    }
  }
  return std::exchange(granted_, {});
}

void Platform::begin_attempt(const AttemptKey& attempt, UnixTime since) {
  const LeaseRow* lease = state_.leases.find({attempt.job, attempt.task, attempt.number});
  ASSERT(lease != nullptr);
  AttemptReport report;
  report.attempt = attempt;
  report.state = AttemptState::running;
  report.started_at = since;
  send(lease->centre, std::move(report));
}

void Platform::end_attempt(const AttemptKey& attempt, const Ran& ran, Outcome outcome, std::int32_t exit_code) {
  const LeaseRow* lease = state_.leases.find({attempt.job, attempt.task, attempt.number});
  ASSERT(lease != nullptr);
  AttemptReport report;
  // The commands of one instant follow each other by a microsecond: no run is shorter on the hub's clock for that.
  now_ = std::max(now_, lease->granted_at + ran.staged + ran.run);
  report.attempt = attempt;
  report.state = AttemptState::ended;
  report.outcome = outcome;
  report.exit_code = exit_code;
  report.engine_run = ran.run;
  report.wrapper_run = ran.run;
  report.fetched = ran.fetched.bytes;
  report.fetch_time = ran.fetched.time;
  send(lease->centre, std::move(report));
}

void Platform::send(CentreId centre, AttemptReport report) {
  Agent& agent = agents_.at(centre);
  const std::int64_t epoch = state_.centres.find({centre})->agent_epoch;
  const auto decision = must(agent.actor, ReportAttempts{epoch, ++agent.sequence, {std::move(report)}});
  ASSERT(decision.has_value());
}

void Platform::report_pools(CentreId centre, std::vector<PoolRow> pools) {
  const auto decision = must(agents_.at(centre).actor, ReportPools{std::move(pools)});
  ASSERT(decision.has_value());
}

void Platform::advance(UnixTime to) {
  pass_to(to);
  for (;;) {
    const auto due = core::next_wakeup(state_);
    if (!due || *due > now_) return;
    Actor host;
    host.is_host = true;
    const auto decision = decide(host, Tick{});
    ASSERT(decision.has_value());
  }
}

void Platform::hear(CentreId centre) {
  const Duration since = now_ - began_;
  engine_->observe({centre, now_ + (heard_until(agents_.at(centre).silences, since) - since), {}});
}

Cny Platform::spent() const {
  Cny spent;
  for (const Actor& customer : customers_) {
    const AccountRow* wallet = state_.accounts.find({AccountKind::customer_wallet, customer.organisation});
    ASSERT(wallet != nullptr);
    spent += wallet->debits_posted;
  }
  return spent;
}

const PlacementRow* Platform::placement(const AttemptKey& attempt) const {
  const auto found = placements_.find(attempt);
  return found == placements_.end() ? nullptr : &found->second;
}

}  // namespace dayan::sim
