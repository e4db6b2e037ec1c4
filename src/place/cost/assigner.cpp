#include "place/cost/assigner.h"

#include <algorithm>
#include <string>
#include <utility>

#include "place/cost/dive.h"
#include "place/cost/start_prices.h"

namespace dayan::place::cost {
namespace {

constexpr PlaceIndex no_place = UINT32_MAX;
/// The costs of all jobs add up to no more.
constexpr std::int64_t total_cost_max = std::int64_t{1} << 62;

Cny greatest_cost(const Job& job) {
  Cny greatest = job.reject_cost;
  for (const Option& option : job.options) greatest = std::max(greatest, option.cost);
  return greatest;
}

Result<void> check_capacity(std::int64_t capacity, std::string field) {
  if (capacity >= 0 && capacity <= capacity_max) return {};
  return fail(ErrorCode::invalid, std::to_string(capacity) + " is not a capacity",
              "a number from 0 to " + std::to_string(capacity_max), std::move(field));
}

}  // namespace

Result<Assigner> Assigner::make(std::vector<std::int64_t> capacities) {
  if (capacities.empty() || capacities.size() > pools_max)
    return fail(ErrorCode::invalid, "there are " + std::to_string(capacities.size()) + " pools",
                "from 1 to " + std::to_string(pools_max), "capacities");
  for (std::size_t i = 0; i < capacities.size(); ++i)
    TRY_VOID(check_capacity(capacities[i], "capacities[" + std::to_string(i) + "]"));
  return Assigner(std::move(capacities));
}

Assigner::Assigner(std::vector<std::int64_t> capacities)
    : capacities_(std::move(capacities)), transport_(capacities_, std::vector<std::int64_t>(capacities_.size(), 0)) {}

Result<std::vector<JobIndex>> Assigner::add(std::span<const Job> jobs) {
  Int128 greatest = greatest_costs_;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (Faults faults = faults_of(jobs[i], capacities_.size()); !faults.empty()) {
      faults.front().field = "jobs[" + std::to_string(i) + "]." + faults.front().field;
      return fail(faults.front());
    }
    greatest += greatest_cost(jobs[i]).micro();
  }
  if (greatest > total_cost_max || count_ + jobs.size() > jobs_max)
    return fail(ErrorCode::exhausted, "these jobs are too many, or their costs too great together",
                "at most " + std::to_string(jobs_max) + " jobs, whose costs add up to " +
                    to_text(Cny::micro(total_cost_max)) + " yuan",
                "jobs");
  if (count_ == 0) transport_ = Transport(capacities_, start_prices(jobs, capacities_));
  greatest_costs_ = greatest;
  count_ += jobs.size();
  std::vector<JobIndex> indices;
  indices.reserve(jobs.size());
  for (const Job& job : jobs) indices.push_back(transport_.add(job));
  planned_.resize(transport_.rows().size(), no_place);
  held_.resize(transport_.rows().size(), false);
  return indices;
}

void Assigner::remove(JobIndex job) {
  std::int64_t greatest = 0;
  for (const Place& place : row(job).places) greatest = std::max(greatest, place.cost);
  greatest_costs_ -= greatest;
  --count_;
  if (held_[job]) room_changed_ = true;
  transport_.remove(job);
  planned_[job] = no_place;
  held_[job] = false;
}

void Assigner::hold(JobIndex job) {
  ASSERT(pool_of(job).has_value() && !held_[job]);
  transport_.pin(job, planned_[job]);
  held_[job] = true;
  room_changed_ = true;
}

Result<void> Assigner::set_capacity(PoolIndex pool, std::int64_t capacity) {
  if (pool >= capacities_.size())
    return fail(ErrorCode::invalid, "there is no pool " + std::to_string(pool),
                "a pool below " + std::to_string(capacities_.size()), "pool");
  TRY_VOID(check_capacity(capacity, "capacity"));
  capacities_[pool] = capacity;
  transport_.set_capacity(pool, capacity);
  room_changed_ = true;
  return {};
}

