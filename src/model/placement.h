#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/money.h"
#include "base/time.h"
#include "base/units.h"
#include "model/fields.h"
#include "model/ids.h"
#include "model/transfer.h"

/// Why work goes where it goes: constraints with numbers, quotes of every pool, and what is kept of a placement.

namespace dayan {

/// What can rule a pool out. The unit of a reason's numbers stands beside each.
enum class Constraint {
  cores,        ///< cores per node
  memory,       ///< bytes per node
  cards,        ///< thousandths of a card per node
  chip,         ///< no numbers: the models wanted and offered are in the text
  software,     ///< no numbers: the versions wanted and offered are in the text
  wall_time,    ///< µs
  region,       ///< no numbers
  provider,     ///< no numbers
  price_cap,    ///< micro-yuan, of the whole job
  price,        ///< no numbers: the centre has no published offer
  reachable,    ///< µs since the agent was last heard; required: at most
  capacity,     ///< cores free now in the pool (or memory, cards, nodes with enough left: see the text)
  failed_here,  ///< no numbers: the task failed there last
  funds,        ///< micro-yuan available in the wallet, against the hold for one task
  throttle,     ///< tasks at once
  nodes,        ///< nodes of the pool, all of them
  capability,   ///< of one core, in 1/10,000 of the reference core
  latency,      ///< µs of the round trip to the city of the text
  acceptance,   ///< no numbers: the centre does not serve the organisation, or has no local account for it
  reserved,     ///< µs: its wall time, and how long until what is free is needed by a job that has waited longer
  not_before,   ///< µs: how long until its tasks may start (by the job's own time, or an older lease), and zero
  deadline,     ///< µs: how long a task takes there at the least, and how long it may until the job's deadline
  closed,       ///< µs: its wall time, and how long until the provider closes the pool
  hour,         ///< what a task costs at the cheaper hour that it waits for, and now: micro-yuan, or mg of CO₂ (greenest)
  tasks_per_centre,  ///< tasks of the job at once at the centre
  card_capability,   ///< of one card, in 1/10,000 of the reference card
  tasks_per_node,    ///< tasks of the job at once on one node: how many it had to let there, and how many it does
  preference,  ///< at the pool that it waits for, and at one with room now: micro-yuan, mg of CO₂ (greenest), or µs until done
  rack,  ///< nodes of one rack; offered is one where the centre does not tell its racks
};
template <>
struct EnumWords<Constraint> {
  static constexpr std::array<std::string_view, 29> words{
      "cores",     "memory",   "cards",       "chip",  "software", "wall_time", "region", "provider", "price_cap",
      "price",     "reachable", "capacity", "failed_here", "funds", "throttle", "nodes", "capability", "latency",
      "acceptance", "reserved", "not_before", "deadline", "closed", "hour", "tasks_per_centre",
      "card_capability", "tasks_per_node", "preference", "rack"};
};

/// One constraint that is not met, by how much. Change `required` to `offered` and this constraint is met.
struct Reason {
  Constraint constraint = Constraint::cores;
  std::int64_t required = 0;  ///< in the unit of the constraint; zero where it has no numbers
  std::int64_t offered = 0;
  std::string text;           ///< for people: "needs 64 cores on one node, the largest has 4: 60 too many"
  bool passes_with_time = false;  ///< the work may wait for it (capacity, funds, throttle …); else never here

  static constexpr auto fields() {
    using R = Reason;
    return std::tuple{field("constraint", &R::constraint), field("required", &R::required),
                      field("offered", &R::offered), field("text", &R::text),
                      field("passes_with_time", &R::passes_with_time)};
  }
  friend bool operator==(const Reason&, const Reason&) = default;
};

/// The next hour of the day at which a centre's prices are others.
struct NextPrice {
  UnixTime from;
  std::int32_t percent = 100;  ///< of the prices as published
  Cny task_cost;               ///< of one task that is leased then

  static constexpr auto fields() {
    using R = NextPrice;
    return std::tuple{field("from", &R::from), field("percent", &R::percent), field("task_cost", &R::task_cost)};
  }
  friend bool operator==(const NextPrice&, const NextPrice&) = default;
};

/// What one pool would be for a job: feasible with its figures, or ruled out with every reason.
struct Quote {
  CentreId centre;
  std::string centre_name;
  std::string provider_name;
  std::string pool;
  bool feasible = false;          ///< could run there, now or after a wait
  std::vector<Reason> reasons;    ///< what rules it out, or what it would wait for
  Cny task_cost;                  ///< expected charge for one task
  Cny task_hold;                  ///< held for one task: its wall time in full
  Cny job_cost;                   ///< expected charge for all tasks
  Cny price_cap_min;              ///< the least price cap that lets all of it run there: the last task's hold counts in full
  Duration wait;                  ///< until the first task could start, as everything is expected to end
  Duration run;                   ///< expected run time of one task there
  Duration finish;                ///< from now until the last task would be done, if all ran there
  std::optional<Joules> energy;      ///< expected of one task, with its part of the centre's overhead; null: unknown
  std::optional<Milligrams> carbon;  ///< of that energy; null: unknown
  std::int32_t rank = 0;          ///< 1 is best by the job's objective; zero when not feasible
  std::optional<NextPrice> next_price;  ///< null: the prices are the same all day
  Transfer transfer = {};  ///< of the job's inputs to there; its time is in wait and finish, its cost in job_cost
  std::int64_t price_part = whole_price;  ///< of the offer's prices, in thousandths, that these costs are of
  std::optional<Duration> wait_longest = {};  ///< the wait if everything takes as long as it may; null: nobody knows
  std::int32_t jobs_before = 0;    ///< that stand before it in the queue and take room there: the wait counts them
  bool is_wait_least = false;      ///< more stand before it than were looked at: the wait is that at the least
  std::string carbon_unknown = {};  ///< where the objective counts carbon: why it is not known there

