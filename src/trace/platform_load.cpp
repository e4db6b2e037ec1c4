#include "trace/platform_load.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "trace/draw.h"
#include "trace/platform_offers.h"

namespace dayan::trace {
namespace {

constexpr std::array<double, load_classes> class_parts = {0.55, 0.39, 0.05, 0.01};
/// Arrivals by hour of the day: an office day with a lunch break, and an evening of artists who leave work to be
/// rendered.
using Hours = std::array<double, 24>;
constexpr Hours office_day = {4, 3, 2, 2, 2, 2, 3, 4, 7, 10, 11, 10, 7, 9, 11, 11, 10, 9, 7, 6, 6, 6, 6, 5};
constexpr Hours evening = {5, 3, 2, 1, 1, 1, 1, 2, 3, 4, 4, 4, 4, 4, 5, 5, 6, 8, 12, 14, 14, 12, 10, 8};
/// Where customers are, in the order of platform_regions.
constexpr std::array<double, platform_region_count> region_parts = {0.20, 0.15, 0.20, 0.20, 0.10, 0.05, 0.05, 0.05};

// Sets of chips that a job's software runs on: CUDA alone, CUDA or Ascend, Ascend alone, all.
constexpr std::uint32_t chips_cuda = 0b011110;
constexpr std::uint32_t chips_ascend = 0b000001;
constexpr std::uint32_t chips_all = (1U << platform_chips.size()) - 1;
constexpr std::array<std::uint32_t, 4> chip_sets = {chips_cuda, chips_cuda | chips_ascend, chips_ascend, chips_all};
constexpr std::array<double, 4> chip_set_parts = {0.55, 0.25, 0.15, 0.05};
/// Two fifths of the trainings want more memory than this on a card.
constexpr double large_model_part = 0.4;
constexpr int small_card_gb = 24;

// Training.
constexpr double gang_part = 0.03;
constexpr std::array<int, 4> card_counts = {1, 2, 4, 8};
constexpr std::array<double, 4> card_count_parts = {70, 10, 15, 5};
constexpr double gang_nodes_max = 64;
constexpr double training_median = 20 * 60;
constexpr double training_sigma = 1.6;
constexpr double training_growth = 0.3;  ///< run time grows with cards to this power
constexpr double reclaimable_part = 0.3;
constexpr double residency_part = 0.05;
constexpr double input_median = 20e9;
constexpr double input_sigma = 2.0;
constexpr double input_max = 20e12;
// Inference.
constexpr double replicas_max = 16;
constexpr std::array<int, 4> replica_millicards = {125, 250, 500, 1000};
constexpr std::array<double, 4> replica_parts = {0.2, 0.25, 0.25, 0.3};
constexpr double service_median = 4 * 3600;
constexpr double service_sigma = 1.0;
constexpr double latency_part = 0.7;
constexpr std::array<int, 3> latency_bounds = {50, 100, 200};
// Rendering.
constexpr double frames_min = 10;
constexpr double frames_max = 300;
constexpr double frame_median = 6 * 60;
constexpr double frame_sigma = 0.7;
// Forecasts: a run begins within 20 minutes of 02:00, when the observations are in, and its figures are due at 06:00.
constexpr double forecast_nodes_min = 4;
constexpr double forecast_nodes_max = 64;
constexpr Duration forecast_start = Duration::hours(2);
constexpr Duration forecast_spread = Duration::minutes(20);
constexpr Duration forecast_due = Duration::hours(6);
constexpr double forecast_run_min = 3600;
constexpr double forecast_run_max = 3 * 3600;

/// Two fifths name a price: from the cheapest that will do to four times it.
constexpr double capped_part = 0.4;
constexpr double cap_spread = 4;
constexpr double run_seconds_max = 30 * 86'400;
constexpr Bytes memory_per_card(64'000'000'000);
constexpr Duration day = Duration::hours(24);

class Generator {
 public:
  Generator(const PlatformDemand& demand, std::span<const PlatformPool> pools)
      : demand_(demand), offers_(pools), draw_(demand.seed) {
    double sum = 0;
    for (int customer = 0; customer < demand.customers; ++customer) {
      activity_.push_back(sum += 1.0 / (customer + 1));
      regions_.push_back(static_cast<int>(draw_.index(region_parts)));
    }
  }

  PlatformJob next() {
    PlatformJob job;
    job.what = static_cast<LoadClass>(draw_.index(class_parts));
    if (job.what == LoadClass::forecast && offers_.plain().nodes == 0) job.what = LoadClass::training;
    const double at = draw_.uniform() * activity_.back();
    job.customer = static_cast<int>(std::upper_bound(activity_.begin(), activity_.end() - 1, at) - activity_.begin());
    job.region = regions_[static_cast<std::size_t>(job.customer)];
    switch (job.what) {
      case LoadClass::training: training(job); break;
      case LoadClass::inference: inference(job); break;
      case LoadClass::rendering: rendering(job); break;
      case LoadClass::forecast: forecast(job); break;
    }
    return job;
  }
  /// Limits come last: they are of the run time as scaled.
  void set_limit(PlatformJob& job) {
    const double times = draw_.uniform(1, demand_.looseness);
    job.limit = Duration::seconds(
        static_cast<std::int64_t>(std::ceil(static_cast<double>(job.run_time.seconds_up()) * times)));
    if (job.limit < job.run_time) job.limit = job.run_time;
  }

 private:
  Duration arrival(const Hours& hours) {
    const double most = *std::ranges::max_element(hours);
    for (;;) {
      const std::int64_t at = draw_.between(0, demand_.span.microseconds() - 1);
      const auto hour = static_cast<std::size_t>(at / Duration::hours(1).microseconds() % 24);
      if (draw_.uniform() * most < hours[hour]) return Duration::microseconds(at);
    }
  }
  Duration run(double median, double sigma) { return seconds(draw_.log_normal(median, sigma)); }
  static Duration seconds(double value) {
    return Duration::seconds(std::llround(std::clamp(value, 1.0, run_seconds_max)));
  }
  /// The job's chips: of those that there are.
  std::uint32_t chips() {
    const std::uint32_t set = chip_sets[draw_.index(chip_set_parts)] & offers_.chips();
    return set != 0 ? set : offers_.chips();
  }
  std::uint32_t large_chips(std::uint32_t set) const {
    std::uint32_t large = 0;
    for (std::size_t chip = 0; chip < platform_chips.size(); ++chip)
      if (((set >> chip) & 1U) != 0 && platform_chips[chip].memory_gb > small_card_gb) large |= 1U << chip;
    return large != 0 ? large : set;
  }
  Cny cap(Cny cheapest) {
    if (!draw_.chance(capped_part)) return {};
    return Cny::micro(
        std::llround(std::ceil(static_cast<double>(cheapest.micro()) * draw_.log_uniform(1, cap_spread))));
  }
  Bytes input() { return Bytes(std::llround(std::min(input_max, draw_.log_normal(input_median, input_sigma)))); }
  void set_cards(PlatformJob& job, int millicards) {
    job.cards = MilliCards(millicards);
    // What a card's part of a node of 8 cards, 128 cores and 1 TB leaves to it, and one core at least.
    job.cores = Cores(std::max(1, millicards * 12 / 1000));
    job.memory = Bytes(memory_per_card.value() * millicards / 1000);
  }

  void training(PlatformJob& job) {
    job.arrival = arrival(office_day);
    job.chips = chips();
    if (draw_.chance(large_model_part)) job.chips = large_chips(job.chips);
    const auto in_region = [&](std::size_t region) { return static_cast<int>(region) == job.region; };
    job.stays_in_region = draw_.chance(residency_part) && offers_.of(job.chips, in_region).nodes > 0;
    const PlatformOffer offer =
        offers_.of(job.chips, [&](std::size_t region) { return !job.stays_in_region || in_region(region); });
    int cards = card_counts[draw_.index(card_count_parts)];
    if (draw_.chance(gang_part)) {
      job.nodes = std::min(offer.nodes, static_cast<int>(std::lround(draw_.log_uniform(2, gang_nodes_max))));
      cards = cards_per_node_min(job.chips);
    }
    cards = std::min(cards, cards_per_node_min(job.chips));
    set_cards(job, cards * 1000);
    job.run_time = run(training_median * std::pow(cards * job.nodes, training_growth), training_sigma);
    job.reclaimable = draw_.chance(reclaimable_part);
    job.price_cap = cap(offer.price);
    job.input = input();
  }
  static int cards_per_node_min(std::uint32_t chips) {
    int least = std::numeric_limits<int>::max();
    for (std::size_t chip = 0; chip < platform_chips.size(); ++chip)
      if (((chips >> chip) & 1U) != 0) least = std::min(least, platform_chips[chip].cards_per_node);
    return least;
  }

  void inference(PlatformJob& job) {
    job.arrival = arrival(office_day);
    job.chips = chips();
    job.tasks = static_cast<int>(std::lround(draw_.log_uniform(1, replicas_max)));
    set_cards(job, replica_millicards[draw_.index(replica_parts)]);
    job.run_time = run(service_median, service_sigma);
    const auto within = [&](std::size_t region) {
      return job.latency_max == 0 ||
             platform_latency[static_cast<std::size_t>(job.region)][region] <= job.latency_max;
    };
    if (draw_.chance(latency_part)) {
      // The first bound from the one drawn on that some pool meets; none of them: the service takes what there is.
      for (auto at = static_cast<std::size_t>(draw_.between(0, latency_bounds.size() - 1));
           at < latency_bounds.size(); ++at) {
        job.latency_max = latency_bounds[at];
        if (offers_.of(job.chips, within).nodes > 0) break;
        job.latency_max = 0;
      }
    }
    job.per_node_max = static_cast<int>(draw_.between(1, 4));
    job.price_cap = cap(offers_.of(job.chips, within).price);
    job.input = Bytes(std::llround(draw_.log_uniform(1e9, 200e9)));
  }

  void rendering(PlatformJob& job) {
    job.arrival = arrival(evening);
    job.chips = chips();
    job.tasks = static_cast<int>(std::lround(draw_.log_uniform(frames_min, frames_max)));
    set_cards(job, 1000);
    job.run_time = run(frame_median, frame_sigma);
    job.reclaimable = draw_.chance(reclaimable_part);
    job.price_cap = cap(offers_.of(job.chips, [](std::size_t) { return true; }).price);
    job.input = input();
  }

  void forecast(PlatformJob& job) {
    const std::int64_t days = std::max<std::int64_t>(1, demand_.span.microseconds() / day.microseconds());
    const Duration midnight = day * draw_.between(0, days - 1);
    job.arrival =
        midnight + forecast_start +
        Duration::microseconds(draw_.between(-forecast_spread.microseconds(), forecast_spread.microseconds()));
    job.due = midnight + forecast_due;
    job.nodes = std::min(offers_.plain().nodes,
                         static_cast<int>(std::lround(draw_.log_uniform(forecast_nodes_min, forecast_nodes_max))));
    job.cores = Cores(64);
    job.memory = memory_per_card * 2;
    job.run_time = seconds(draw_.uniform(forecast_run_min, forecast_run_max));
    job.price_cap = cap(offers_.plain().price);
    job.input = Bytes(std::llround(draw_.log_uniform(1e9, 500e9)));
  }

  const PlatformDemand& demand_;
  PlatformOffers offers_;
  Draw draw_;
  std::vector<double> activity_;  ///< of customers, summed up
  std::vector<int> regions_;      ///< of customers
};

std::optional<Error> wrong_in(const PlatformDemand& demand, std::span<const PlatformPool> pools) {
  const auto error = [](std::string field, std::string wrong, std::string right) {
    return Error{ErrorCode::invalid, std::move(field), std::move(wrong), std::move(right)};
  };
  if (demand.jobs < 0 || demand.jobs > platform_jobs_max)
    return error("jobs", std::to_string(demand.jobs) + " jobs", "0 to " + std::to_string(platform_jobs_max));
  if (demand.customers < 1 || demand.customers > platform_customers_max)
    return error("customers", std::to_string(demand.customers) + " customers",
                 "1 to " + std::to_string(platform_customers_max));
  if (demand.span < day || demand.span > platform_span_max)
    return error("span", to_text(demand.span), "a day to " + to_text(platform_span_max));
  if (!(demand.load >= 0 && demand.load <= platform_load_max))
    return error("load", std::to_string(demand.load), "0 to " + std::to_string(platform_load_max));
  if (!(demand.looseness >= 1 && demand.looseness <= 1000))
    return error("looseness", std::to_string(demand.looseness), "1 to 1000");
  if (std::ranges::none_of(pools, [](const PlatformPool& pool) { return pool.chip >= 0; }))
    return error("pools", "no pool has cards", "one at least");
  return std::nullopt;
}

}  // namespace

double card_work(const PlatformJob& job) {
  int slowest = 0;
  for (std::size_t chip = 0; chip < platform_chips.size(); ++chip) {
    if (((job.chips >> chip) & 1U) == 0) continue;
    const int tflops = platform_chips[chip].fp16_tflops;
    slowest = slowest == 0 ? tflops : std::min(slowest, tflops);
  }
  const double cards = static_cast<double>(job.cards.value()) / 1000 * job.nodes * job.tasks;
  return cards * slowest * static_cast<double>(job.run_time.microseconds()) / 3.6e9;
}

double card_work(std::span<const PlatformPool> pools, Duration span) {
  double tflops = 0;
  for (const PlatformPool& pool : pools)
    if (pool.chip >= 0)
      tflops += static_cast<double>(pool.nodes) * pool.cards_per_node *
                platform_chips[static_cast<std::size_t>(pool.chip)].fp16_tflops;
  return tflops * static_cast<double>(span.microseconds()) / 3.6e9;
}

Result<std::vector<PlatformJob>> platform_jobs(const PlatformDemand& demand, std::span<const PlatformPool> pools) {
  if (auto error = wrong_in(demand, pools)) return fail(std::move(*error));
  Generator generator(demand, pools);
  std::vector<PlatformJob> jobs;
  jobs.reserve(static_cast<std::size_t>(demand.jobs));
  double asked = 0;
  for (std::int64_t i = 0; i < demand.jobs; ++i) {
    jobs.push_back(generator.next());
    asked += card_work(jobs.back());
  }
  const double factor = demand.load > 0 && asked > 0 ? demand.load * card_work(pools, demand.span) / asked : 1;
  for (PlatformJob& job : jobs) {
    if (job.what != LoadClass::forecast) {
      const double scaled = static_cast<double>(job.run_time.microseconds()) / 1e6 * factor;
      job.run_time = Duration::seconds(std::llround(std::clamp(scaled, 1.0, run_seconds_max)));
    }
    generator.set_limit(job);
  }
  // Equal arrivals stay in the order in which they were drawn: a total order, by index.
  std::vector<std::size_t> order(jobs.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(jobs[i].arrival, i); });
  std::vector<PlatformJob> sorted;
  sorted.reserve(jobs.size());
  for (const std::size_t i : order) sorted.push_back(jobs[i]);
  return sorted;
}

}  // namespace dayan::trace
