#include "sim/scenario.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "model/name_list.h"
#include "model/rack.h"
#include "model/run_time.h"
#include "model/transfer.h"

namespace dayan::sim {
namespace {

constexpr Duration day = Duration::hours(24);
/// Longer than any simulation, and far from the end of the integers.
constexpr Duration for_good = Duration::hours(24 * 366 * 200);

Duration time_of_day(Duration at) { return Duration::microseconds(at.microseconds() % day.microseconds()); }

bool is_same_word(const std::string& a, const std::string& b) {
  return std::ranges::equal(a, b,
                            [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

/// From the reference to what is so fast.
Duration scaled(Duration run, Capability speed) {
  const auto here = mul_div(run.microseconds(), reference_capability, speed.value(), Rounding::up);
  return here ? Duration::microseconds(*here) : never;
}

std::int32_t largest_rack(const PoolRow& pool) { return pool.racks.empty() ? 0 : pool.racks.front().nodes; }

}  // namespace

place::Amounts Site::per_node() const {
  return {{pool.cores_per_node.value(), pool.memory_per_node.value(), pool.cards_per_node.value()}};
}

place::Amounts Site::capacity(std::int32_t nodes) const {
  place::Amounts all = per_node();
  for (std::int64_t& amount : all.of) amount = times(amount, nodes);
  return all;
}

Duration Site::run_of(const Load& load, const LoadJob& job) const {
  return std::min(scaled(job.run, load.speed(job, pool)), job.limit);
}

bool Site::is_cut(const Load& load, const LoadJob& job) const {
  return scaled(job.run, load.speed(job, pool)) > job.limit;
}

std::vector<Constraint> Site::rules_out(const Requirements& needs, Duration limit) const {
  std::vector<Constraint> found;
  const auto add_if = [&](bool is_missed, Constraint constraint) {
    if (is_missed) found.push_back(constraint);
  };
  const place::Need need = place::need_of(needs.resources);
  constexpr Constraint of_kind[place::kinds] = {Constraint::cores, Constraint::memory, Constraint::cards};
  for (std::size_t kind = 0; kind < place::kinds; ++kind)
    add_if(need.each.of[kind] > per_node().of[kind], of_kind[kind]);
  add_if(need.nodes > pool.nodes, Constraint::nodes);
  add_if(need.nodes <= pool.nodes && !has_nodes_for(pool, needs.resources), Constraint::rack);
  add_if(limit > pool.wall_time_max, Constraint::wall_time);
  const auto is_here = [&](const std::string& chip) { return is_same_word(chip, pool.chip); };
  add_if(!needs.chips.empty() && std::ranges::none_of(needs.chips, is_here), Constraint::chip);
  const auto is_served = [&](const SoftwareNeed& want) {
    return std::ranges::any_of(pool.software, [&](const Software& has) {
      return has.name == want.name && version_at_least(has.version, want.version_min);
    });
  };
  add_if(!std::ranges::all_of(needs.software, is_served), Constraint::software);
  add_if(needs.core_capability_min > pool.core_capability, Constraint::capability);
  add_if(needs.card_capability_min > pool.card_capability, Constraint::card_capability);
  const auto is_near_to = [&](const LatencyBound& bound) {
    return std::ranges::any_of(latency, [&](const CityLatency& has) {
      return has.city == bound.city && has.round_trip <= bound.at_most;
    });
  };
  add_if(!std::ranges::all_of(needs.latency, is_near_to), Constraint::latency);
  add_if(!is_among(needs.regions, region), Constraint::region);
  add_if(!is_among(needs.providers, provider), Constraint::provider);
  add_if(!is_for_customer, Constraint::acceptance);
  return found;
}

Duration Site::closes_at(Duration now) const {
  for (const auto& [from, until] : closed)
    if (now < until) return std::max(now, from);
  return never;
}

Duration heard_until(std::span<const jobfile::Silence> silences, Duration at) {
  Duration until = for_good;
  for (const jobfile::Silence& silence : silences) {
    if (at < silence.from) until = std::min(until, silence.from);
    else if (at < silence.from + silence.span) return at;
  }
  return until;
}

Scenario::Scenario(jobfile::PlatformFile file) : file_(std::move(file)) {
  for (std::size_t centre = 0; centre < file_.centres.size(); ++centre) {
    const jobfile::CentreFile& from = file_.centres[centre];
    first_sites_.push_back(sites_.size());
    for (const PoolRow& pool : from.pools) {
      for (const jobfile::Outage& outage : from.outages) {
        if (outage.pool != pool.name) continue;
        changes_.push_back({outage.from, Change::What::nodes, centre, sites_.size(), -outage.nodes, false});
        changes_.push_back(
            {outage.from + outage.span, Change::What::nodes, centre, sites_.size(), outage.nodes, false});
      }
      const bool is_for_customer = is_among(from.accepts, file_.customer);
      Site site{centre, from.name, from.provider, from.region, from.latency, is_for_customer, {}, pool};
      for (const jobfile::ClosedSpan& closed : from.reservations) {
        const bool is_open = std::ranges::find(closed.organisations, file_.customer) != closed.organisations.end();
        if (is_open || (!closed.pool.empty() && closed.pool != pool.name)) continue;
        site.closed.emplace_back(closed.from, closed.from + closed.span);
        changes_.push_back({closed.from + closed.span, Change::What::opening, centre, sites_.size(), 0, false});
      }
      std::ranges::sort(site.closed);
      sites_.push_back(std::move(site));
    }
    for (const jobfile::Silence& silence : from.silences) {
      changes_.push_back({silence.from, Change::What::silence, centre, 0, 0, true});
      changes_.push_back({silence.from + silence.span, Change::What::silence, centre, 0, 0, false});
    }
    for (const DayHours& hours : from.hours) {
      price_times_.push_back(Duration::minutes(hours.from.minutes()));
      price_times_.push_back(Duration::minutes(hours.until.minutes()));
    }
  }
  std::ranges::stable_sort(changes_, {}, &Change::at);
  std::ranges::sort(price_times_);
  price_times_.erase(std::unique(price_times_.begin(), price_times_.end()), price_times_.end());
}

OfferRow Scenario::offer(std::size_t centre) const {
  const jobfile::CentreFile& from = file_.centres[centre];
  OfferRow offer;
  offer.core_hour = from.core_hour;
  offer.card_hour = from.card_hour;
  offer.gb_hour = from.gb_hour;
  offer.hours = from.hours;
  offer.reclaimable_part = from.reclaimable_part;
  offer.transfer_gb = from.transfer_gb.value_or(Cny());  // loads bring no data
  return offer;
}

OfferRow Scenario::prices(std::size_t centre, Duration at) const { return offer_at(offer(centre), beginning + at); }

Duration Scenario::crossing_time(std::size_t site, Bytes bytes) const {
  const std::optional<Bandwidth> link = file_.centres[sites_[site].centre].bandwidth;
  return link ? transfer_time(bytes, *link) : Duration();
}

Duration Scenario::next_prices(Duration at) const {
  if (price_times_.empty()) return never;
  const Duration midnight = at - time_of_day(at);
  const auto next = std::ranges::upper_bound(price_times_, time_of_day(at));
  return next != price_times_.end() ? midnight + *next : midnight + day + price_times_.front();
}

bool Scenario::has_cards() const {
  return std::ranges::any_of(sites_, [](const Site& site) { return !site.pool.cards_per_node.is_zero(); });
}

Timeline::Timeline(const Scenario& scenario)
    : scenario_(scenario),
      away_(scenario.sites().size()),
      silences_(scenario.file().centres.size()),
      next_prices_(scenario.next_prices(Duration())) {
  for (const Site& site : scenario.sites())
    now_.push_back({site.pool.nodes, largest_rack(site.pool), false, scenario.prices(site.centre, Duration())});
}

Duration Timeline::next() const {
  return has_faults_left() ? std::min(next_prices_, scenario_.changes()[next_change_].at) : next_prices_;
}

std::vector<Change> Timeline::take(Duration now) {
  std::vector<Change> taken;
  for (; has_faults_left() && scenario_.changes()[next_change_].at <= now; ++next_change_) {
    const Change& change = scenario_.changes()[next_change_];
    if (change.what == Change::What::nodes) {
      away_[change.site] -= change.nodes;
      const PoolRow& whole = scenario_.sites()[change.site].pool;
      SiteNow& now_there = now_[change.site];
      now_there.nodes = std::max(0, whole.nodes - away_[change.site]);
      now_there.rack = largest_rack(with_nodes_left(whole, now_there.nodes));
    } else if (change.what == Change::What::silence) {
      silences_[change.centre] += change.begins ? 1 : -1;
      for (std::size_t site = 0; site < now_.size(); ++site)
        if (scenario_.sites()[site].centre == change.centre) now_[site].is_silent = silences_[change.centre] > 0;
    }
    taken.push_back(change);
  }
  if (next_prices_ > now) return taken;
  for (std::size_t site = 0; site < now_.size(); ++site)
    now_[site].offer = scenario_.prices(scenario_.sites()[site].centre, now);
  for (std::size_t centre = 0; centre < scenario_.file().centres.size(); ++centre)
    if (!scenario_.file().centres[centre].hours.empty())
      taken.push_back({now, Change::What::prices, centre, 0, 0, false});
  next_prices_ = scenario_.next_prices(now);
  return taken;
}

namespace {

/// What rules out the jobs of a kind at the pool that is nearest to them; their limit where a pool takes the kind.
Constraint nearest_constraint(const Scenario& scenario, const Requirements& needs) {
  std::vector<Constraint> nearest;
  for (const Site& site : scenario.sites()) {
    std::vector<Constraint> here = site.rules_out(needs, Duration());
    if (here.empty()) return Constraint::wall_time;
    if (nearest.empty() || here.size() < nearest.size()) nearest = std::move(here);
  }
  return nearest.empty() ? Constraint::nodes : nearest.front();
}

}  // namespace

void drop_impossible(Load& load, const Scenario& scenario) {
  std::vector<std::vector<const Site*>> sites_of(load.kinds.size());
  for (std::size_t kind = 0; kind < load.kinds.size(); ++kind)
    for (const Site& site : scenario.sites())
      if (site.could_run(load.kinds[kind], Duration())) sites_of[kind].push_back(&site);
  std::map<std::size_t, std::int64_t> dropped;  // jobs, by kind
  const std::size_t before = load.jobs.size();
  std::erase_if(load.jobs, [&](const LoadJob& job) {
    const auto takes = [&](const Site* site) { return job.limit <= site->pool.wall_time_max; };
    if (std::ranges::any_of(sites_of[job.kind], takes)) return false;
    ++dropped[job.kind];
    return true;
  });
  if (dropped.empty()) return;
  std::map<Constraint, std::int64_t> by_constraint;
  Resources largest;
  for (const auto& [kind, jobs] : dropped) {
    by_constraint[nearest_constraint(scenario, load.kinds[kind])] += jobs;
    const Resources& needs = load.kinds[kind].resources;
    largest.cores = std::max(largest.cores, needs.cores);
    largest.nodes = std::max(largest.nodes, needs.nodes);
  }
  std::string counts;
  for (const auto& [constraint, jobs] : by_constraint)
    counts += (counts.empty() ? "" : ", ") + std::to_string(jobs) + " by " + std::string(to_text(constraint));
  load.left_out += static_cast<std::int64_t>(before - load.jobs.size());
  load.why_left_out += (load.why_left_out.empty() ? "" : ", or ") +
                       std::string("that no pool could run, at the nearest to them ") + counts + " (the largest asks for " +
                       std::to_string(largest.cores.value()) + " cores on one node" +
                       (largest.nodes > 1 ? ", the widest for " + std::to_string(largest.nodes) + " nodes)" : ")");
}

}  // namespace dayan::sim
