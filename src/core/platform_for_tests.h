#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "core/core.h"

/// For tests of single rules of the core: a customer, and a centre with one pool and an offer.

namespace dayan::core {

/// Every event is applied, every invariant checked after each command.
class SmallPlatform : public testing::Test {
 protected:
  SmallPlatform() {
    host_.is_host = true;
    must(host_, Bootstrap{OrganisationId(1), UserId(1), ProjectId(1), "platform", "root", sha256("root")});
    must(as("root"), CreateOrganisation{OrganisationId(2), ProjectId(2), UserId(2), "weather", "first", true, false,
                                        sha256("weather")});
    must(as("root"), CreateOrganisation{OrganisationId(3), ProjectId(3), UserId(3), "guizhou", "first", false, true,
                                        sha256("guizhou")});
    must(as("guizhou"), CreateCentre{CentreId(10), "guian", "somewhere"});
    must(as("guizhou"), CreateJoinToken{"guian", sha256("join")});
    must(host_, EnrolAgent{sha256("join"), std::string(64, 'a'), sha256("agent")});
    must(as("guizhou"), PublishOffer{OfferId(10), "guian", Cny::yuan(1), Cny(), Cny()});
    PoolRow pool;
    pool.name = "batch";
    pool.nodes = 3;
    pool.cores_per_node = Cores(2);
    pool.memory_per_node = Bytes(4'000'000'000);
    pool.wall_time_max = Duration::hours(24);
    must(as("agent"), ReportPools{{pool}});
    must(as("root"), TopUpWallet{"weather", Cny::yuan(100), "bank 1"});
  }

  Actor as(const std::string& token) {
    const auto actor = authenticate(state_, sha256(token), now_);
    EXPECT_TRUE(actor) << token;
    return actor ? *actor : Actor{};
  }
  Decided<Decision> run(const Actor& actor, CommandBody body, const Fetched& fetched = {}) {
    now_ = now_ + Duration::seconds(1);
    auto decision = decide(state_, {actor, std::move(body)}, now_, fetched);
    if (!decision) return decision;
    for (const Event& event : decision->events) apply(state_, event, now_);
    EXPECT_EQ(broken_invariant(state_), std::nullopt);
    return decision;
  }
  Decision must(const Actor& actor, CommandBody body, const Fetched& fetched = {}) {
    auto decision = run(actor, std::move(body), fetched);
    EXPECT_TRUE(decision) << (decision ? "" : to_text(decision.error().faults.front()));
    return decision ? *std::move(decision) : Decision{};
  }
  /// Ticks at the moment when the earliest timer is due.
  Decision next_tick() {
    now_ = *next_wakeup(state_) - Duration::seconds(1);
    return must(host_, Tick{});
  }
  void tick_at(UnixTime at) {
    now_ = at - Duration::seconds(1);
    while (next_wakeup(state_).value_or(at + Duration::seconds(1)) <= at) must(host_, Tick{});
  }

  /// Leases the job's only task, and ends it well.
  void complete(JobId job) {
    Assignment made{job, 0, {}};
    made.placement.centre = CentreId(10);
    made.placement.pool = "batch";
    EXPECT_TRUE(must(host_, CommitPlan{{made}}).stale.empty());
    AttemptReport ended;
    ended.attempt = {job, 0, 1};
    ended.state = AttemptState::ended;
    ended.outcome = Outcome::exited;
    ended.engine_run = Duration::seconds(1);
    must(as("agent"), ReportAttempts{state_.centres.find({CentreId(10)})->agent_epoch, ++sequence_, {ended}});
  }

  State state_;
  Actor host_;
  UnixTime now_{1'800'000'000'000'000};  // eight o'clock
  std::int64_t sequence_ = 0;
};

}  // namespace dayan::core
