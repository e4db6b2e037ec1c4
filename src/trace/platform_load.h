#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/money.h"
#include "base/result.h"
#include "base/time.h"
#include "base/units.h"
#include "trace/platform_pools.h"

/// The demand side of a made-up platform: what its customers submit in a stretch of time. No platform of this kind
/// has published its log, so the shapes below are taken from what is public of single clusters where there is
/// something, and are assumptions elsewhere; each is a constant of platform_load.cpp.
///
///   class       part    size                                    run time (median, σ of its logarithm)
///   training    55 %    1, 2, 4, 8 cards 70:10:15:5 (Philly);   20 min × cards^0.3, 1.6
///                       3 % gangs of 2 to 64 whole nodes
///   inference   39 %    1 to 16 replicas of 1/8 to 1 card       4 h, 1.0: how long the service is up
///   rendering    5 %    arrays of 10 to 300 frames, a card each 6 min a frame, 0.7
///   forecast     1 %    gangs of 4 to 64 nodes without cards    1 to 3 h; starts by itself at 02:00 local, due at
///   06:00
///
/// Arrivals are a Poisson process whose rate follows the hour of the day (training and inference the office day,
/// rendering the evening), conditioned on the number of jobs. Estimates are 1 to 10 times the run time. The run times of
/// all but forecasts are scaled together to the load asked for.
///
/// Customers submit by Zipf's law: of N the k-th largest has 1/k over the Nth harmonic number of the jobs (of 496 the
/// first has 14.7 %, the first 25 have 56 %). In logs of the Parallel Workloads Archive jobs by the rank of their user,
/// over the busier half of the users, fall with rank to the power 0.9 (NASA iPSC, 69 users, the first 14 %) to 1.6 (LCG
/// grid, 216 users, the first 32 %).

namespace dayan::trace {

enum class LoadClass : std::uint8_t { training, inference, rendering, forecast };
inline constexpr std::size_t load_classes = 4;

struct PlatformJob {
  Duration arrival;  ///< since the beginning, which is a midnight in the customers' time
  LoadClass what = LoadClass::training;
  int customer = 0;         ///< by rank, the largest first
  int region = 0;           ///< of the customer (platform_regions)
  int tasks = 1;            ///< array members, or replicas of a service
  int nodes = 1;            ///< of each task: a gang when more than one
  MilliCards cards;         ///< on each node
  Cores cores;              ///< on each node
  Bytes memory;             ///< on each node
  std::uint32_t chips = 0;  ///< bits of platform_chips that will do; 0: no cards
  Duration run_time;        ///< of each task, on the slowest of those chips
  Duration limit;           ///< what the customer says: 1 to 10 × run_time
  Duration due;             ///< since the beginning; zero: whenever
  Cny price_cap;            ///< per card and hour (without cards per core and hour); zero: none
  int latency_max = 0;      ///< tenths of a millisecond from the customer's region; 0: any
  bool stays_in_region = false;
  bool reclaimable = false;
  int per_node_max = 0;  ///< replicas on one node; 0: any
  Bytes input;           ///< to be brought to the place, from the customer's region

  friend bool operator==(const PlatformJob&, const PlatformJob&) = default;
};

struct PlatformDemand {
  std::int64_t jobs = 200'000;
  int customers = 496;
  Duration span = Duration::hours(24);
  /// Card time asked for, in units of FP16 work, over what the pools have in the span. 0: run times as drawn.
  double load = 0.8;
  double looseness = 10;  ///< a limit is 1 to this times the run time; 1: exact
  std::uint64_t seed = 1;
};
inline constexpr std::int64_t platform_jobs_max = 10'000'000;
inline constexpr int platform_customers_max = 1'000'000;
inline constexpr Duration platform_span_max = Duration::hours(24 * 366);
inline constexpr double platform_load_max = 100;

/// The same jobs for the same arguments, by arrival. Gangs fit the nodes of some pool. Error: invalid.
[[nodiscard]] Result<std::vector<PlatformJob>> platform_jobs(const PlatformDemand& demand,
                                                             std::span<const PlatformPool> pools);

/// The work of a job in TFLOPS × hours: cards × FP16 of the slowest chip that will do × run time. 0 without cards.
[[nodiscard]] double card_work(const PlatformJob& job);
/// What the pools' cards do in a span, in the same unit.
[[nodiscard]] double card_work(std::span<const PlatformPool> pools, Duration span);

}  // namespace dayan::trace
