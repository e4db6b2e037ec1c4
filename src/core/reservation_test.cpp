#include "core/platform_for_tests.h"

/// Reservations of providers.

namespace dayan::core {
namespace {

using ReservationTest = TwoCentres;

TEST_F(ReservationTest, AReservationKeepsOthersOut) {
  // Nobody who is not named is leased anything that could still run when the pool is closed, to the microsecond; the
  // named may use it at all times; what is over has left the state.
  const UnixTime from = now_ + Duration::hours(2);
  const UnixTime until = from + Duration::hours(1);
  must(as("guizhou"), AddReservation{ReservationId(70), "guian", "batch", from, until, {}, "new switches"});
  submit(4);
  now_ = from - lease_start_allowance - Duration::hours(1) - Duration::seconds(1);
  EXPECT_TRUE(plan({assign(JobId(100), 0, 10)}).stale.empty());
  now_ = from - lease_start_allowance - Duration::hours(1) - Duration::seconds(1) + Duration::microseconds(1);
  const auto late = plan({assign(JobId(100), 1, 10), assign(JobId(100), 1, 11)});
  ASSERT_EQ(late.stale.size(), 1U);
  EXPECT_EQ(late.stale[0].reason.constraint, Constraint::closed);
  EXPECT_EQ(late.stale[0].reason.required - late.stale[0].reason.offered, 1);
  now_ = until - Duration::seconds(1) - Duration::microseconds(1);
  EXPECT_EQ(plan({assign(JobId(100), 2, 10)}).stale.size(), 1U);
  now_ = until - Duration::seconds(1);
  EXPECT_TRUE(plan({assign(JobId(100), 2, 10)}).stale.empty());
  must(host_, Tick{});
  EXPECT_FALSE(state_.reservations.contains({ReservationId(70)}));

  must(as("guizhou"),
       AddReservation{ReservationId(71), "guian", "", now_, now_ + Duration::hours(1), {"film-studio"}, ""});
  EXPECT_TRUE(plan({assign(JobId(100), 3, 10)}).stale.empty());
}

TEST_F(ReservationTest, ALeaseInAReservationIsSeenByTheInvariant) {
  // What was leased before the reservation was made is left alone; what is granted later and overlaps it is told of.
  submit(2);
  plan({assign(JobId(100), 0, 10)});
  must(as("guizhou"), AddReservation{ReservationId(70), "guian", "", now_, now_ + Duration::hours(4), {}, ""});
  LeaseRow lease = *state_.leases.find({JobId(100), 0, 1});
  lease.granted_at = now_ + Duration::seconds(1);
  state_.leases.put(lease);
  const auto broken = broken_invariant(state_);
  ASSERT_TRUE(broken.has_value());
  EXPECT_NE(broken->find("lies in reservation_"), std::string::npos) << *broken;
}

TEST_F(ReservationTest, ReservationsAreOfTheOwnCentre) {
  // Somebody else's centre is not there; each fault names its field; two that close one pool at once are one too
  // many; one that is removed is gone.
  const UnixTime from = now_ + Duration::hours(2);
  const auto add = [&](std::string centre, std::string pool, UnixTime begin, UnixTime end) {
    return AddReservation{ReservationId(70), std::move(centre), std::move(pool), begin, end, {}, ""};
  };
  EXPECT_EQ(refused(as("zhangjiang"), add("guian", "", from, from + Duration::hours(1))).reason,
            RefusalReason::not_found);
  EXPECT_EQ(refused(as("film-studio"), add("guian", "", from, from + Duration::hours(1))).reason,
            RefusalReason::forbidden);
  EXPECT_EQ(refused(as("agent guian"), add("guian", "", from, from + Duration::hours(1))).reason,
            RefusalReason::forbidden);
  AddReservation bad = add("guian", "gpu", from, from);
  bad.organisations = {"film-studio", "../x", "film-studio"};
  bad.note = "two\nlines";
  std::vector<std::string> fields;
  for (const Error& fault : refused(as("guizhou"), bad).faults) fields.push_back(fault.field);
  EXPECT_EQ(fields, (std::vector<std::string>{"until", "organisations[1]", "organisations[2]", "note", "pool"}));
  const auto only_fault = [&](UnixTime begin, UnixTime end) {
    const Refusal refusal = refused(as("guizhou"), add("guian", "", begin, end));
    return refusal.faults.size() == 1 ? refusal.faults[0].field : std::to_string(refusal.faults.size());
  };
  EXPECT_EQ(only_fault({}, from), "from");
  EXPECT_EQ(only_fault(now_ - Duration::hours(2), now_), "until");
  EXPECT_EQ(only_fault(from, from + Duration::seconds(59)), "until");
  EXPECT_EQ(only_fault(from, from + Duration::hours(721)), "until");
  EXPECT_EQ(only_fault(now_ + Duration::hours(24 * 367), now_ + Duration::hours(24 * 368)), "from");

  must(as("guizhou"), add("guian", "batch", from, from + Duration::hours(1)));
  AddReservation second = add("guian", "", from + Duration::minutes(59), from + Duration::hours(3));
  second.id = ReservationId(71);
  EXPECT_EQ(refused(as("guizhou"), second).reason, RefusalReason::already_exists);
  second.from = from + Duration::hours(1);
  must(as("guizhou"), second);
  EXPECT_EQ(refused(as("zhangjiang"), RemoveReservation{ReservationId(70)}).reason, RefusalReason::not_found);
  must(as("guizhou"), RemoveReservation{ReservationId(70)});
  EXPECT_EQ(refused(as("guizhou"), RemoveReservation{ReservationId(70)}).reason, RefusalReason::not_found);
  EXPECT_EQ(next_wakeup(state_), second.until);
}

}  // namespace
}  // namespace dayan::core
