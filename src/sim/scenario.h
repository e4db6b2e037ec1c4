#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "jobfile/platform_file.h"
#include "model/meter.h"
#include "model/placement.h"
#include "place/amounts.h"
#include "sim/load.h"

/// The supply side of a simulation, as every policy meets it: pools in a row, and what happens to them over time
/// (nodes that leave and come back, centres that fall silent, prices by the hour, pools that are closed).

namespace dayan::sim {

/// The beginning of every simulation: a midnight, so that a time of day is a remainder.
inline constexpr UnixTime beginning{1'799'971'200'000'000};  // 2027-01-15T00:00:00Z
inline constexpr Duration never = Duration::microseconds(std::numeric_limits<std::int64_t>::max());

/// A pool. What of it changes in time stands in SiteNow.
struct Site {
  std::size_t centre = 0;  ///< in PlatformFile::centres
  std::string centre_name;
  std::string provider;
  std::string region;
  std::vector<CityLatency> latency;
  bool is_for_customer = true;  ///< the centre accepts whose jobs they are
  std::vector<std::pair<Duration, Duration>> closed;  ///< to whose jobs they are: from and until, by from
  PoolRow pool;

  [[nodiscard]] place::Amounts per_node() const;
  [[nodiscard]] place::Amounts capacity(std::int32_t nodes) const;
  /// A task of the load runs for so long here: scaled by how fast it is, ended by its limit.
  [[nodiscard]] Duration run_of(const Load& load, const LoadJob& job) const;
  /// It would run beyond its limit here.
  [[nodiscard]] bool is_cut(const Load& load, const LoadJob& job) const;
  /// A node of the pool could run it: shape, chip, capability, software, region, provider, latency, wall time, and the
  /// centre takes it. Written apart from the engine's own check, which it also checks.
  [[nodiscard]] bool could_run(const Requirements& needs, Duration limit) const {
    return rules_out(needs, limit).empty();
  }
  /// What keeps it from that, all of it.
  [[nodiscard]] std::vector<Constraint> rules_out(const Requirements& needs, Duration limit) const;
  /// When it is closed next: the first moment from `now` on at which it is; never: it stays open.
  [[nodiscard]] Duration closes_at(Duration now) const;
};

/// Until when a centre is heard of that is heard of at `at`: a scripted one is known ahead, and speaks until its next
/// silence begins.
[[nodiscard]] Duration heard_until(std::span<const jobfile::Silence> silences, Duration at);

struct SiteNow {
  std::int32_t nodes = 0;
  std::int32_t rack = 0;  ///< nodes of the largest rack
  bool is_silent = false;
  OfferRow offer;  ///< its prices only

  /// Whether a task may have so many of its nodes.
  [[nodiscard]] bool has_nodes_for(const place::Need& need) const {
    return need.nodes <= nodes && (!need.is_in_rack || need.nodes <= rack);
  }
};

/// Something that happens by itself.
struct Change {
  enum class What { nodes, silence, prices, opening };
  Duration at;
  What what = What::nodes;
  std::size_t centre = 0;
  std::size_t site = 0;    ///< of `nodes`
  std::int32_t nodes = 0;  ///< of `nodes`: how many come (or leave, below zero)
  bool begins = false;     ///< of `silence`
};

/// What is asked for at a pool, of such work: reclaimable work may pay less.
[[nodiscard]] inline OfferRow prices_for(const Requirements& needs, const OfferRow& offer) {
  return part_of(offer, price_part_of(offer, needs.reclaimable));
}

class Scenario {
 public:
  explicit Scenario(jobfile::PlatformFile file);

  [[nodiscard]] const jobfile::PlatformFile& file() const { return file_; }
  [[nodiscard]] const std::vector<Site>& sites() const { return sites_; }
  /// Those of a centre stand together, from this one on.
  [[nodiscard]] std::size_t first_site(std::size_t centre) const { return first_sites_[centre]; }
  /// By time; prices not among them, since they change every day.
  [[nodiscard]] const std::vector<Change>& changes() const { return changes_; }
  /// What a centre offers, with the hours of the day at which its prices are others.
  [[nodiscard]] OfferRow offer(std::size_t centre) const;
  /// Its prices at a moment.
  [[nodiscard]] OfferRow prices(std::size_t centre, Duration at) const;
  /// How long so many bytes take to the centre of a site, by its link; nothing where none is described.
  [[nodiscard]] Duration crossing_time(std::size_t site, Bytes bytes) const;
  /// When some price changes next, after `at`; never when none does.
  [[nodiscard]] Duration next_prices(Duration at) const;
  [[nodiscard]] bool has_cards() const;

 private:
  jobfile::PlatformFile file_;
  std::vector<Site> sites_;
  std::vector<std::size_t> first_sites_;  ///< by centre
  std::vector<Change> changes_;
  std::vector<Duration> price_times_;  ///< of a day, sorted, each once
};

/// The changes of a scenario as time passes.
class Timeline {
 public:
  explicit Timeline(const Scenario& scenario);

  /// Of what happens next; never: nothing does.
  [[nodiscard]] Duration next() const;
  /// All that happens up to `now`; the sites stand as after it. Prices: one change for each centre that has hours.
  [[nodiscard]] std::vector<Change> take(Duration now);
  [[nodiscard]] const std::vector<SiteNow>& now() const { return now_; }
  /// Faults, unlike prices, end.
  [[nodiscard]] bool has_faults_left() const { return next_change_ < scenario_.changes().size(); }

 private:
  const Scenario& scenario_;
  std::vector<SiteNow> now_;
  std::vector<std::int32_t> away_;  ///< nodes that have left, by site; outages may overlap
  std::vector<int> silences_;       ///< that have begun, by centre
  std::size_t next_change_ = 0;
  Duration next_prices_;
};

/// Who submits a load: one at least. A job's customer is in them.
[[nodiscard]] inline std::span<const std::string> customers_of(const Load& load, const Scenario& scenario) {
  if (load.customers.empty()) return {&scenario.file().customer, 1};
  return load.customers;
}

/// Leaves out jobs that no pool could ever run, so that every policy has the same work. The largest demand of those
/// left out is told with their number.
void drop_impossible(Load& load, const Scenario& scenario);

}  // namespace dayan::sim
