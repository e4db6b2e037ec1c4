#include <functional>

#include "core/platform_for_tests.h"

/// What agents report of attempts, and what comes of it.

namespace dayan::core {
namespace {

class ReportTest : public TwoCentres {
 protected:
  Cny balance(AccountKind kind, std::int64_t owner) const {
    const AccountRow* row = state_.accounts.find({kind, OrganisationId(owner)});
    return row == nullptr ? Cny() : row->credits_posted - row->debits_posted;
  }
};

TEST_F(ReportTest, MoneyIsHeldBeforeTheLeaseAndChargedByWhatWasMeasured) {
  // One task at 0.36 yuan a core-hour: an hour is held, ten minutes are charged, the rest is free again.
  const JobId job = submit(1);
  plan({assign(job, 0, 10)});
  EXPECT_EQ(wallet_available(), Cny::yuan(100) - Cny::micro(360'000));
  now_ = now_ + Duration::minutes(20);
  must(as("agent guian"), report("guian", ended(job, 0, 1, 0, Duration::minutes(10))));
  EXPECT_EQ(wallet_available(), Cny::yuan(100) - Cny::micro(60'000));
  EXPECT_EQ(balance(AccountKind::provider_payable, 3), Cny::micro(57'000));
  EXPECT_EQ(balance(AccountKind::platform_fee, 0), Cny::micro(3'000));
  EXPECT_FALSE(state_.jobs.contains({job})) << "a final job leaves the state";
}

TEST_F(ReportTest, TheHubsBoundCapsALyingCounter) {
  // The agent claims five hours; the lease began a minute ago: a minute and the seconds of the commands are charged.
  const JobId job = submit(1);
  plan({assign(job, 0, 10)});
  now_ = now_ + Duration::seconds(59);
  must(as("agent guian"), report("guian", ended(job, 0, 1, 0, Duration::hours(5))));
  EXPECT_EQ(wallet_available(), Cny::yuan(100) - Cny::micro(6'000));
}

TEST_F(ReportTest, ReportedLossWaitsForTheLeaseToEnd) {
  // The agent says that it lost the attempt: it may still run where the agent cannot look, so the task waits.
  const JobId job = submit(1);
  plan({assign(job, 0, 10)});
  const UnixTime deadline = lease_deadline(*state_.leases.find({job, 0, 1}));
  AttemptReport lost = ended(job, 0, 1, 0, Duration::seconds(1));
  lost.outcome = Outcome::lost;
  must(as("agent guian"), report("guian", lost));
  EXPECT_EQ(state_.tasks.find({job, 0})->not_before, deadline);
  EXPECT_EQ(plan({assign(job, 0, 11)}).stale.size(), 1U);
  now_ = deadline;
  EXPECT_TRUE(plan({assign(job, 0, 11)}).stale.empty());
}

TEST_F(ReportTest, LostTaskIsPlacedAgainOnlyAfterItsLeaseEnded) {
  // The centre is silent. Before lease end + grace + clock bound nothing happens; after it the task waits again.
  const JobId job = submit(1);
  plan({assign(job, 0, 10)});
  const UnixTime deadline = *next_wakeup(state_);
  const LeaseRow lease = *state_.leases.find({job, 0, 1});
  EXPECT_EQ(deadline, lease.ends_at + lease_grace + clock_bound);
  now_ = deadline - Duration::seconds(2);
  must(host_, Tick{});
  EXPECT_EQ(plan({assign(job, 0, 11)}).stale.size(), 1U) << "the older lease has not ended";
  must(host_, Tick{});
  EXPECT_EQ(wallet_available(), Cny::yuan(100)) << "a lost attempt costs nothing";
  EXPECT_TRUE(plan({assign(job, 0, 11)}).stale.empty());
  EXPECT_EQ(state_.tasks.find({job, 0})->attempts, 2);

  // The old attempt's late report is kept as evidence and changes neither money nor the new attempt.
  AttemptRow old_row;
  old_row.job = job;
  old_row.centre = CentreId(10);
  const Cny before = wallet_available();
  const Decision late =
      must(as("agent guian"), report("guian", ended(job, 0, 1, 0, Duration::minutes(5))), {{}, {old_row}, {}});
  EXPECT_EQ(late.events.size(), 2U);
  EXPECT_EQ(wallet_available(), before);
  EXPECT_TRUE(state_.attempts.contains({job, 0, 2}));
}

TEST_F(ReportTest, OneReportOfAnAttemptInAMessage) {
  // Two in one message could let a counter go back between them.
  const JobId job = submit(1);
  plan({assign(job, 0, 10)});
  ReportAttempts message = report("guian", ended(job, 0, 1, 0, Duration::seconds(1)));
  message.reports.push_back(message.reports[0]);
  EXPECT_EQ(refused(as("agent guian"), message).faults[0].field, "reports[1].attempt");
}

TEST_F(ReportTest, ReportsAreForTheOwnCentreOnly) {
  // shanghai's agent reports an attempt that runs at guian.
  const JobId job = submit(1);
  plan({assign(job, 0, 10)});
  const auto refusal = refused(as("agent shanghai"), report("shanghai", ended(job, 0, 1, 0, Duration::minutes(1))));
  EXPECT_EQ(refusal.reason, RefusalReason::forbidden);
  EXPECT_EQ(refusal.faults[0].field, "reports[0].attempt");
}

TEST_F(ReportTest, CountersNeverGoBack) {
  // A running attempt had five minutes; a later report says four.
  const JobId job = submit(1);
  plan({assign(job, 0, 10)});
  AttemptReport running;
  running.attempt = {job, 0, 1};
  running.state = AttemptState::running;
  running.engine_run = Duration::minutes(5);
  must(as("agent guian"), report("guian", running));
  running.engine_run = Duration::minutes(4);
  EXPECT_EQ(refused(as("agent guian"), report("guian", running)).faults[0].field, "reports[0].engine_run");
}

TEST_F(ReportTest, EveryFaultOfAReportIsNamed) {
  // Each thing that a report may get wrong is refused by its own field, and a report with one of them changes
  // nothing.
  const JobId job = submit(1);
  plan({assign(job, 0, 10)});
  const OutputFile good{"frame.png", sha256("frame"), Bytes(5)};
  const auto fields_of = [&](const std::function<void(AttemptReport&)>& spoil) {
    AttemptReport report = ended(job, 0, 1, 0, Duration::minutes(1));
    report.outputs = {good};
    spoil(report);
    std::string fields;
    for (const Error& fault : refused(as("agent guian"), this->report("guian", report)).faults)
      fields += (fields.empty() ? "" : " ") + fault.field;
    return fields;
  };
  EXPECT_EQ(fields_of([](auto& r) { r.engine_run = Duration::seconds(-1); }), "reports[0].engine_run");
  EXPECT_EQ(fields_of([](auto& r) { r.wrapper_run = Duration::seconds(-1); }), "reports[0].wrapper_run");
  EXPECT_EQ(fields_of([](auto& r) { r.memory_peak = Bytes(-1); }), "reports[0].memory_peak");
  EXPECT_EQ(fields_of([](auto& r) { r.outcome = Outcome::none; }), "reports[0].outcome");
  EXPECT_EQ(fields_of([](auto& r) { r.state = AttemptState::running; }), "reports[0].outcome reports[0].outputs");
  EXPECT_EQ(fields_of([](auto& r) {
              r.state = AttemptState::leased;
              r.outcome = Outcome::none;
              r.outputs.clear();
            }),
            "reports[0].state");
  EXPECT_EQ(fields_of([](auto& r) { r.failure.assign(4'097, 'x'); }), "reports[0].failure");
  EXPECT_EQ(fields_of([](auto& r) { r.engine_id.assign(129, '7'); }), "reports[0].engine_id");
  EXPECT_EQ(fields_of([](auto& r) { r.outputs[0].path = "../frame.png"; }), "reports[0].outputs[0].path");
  EXPECT_EQ(fields_of([](auto& r) { r.outputs[0].path = "/etc/passwd"; }), "reports[0].outputs[0].path");
  EXPECT_EQ(fields_of([](auto& r) { r.outputs[0].size = Bytes(-1); }), "reports[0].outputs[0].size");
  // Several at once, all told.
  EXPECT_EQ(fields_of([](auto& r) {
              r.memory_peak = Bytes(-1);
              r.engine_id.assign(129, '7');
              r.failure.assign(4'097, 'x');
              r.outputs[0] = {"/etc/passwd", sha256("frame"), Bytes(-1)};
            }),
            "reports[0].memory_peak reports[0].failure reports[0].engine_id reports[0].outputs[0].path "
            "reports[0].outputs[0].size");
  EXPECT_EQ(state_.attempts.find({job, 0, 1})->state, AttemptState::leased);
  must(as("agent guian"), report("guian", ended(job, 0, 1, 0, Duration::minutes(1))));
}

TEST_F(ReportTest, RepeatedReportChangesNothing) {
  // The same sequence again: accepted, without an event.
  const JobId job = submit(1);
  plan({assign(job, 0, 10)});
  AttemptReport running;
  running.attempt = {job, 0, 1};
  running.state = AttemptState::running;
  const ReportAttempts message = report("guian", running);
  must(as("agent guian"), message);
  EXPECT_TRUE(must(as("agent guian"), message).events.empty());
}

TEST_F(ReportTest, ASignOfLifeIsNoEvent) {
  // A message without a report leaves no trace, and what comes after it is still taken.
  const JobId job = submit(1);
  plan({assign(job, 0, 10)});
  EXPECT_TRUE(must(as("agent guian"), ReportAttempts{1, ++sequence_, {}}).events.empty());
  must(as("agent guian"), report("guian", ended(job, 0, 1, 0, Duration::minutes(1))));
  EXPECT_EQ(state_.leases.find({job, 0, 1}), nullptr);
}

TEST_F(ReportTest, FailedStartIsTriedElsewhereAndRemembersWhere) {
  // A refused start costs nothing, and the task carries the centre to avoid.
  const JobId job = submit(1);
  plan({assign(job, 0, 10)});
  AttemptReport refused_start = ended(job, 0, 1, 0, Duration());
  refused_start.outcome = Outcome::start_refused;
  must(as("agent guian"), report("guian", refused_start));
  EXPECT_EQ(state_.tasks.find({job, 0})->avoid, CentreId(10));
  EXPECT_EQ(state_.jobs.find({job})->retrying, 1);
  EXPECT_EQ(wallet_available(), Cny::yuan(100));
}

TEST_F(ReportTest, ARefusedStartUsesUpNoAttempt) {
  // Of nine attempts that were refused nothing ran: three are left in which the task may be lost, and not one more. A
  // task that is refused once more than that fails: a bound there is.
  const JobId job = submit(2);
  const auto try_once = [&](std::int32_t task, std::int32_t number, Outcome outcome) {
    EXPECT_TRUE(plan({assign(job, task, number % 2 == 0 ? 10 : 11)}).stale.empty());
    AttemptReport told = ended(job, task, number, 0, Duration());
    told.outcome = outcome;
    const char* centre = number % 2 == 0 ? "guian" : "shanghai";
    must(as(std::string("agent ") + centre), report(centre, told));
  };
  for (std::int32_t number = 1; number <= refusals_max; ++number) try_once(0, number, Outcome::start_refused);
  EXPECT_EQ(state_.tasks.find({job, 0})->refusals, refusals_max);
  for (std::int32_t i = 1; i < attempts_max; ++i) try_once(0, refusals_max + i, Outcome::expired);
  EXPECT_EQ(state_.jobs.find({job})->retrying, 1);
  try_once(0, refusals_max + attempts_max, Outcome::expired);
  EXPECT_EQ(state_.jobs.find({job})->failed, 1);
  for (std::int32_t number = 1; number <= refusals_max; ++number) try_once(1, number, Outcome::start_refused);
  EXPECT_EQ(state_.jobs.find({job})->retrying, 1);
  try_once(1, refusals_max + 1, Outcome::start_refused);
  EXPECT_FALSE(state_.jobs.contains({job}));
  EXPECT_EQ(wallet_available(), Cny::yuan(100));
}

TEST_F(ReportTest, WhatAProjectUsesIsKept) {
  // What is billed counts, over all nodes and weighed; what was lost or never started does not; and a State read back
  // from the rows has it too.
  const JobId job = submit(3);
  plan({assign(job, 0, 10), assign(job, 1, 11), assign(job, 2, 11)});
  EXPECT_FALSE(state_.usage.contains({ProjectId(2)}));
  now_ = now_ + Duration::minutes(30);
  must(as("agent guian"), report("guian", ended(job, 0, 1, 0, Duration::minutes(30))));
  const UsageRow* usage = state_.usage.find({ProjectId(2)});
  ASSERT_NE(usage, nullptr);
  EXPECT_EQ(usage->organisation, OrganisationId(2));
  UsageRow expected{ProjectId(2), OrganisationId(2), usage_period(now_)};
  add_use(expected, spec(1).requirements.resources, {}, now_ - Duration::minutes(30), now_);
  EXPECT_EQ(*usage, expected);
  EXPECT_GE(usage->core_ms, 1'800'000);
  AttemptReport refusal = ended(job, 1, 1, 0, Duration());
  refusal.outcome = Outcome::start_refused;
  must(as("agent shanghai"), report("shanghai", refusal));
  EXPECT_EQ(*state_.usage.find({ProjectId(2)}), expected);
  must(as("agent shanghai"), report("shanghai", ended(job, 2, 1, 1, Duration::minutes(10))));
  EXPECT_GT(state_.usage.find({ProjectId(2)})->core_ms, expected.core_ms);
}

}  // namespace
}  // namespace dayan::core
