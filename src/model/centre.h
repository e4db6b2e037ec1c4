#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/money.h"
#include "base/time.h"
#include "base/units.h"
#include "model/fields.h"
#include "model/hours.h"
#include "model/ids.h"

/// What providers bring: centres, their pools of like nodes, and the offers that price them.

namespace dayan {

/// The round trip between a centre and the users of a city.
struct CityLatency {
  std::string city;
  Duration round_trip;

  static constexpr auto fields() {
    return std::tuple{field("city", &CityLatency::city), field("round_trip", &CityLatency::round_trip)};
  }
  friend bool operator==(const CityLatency&, const CityLatency&) = default;
};

/// Whether a centre whose agent told this (CentreRow::maps) has an account for an organisation of that name.
[[nodiscard]] inline bool has_account(const std::optional<std::vector<std::string>>& maps, const std::string& name) {
  return !maps || std::find(maps->begin(), maps->end(), name) != maps->end();
}

/// A computing centre of one provider, reached through one agent.
struct CentreRow {
  CentreId id;
  OrganisationId provider;
  std::string name;    ///< unique, 1 to 64 characters of [a-z0-9-]
  std::string region;  ///< e.g. "guizhou"
  std::string agent_key;          ///< the agent's Ed25519 public key in hexadecimal; empty before enrolment
  std::int64_t agent_epoch = 0;   ///< how often an agent has enrolled; an older one is refused
  std::int64_t report_sequence = 0;  ///< the highest report of that agent taken so far
  std::vector<std::string> accepts;  ///< names of the organisations that it serves; empty: all
  std::vector<CityLatency> latency;  ///< each city once
  std::optional<std::int64_t> pue;     ///< power usage effectiveness in thousandths, 1,000 at least
  std::optional<std::int64_t> carbon;  ///< grams of CO₂ per kWh that the centre draws
  std::vector<DayHours> carbon_hours = {};  ///< at which it is another percentage of that
  std::optional<Bandwidth> bandwidth = {};  ///< of the link from the hub's depot, as the provider tells it
  std::optional<Bandwidth> bandwidth_measured = {};  ///< as the agent finds it when it fetches inputs
  /// Names of the organisations that have a local account there, as its agent tells; null: all, or it has not told.
  std::optional<std::vector<std::string>> maps = {};

  static constexpr std::string_view table = "centre";
  [[nodiscard]] auto key() const { return std::tuple{id}; }
  /// What is measured beats what is told; nothing when neither is known.
  [[nodiscard]] std::optional<Bandwidth> link() const { return bandwidth_measured ? bandwidth_measured : bandwidth; }
  static constexpr auto fields() {
    using R = CentreRow;
    return std::tuple{dayan::key("id", &R::id),
                      field("provider", &R::provider),
                      field("name", &R::name),
                      field("region", &R::region),
                      field("agent_key", &R::agent_key),
                      field("agent_epoch", &R::agent_epoch),
                      field("report_sequence", &R::report_sequence),
                      field("accepts", &R::accepts),
                      field("latency", &R::latency),
                      field("pue", &R::pue),
                      field("carbon", &R::carbon),
                      field("carbon_hours", &R::carbon_hours),
                      field("bandwidth", &R::bandwidth),
                      field("bandwidth_measured", &R::bandwidth_measured),
                      field("maps", &R::maps)};
  }
  friend bool operator==(const CentreRow&, const CentreRow&) = default;
};

/// A program or library that a pool offers, with its version: povray 3.7.0.10.
struct Software {
  std::string name;
  std::string version;

  static constexpr auto fields() {
    return std::tuple{field("name", &Software::name), field("version", &Software::version)};
  }
  friend bool operator==(const Software&, const Software&) = default;
};

/// What cores and cards are measured in: the reference core, and the reference card (chip.h), have so much.
inline constexpr std::int64_t reference_capability = 10'000;
/// The most that a core's capability may be said to be: 10,000 times the reference core.
inline constexpr Capability core_capability_max{100'000'000};
/// Of a card: 100 times the reference card.
inline constexpr Capability card_capability_max{1'000'000};
/// What is not known counts as the reference.
[[nodiscard]] constexpr Capability or_reference(Capability known) {
  return known.is_zero() ? Capability(reference_capability) : known;
}

/// How a capability figure came to be (IETF CATS metric source words).
enum class CapabilitySource { unknown, nominal, measured };
template <>
struct EnumWords<CapabilitySource> {
  static constexpr std::array<std::string_view, 3> words{"unknown", "nominal", "measured"};
};

/// So many racks with so many nodes of a pool in each. Nodes of one rack reach each other by one switch: to Slurm, a leaf
/// switch of its topology.
struct Racks {
  std::int32_t nodes = 0;
  std::int32_t count = 1;

