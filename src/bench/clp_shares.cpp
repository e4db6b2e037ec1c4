#include "bench/clp_shares.h"

#include <limits>

#include "bench/clp_program.h"

namespace dayan::bench {
namespace {

constexpr double unbounded = std::numeric_limits<double>::max();
/// As it comes CLP may break each row by 1e-7: summed over the jobs, that shows in the level.
constexpr double tolerance = 1e-9;

}  // namespace

Result<SolverLevel> solve_by_clp(const place::share::Cluster& cluster, std::span<const place::share::Work> works) {
  // Variables: the level, then the time of each job on each type. Rows: what each job reaches less the level, its time,
  // then the cards of each type.
  const auto jobs = static_cast<int>(works.size());
  ClpProgram program;
  program.begin_column(1);
  for (int job = 0; job < jobs; ++job) program.entry(job, -1);
  double cards = 0;
  for (const double count : cluster.card_counts) cards += count;
  for (int job = 0; job < jobs; ++job) {
    const place::share::Work& work = works[static_cast<std::size_t>(job)];
    const auto rates = cluster.rates_of(work.kind);
    double mean = 0;
    for (std::size_t g = 0; g < rates.size(); ++g) mean += rates[g] * cluster.card_counts[g] / cards;
    for (int g = 0; g < cluster.types(); ++g) {
      program.begin_column(0);
      program.entry(job, rates[static_cast<std::size_t>(g)] * work.scale / work.weight / mean);
      program.entry(jobs + job, 1);
      program.entry(2 * jobs + g, work.scale);
    }
  }
  for (int job = 0; job < jobs; ++job) program.add_row(0, unbounded);
  for (int job = 0; job < jobs; ++job) program.add_row(-unbounded, 1);
  for (const double count : cluster.card_counts) program.add_row(-unbounded, count);
  TRY(const ClpProgram::Optimum optimum, program.maximise(tolerance));
  return SolverLevel{optimum.value, optimum.seconds};
}

}  // namespace dayan::bench
