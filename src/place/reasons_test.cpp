#include <gtest/gtest.h>

#include <map>

#include "base/prng.h"
#include "model/meter.h"
#include "model/rack.h"
#include "place/pool_state.h"
#include "place/scene_for_tests.h"

namespace dayan::place {
namespace {

/// A job and the one pool that it may go to, as rows. Other centres stand beside it in another region.
struct Case {
  CentreRow centre;
  OfferRow offer;
  PoolRow pool;
  JobRow job;
  Cny wallet;
  UnixTime heard_at = scene_now;
  std::vector<LeaseRow> leases;
  std::vector<CentreRow> others;
  std::optional<ReservationRow> reservation;
  std::optional<TaskRow> retry;  ///< the job's only task that waits

  [[nodiscard]] std::unique_ptr<Engine> engine() const {
    Scene scene;
    for (const CentreRow& other : others) {
      scene.put(other);
      PoolRow row = pool;
      row.centre = other.id;
      scene.put(row);
      OfferRow priced = offer;
      priced.id = OfferId(other.id.value() + 100);
      priced.centre = other.id;
      scene.put(priced);
      scene.heard(other.id, scene_now);
    }
    scene.put(centre);
    scene.put(offer);
    scene.put(pool);
    scene.wallet(scene_customer, wallet);
    for (const LeaseRow& lease : leases) scene.put(lease);
    if (reservation) scene.put(*reservation);
    scene.put(job);
    if (retry) scene.put(*retry);
    if (!heard_at.is_none()) scene.heard(centre.id, heard_at);
    return scene.engine();
  }
  [[nodiscard]] std::vector<Reason> reasons() const {
    for (const Quote& quote : engine()->quotes(job.id, scene_now)) {
      if (quote.centre == centre.id) return quote.reasons;
    }
    return {};
  }
  /// Now, by a plan.
  [[nodiscard]] bool is_placed() const {
    const auto plan = engine()->plan(scene_now, 10);
    return !plan.empty() && plan.front().placement.centre == centre.id;
  }
};

/// Half of the cases have racks, known or not, and a gang that must lie in one: what else they have is as without.
void draw_racks(Case& drawn, std::uint64_t seed) {
  Prng random(seed + 1'000'000);
  if (random.chance(1, 2)) return;
  PoolRow& pool = drawn.pool;
  pool.nodes = static_cast<std::int32_t>(random.between(2, 7));
  Resources& task = drawn.job.requirements.resources;
  task.nodes = static_cast<std::int32_t>(random.between(1, 6));
  task.within = random.chance(2, 3) ? Within::rack : Within::pool;
  for (LeaseRow& lease : drawn.leases) {
    if (lease.job == drawn.job.id) lease.resources = task;
  }
  if (random.chance(1, 5)) return;
  std::vector<std::int32_t> sizes;
  for (std::int32_t left = pool.nodes; left > 0; left -= sizes.back())
    sizes.push_back(static_cast<std::int32_t>(random.between(1, std::min(left, 4))));
  if (random.chance(1, 4)) sizes.pop_back();
  pool.racks = racks_of(sizes);
}

Case draw(Prng& random) {
  Case drawn;
  drawn.centre.id = CentreId(1);
  drawn.centre.provider = scene_provider;
  drawn.centre.name = "a";
  drawn.centre.region = "guizhou";
  if (random.chance(1, 6)) drawn.centre.accepts = {"lab"};
  for (const char* city : {"shanghai", "beijing"}) {
    if (random.chance(2, 3)) drawn.centre.latency.push_back({city, Duration::milliseconds(random.between(5, 40))});
  }
  drawn.offer.id = OfferId(1);
  drawn.offer.centre = drawn.centre.id;
  drawn.offer.core_hour = Cny::micro(random.between(1, 3'000'000));
  drawn.offer.card_hour = Cny::micro(random.between(0, 3'000'000));
  drawn.offer.gb_hour = Cny::micro(random.between(0, 9'000));
  PoolRow& pool = drawn.pool;
  pool.centre = drawn.centre.id;
  pool.name = "cpu";
  pool.nodes = static_cast<std::int32_t>(random.between(1, 3));
  pool.cores_per_node = Cores(random.between(2, 9));
  pool.memory_per_node = Bytes(random.between(2, 9) * 1'000'000'000);
  pool.cards_per_node = MilliCards(random.between(0, 4) * 500);
  pool.wall_time_max = Duration::minutes(random.between(20, 200));
  pool.core_capability = Capability(random.between(0, 4) * 5'000);
  pool.card_capability = Capability(random.between(0, 4) * 5'000);
  JobRow& job = drawn.job;
  job.id = JobId(7);
  job.organisation = scene_customer;
  job.count = static_cast<std::int32_t>(random.between(1, 5));
  Requirements& needs = job.requirements;
  needs.resources = {Cores(random.between(1, 10)), Bytes(random.between(0, 10) * 1'000'000'000),
                     MilliCards(random.chance(1, 2) ? random.between(0, 4) * 500 : 0)};
  needs.wall_time = Duration::minutes(random.between(1, 240));
  needs.regions = {"guizhou"};
  needs.objective = static_cast<Objective>(random.below(4));
  if (random.chance(1, 2)) needs.run_time = Duration::minutes(random.between(1, 200));
  if (random.chance(1, 2)) needs.price_cap = Cny::micro(random.between(1, 60'000'000));
  if (random.chance(1, 4)) needs.core_capability_min = Capability(random.between(1, 30'000));
  if (random.chance(1, 4)) needs.card_capability_min = Capability(random.between(1, 30'000));
  for (const char* city : {"shanghai", "beijing"}) {
    if (random.chance(1, 5)) needs.latency.push_back({city, Duration::microseconds(random.between(4'000, 50'000))});
  }
  if (random.chance(1, 5)) needs.not_before = scene_now + Duration::microseconds(random.between(-9, 3'600'000'000));
  if (random.chance(1, 3))
    needs.finish_by = scene_now + Duration::microseconds(random.between(-9, 8 * 3'600'000'000LL));
  if (random.chance(1, 3)) {
    ReservationRow row;
    row.id = ReservationId(5);
    row.centre = drawn.centre.id;
    if (random.chance(1, 2)) row.pool = random.chance(4, 5) ? "cpu" : "gpu";
    row.from = scene_now + Duration::microseconds(random.between(-3'600'000'000, 4 * 3'600'000'000LL));
    row.until = row.from + Duration::microseconds(random.between(60'000'000, 4 * 3'600'000'000LL));
    if (random.chance(1, 3)) row.organisations = {random.chance(1, 2) ? "lab" : "studio"};
    drawn.reservation = row;
  }
  if (random.chance(1, 3)) {  // it has begun: some tasks run elsewhere, some are done
    job.live = static_cast<std::int32_t>(random.between(1, 3));
    job.succeeded = static_cast<std::int32_t>(random.between(0, 2));
    job.next_task = job.live + job.succeeded;
    job.count += job.next_task;
    job.run_time_sum = job.succeeded * random.between(1'000'000, 9'000'000'000);
    job.charged = Cny::micro(job.succeeded * random.between(0, 2'000'000));
    job.held = Cny::micro(job.live * random.between(0, 2'000'000));
    if (random.chance(1, 2)) job.throttle = job.live - static_cast<std::int32_t>(random.below(2));
    if (random.chance(1, 2)) {  // and some at this one, as many as may or one less
      const auto here = static_cast<std::int32_t>(random.between(1, job.live));
      if (random.chance(2, 3)) {
        needs.tasks_per_node_max = static_cast<std::int32_t>(random.between(1, 2));
        needs.resources = {Cores(random.between(1, 2)), Bytes(random.between(0, 1) * 1'000'000'000), MilliCards()};
      }
      for (std::int32_t task = 0; task < here; ++task) {
        LeaseRow lease;
        lease.job = job.id;
        lease.task = task;
        lease.centre = drawn.centre.id;
        lease.pool = "cpu";
        lease.resources = needs.resources;
        lease.wall_time = needs.wall_time;
        lease.granted_at = scene_now;
        lease.ends_at = scene_now + lease_start_allowance + lease.wall_time;
        drawn.leases.push_back(lease);
      }
      if (random.chance(2, 3)) needs.tasks_per_centre_max = here + static_cast<std::int32_t>(random.below(2));
    }
  }
  if (random.chance(1, 8)) {  // all but one task is done or runs, and that one was tried before
    job.count = job.next_task = job.live + job.succeeded + 1;
    job.retrying = 1;
    drawn.retry = TaskRow{job.id, job.count - 1, TaskState::waiting, 1,
                          scene_now + Duration::microseconds(random.between(-9, 3'600'000'000)), {}};
  }
  drawn.wallet = Cny::micro(random.between(0, 60'000'000));
  if (random.chance(1, 4)) drawn.heard_at = scene_now - Duration::microseconds(random.between(1, 200'000'000));
  for (auto leases = random.below(6); leases > 0; --leases) {
    LeaseRow lease;
    lease.job = JobId(1'000 + static_cast<std::int64_t>(leases));
    lease.centre = drawn.centre.id;
    lease.pool = "cpu";
    lease.resources = {Cores(random.between(1, 3)), Bytes(random.between(0, 3) * 1'000'000'000),
                       MilliCards(random.chance(1, 4) ? 500 : 0)};
    lease.wall_time = Duration::hours(1);
    lease.granted_at = scene_now;
    lease.ends_at = scene_now + lease_start_allowance + lease.wall_time;
    drawn.leases.push_back(lease);
  }
  for (auto others = random.below(3); others > 0; --others) {
    CentreRow other = drawn.centre;
    other.id = CentreId(1 + static_cast<std::int64_t>(others));
    other.name = "b" + std::to_string(others);
    other.region = "elsewhere";
    drawn.others.push_back(other);
  }
  return drawn;
}

enum class Mended { no, exactly };

/// Changes what the reason tells of, by what it tells, less `short_by` units: what the job asks, or what is there.
Mended mend(Case& of, const Reason& reason, std::int64_t short_by, bool on_the_jobs_side) {
  Requirements& needs = of.job.requirements;
  const std::int64_t most = reason.offered + short_by;  // of what may be asked for
  switch (reason.constraint) {
    case Constraint::cores: needs.resources.cores = Cores(most); break;
    case Constraint::memory: needs.resources.memory = Bytes(most); break;
    case Constraint::cards: needs.resources.cards = MilliCards(most); break;
    case Constraint::capacity:
      if (reason.text.find(" too few") != std::string::npos && reason.text.find(" left on each, ") != std::string::npos)
        needs.resources.nodes = static_cast<std::int32_t>(most);
      else if (reason.text.find(" of memory") != std::string::npos)
        needs.resources.memory = Bytes(most);
      else if (reason.text.find("card") != std::string::npos)
        needs.resources.cards = MilliCards(most);
      else if (reason.offered == 0)
        return Mended::no;  // there is no job without a core
      else
        needs.resources.cores = Cores(most);
      break;
    case Constraint::wall_time: needs.wall_time = Duration::microseconds(most); break;
    case Constraint::price_cap: needs.price_cap = Cny::micro(reason.offered - short_by); break;
    case Constraint::funds: of.wallet = of.wallet + Cny::micro(reason.required - reason.offered - short_by); break;
    case Constraint::throttle: of.job.throttle = static_cast<std::int32_t>(reason.required - short_by); break;
    case Constraint::tasks_per_centre:
      needs.tasks_per_centre_max = static_cast<std::int32_t>(reason.required - short_by);
      break;
    case Constraint::tasks_per_node:
      needs.tasks_per_node_max = static_cast<std::int32_t>(reason.required - short_by);
      break;
    case Constraint::rack:
      if (on_the_jobs_side) {
        needs.resources.nodes = static_cast<std::int32_t>(most);
      } else {  // one more rack, of nodes that come with it
        of.pool.racks.insert(of.pool.racks.begin(), {static_cast<std::int32_t>(reason.required - short_by), 1});
        of.pool.nodes += of.pool.racks.front().nodes;
        if (of.pool.racks.size() > 1 && of.pool.racks[0].nodes == of.pool.racks[1].nodes) {
          ++of.pool.racks[1].count;
          of.pool.racks.erase(of.pool.racks.begin());
        }
      }
      break;
    case Constraint::nodes: needs.resources.nodes = static_cast<std::int32_t>(most); break;
    case Constraint::reachable: of.heard_at = scene_now - Duration::microseconds(reason.required + short_by); break;
    case Constraint::capability:
      if (on_the_jobs_side)
        needs.core_capability_min = Capability(most);
      else
        of.pool.core_capability = Capability(reason.required - short_by);
      break;
    case Constraint::card_capability:
      if (on_the_jobs_side)
        needs.card_capability_min = Capability(most);
      else
        of.pool.card_capability = Capability(reason.required - short_by);
      break;
    case Constraint::latency:
      for (LatencyBound& bound : needs.latency) {
        if (reason.text.find(" to " + bound.city) == std::string::npos) continue;
        if (on_the_jobs_side && reason.offered > 0) bound.at_most = Duration::microseconds(reason.offered - short_by);
        if (on_the_jobs_side && reason.offered > 0) continue;
        std::erase_if(of.centre.latency, [&](const CityLatency& each) { return each.city == bound.city; });
        of.centre.latency.push_back({bound.city, bound.at_most + Duration::microseconds(short_by)});
      }
      break;
    case Constraint::acceptance:
      if (short_by == 0) of.centre.accepts.push_back("studio");
      break;
    case Constraint::not_before:
      needs.not_before = scene_now + Duration::microseconds(short_by);
      if (of.retry) of.retry->not_before = needs.not_before;
      break;
    case Constraint::deadline:
      if (reason.passes_with_time) return Mended::no;  // earlier room mends it as well
      needs.finish_by = needs.finish_by + Duration::microseconds(reason.required - reason.offered - short_by);
      break;
    case Constraint::closed:
      if (on_the_jobs_side && most >= wall_time_limit_min.microseconds()) {
        needs.wall_time = Duration::microseconds(most);
        if (reason.offered < wall_time_limit_min.microseconds()) return Mended::no;
      } else {
        of.reservation->from = of.reservation->from + Duration::microseconds(reason.required - reason.offered - short_by);
        of.reservation->until = std::max(of.reservation->until, of.reservation->from + Duration::minutes(1));
      }
      break;
    default: return Mended::no;
  }
  return Mended::exactly;
}

TEST(ReasonsAreTrue, WhatIsChangedByTheReportedAmountIsPlacedAndByOneUnitLessIsNot) {
  // Random jobs and pools. While the pool reports causes, no plan places the job there. A cause picked at random is
  // mended by exactly what it reports: it is gone, and where it was the last, a plan places the job. Mended by one
  // unit less, it is not placed. Every kind of cause comes to be the last one many times, but for those that no amount
  // mends (chip, software, region, provider, price, failed_here: quotes_test), and those that hang on what is said or
  // done elsewhere and not on this job and pool alone: hour (hours_test, and the lives of incremental_test), reserved
  // (promise_test) and preference (queue_ahead_test).
  std::map<Constraint, int> last;
  for (std::uint64_t seed = 1; seed <= 6'000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Prng random(seed);
    Case now = draw(random);
    draw_racks(now, seed);
    std::vector<Reason> reasons = now.reasons();
    ASSERT_EQ(now.is_placed(), reasons.empty()) << (reasons.empty() ? "" : reasons[0].text);
    for (int step = 0; step < 16 && !reasons.empty(); ++step) {
      const Reason reason = reasons[random.below(reasons.size())];
      ASSERT_TRUE(reason.required != reason.offered || reason.required == 0) << reason.text;
      const bool on_the_jobs_side = random.chance(1, 2);
      Case mended = now;
      Case less = now;
      if (mend(mended, reason, 0, on_the_jobs_side) == Mended::no) break;
      (void)mend(less, reason, 1, on_the_jobs_side);
      ASSERT_FALSE(less.is_placed()) << reason.text;
      const std::vector<Reason> left = mended.reasons();
      // In time if it began now, it may yet be too late where room is expected.
      const auto is_same = [&](const Reason& each) {
        return each.constraint == reason.constraint &&
               (reason.constraint != Constraint::deadline || !each.passes_with_time);
      };
      const auto before = std::count_if(reasons.begin(), reasons.end(), is_same);
      const auto after = std::count_if(left.begin(), left.end(), is_same);
      // Of two kinds that lack in sum, one mended may show that the nodes are too chopped up for what is left.
      if (reason.constraint != Constraint::capacity) {
        ASSERT_EQ(after, before - 1) << reason.text;
      }
      ASSERT_EQ(mended.is_placed(), left.empty()) << reason.text;
      if (left.empty()) ++last[reason.constraint];
      now = mended;
      reasons = left;
    }
  }
  for (const Constraint each :
       {Constraint::cores, Constraint::memory, Constraint::cards, Constraint::capacity, Constraint::wall_time,
        Constraint::price_cap, Constraint::funds, Constraint::throttle, Constraint::reachable, Constraint::capability,
        Constraint::latency, Constraint::acceptance, Constraint::not_before, Constraint::deadline, Constraint::closed,
        Constraint::tasks_per_centre, Constraint::card_capability, Constraint::tasks_per_node, Constraint::rack,
        Constraint::nodes})
    EXPECT_GE(last[each], 10) << to_text(each);
}

TEST(CountsOfMoney, AreThoseOfEveryPoolWorkedOutAlone) {
  // Of forty centres with prices of their own, a plan tells how many a price cap and a wallet rule out, and by how much
  // the nearest: as one finds who works each out to the micro-yuan. Estimates pass over those that are clear; where a
  // cap is just what a pool costs, or a micro-yuan less, they cannot.
  Prng random(7);
  int planned = 0;
  for (int round = 0; round < 200; ++round) {
    Scene scene;
    Requirements needs = Scene::small();
    needs.wall_time = Duration::milliseconds(random.between(60'000, 7'200'000));
    if (random.chance(1, 2)) needs.run_time = Duration::microseconds(random.between(1'000'000, 9'000'000'000));
    std::vector<std::pair<std::int64_t, std::int64_t>> costs;  // what is held for a task, and what one costs
    const std::int32_t tasks = static_cast<std::int32_t>(random.between(1, 3));
    for (int i = 0; i < 40; ++i) {
      const CentreRow centre = scene.centre("c" + std::to_string(i));
      const OfferRow offer = scene.offer(centre.id, Cny::micro(random.between(1, 30) * 100'003), 2);
      const PoolRow pool = scene.pool(centre.id, 8, 8);
      const Duration run = expected_run(needs, {}, pool);
      costs.emplace_back(amount_of(offer, needs.resources, needs.wall_time, Rounding::up).value().micro(),
                         amount_of(offer, needs.resources, run, Rounding::down).value().micro());
    }
    const auto needed_at = [&](const std::pair<std::int64_t, std::int64_t>& at) {
      return std::max(at.first, needs.run_time > Duration() ? at.second * tasks : 0);
    };
    const auto& chosen = costs[random.below(costs.size())];
    const std::int64_t cap = needed_at(chosen) - random.between(0, 1);
    const std::int64_t wallet = chosen.first * random.between(1, 3) + random.between(-1, 1);
    needs.price_cap = Cny::micro(cap);
    scene.wallet(scene_customer, Cny::micro(wallet));
    (void)scene.job(tasks, needs);
    RuledOut by_cap{Constraint::price_cap, 0, 0};
    RuledOut by_funds{Constraint::funds, 0, 0};
    const auto count = [](RuledOut& sum, std::int64_t margin) {
      if (margin <= 0) return;
      sum.best_margin = sum.pools == 0 ? margin : std::min(sum.best_margin, margin);
      ++sum.pools;
    };
    for (const auto& each : costs) {
      count(by_cap, needed_at(each) - cap);
      count(by_funds, each.first - wallet);
    }
    const auto plan = scene.engine()->plan(scene_now, 10);
    if (plan.empty()) continue;
    for (const RuledOut& expected : {by_cap, by_funds}) {
      RuledOut told{expected.constraint, 0, 0};
      for (const RuledOut& each : plan.front().placement.ruled_out) {
        if (each.constraint == expected.constraint) told = each;
      }
      EXPECT_EQ(told, expected) << "round " << round << " of " << to_text(expected.constraint);
    }
    ++planned;
  }
  EXPECT_GT(planned, 100);
}

}  // namespace
}  // namespace dayan::place
