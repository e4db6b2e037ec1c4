#include "model/rack.h"
#include "sim/world.h"

/// After all is healed: what can end must end, within a bounded time, and leave nothing held.

namespace dayan::sim {

namespace {

/// Three attempts of the longest wall time with all their patience are less than three hours; the rest is for queues.
constexpr Duration liveness_bound = Duration::hours(24);
constexpr Duration look_every = Duration::minutes(1);
/// How long a job with a price cap may try to end by itself.
constexpr Duration price_cap_patience = Duration::hours(3);
/// After the last lease has ended, agents still have their last reports and closings to pass on.
constexpr Duration quiet_bound = Duration::minutes(10);

bool is_large_enough(const PoolRow& pool, const Requirements& needs) {
  return needs.resources.cores <= pool.cores_per_node && needs.resources.memory <= pool.memory_per_node &&
         needs.resources.cards <= pool.cards_per_node && needs.resources.nodes <= pool.nodes &&
         has_nodes_for(pool, needs.resources) &&
         needs.card_capability_min <= pool.card_capability && needs.wall_time <= pool.wall_time_max &&
         needs.software.empty();
}

/// Some pool could take a task of it: money is there, and room comes with time.
bool is_feasible(const core::State& state, const JobRow& job) {
  bool feasible = false;
  state.pools.visit_all([&](const PoolRow& pool) {
    const bool is_priced = state.current_offers.contains({pool.centre});
    feasible |= is_priced && is_large_enough(pool, job.requirements);
  });
  return feasible;
}

}  // namespace

/// What can never run waits until its customer gives it up; so does what its price cap has stopped.
void World::give_up_hopeless(Duration since_healing) {
  hub_.state().jobs.visit_all([&](const JobRow& job) {
    const bool is_stuck = !is_feasible(hub_.state(), job) ||
                          (job.requirements.price_cap && since_healing > price_cap_patience);
    if (job.live > 0 || job.state == JobState::cancelling || !is_stuck) return;
    if (!given_up_.insert(job.id).second) return;
    // The customer sees it in its list: it may not have heard that a refused request was accepted when it came again.
    for (const auto& customer : customers_) {
      if (customer->id() == job.organisation) customer->cancel(job.id);
    }
  });
}

void World::heal() {
  trial_.heal();
  for (const auto& centre : centres_) centre->heal();
  for (const auto& customer : customers_) customer->top_up(Cny::yuan(1'000));
}

/// What placement says of it, for whoever reads the report.
std::string World::why_waiting(JobId job) const {
  const auto waiting = hub_.engine().waiting(job, trial_.now());
  if (!waiting || waiting->tasks == 0) return "";
  std::string text = " (" + std::to_string(waiting->tasks) + " tasks wait" + (waiting->hopeless ? ", hopeless" : "");
  for (const Reason& reason : waiting->reasons) text += "; " + reason.text;
  return text + ")";
}

bool World::is_settled() const {
  if (!hub_.is_up() || hub_.state().jobs.size() > 0 || hub_.state().series.size() > 0) return false;
  for (const auto& centre : centres_) {
    if (!centre->is_idle()) return false;
  }
  return processes_.living() == 0;
}

void World::check_liveness() {
  const UnixTime healed_at = trial_.now();
  const UnixTime end = healed_at + liveness_bound;
  UnixTime look = healed_at + quiet_bound;  // until then every request that was sent has been heard
  while (!trial_.violation && trial_.now() < end) {
    if (trial_.now() >= look && hub_.is_up()) {
      if (is_settled()) return;
      give_up_hopeless(trial_.now() - healed_at);
      look = trial_.now() + look_every;
    }
    trial_.queue.run_next();
  }
  if (trial_.violation) return;
  if (!hub_.is_up()) return trial_.broken("liveness", "the hub is not up");
  std::string text = std::to_string(hub_.state().leases.size()) + " leases, " +
                     std::to_string(processes_.living()) + " processes still live";
  hub_.state().jobs.visit_all(
      [&](const JobRow& job) { text += ", " + to_text(job.id) + " has not ended" + why_waiting(job.id); });
  for (const auto& centre : centres_) {
    if (!centre->is_idle()) text += ", the agent of " + centre->facts().name + " is not done";
  }
  trial_.broken("liveness", text);
}

void World::check_end() {
  checkers_.after_reload(hub_.state(), store_);
  checkers_.replay(hub_.state(), store_);
  checkers_.at_end(store_);
  if (hub_.state().holds.size() > 0) trial_.broken("liveness", "money is still held");
}

}  // namespace dayan::sim
