#pragma once

#include <cstdint>
#include <string>

#include "base/prng.h"
#include "base/time.h"
#include "model/fields.h"

/// What one run of the simulator is like: the size of its world and the faults in it. Drawn from the seed alone, so
/// that the seed is the whole of a report. Each run switches every kind of fault on or off and draws its rate: runs
/// with few faults reach states that runs with all of them never do.

namespace dayan::sim {

/// Bugs that can be planted, to show that a checker sees them: the core's, one of the host, and some of the simulated
/// world itself for the checkers that no bug of the core would wake.
enum class PlantedBug {
  none,
  second_hold_unchecked,
  post_twice,
  old_epoch_accepted,
  counter_back_accepted,
  placed_before_lease_end,
  reply_before_commit,   ///< host: the client is answered before the commit
  event_recorded_wrong,  ///< host: the tale says something else than the rows
  final_job_rewritten,   ///< host: the row of a final job is written again
  engine_runs_on,        ///< world: an engine ignores the time limit
  agent_doubles_counters,///< world: an agent reports twice the run time
  capacity_ignored,      ///< world: a provider takes nodes away under its leases
  report_swallowed,      ///< host: a report is acknowledged and dropped
  job_end_not_applied,   ///< host: a job whose tasks have all ended stays live
  lease_not_applied,     ///< host: the money of a lease is held, the lease is not there
  reclaim_without_notice,
  any_node,  ///< world: an engine runs a task on a node that it was told to avoid
  any_rack,  ///< world: an engine runs a gang on nodes of several racks that must lie in one
};

/// Times are means between two faults of a kind, zero: never. Rates are in a thousand.
struct Faults {
  Duration hub_crash_every;
  std::int32_t hub_crash_in_batch = 0;  ///< between any two steps of a batch
  std::int32_t commit_fails = 0;        ///< nothing is kept, the hub hears `unknown_outcome`
  std::int32_t commit_unknown = 0;      ///< all is kept, the hub hears `unknown_outcome`
  std::int32_t taken_over = 0;          ///< another hub raises the generation just before the commit
  std::int32_t stale_plans = 0;         ///< a plan that was made on older rows, or comes twice

  std::int32_t loss = 0;
  std::int32_t repeat = 0;
  std::int32_t late = 0;
  Duration late_max;
  Duration partition_every;
  Duration partition_max;
  std::int32_t one_way = 0;

  Duration agent_crash_every;
  std::int32_t agent_crash_in_step = 0;  ///< before any action, or when a result comes
  Duration agent_down_max;
  Duration agent_reinstall_every;  ///< its journal is lost, it enrols again
  Duration clock_skew_max;         ///< of a centre against the hub, either way
  Duration clock_jump_every;       ///< to another skew within the same bound
  std::int32_t full_list = 0;      ///< the watch answers "begin again"

  Duration engine_down_every;
  Duration engine_down_max;
  std::int32_t look_fails = 0;
  Duration look_late_max;
  std::int32_t order_busy = 0;
  std::int32_t order_refused = 0;
  std::int32_t order_lost = 0;
  std::int32_t order_late = 0;        ///< lands after its answer was "unknown"
  std::int32_t order_reply_lost = 0;
  std::int32_t stage_fails = 0;
  std::int32_t stage_denied = 0;
  std::int32_t collect_fails = 0;
  std::int32_t engine_forgets = 0;    ///< an attempt and its record vanish
  std::int32_t slow_queue = 0;
  std::int32_t program_fails = 0;
  std::int32_t counter_lies = 0;      ///< a report says less than an earlier one

  static constexpr auto fields() {
    using F = Faults;
    return std::tuple{field("hub_crash_every", &F::hub_crash_every),
                      field("hub_crash_in_batch", &F::hub_crash_in_batch),
                      field("commit_fails", &F::commit_fails),
                      field("commit_unknown", &F::commit_unknown),
                      field("taken_over", &F::taken_over),
                      field("stale_plans", &F::stale_plans),
                      field("loss", &F::loss),
                      field("repeat", &F::repeat),
                      field("late", &F::late),
                      field("late_max", &F::late_max),
                      field("partition_every", &F::partition_every),
                      field("partition_max", &F::partition_max),
                      field("one_way", &F::one_way),
                      field("agent_crash_every", &F::agent_crash_every),
                      field("agent_crash_in_step", &F::agent_crash_in_step),
                      field("agent_down_max", &F::agent_down_max),
                      field("agent_reinstall_every", &F::agent_reinstall_every),
                      field("clock_skew_max", &F::clock_skew_max),
                      field("clock_jump_every", &F::clock_jump_every),
                      field("full_list", &F::full_list),
                      field("engine_down_every", &F::engine_down_every),
                      field("engine_down_max", &F::engine_down_max),
                      field("look_fails", &F::look_fails),
                      field("look_late_max", &F::look_late_max),
                      field("order_busy", &F::order_busy),
                      field("order_refused", &F::order_refused),
                      field("order_lost", &F::order_lost),
                      field("order_late", &F::order_late),
                      field("order_reply_lost", &F::order_reply_lost),
                      field("stage_fails", &F::stage_fails),
                      field("stage_denied", &F::stage_denied),
                      field("collect_fails", &F::collect_fails),
                      field("engine_forgets", &F::engine_forgets),
                      field("slow_queue", &F::slow_queue),
                      field("program_fails", &F::program_fails),
                      field("counter_lies", &F::counter_lies)};
  }
};

/// The options of one run, as they are printed.
struct Swarm {
  std::int32_t centres = 2;
  std::int32_t customers = 1;
  std::int32_t poor_customers = 0;  ///< of them, with hardly any money
  Duration safety;                  ///< how long everything may fail
  Duration customer_every;          ///< mean between two requests of one customer
  std::int32_t reclaimable = 0;     ///< jobs whose room may be taken back, in a thousand
  std::int32_t repeats = 0;         ///< requests that are sent again though they were answered, in a thousand
  Duration price_every;             ///< mean between two new offers
  Faults faults;

  static constexpr auto fields() {
    using S = Swarm;
    return std::tuple{field("centres", &S::centres),
                      field("customers", &S::customers),
                      field("poor_customers", &S::poor_customers),
                      field("safety", &S::safety),
                      field("customer_every", &S::customer_every),
                      field("reclaimable", &S::reclaimable),
                      field("repeats", &S::repeats),
                      field("price_every", &S::price_every),
                      field("faults", &S::faults)};
  }
};

/// Draws the options. `scenario` switches on what that bug needs to show, whether the bug itself is planted or not.
[[nodiscard]] Swarm draw_swarm(Prng prng, PlantedBug scenario);
/// What is left when everything is healed: clocks stay as wrong as they are, programs fail as they do.
[[nodiscard]] Faults healed(const Faults& faults);

}  // namespace dayan::sim

template <>
struct dayan::EnumWords<dayan::sim::PlantedBug> {
  static constexpr std::array<std::string_view, 18> words{
      "none",                "second_hold_unchecked",   "post_twice",
      "old_epoch_accepted",  "counter_back_accepted",   "placed_before_lease_end",
      "reply_before_commit", "event_recorded_wrong",      "final_job_rewritten",
      "engine_runs_on",      "agent_doubles_counters",  "capacity_ignored",
      "report_swallowed",    "job_end_not_applied",     "lease_not_applied",
      "reclaim_without_notice", "any_node",            "any_rack"};
};
