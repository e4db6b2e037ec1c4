#include "jobfile/centre_reader.h"

#include <algorithm>

#include "base/scan.h"
#include "jobfile/pool_reader.h"
#include "jobfile/yaml_values.h"
#include "model/energy.h"

namespace dayan::jobfile {
namespace {

using Field = const std::string&;

/// "[{from: \"23:00\", until: \"07:00\", percent: 60}]": the beginning of a platform is a midnight.
void read_hours(const YamlNode& node, Field around, std::vector<DayHours>& out, FaultList& faults) {
  const auto read_time = [&](DayTime& time) {
    return [&time, &faults](const YamlNode& member, Field field) {
      std::string text;
      read_text(member, field, text, faults);
      if (faults.covers(field)) return;
      const auto read = parse_day_time(text);
      if (read.has_value())
        time = *read;
      else
        faults.add(field, read.error().wrong, read.error().right);
    };
  };
  const bool was_good = faults.empty();
  const auto read_window = [&](const YamlNode& window, Field at) {
    DayHours hours;
    std::int64_t percent = 100;
    read_map(window, at,
             {{"from", read_time(hours.from)},
              {"until", read_time(hours.until)},
              {"percent",
               [&](const YamlNode& member, Field field) {
                 read_count(member, field, hours_percent_min, hours_percent_max, percent, faults);
               }}},
             faults);
    require_key(window, at, "from", "say from which time of day, e.g. 23:00", faults);
    require_key(window, at, "until", "say until which time of day, e.g. 07:00", faults);
    require_key(window, at, "percent", "say which percentage of the usual holds, e.g. 60", faults);
    hours.percent = static_cast<std::int32_t>(percent);
    out.push_back(hours);
  };
  read_list(node, around, read_window, faults);
  if (!was_good || !faults.empty()) return;
  Faults wrong;
  check_hours(around, out, wrong);
  for (Error& fault : wrong) faults.add(std::move(fault.field), std::move(fault.wrong), std::move(fault.right));
}

/// "1.2": power drawn over power used.
void read_pue(const YamlNode& node, Field field, std::optional<std::int64_t>& out, FaultList& faults) {
  std::string text;
  read_text(node, field, text, faults);
  if (faults.covers(field)) return;
  const std::optional<MilliCards> thousandths = parse_cards(text);  // a number to the thousandth
  if (!thousandths || thousandths->value() < pue_min || thousandths->value() > pue_max)
    return faults.add(field, quote(text) + " is not a PUE", "give 1 to 10, e.g. 1.2");
  out = thousandths->value();
}

/// "100 MB/s".
void read_bandwidth(const YamlNode& node, Field field, std::optional<Bandwidth>& out, FaultList& faults) {
  std::string text;
  read_text(node, field, text, faults);
  if (faults.covers(field)) return;
  const Result<Bandwidth> read = parse_bandwidth(text);
  if (!read) return faults.add(field, read.error().wrong, read.error().right);
  out = *read;
}

Silence read_silence(const YamlNode& node, Field around, FaultList& faults) {
  Silence silence;
  read_map(node, around, span_keys(silence.from, silence.span, faults), faults);
  require_key(node, around, "from", "say when it begins, e.g. 2h from the beginning", faults);
  require_key(node, around, "for", "say how long it lasts, e.g. 30m", faults);
  return silence;
}

ClosedSpan read_reservation(const YamlNode& node, Field around, FaultList& faults) {
  ClosedSpan closed;
  std::vector<YamlKey> keys = span_keys(closed.from, closed.span, faults);
  keys.push_back(
      {"pool", [&](const YamlNode& member, Field field) { read_text(member, field, closed.pool, faults); }});
  keys.push_back({"organisations", [&](const YamlNode& member, Field field) {
                    read_texts(member, field, closed.organisations, faults);
                  }});
  keys.push_back(
      {"note", [&](const YamlNode& member, Field field) { read_text(member, field, closed.note, faults); }});
  read_map(node, around, keys, faults);
  require_key(node, around, "from", "say when it begins, e.g. 2h from the beginning", faults);
  require_key(node, around, "for", "say how long it lasts, e.g. 30m", faults);
  return closed;
}

/// Each is of a pool that is there; the rest the core says when the centre is made.
void check_reservations(const CentreFile& centre, Field around, FaultList& faults) {
  for (std::size_t i = 0; i < centre.reservations.size(); ++i) {
    const std::string& pool = centre.reservations[i].pool;
    if (pool.empty() || std::ranges::find(centre.pools, pool, &PoolRow::name) != centre.pools.end()) continue;
    faults.add(around + ".reservations[" + std::to_string(i) + "].pool", "there is no pool " + quote(pool),
               "give one of the centre's pools, or leave it out for all of them");
  }
}

/// The prices of a centre as they are given: what is not known is not zero.
struct GivenPrices {
  std::optional<Cny> core_hour;
  std::optional<Cny> card_hour;
  std::optional<Cny> gb_hour;
  std::optional<Cny> transfer_gb;
};

void read_prices(const YamlNode& node, Field around, GivenPrices& prices, CentreFile& centre, FaultList& faults) {
  const auto price = [&](std::optional<Cny>& out) {
    return [&](const YamlNode& member, Field field) { read_money(member, field, out, faults); };
  };
  const auto read_reclaimable = [&](const YamlNode& member, Field field) {
    std::int64_t percent = 100;
    read_count(member, field, 1, 100, percent, faults);
    centre.reclaimable_part = percent * (whole_price / 100);
  };
  read_map(node, around,
           {{"core_hour", price(prices.core_hour)},
            {"card_hour", price(prices.card_hour)},
            {"gb_hour", price(prices.gb_hour)},
            {"transfer_gb", price(prices.transfer_gb)},
            {"hours", [&](const YamlNode& list, Field at) { read_hours(list, at, centre.hours, faults); }},
            {"reclaimable_percent", read_reclaimable}},
           faults);
}

/// A price of a meter that some pool has must be given.
void take_prices(const GivenPrices& prices, Field around, CentreFile& centre, FaultList& faults) {
  const auto known = [&](const std::optional<Cny>& given, const char* key, bool is_needed) {
    const std::string field = around + ".prices." + key;
    if (!given && is_needed && !faults.covers(field))
      faults.add(field, "is missing", "give yuan an hour; \"0\" when it is free");
    return given.value_or(Cny());
  };
  const bool has_cards =
      std::ranges::any_of(centre.pools, [](const PoolRow& pool) { return !pool.cards_per_node.is_zero(); });
  centre.core_hour = known(prices.core_hour, "core_hour", true);
  centre.card_hour = known(prices.card_hour, "card_hour", has_cards);
  centre.gb_hour = known(prices.gb_hour, "gb_hour", true);  // every pool has memory
  centre.transfer_gb = prices.transfer_gb;
}

void add_pool(const YamlNode& node, Field around, CentreFile& centre, FaultList& faults) {
  PoolRow pool = read_pool(node, around, centre.outages, faults);
  if (std::ranges::find(centre.pools, pool.name, &PoolRow::name) != centre.pools.end())
    faults.add(around + ".name", "there is a pool " + quote(pool.name) + " already", "give each pool its own name");
  centre.pools.push_back(std::move(pool));
}

void read_keys(const YamlNode& node, Field around, GivenPrices& prices, CentreFile& centre, FaultList& faults) {
  const auto read_latencies = [&](const YamlNode& member, Field field) {
    const auto add = [&](const std::string& city, Duration time) { centre.latency.push_back({city, time}); };
    read_latency(member, field, add, faults);
  };
  const auto read_carbon = [&](const YamlNode& member, Field field) {
    std::int64_t grams = 0;
    read_count(member, field, 0, carbon_intensity_max, grams, faults);
    if (!faults.covers(field)) centre.carbon = grams;
  };
  // A list of parts of the centre.
  const auto list_of = [&](auto read) {
    return [&, read](const YamlNode& member, Field field) { read_list(member, field, read, faults); };
  };
  read_map(
      node, around,
      {{"name", [&](const YamlNode& member, Field field) { read_name(member, field, centre.name, faults); }},
       {"provider", [&](const YamlNode& member, Field field) { read_name(member, field, centre.provider, faults); }},
       {"region", [&](const YamlNode& member, Field field) { read_name(member, field, centre.region, faults); }},
       {"prices", [&](const YamlNode& member, Field field) { read_prices(member, field, prices, centre, faults); }},
       {"accepts", [&](const YamlNode& member, Field field) { read_texts(member, field, centre.accepts, faults); }},
       {"latency", read_latencies},
       {"pue", [&](const YamlNode& member, Field field) { read_pue(member, field, centre.pue, faults); }},
       {"carbon", read_carbon},
       {"carbon_hours",
        [&](const YamlNode& member, Field field) { read_hours(member, field, centre.carbon_hours, faults); }},
       {"bandwidth",
        [&](const YamlNode& member, Field field) { read_bandwidth(member, field, centre.bandwidth, faults); }},
       {"pools", list_of([&](const YamlNode& pool, Field at) { add_pool(pool, at, centre, faults); })},
       {"silent", list_of([&](const YamlNode& silence, Field at) {
          centre.silences.push_back(read_silence(silence, at, faults));
        })},
       {"reservations", list_of([&](const YamlNode& span, Field at) {
          centre.reservations.push_back(read_reservation(span, at, faults));
        })},
       {"tariff", nullptr, "hours in prices, e.g. hours: [{from: \"22:00\", until: \"06:00\", percent: 60}]"}},
      faults);
}

}  // namespace

void read_name(const YamlNode& node, Field field, std::string& out, FaultList& faults) {
  read_text(node, field, out, faults);
  if (faults.covers(field)) return;
  const bool is_good =
      !out.empty() && out.size() <= name_length_max && out.front() != '-' &&
      std::ranges::all_of(out, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
  if (!is_good) faults.add(field, quote(out) + " is not a name here", "give 1 to 64 of a-z, 0-9 and '-'");
}

CentreFile read_centre(const YamlNode& node, Field around, FaultList& faults) {
  CentreFile centre;
  centre.region = "nowhere";
  GivenPrices prices;
  read_keys(node, around, prices, centre, faults);
  check_reservations(centre, around, faults);
  if (!centre.carbon && !centre.carbon_hours.empty() && !faults.covers(around + ".carbon"))
    faults.add(around + ".carbon", "is missing, though hours are at which it is another percentage",
               "give grams of CO2 per kWh");
  require_key(node, around, "name", "give the centre a name", faults);
  require_key(node, around, "pools", "describe at least one pool of like nodes", faults);
  if (centre.provider.empty()) centre.provider = centre.name;
  take_prices(prices, around, centre, faults);
  return centre;
}

}  // namespace dayan::jobfile