  static constexpr auto fields() {
    using R = Quote;
    return std::tuple{field("centre", &R::centre),         field("centre_name", &R::centre_name),
                      field("provider_name", &R::provider_name), field("pool", &R::pool),
                      field("feasible", &R::feasible),     field("reasons", &R::reasons),
                      field("task_cost", &R::task_cost),   field("task_hold", &R::task_hold),
                      field("job_cost", &R::job_cost),     field("price_cap_min", &R::price_cap_min),
                      field("wait", &R::wait),
                      field("run", &R::run),               field("finish", &R::finish),
                      field("energy", &R::energy),         field("carbon", &R::carbon),
                      field("rank", &R::rank),           field("next_price", &R::next_price),
                      field("transfer", &R::transfer), field("price_part", &R::price_part),
                      field("wait_longest", &R::wait_longest), field("jobs_before", &R::jobs_before),
                      field("is_wait_least", &R::is_wait_least), field("carbon_unknown", &R::carbon_unknown)};
  }
  friend bool operator==(const Quote&, const Quote&) = default;
};

struct RunnerUp {
  CentreId centre;
  std::string pool;
  Cny task_cost;
  Duration finish;
  Transfer transfer = {};

  static constexpr auto fields() {
    using R = RunnerUp;
    return std::tuple{field("centre", &R::centre), field("pool", &R::pool), field("task_cost", &R::task_cost),
                      field("finish", &R::finish), field("transfer", &R::transfer)};
  }
  friend bool operator==(const RunnerUp&, const RunnerUp&) = default;
};

/// How many pools one constraint cost, and the best of them: the smallest gap between required and offered.
struct RuledOut {
  Constraint constraint = Constraint::cores;
  std::int32_t pools = 0;
  std::int64_t best_margin = 0;

  static constexpr auto fields() {
    using R = RuledOut;
    return std::tuple{field("constraint", &R::constraint), field("pools", &R::pools),
                      field("best_margin", &R::best_margin)};
  }
  friend bool operator==(const RuledOut&, const RuledOut&) = default;
};

inline constexpr std::size_t runners_up_max = 3;

/// What is kept of the placement of one attempt, appended with its lease.
struct PlacementRow {
  JobId job;
  std::int32_t task = 0;
  std::int32_t number = 1;
  CentreId centre;
  std::string pool;
  Cny task_cost;
  UnixTime expected_start;
  UnixTime expected_finish;
  std::vector<RunnerUp> runners_up;
  std::vector<RuledOut> ruled_out;
  std::optional<Milligrams> carbon;  ///< expected of the task; null: unknown
  Transfer transfer;                 ///< of what has to cross to the centre before the task can start
  JobId exchanged_with;  ///< a job of the same organisation: one has the place that the other would have had; none: it has its own

  static constexpr std::string_view table = "placement";
  [[nodiscard]] auto key() const { return std::tuple{job, task, number}; }
  static constexpr auto fields() {
    using R = PlacementRow;
    return std::tuple{dayan::key("job", &R::job),
                      dayan::key("task", &R::task),
                      dayan::key("number", &R::number),
                      field("centre", &R::centre),
                      field("pool", &R::pool),
                      field("task_cost", &R::task_cost),
                      field("expected_start", &R::expected_start),
                      field("expected_finish", &R::expected_finish),
                      field("runners_up", &R::runners_up),
                      field("ruled_out", &R::ruled_out),
                      field("carbon", &R::carbon),
                      field("transfer", &R::transfer),
                      field("exchanged_with", &R::exchanged_with)};
  }
  friend bool operator==(const PlacementRow&, const PlacementRow&) = default;
};

/// One task of a job to one pool, as the planner proposes it. The core checks it against the rows again.
struct Assignment {
  JobId job;
  std::int32_t task = 0;
  PlacementRow placement;  ///< its key is filled in by the core

  friend bool operator==(const Assignment&, const Assignment&) = default;
};

/// A lease whose room the planner proposes to take back, and for which waiting job. The core checks it as well.
struct Reclaim {
  AttemptKey attempt;
  JobId by;

  friend bool operator==(const Reclaim&, const Reclaim&) = default;
};

}  // namespace dayan
