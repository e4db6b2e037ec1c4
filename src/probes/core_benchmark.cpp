#include "probes/core_benchmark.h"

#include <algorithm>
#include <ctime>

#include "base/money.h"

namespace dayan::probes {

namespace {

/// Where the results go, so that no compiler leaves the work out.
volatile std::uint64_t integer_sink = 0;
volatile double real_sink = 0;

Duration thread_cpu_time() {
  timespec spent{};
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent) != 0) return {};
  return Duration::microseconds(std::int64_t{spent.tv_sec} * 1'000'000 + spent.tv_nsec / 1'000);
}

void work() {
  std::uint64_t integer = 0x9e3779b97f4a7c15ULL;
  double real = 1.5;
  for (std::int64_t round = 0; round < benchmark_rounds; ++round) {
    integer ^= integer >> 29;
    integer *= 0xbf58476d1ce4e5b9ULL;
    real = real * 0.999 + 2.0 / real;
  }
  integer_sink = integer;
  real_sink = real;
}

}  // namespace

Capability capability_of(Duration cpu_time) {
  if (cpu_time.microseconds() <= 0) return {};
  // 10,000 × (rounds / time) / reference; the time is in microseconds.
  const Result<std::int64_t> figure =
      mul_div(10'000 * (benchmark_rounds / 1'000), 1'000'000,
              cpu_time.microseconds() * (reference_rounds_per_second / 1'000), Rounding::down);
  return figure ? Capability(*figure) : Capability();
}

Capability measure_core() {
  Capability best;
  for (int run = 0; run < benchmark_runs; ++run) {
    const Duration before = thread_cpu_time();
    work();
    best = std::max(best, capability_of(thread_cpu_time() - before));
  }
  return best;
}

}  // namespace dayan::probes
