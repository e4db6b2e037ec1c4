#include "model/run_time.h"

namespace dayan {

Duration expected_run(Duration wall_time, Duration run_time, const Learned& learned, const PoolRow& pool) {
  if (!has_estimate(run_time, learned)) return wall_time;
  const std::int64_t on_reference =
      learned.succeeded > 0 ? learned.run_time_sum / learned.succeeded : run_time.microseconds();
  const std::int64_t capability =
      pool.core_capability.value() > 0 ? pool.core_capability.value() : reference_capability;
  const auto here = mul_div(std::max<std::int64_t>(on_reference, 1), reference_capability, capability, Rounding::up);
  return here.has_value() ? std::min(Duration::microseconds(*here), wall_time) : wall_time;
}

}  // namespace dayan
