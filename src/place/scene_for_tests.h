#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "place/engine.h"

/// A small world of rows for the tests of this room, with ids counted from one, and an engine that is fed by it.

namespace dayan::place {

inline constexpr UnixTime scene_now{1'800'000'000'000'000};
inline constexpr OrganisationId scene_customer{1};
inline constexpr OrganisationId scene_provider{2};

class Scene {
 public:
  Scene() {
    organisation(scene_customer, "studio");
    organisation(scene_provider, "north");
    wallet(scene_customer, Cny::yuan(1'000));
  }

  void put(Row row, RowFate fate = RowFate::live) { changes_.push_back({std::move(row), fate}); }
  void organisation(OrganisationId id, const std::string& name) {
    OrganisationRow row;
    row.id = id;
    row.name = name;
    put(row);
  }
  void wallet(OrganisationId owner, Cny amount) {
    AccountRow row;
    row.kind = AccountKind::customer_wallet;
    row.owner = owner;
    row.credits_posted = amount;
    put(row);
  }
  /// A centre that answers, with an offer of 1 yuan a core hour unless told otherwise.
  CentreRow centre(const std::string& name, Cny core_hour = Cny::yuan(1)) {
    CentreRow row;
    row.id = CentreId(++last_id_);
    row.provider = scene_provider;
    row.name = name;
    row.region = "guizhou";
    put(row);
    offer(row.id, core_hour);
    observations_.push_back({row.id, scene_now, {}});
    return row;
  }
  OfferRow offer(CentreId centre, Cny core_hour, std::int64_t version = 1) {
    OfferRow row;
    row.id = OfferId(++last_id_);
    row.centre = centre;
    row.version = version;
    row.core_hour = core_hour;
    row.commission = BasisPoints{500};
    put(row);
    return row;
  }
  /// A pool without cards, software or a measured capability.
  PoolRow pool(CentreId centre, std::int32_t nodes, std::int64_t cores, const std::string& name = "cpu") {
    PoolRow row;
    row.centre = centre;
    row.name = name;
    row.nodes = nodes;
    row.cores_per_node = Cores(cores);
    row.memory_per_node = Bytes(16'000'000'000);
    row.wall_time_max = Duration::hours(24);
    put(row);
    return row;
  }
  /// A centre with one such pool.
  CentreId site(const std::string& name, std::int32_t nodes, std::int64_t cores, Cny core_hour = Cny::yuan(1)) {
    const CentreId id = centre(name, core_hour).id;
    pool(id, nodes, cores);
    return id;
  }
  /// One core for at most an hour.
  static Requirements small() {
    Requirements requirements;
    requirements.resources = {Cores(1), Bytes(), MilliCards()};
    requirements.wall_time = Duration::hours(1);
    return requirements;
  }
  JobRow job(std::int32_t count, Requirements requirements = small()) {
    JobRow row;
    row.id = JobId(1'000 + ++last_id_);
    row.organisation = scene_customer;
    row.count = count;
    row.requirements = std::move(requirements);
    put(row);
    return row;
  }
  /// A job whose first tasks have been tried: each waits from then on for another try, and keeps away from that centre.
  JobRow tried(std::int32_t count, const std::vector<std::pair<UnixTime, CentreId>>& tasks,
               Requirements requirements = small()) {
    JobRow row = job(count, std::move(requirements));
    row.next_task = row.retrying = static_cast<std::int32_t>(tasks.size());
    put(row);
    for (std::size_t i = 0; i < tasks.size(); ++i)
      put(TaskRow{row.id, static_cast<std::int32_t>(i), TaskState::waiting, 1, tasks[i].first, tasks[i].second});
    return row;
  }
  /// A live lease of a job that is no longer known, granted now.
  LeaseRow lease(CentreId centre, std::int64_t cores, Duration wall_time = Duration::hours(1),
                 const std::string& pool_name = "cpu") {
    LeaseRow row;
    row.job = JobId(1'000'000 + ++last_id_);
    row.centre = centre;
    row.pool = pool_name;
    row.resources = {Cores(cores), Bytes(), MilliCards()};
    row.wall_time = wall_time;
    row.granted_at = scene_now;
    row.ends_at = scene_now + lease_start_allowance + wall_time;
    put(row);
    return row;
  }
  void heard(CentreId centre, UnixTime at, std::optional<Cores> foreign = {}) {
    observations_.push_back({centre, at, foreign});
  }

  [[nodiscard]] std::unique_ptr<Engine> engine() const {
    auto made = make_engine();
    for (const RowChange& change : changes_) made->apply(change);
    for (const Observation& observation : observations_) made->observe(observation);
    return made;
  }
  [[nodiscard]] std::vector<Quote> quotes(const Requirements& requirements, std::int32_t count = 1) const {
    return engine()->quotes({scene_customer, requirements, count, 0}, scene_now);
  }
  [[nodiscard]] std::vector<Assignment> plan(std::size_t limit = 1'000) const {
    return engine()->plan(scene_now, limit);
  }
  std::vector<RowChange>& changes() { return changes_; }

 private:
  std::int64_t last_id_ = 0;
  std::vector<RowChange> changes_;
  std::vector<Observation> observations_;
};

/// The lease that a core grants for what was planned; the job's row counts it.
inline LeaseRow granted(const Assignment& planned, JobRow& job, UnixTime now) {
  LeaseRow lease;
  lease.job = planned.job;
  lease.task = planned.task;
  lease.number = 1;
  lease.centre = planned.placement.centre;
  lease.pool = planned.placement.pool;
  lease.resources = job.requirements.resources;
  lease.wall_time = job.requirements.wall_time;
  lease.granted_at = now;
  lease.ends_at = now + lease_start_allowance + lease.wall_time;
  job.next_task = std::max(job.next_task, planned.task + 1);
  ++job.live;
  return lease;
}

/// The reason of that constraint, if there is one.
inline const Reason* find(const std::vector<Reason>& reasons, Constraint constraint) {
  const auto found = std::ranges::find(reasons, constraint, &Reason::constraint);
  return found != reasons.end() ? &*found : nullptr;
}
inline const Reason* find(const Quote& quote, Constraint constraint) { return find(quote.reasons, constraint); }

/// A plan at a moment at which these centres answer.
inline std::vector<Assignment> plan_at(Engine& engine, const std::vector<CentreId>& centres, UnixTime now) {
  for (const CentreId each : centres) engine.observe({each, now, {}});
  std::vector<Assignment> made = engine.plan(now, 1'000);
  EXPECT_EQ(engine.broken_invariant(), std::nullopt);
  return made;
}

}  // namespace dayan::place
