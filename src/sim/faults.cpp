#include "sim/faults.h"

#include "model/lease.h"

namespace dayan::sim {

namespace {

/// Draws one kind after the other; half of all kinds are off in a run.
class Draw {
 public:
  explicit Draw(Prng prng) : prng_(prng) {}

  std::int32_t rate(std::int32_t most) {
    const auto drawn = static_cast<std::int32_t>(prng_.between(1, most));
    return prng_.chance(1, 2) ? drawn : 0;
  }
  /// A length that is drawn evenly in its number of digits, so that short ones are as likely as long ones.
  Duration length(Duration least, Duration most) {
    Duration top = least;
    while (top < most && prng_.chance(2, 3)) top = std::min(most, top * 2);
    return Duration::microseconds(prng_.between(least.microseconds(), top.microseconds()));
  }
  Duration maybe(Duration least, Duration most) {
    const Duration drawn = length(least, most);
    return prng_.chance(1, 2) ? drawn : Duration();
  }
  Prng& prng() { return prng_; }

 private:
  Prng prng_;
};

void draw_hub(Draw& draw, Faults& faults) {
  faults.hub_crash_every = draw.maybe(Duration::minutes(5), Duration::hours(2));
  faults.hub_crash_in_batch = draw.rate(20);
  faults.commit_fails = draw.rate(20);
  faults.commit_unknown = draw.rate(20);
  faults.taken_over = draw.rate(5);
  faults.stale_plans = draw.rate(500);
  faults.full_list = draw.rate(20);
}

void draw_lines(Draw& draw, Faults& faults) {
  faults.loss = draw.rate(300);
  faults.repeat = draw.rate(300);
  faults.late = draw.rate(200);
  faults.late_max = draw.length(Duration::seconds(1), Duration::minutes(30));
  faults.partition_every = draw.maybe(Duration::minutes(20), Duration::hours(4));
  faults.partition_max = draw.length(Duration::minutes(2), Duration::hours(72));
  faults.one_way = static_cast<std::int32_t>(draw.prng().between(0, 1'000));
}

void draw_agents(Draw& draw, Faults& faults) {
  faults.agent_crash_every = draw.maybe(Duration::minutes(5), Duration::hours(2));
  faults.agent_crash_in_step = draw.rate(20);
  faults.agent_down_max = draw.length(Duration::seconds(5), Duration::hours(2));
  faults.agent_reinstall_every =
      draw.prng().chance(1, 2) ? draw.maybe(Duration::hours(1), Duration::hours(4)) : Duration();
  faults.clock_skew_max = draw.maybe(Duration::seconds(1), clock_bound);
  faults.clock_jump_every = draw.maybe(Duration::minutes(10), Duration::hours(2));
}

void draw_engines(Draw& draw, Faults& faults) {
  faults.engine_down_every = draw.maybe(Duration::minutes(20), Duration::hours(3));
  faults.engine_down_max = draw.length(Duration::seconds(30), Duration::hours(1));
  faults.look_fails = draw.rate(300);
  faults.look_late_max = draw.length(Duration::milliseconds(500), Duration::seconds(20));
  faults.order_busy = draw.rate(200);
  faults.order_refused = draw.rate(50);
  faults.order_lost = draw.rate(200);
  faults.order_late = draw.rate(200);
  faults.order_reply_lost = draw.rate(200);
  faults.stage_fails = draw.rate(300);
  faults.stage_denied = draw.rate(30);
  faults.collect_fails = draw.rate(300);
  faults.engine_forgets = draw.rate(50);
  faults.slow_queue = draw.rate(400);
  faults.program_fails = draw.rate(200);
}

/// What a bug needs to show; the same world without the bug must be clean.
void set_scene(PlantedBug scenario, Swarm& swarm) {
  Faults& faults = swarm.faults;
  const auto cut_off_often = [&] {
    faults.partition_every = Duration::minutes(30);
    faults.partition_max = Duration::hours(3);
    faults.one_way = 0;
  };
  if (scenario == PlantedBug::second_hold_unchecked) {
    faults.stale_plans = 500;
    swarm.customers = std::max(swarm.customers, 2);
    swarm.poor_customers = swarm.customers;
    swarm.customer_every = Duration::minutes(4);
  }
  if (scenario == PlantedBug::old_epoch_accepted || scenario == PlantedBug::placed_before_lease_end) {
    cut_off_often();
    swarm.centres = 3;
  }
  if (scenario == PlantedBug::counter_back_accepted) faults.counter_lies = 100;
  if (scenario == PlantedBug::reply_before_commit) {
    faults.hub_crash_in_batch = 20;
    faults.commit_fails = 20;
  }
  if (scenario == PlantedBug::reclaim_without_notice) {
    swarm.reclaimable = 700;
    swarm.centres = 2;
    swarm.customers = 3;
    swarm.poor_customers = 0;
    swarm.customer_every = Duration::minutes(2);
  }
}

}  // namespace

Swarm draw_swarm(Prng prng, PlantedBug scenario) {
  Draw draw(prng);
  Swarm swarm;
  swarm.centres = static_cast<std::int32_t>(draw.prng().between(2, 4));
  swarm.customers = static_cast<std::int32_t>(draw.prng().between(1, 3));
  swarm.poor_customers = static_cast<std::int32_t>(draw.prng().between(0, swarm.customers));
  const bool is_long = draw.prng().chance(1, 12);
  swarm.safety = is_long ? Duration::hours(30) : Duration::minutes(draw.prng().between(90, 300));
  swarm.customer_every = draw.length(is_long ? Duration::minutes(40) : Duration::minutes(8), Duration::minutes(60));
  swarm.repeats = draw.rate(300);
  swarm.reclaimable = draw.rate(900);
  swarm.price_every = draw.maybe(Duration::minutes(30), Duration::hours(4));
  draw_hub(draw, swarm.faults);
  draw_lines(draw, swarm.faults);
  draw_agents(draw, swarm.faults);
  draw_engines(draw, swarm.faults);
  set_scene(scenario, swarm);
  return swarm;
}

Faults healed(const Faults& faults) {
  Faults calm;
  calm.clock_skew_max = faults.clock_skew_max;
  calm.program_fails = faults.program_fails;
  return calm;
}

}  // namespace dayan::sim
