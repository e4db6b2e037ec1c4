#include "bench/clp_costs.h"

#include <limits>

#include "bench/clp_program.h"

namespace dayan::bench {
namespace {

constexpr double unbounded = std::numeric_limits<double>::max();

double yuan_of(Cny cost) { return static_cast<double>(cost.micro()) / 1e6; }

}  // namespace

Result<LinearBound> linear_bound(std::span<const std::int64_t> capacities, std::span<const place::cost::Job> jobs) {
  if (jobs.empty()) return LinearBound{};
  // Columns: what part of each job is in each of its pools, or left out. Rows: each job is whole; then what each pool
  // holds.
  ClpProgram program;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const place::cost::Job& job = jobs[i];
    const auto row = static_cast<int>(i);
    for (const place::cost::Option& option : job.options) {
      program.begin_column(yuan_of(option.cost));
      program.entry(row, 1);
      program.entry(static_cast<int>(jobs.size() + option.pool), static_cast<double>(job.demand));
    }
    program.begin_column(yuan_of(job.reject_cost));
    program.entry(row, 1);
  }
  for (std::size_t i = 0; i < jobs.size(); ++i) program.add_row(1, 1);
  for (const std::int64_t capacity : capacities) program.add_row(-unbounded, static_cast<double>(capacity));
  TRY(const ClpProgram::Optimum optimum, program.minimise());
  return LinearBound{optimum.value, optimum.seconds};
}

}  // namespace dayan::bench
