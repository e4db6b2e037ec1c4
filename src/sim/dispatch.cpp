#include "sim/dispatch.h"

#include "sim/core_dispatch.h"
#include "sim/engine_dispatch.h"
#include "sim/greedy_dispatch.h"
#include "sim/queue_dispatch.h"

namespace dayan::sim {
namespace {

std::unique_ptr<Dispatch> make_dispatch(const Stage& stage, PolicyKind policy, std::uint64_t seed,
                                        Duration plan_every) {
  switch (policy) {
    case PolicyKind::ours: return make_core_dispatch(stage, plan_every);
    case PolicyKind::engine: return make_engine_dispatch(stage, plan_every);
    case PolicyKind::fcfs: return make_queue_dispatch(stage, place::QueueRule::fcfs);
    case PolicyKind::easy: return make_queue_dispatch(stage, place::QueueRule::easy);
    case PolicyKind::conservative: return make_queue_dispatch(stage, place::QueueRule::conservative);
    case PolicyKind::cheapest: return make_greedy_dispatch(stage, std::nullopt);
    case PolicyKind::random: return make_greedy_dispatch(stage, seed);
  }
  ASSERT(false);
}

}  // namespace

Schedule replay(const Scenario& scenario, const Load& load, PolicyKind policy, std::uint64_t seed,
                const OnAdvance& on_advance, Duration plan_every) {
  const auto make = [&](const Stage& stage) { return make_dispatch(stage, policy, seed, plan_every); };
  return replay(scenario, load, std::string(to_text(policy)), make, on_advance);
}

}  // namespace dayan::sim
