#include "trace/lublin.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "trace/draw.h"

namespace dayan::trace {
namespace {

// Number of processors: serial with the first probability, a power of two with the second; the logarithm of the size
// is uniform in two stages, split 2.5 below the logarithm of the machine.
constexpr double serial_share = 0.244;
constexpr double power_of_two_share = 0.576;
constexpr double log_size_low = 0.8;
constexpr double log_size_split = 2.5;
constexpr double low_stage_share = 0.86;
// Logarithm of the run time: one of two gammas, the short one more often for small jobs.
constexpr Gamma short_run{4.2, 0.94};
constexpr Gamma long_run{312, 0.03};
constexpr double short_share_per_processor = -0.0054;
constexpr double short_share = 0.78;
constexpr double log_run_max = 12;
// Logarithm of the gap between arrivals in a half hour of mean traffic, and how traffic is spread over the half hours
// of a day that begins at the eleventh.
constexpr Gamma gap{10.2303 * 1.0225, 0.4871};
constexpr double log_gap_max = 13;
constexpr Gamma traffic{8.1737, 3.9631};
constexpr std::size_t slots_in_day = 48;
constexpr std::size_t first_slot = 11;
constexpr double slot_seconds = 1800;

/// Seconds of mean traffic that each half hour of the day is worth; their mean is slot_seconds.
std::array<double, slots_in_day> traffic_by_slot() {
  // A slot's share is the integral of the density over it, by Simpson's rule.
  const auto density = [](double x) { return std::exp((traffic.shape - 1) * std::log(x) - x / traffic.scale); };
  std::array<double, slots_in_day> worth{};
  double sum = 0;
  for (std::size_t i = first_slot; i < first_slot + slots_in_day; ++i) {
    const auto middle = static_cast<double>(i);
    const double share = density(middle - 0.5) + 4 * density(middle) + density(middle + 0.5);
    worth[(i - 1) % slots_in_day] = share;
    sum += share;
  }
  for (double& share : worth) share *= slot_seconds * slots_in_day / sum;
  return worth;
}

/// Arrivals: gaps are drawn in seconds of mean traffic and passed through the day.
class Arrivals {
 public:
  double next(Draw& draw) {
    traffic_ += std::exp(draw.gamma_below(gap, log_gap_max));
    while (traffic_ > worth_[slot_ % slots_in_day]) {
      traffic_ -= worth_[slot_ % slots_in_day];
      ++slot_;
    }
    return slot_seconds * (static_cast<double>(slot_) + traffic_ / worth_[slot_ % slots_in_day]);
  }

 private:
  const std::array<double, slots_in_day> worth_ = traffic_by_slot();
  double traffic_ = 0;  ///< since the slot began
  std::size_t slot_ = 0;
};

std::int64_t draw_processors(Draw& draw, std::int64_t machine) {
  const double kind = draw.uniform();
  if (kind <= serial_share) return 1;
  const double high = std::log2(static_cast<double>(machine));
  const double split = std::max(log_size_low, high - log_size_split);
  double log_size = 0;
  if (draw.uniform() <= low_stage_share) {
    log_size = log_size_low + draw.uniform() * (split - log_size_low);
  } else {
    log_size = split + draw.uniform() * (high - split);
  }
  if (kind <= serial_share + power_of_two_share) log_size = std::floor(log_size + 0.5);
  return std::clamp<std::int64_t>(std::llround(std::exp2(log_size)), 1, machine);
}

double draw_run_seconds(Draw& draw, std::int64_t processors) {
  const auto size = static_cast<double>(processors);
  const double share = std::clamp(short_share + short_share_per_processor * size, 0.0, 1.0);
  const Gamma& run = draw.uniform() <= share ? short_run : long_run;
  return std::max(1.0, std::floor(std::exp(draw.gamma_below(run, log_run_max))));
}

std::optional<Error> wrong_in(const LublinLoad& load) {
  const auto error = [](std::string field, std::string wrong, std::string right) {
    return Error{ErrorCode::invalid, std::move(field), std::move(wrong), std::move(right)};
  };
  if (load.jobs < 1 || load.jobs > lublin_jobs_max)
    return error("jobs", std::to_string(load.jobs) + " jobs", "1 to " + std::to_string(lublin_jobs_max));
  if (load.processors < 2 || load.processors > lublin_processors_max)
    return error("processors", std::to_string(load.processors) + " processors",
                 "2 to " + std::to_string(lublin_processors_max));
  if (!(load.load >= 0 && load.load <= 100))
    return error("load", "a load of " + std::to_string(load.load), "0 to 100");
  if (!(load.looseness >= 1 && load.looseness <= 1000))
    return error("looseness", "limits up to " + std::to_string(load.looseness) + " times the run time", "1 to 1000");
  return std::nullopt;
}

}  // namespace

Result<std::vector<RigidJob>> lublin_jobs(const LublinLoad& load) {
  if (const std::optional<Error> wrong = wrong_in(load)) return fail(*wrong);
  Draw draw(load.seed);
  Arrivals arrivals;
  std::vector<RigidJob> jobs;
  std::vector<double> arrived;
  jobs.reserve(static_cast<std::size_t>(load.jobs));
  arrived.reserve(static_cast<std::size_t>(load.jobs));
  double work = 0;
  for (std::int64_t number = 1; number <= load.jobs; ++number) {
    arrived.push_back(arrivals.next(draw));
    const std::int64_t processors = draw_processors(draw, load.processors);
    const double run = draw_run_seconds(draw, processors);
    const double limit = std::ceil(run * (1 + draw.uniform() * (load.looseness - 1)));
    work += run * static_cast<double>(processors);
    jobs.push_back({number,
                    {},
                    Duration::seconds(std::llround(run)),
                    Duration::seconds(std::max(std::llround(run), std::llround(limit))),
                    processors,
                    -1});
  }
  const double span = arrived.back() - arrived.front();
  const double stretch =
      load.load > 0 && span > 0 ? work / (load.load * static_cast<double>(load.processors)) / span : 1.0;
  for (std::size_t i = 0; i < jobs.size(); ++i)
    jobs[i].submit = Duration::seconds(std::llround((arrived[i] - arrived.front()) * stretch));
  return jobs;
}

}  // namespace dayan::trace
