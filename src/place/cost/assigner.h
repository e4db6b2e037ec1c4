#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "place/cost/job.h"
#include "place/cost/transport.h"

/// Places many waiting jobs over many pools together, at nearly the least total cost, and keeps doing so while jobs
/// come, start, end and capacities change. The same calls in the same order give the same plan on every machine.
///
/// How: the relaxation in which jobs may be split is solved exactly (transport.h) and gives a price for each pool and
/// a bound that no placement beats; the few split jobs are made whole (dive.h); what changed since the last plan is
/// all that the next one works on.

namespace dayan::place::cost {

/// How hard to try beyond the first whole plan.
struct Effort {
  std::uint64_t work = 8'000'000;        ///< pairs of pools looked at (Transport::work): about 0.1 s
  std::int64_t enough_per_million = 50;  ///< of the bound: a plan that is this near is not improved further
};

/// What a plan as a whole costs.
struct Plan {
  Cny cost;   ///< of every job where it is, or of leaving it out
  Cny bound;  ///< no placement of these jobs costs less, given what is held
  std::uint64_t work = 0;  ///< pairs of pools looked at for it, in all: to settle, and what was used of Effort::work
};

/// One place of a job, as the optimum sees it.
struct Quote {
  std::optional<PoolIndex> pool;  ///< nothing: the job is left out
  Cny cost;                       ///< of the job itself
  Cny displaced;                  ///< price of the room it takes there: what others would save or pay for it
  bool is_open = true;            ///< the whole job fits there beside what is held
};

class Assigner {
 public:
  /// Errors: more than pools_max pools, a negative capacity.
  [[nodiscard]] static Result<Assigner> make(std::vector<std::int64_t> capacities);

  /// All or none; the first fault of the first faulty job, its field is "jobs[7].options[2].pool".
  [[nodiscard]] Result<std::vector<JobIndex>> add(std::span<const Job> jobs);
  void remove(JobIndex job);
  /// The job started: it stays where the last plan put it, until it is removed. It must be in a pool.
  void hold(JobIndex job);
  [[nodiscard]] Result<void> set_capacity(PoolIndex pool, std::int64_t capacity);

  /// Plans every job that is not held anew.
  Plan optimise(const Effort& effort = {});

  /// As of the last plan; nothing: left out, or not planned yet.
  [[nodiscard]] std::optional<PoolIndex> pool_of(JobIndex job) const;
  [[nodiscard]] Cny cost_of(JobIndex job) const;
  /// Every place of the job, the cheapest first when the room it takes is counted. The plan puts a job at the first
  /// of them, or, where whole jobs do not fill the pools exactly, at one that is little dearer.
  [[nodiscard]] std::vector<Quote> quotes(JobIndex job) const;
  /// Of one unit of capacity, rounded down: what one unit more would save. Zero where there is room.
  [[nodiscard]] Cny price(PoolIndex pool) const;
  [[nodiscard]] std::size_t job_count() const { return count_; }

 private:
  explicit Assigner(std::vector<std::int64_t> capacities);

  [[nodiscard]] Int128 bound() const;
  [[nodiscard]] const Row& row(JobIndex job) const;
  Plan keep_plan(const std::vector<PlaceIndex>& places, Int128 bound);

  std::vector<std::int64_t> capacities_;
  Transport transport_;
  std::vector<PlaceIndex> planned_;  // by job; no_place: not planned
  std::vector<bool> held_;
  bool room_changed_ = false;  // since the last plan: capacities, held jobs
  std::size_t count_ = 0;
  Int128 greatest_costs_ = 0;  // the dearest place of every job, added up: keeps sums within Cny
};

}  // namespace dayan::place::cost