Plan Assigner::optimise(const Effort& effort) {
  const std::uint64_t before = transport_.work();
  if (std::exchange(room_changed_, false)) transport_.reopen();
  transport_.settle();
  const Int128 least = bound();
  Dive dive(transport_);
  dive.descend();
  dive.improve(effort.work, least + least * effort.enough_per_million / 1'000'000);
  Plan plan = keep_plan(dive.places(), least);
  dive.surface();
  plan.work = transport_.work() - before;
  return plan;
}

/// What Lagrange's dual is at the present prices: any prices give a bound, those of the relaxation the greatest.
/// Exact, in 1/unit_scale micro-yuan, with the costs of whole jobs and not the rounded ones of units.
Int128 Assigner::bound() const {
  Int128 sum = 0;
  for (const Row& row : transport_.rows()) {
    if (row.demand == 0) continue;
    Int128 least = 0;
    for (std::size_t i = row.places.size(); i-- > 0;) {  // from where it is left out, which is always open
      const Place& place = row.places[i];
      if (row.pinned ? place.units == 0 : !place.open) continue;
      const Int128 paid = static_cast<Int128>(place.cost) * unit_scale +
                          (row.pinned ? 0 : static_cast<Int128>(row.demand) * transport_.price(place.node));
      if (row.pinned || i + 1 == row.places.size() || paid < least) least = paid;
    }
    sum += least;
  }
  for (NodeIndex pool = 0; pool < capacities_.size(); ++pool) {
    const std::int64_t free = std::max<std::int64_t>(0, capacities_[pool] - transport_.pinned_load(pool));
    sum -= static_cast<Int128>(transport_.price(pool)) * free;
  }
  return sum;
}

Plan Assigner::keep_plan(const std::vector<PlaceIndex>& places, Int128 least) {
  Plan plan;
  for (JobIndex job = 0; job < transport_.rows().size(); ++job) {
    const Row& row = transport_.rows()[job];
    if (row.demand == 0) continue;
    planned_[job] = places[job];
    plan.cost += Cny::micro(row.places[places[job]].cost);
  }
  // Costs are whole micro-yuan, so the bound may be rounded up.
  plan.bound = Cny::micro(static_cast<std::int64_t>((least + unit_scale - 1) / unit_scale));
  return plan;
}

const Row& Assigner::row(JobIndex job) const {
  ASSERT(job < transport_.rows().size() && transport_.rows()[job].demand > 0);
  return transport_.rows()[job];
}

std::optional<PoolIndex> Assigner::pool_of(JobIndex job) const {
  const Row& of = row(job);
  if (planned_[job] == no_place || planned_[job] + 1 == of.places.size()) return std::nullopt;
  return of.places[planned_[job]].node;
}

Cny Assigner::cost_of(JobIndex job) const {
  const Row& of = row(job);
  return Cny::micro(planned_[job] == no_place ? of.places.back().cost : of.places[planned_[job]].cost);
}

std::vector<Quote> Assigner::quotes(JobIndex job) const {
  const Row& of = row(job);
  std::vector<Quote> quotes;
  for (const Place& place : of.places) {
    const Int128 displaced =
        std::min<Int128>(static_cast<Int128>(transport_.price(place.node)) * of.demand / unit_scale, total_cost_max);
    quotes.push_back(
        {std::nullopt, Cny::micro(place.cost), Cny::micro(static_cast<std::int64_t>(displaced)), place.open});
    if (place.node != transport_.left_out()) quotes.back().pool = place.node;
  }
  const std::int64_t left_out = transport_.left_out();
  std::ranges::sort(quotes, [&](const Quote& a, const Quote& b) {
    if (a.is_open != b.is_open) return a.is_open;
    const Cny paid_a = a.cost + a.displaced;
    const Cny paid_b = b.cost + b.displaced;
    if (paid_a != paid_b) return paid_a < paid_b;
    return (a.pool ? *a.pool : left_out) < (b.pool ? *b.pool : left_out);
  });
  return quotes;
}

Cny Assigner::price(PoolIndex pool) const { return Cny::micro(transport_.price(pool) / unit_scale); }

}  // namespace dayan::place::cost
