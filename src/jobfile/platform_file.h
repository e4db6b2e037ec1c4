#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "jobfile/job_file.h"
#include "model/centre.h"

/// A platform described in YAML: centres with their pools and prices, and jobs. `dayan place` answers where each job
/// would go, and why, without any server; `dayan sim run` plays a load on it, with its faults.

namespace dayan::jobfile {

inline constexpr std::size_t platform_bytes_max = 50'000'000;
/// When a platform that is described begins: a midnight, for what hangs on the hour of the day. Any would do: what is
/// told of it counts from there.
inline constexpr UnixTime platform_beginning{1'799'971'200'000'000};  // 2027-01-15T00:00:00Z
/// What times of its jobs count from.
inline constexpr TimeBase platform_time{platform_beginning, false};

/// Nodes of a pool that leave and come back. For a simulation: from and span count from its beginning.
struct Outage {
  std::string pool;
  Duration from;
  Duration span;
  std::int32_t nodes = 0;
};

/// While a centre says nothing. For a simulation.
struct Silence {
  Duration from;
  Duration span;
};

/// While a pool is closed to all but those named. From and span count from the beginning.
struct ClosedSpan {
  std::string pool;  ///< empty: all of the centre
  Duration from;
  Duration span;
  std::vector<std::string> organisations;
  std::string note;
};

/// A centre as it is described, with all that a real one would report of itself.
struct CentreFile {
  std::string name;
  std::string provider;
  std::string region;
  Cny core_hour;
  Cny card_hour;
  Cny gb_hour;
  std::int64_t reclaimable_part = whole_price;  ///< of these, for reclaimable work, in thousandths
  std::optional<Cny> transfer_gb;               ///< of a GB moved in; nothing: it is not known
  std::optional<Bandwidth> bandwidth;           ///< of the link to it
  std::vector<std::string> accepts;
  std::vector<CityLatency> latency;
  std::optional<std::int64_t> pue;     ///< in thousandths
  std::optional<std::int64_t> carbon;  ///< g/kWh
  std::vector<DayHours> hours;         ///< at which the prices are other percentages; the beginning is a midnight
  std::vector<DayHours> carbon_hours;  ///< the same of the carbon
  std::vector<PoolRow> pools;          ///< their centre is not set
  std::vector<Outage> outages;
  std::vector<Silence> silences;
  std::vector<ClosedSpan> reservations;
};

struct PlatformFile {
  std::string customer = "customer";  ///< whose jobs they all are: what `accepts` of a centre is compared with
  std::vector<CentreFile> centres;
  std::vector<JobFile>
      jobs;  ///< in order of submission; without a command where none was given, `input_bytes` as one input
};

/// Reads a platform. Every fault at once, in order of lines. Names are unique; a price of a meter that some pool has
/// must be given, since a price that is not known is not zero; that of moving data in, where a job brings some.
[[nodiscard]] tl::expected<PlatformFile, Faults> parse_platform_yaml(std::string_view text);

/// A fault for each centre of which it is not known what moving data in costs, where a job of the file brings some. For
/// who adds jobs to it; what is parsed has been checked.
[[nodiscard]] Faults missing_transfer_prices(const PlatformFile& file);

}  // namespace dayan::jobfile
