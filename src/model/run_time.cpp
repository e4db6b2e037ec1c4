#include "model/run_time.h"

namespace dayan {

Duration expected_run(Duration wall_time, Duration run_time, const Learned& learned, Capability speed) {
  if (!has_estimate(run_time, learned)) return wall_time;
  const std::int64_t on_reference =
      learned.succeeded > 0 ? learned.run_time_sum / learned.succeeded : run_time.microseconds();
  const auto here =
      mul_div(std::max<std::int64_t>(on_reference, 1), reference_capability, speed.value(), Rounding::up);
  return here.has_value() ? std::min(Duration::microseconds(*here), wall_time) : wall_time;
}

std::int64_t reference_run(Duration run, Capability speed) {
  const auto scaled = mul_div(run.microseconds(), speed.value(), reference_capability, Rounding::down);
  return scaled.has_value() ? *scaled : run.microseconds();
}

}  // namespace dayan
