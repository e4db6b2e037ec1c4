#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/core.h"

/// Platforms for tests of the core, driven command by command.

namespace dayan::core {

/// A platform with its operator alone. Every event is applied, and after each command that
/// must be taken every invariant is checked.
class TestPlatform {
 protected:
  /// Each command comes a `step` after the one before.
  explicit TestPlatform(UnixTime now, Duration step = Duration::seconds(1)) : now_(now), step_(step) {
    host_.is_host = true;
    must(host_, Bootstrap{OrganisationId(1), UserId(1), ProjectId(1), "platform", "root", sha256("root")});
  }
  virtual ~TestPlatform() = default;

  static CreateOrganisation organisation(std::int64_t id, const std::string& name, bool customer, bool provider) {
    return {OrganisationId(id), ProjectId(id), UserId(id), name, "first", customer, provider, sha256(name)};
  }
  /// Of one pool; its agent has the token "agent NAME".
  void add_centre(CentreId id, const std::string& provider, PublishOffer offer, PoolRow pool) {
    const std::string name = offer.centre;
    must(as(provider), CreateCentre{id, name, "somewhere"});
    must(as(provider), CreateJoinToken{name, sha256("join " + name)});
    must(host_, EnrolAgent{sha256("join " + name), std::string(64, 'a'), sha256("agent " + name)});
    must(as(provider), std::move(offer));
    must(as("agent " + name), ReportPools{{std::move(pool)}});
  }
  /// Nodes of two cores.
  static PoolRow batch(std::int32_t nodes) {
    PoolRow pool;
    pool.name = "batch";
    pool.nodes = nodes;
    pool.cores_per_node = Cores(2);
    pool.memory_per_node = Bytes(4'000'000'000);
    pool.wall_time_max = Duration::hours(24);
    return pool;
  }

  /// The bearer of the token that was made from this text.
  Actor as(const std::string& token) const {
    const auto actor = authenticate(state_, sha256(token), now_);
    EXPECT_TRUE(actor) << token;
    return actor ? *actor : Actor{};
  }

  Decided<Decision> run(const Actor& actor, CommandBody body, const Fetched& fetched = {},
                        PlantedBug bug = PlantedBug::none) {
    now_ = now_ + step_;
    auto decision = decide(state_, {actor, std::move(body)}, now_, fetched, bug);
    if (!decision) return decision;
    for (const Event& event : decision->events) apply(state_, event, now_);
    return decision;
  }
  Decision must(const Actor& actor, CommandBody body, const Fetched& fetched = {}) {
    auto decision = run(actor, std::move(body), fetched);
    EXPECT_TRUE(decision) << (decision ? "" : to_text(decision.error().faults.front()));
    if (!decision) return {};
    look(*decision);
    return *std::move(decision);
  }
  Refusal refused(const Actor& actor, CommandBody body, const Fetched& fetched = {}) {
    const std::uint64_t before = state_.hash();
    auto decision = run(actor, std::move(body), fetched);
    EXPECT_FALSE(decision);
    EXPECT_EQ(state_.hash(), before) << "a refusal changed the state";
    return decision ? Refusal{} : decision.error();
  }
  /// After each command that had to be taken.
  virtual void look(const Decision& /*decision*/) {
    EXPECT_EQ(broken_invariant(state_), std::nullopt);
    EXPECT_EQ(exceeded_capacity(state_), std::nullopt);
  }

  /// Tasks of one core for an hour at most.
  static JobSpec spec(std::int32_t count) {
    JobSpec made;
    made.name = "shot";
    made.count = count;
    made.requirements.resources = {Cores(1), Bytes(500'000'000), MilliCards(0)};
    made.requirements.wall_time = Duration::hours(1);
    made.payload.command = {"true"};
    return made;
  }
  static Assignment assign(JobId job, std::int32_t task, std::int64_t centre) {
    Assignment made{job, task, {}};
    made.placement.centre = CentreId(centre);
    made.placement.pool = "batch";
    return made;
  }
  Decision plan(std::vector<Assignment> assignments) { return must(host_, CommitPlan{std::move(assignments)}); }
  static AttemptReport ended(JobId job, std::int32_t task, std::int32_t number, int exit_code, Duration run) {
    AttemptReport made;
    made.attempt = {job, task, number};
    made.state = AttemptState::ended;
    made.outcome = Outcome::exited;
    made.exit_code = exit_code;
    made.engine_run = run;
    return made;
  }
  /// As the centre's agent says it.
  ReportAttempts report(const std::string& centre, AttemptReport one) {
    const CentreId id = as("agent " + centre).centre;
    return {state_.centres.find({id})->agent_epoch, ++sequence_, {std::move(one)}};
  }
  Cny wallet_available() const {
    return state_.accounts.find({AccountKind::customer_wallet, OrganisationId(2)})->available();
  }

  State state_;
  Actor host_;
  UnixTime now_;
  const Duration step_;
  std::int64_t sequence_ = 0;
};

/// A customer, and a centre with one pool and an offer.
class SmallPlatform : public testing::Test, protected TestPlatform {
 protected:
  SmallPlatform() : TestPlatform(UnixTime(1'800'000'000'000'000)) {  // eight o'clock
    must(as("root"), organisation(2, "weather", true, false));
    must(as("root"), organisation(3, "guizhou", false, true));
    add_centre(CentreId(10), "guizhou", {OfferId(10), "guian", Cny::yuan(1), Cny(), Cny()}, batch(3));
    must(as("root"), TopUpWallet{"weather", Cny::yuan(100), "bank 1"});
  }

  /// Ticks at the moment when the earliest timer is due.
  Decision next_tick() {
    now_ = *next_wakeup(state_) - step_;
    return must(host_, Tick{});
  }
  void tick_at(UnixTime at) {
    now_ = at - step_;
    while (next_wakeup(state_).value_or(at + step_) <= at) must(host_, Tick{});
  }

  /// Leases the job's only task, and ends it well.
  void complete(JobId job) {
    EXPECT_TRUE(plan({assign(job, 0, 10)}).stale.empty());
    must(as("agent guian"), report("guian", ended(job, 0, 1, 0, Duration::seconds(1))));
  }
};

/// A customer, and two providers with a centre each: the second is twice as dear and has twice as many nodes.
class TwoCentres : public testing::Test, protected TestPlatform {
 protected:
  TwoCentres() : TestPlatform(UnixTime(1'000'000'000'000'000)) {
    must(as("root"), organisation(2, "film-studio", true, false));
    must(as("root"), organisation(3, "guizhou", false, true));
    must(as("root"), organisation(4, "zhangjiang", false, true));
    add_centre(CentreId(10), "guizhou", {OfferId(10), "guian", Cny::micro(360'000), Cny::yuan(2), Cny()}, batch(1));
    add_centre(CentreId(11), "zhangjiang", {OfferId(11), "shanghai", Cny::micro(720'000), Cny::yuan(2), Cny()},
               batch(2));
    must(as("root"), TopUpWallet{"film-studio", Cny::yuan(100), "bank 1"});
  }

  JobId submit(std::int32_t count, std::int64_t id = 100) {
    must(as("film-studio"), SubmitJob{JobId(id), "default", spec(count)});
    return JobId(id);
  }
};

}  // namespace dayan::core