  static constexpr auto fields() { return std::tuple{field("nodes", &Racks::nodes), field("count", &Racks::count)}; }
  friend bool operator==(const Racks&, const Racks&) = default;
};
/// Racks that a pool tells at most: planning looks at each.
inline constexpr std::int32_t pool_racks_max = 512;

/// Nodes of one shape in a centre. Capacity is how much, capability how good.
struct PoolRow {
  CentreId centre;
  std::string name;  ///< a Slurm partition, "local", …; unique in its centre
  std::int32_t nodes = 0;
  Cores cores_per_node;
  Bytes memory_per_node;
  MilliCards cards_per_node;
  std::string chip;  ///< model of the cards, lower case; empty when there are none
  std::vector<Software> software;
  Duration wall_time_max;  ///< the longest lease the pool takes
  Capability core_capability;  ///< of one core, in 1/10,000 of the reference core; zero when unknown
  CapabilitySource capability_source = CapabilitySource::unknown;
  std::optional<Milliwatts> core_power;  ///< that one busy core draws, with its part of the node
  std::optional<Milliwatts> card_power;  ///< that one busy card draws
  Capability card_capability;  ///< of one card, in 1/10,000 of the reference card; zero when unknown, or there are none
  CapabilitySource card_capability_source = CapabilitySource::unknown;
  std::vector<Racks> racks;  ///< largest first, each size once, of all its nodes or some; empty: nobody knows them

  static constexpr std::string_view table = "pool";
  [[nodiscard]] auto key() const { return std::tuple{centre, name}; }
  static constexpr auto fields() {
    using R = PoolRow;
    return std::tuple{dayan::key("centre", &R::centre),
                      dayan::key("name", &R::name),
                      field("nodes", &R::nodes),
                      field("cores_per_node", &R::cores_per_node),
                      field("memory_per_node", &R::memory_per_node),
                      field("cards_per_node", &R::cards_per_node),
                      field("chip", &R::chip),
                      field("software", &R::software),
                      field("wall_time_max", &R::wall_time_max),
                      field("core_capability", &R::core_capability),
                      field("capability_source", &R::capability_source),
                      field("core_power", &R::core_power),
                      field("card_power", &R::card_power),
                      field("card_capability", &R::card_capability),
                      field("card_capability_source", &R::card_capability_source),
                     field("racks", &R::racks)};
  }
  friend bool operator==(const PoolRow&, const PoolRow&) = default;
};

/// Prices of a centre in yuan, of most things an hour. A new version supersedes the older; leases pin the version they
/// were granted at, and the hour of the day.
struct OfferRow {
  OfferId id;
  CentreId centre;
  std::int64_t version = 1;
  Cny core_hour;
  Cny card_hour;
  Cny gb_hour;  ///< memory allocated, in GB (SI)
  BasisPoints commission;  ///< the platform's share, fixed when the offer is published
  UnixTime published_at;
  std::vector<DayHours> hours = {};  ///< at which the prices of an hour are another percentage of these
  Cny transfer_gb = {};  ///< of a GB (SI) of a job's inputs that is moved to the centre, all day
  std::int64_t reclaimable_part = whole_price;  ///< of these prices, in thousandths: what reclaimable work pays

  static constexpr std::string_view table = "offer";
  [[nodiscard]] auto key() const { return std::tuple{id}; }
  static constexpr auto fields() {
    using R = OfferRow;
    return std::tuple{dayan::key("id", &R::id),
                      field("centre", &R::centre),
                      field("version", &R::version),
                      field("core_hour", &R::core_hour),
                      field("card_hour", &R::card_hour),
                      field("gb_hour", &R::gb_hour),
                      field("commission", &R::commission),
                      field("published_at", &R::published_at),
                      field("hours", &R::hours),
                      field("transfer_gb", &R::transfer_gb),
                      field("reclaimable_part", &R::reclaimable_part)};
  }
  friend bool operator==(const OfferRow&, const OfferRow&) = default;
};

/// The offer as it stands at a moment: its prices are those of that hour, rounded up to a micro-yuan an hour, and hold
/// all day.
[[nodiscard]] OfferRow offer_at(const OfferRow& offer, UnixTime at);
/// The same at the hour when it costs least.
[[nodiscard]] OfferRow cheapest_hour(const OfferRow& offer);

}  // namespace dayan
