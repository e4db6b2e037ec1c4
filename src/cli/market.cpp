#include "cli/market.h"

#include <map>

#include "base/scan.h"
#include "cli/display.h"
#include "cli/documents.h"
#include "wire/centre.h"
#include "wire/job.h"
#include "wire/money.h"

namespace dayan::cli {
namespace {

Answer<std::vector<wire::CentreView>> centres_in(JsonArray items) {
  std::vector<wire::CentreView> views;
  for (JsonValue& item : items) {
    TRY(auto view, read_as<wire::CentreView>(std::move(item)));
    views.push_back(std::move(view));
  }
  return views;
}

std::string software_text(const PoolRow& pool) {
  std::string text;
  for (const Software& each : pool.software) text += (text.empty() ? "" : ", ") + each.name + ' ' + each.version;
  return text.empty() ? "-" : text;
}

std::string cards_text(const PoolRow& pool) {
  return pool.cards_per_node.is_zero() ? "-" : readable(pool.cards_per_node) + ' ' + pool.chip;
}

/// In hundredths of the reference; the row counts 1/10,000.
std::string speed_text(Capability speed, CapabilitySource source) {
  if (source == CapabilitySource::unknown) return "unknown";
  const std::int64_t percent = (speed.value() + 50) / 100;
  return std::to_string(percent) + "% " + std::string(to_text(source));
}

std::string card_speed_text(const PoolRow& pool) {
  return pool.cards_per_node.is_zero() ? "-" : speed_text(pool.card_capability, pool.card_capability_source);
}

/// "4 racks of 16 nodes, 1 of 8"; empty where nobody knows them.
std::string racks_text(const PoolRow& pool) {
  std::string text;
  for (const Racks& each : pool.racks) {
    text += text.empty() ? counted(static_cast<std::size_t>(each.count), "rack") + " of " +
                               counted(static_cast<std::size_t>(each.nodes), "node")
                         : ", " + std::to_string(each.count) + " of " + std::to_string(each.nodes);
  }
  return text;
}

}  // namespace

std::string hours_text(const std::vector<DayHours>& hours) {
  std::string text;
  for (const DayHours& each : hours) {
    text += (text.empty() ? "" : ", ") + to_text(each.from) + '-' + to_text(each.until) + " UTC " +
            std::to_string(each.percent) + " %";
  }
  return text;
}

std::string description_text(const CentreRow& centre) {
  std::vector<std::string> parts;
  if (centre.pue) parts.push_back("PUE " + decimal_text(*centre.pue, 3));
  if (centre.carbon)
    parts.push_back(std::to_string(*centre.carbon) + " g CO2/kWh" +
                    (centre.carbon_hours.empty() ? "" : " (" + hours_text(centre.carbon_hours) + ')'));
  if (centre.link())
    parts.push_back(readable(*centre.link()) +
                    (centre.bandwidth_measured ? " from the depot, measured" : " from the depot, told"));
  for (const CityLatency& each : centre.latency) parts.push_back(to_text(each.round_trip) + " to " + each.city);
  std::string served;
  for (const std::string& name : centre.accepts) served += (served.empty() ? "serves only " : ", ") + name;
  if (!served.empty()) parts.push_back(served);
  if (centre.maps) {
    std::string mapped;
    for (const std::string& name : *centre.maps) mapped += (mapped.empty() ? "" : ", ") + name;
    parts.push_back("has local accounts for " + (mapped.empty() ? "nobody" : mapped));
  }
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text;
}

Answer<void> list_centres(Session& session) {
  TRY(JsonArray items, session.api.list("/v1/centres"));
  if (session.out.as_json()) {
    session.out.json_items(std::move(items));
    return {};
  }
  TRY(const auto views, centres_in(std::move(items)));
  Table table({"CENTRE", "REGION", "PROVIDER", "AGENT", "CORES LEASED>", "POOL", "NODES>", "CORES>", "MEMORY>",
               "CARDS", "CORE SPEED", "CARD SPEED", "SOFTWARE"});
  for (const wire::CentreView& view : views) {
    const std::vector<std::string> head{view.centre.name, view.centre.region, view.provider,
                                        std::string(to_text(view.agent)), std::to_string(view.cores_leased.value())};
    const auto add = [&](std::vector<std::string> tail) {
      tail.insert(tail.begin(), head.begin(), head.end());
      table.add(std::move(tail));
    };
    if (view.pools.empty()) add({"-", "-", "-", "-", "-", "-", "-", "-"});
    for (const PoolRow& pool : view.pools) {
      add({pool.name, std::to_string(pool.nodes), std::to_string(pool.cores_per_node.value()),
           readable(pool.memory_per_node), cards_text(pool),
           speed_text(pool.core_capability, pool.capability_source), card_speed_text(pool), software_text(pool)});
    }
  }
  session.out.table(table);
  session.out.line("cores, memory and cards are of one node");
  for (const wire::CentreView& view : views) {
    std::string told = description_text(view.centre);
    // Its provider and operators are told whom it serves instead.
    if (!view.serves_you && view.centre.accepts.empty() && !view.centre.maps) {
      told += std::string(told.empty() ? "" : "; ") + "does not serve your organisation";
    }
    if (!told.empty()) session.out.line(view.centre.name + ": " + told);
    for (const PoolRow& pool : view.pools) {
      if (!pool.racks.empty()) session.out.line(view.centre.name + '/' + pool.name + ": " + racks_text(pool));
    }
    for (const wire::ReservationView& each : view.reservations)
      session.out.line(view.centre.name + ": " + reservation_text(each));
  }
  return {};
}

Answer<void> list_offers(Session& session) {
  TRY(JsonArray items, session.api.list("/v1/offers"));
  if (session.out.as_json()) {
    session.out.json_items(std::move(items));
    return {};
  }
  TRY(JsonArray centre_items, session.api.list("/v1/centres"));
  TRY(const auto views, centres_in(std::move(centre_items)));
  std::map<CentreId, const wire::CentreView*> centres;
  for (const wire::CentreView& view : views) centres[view.centre.id] = &view;
  Table table({"CENTRE", "PROVIDER", "VERSION>", "YUAN/CORE·H>", "YUAN/CARD·H>", "YUAN/GB·H>", "YUAN/GB IN>", "HOURS",
               "RECLAIMABLE>", "PUBLISHED (UTC)"});
  for (JsonValue& item : items) {
    TRY(const auto offer, read_as<OfferRow>(std::move(item)));
    const auto centre = centres.find(offer.centre);
    const bool is_known = centre != centres.end();
    table.add({is_known ? centre->second->centre.name : to_text(offer.centre),
               is_known ? centre->second->provider : "-", std::to_string(offer.version), to_text(offer.core_hour),
               to_text(offer.card_hour), to_text(offer.gb_hour), to_text(offer.transfer_gb), hours_text(offer.hours),
               part_text(offer.reclaimable_part),
               readable(offer.published_at)});
  }
  session.out.table(table);
  return {};
}

Answer<void> show_depot(Session& session) {
  TRY(JsonValue document, session.api.get("/v1/depot"));
  if (session.out.as_json()) {
    session.out.json(document);
    return {};
  }
  TRY(const auto depot, read_as<wire::DepotView>(std::move(document)));
  Table table({"USED>", "LIMIT>", "KEPT AFTER A JOB'S END>", "KEPT WITHOUT A JOB>"});
  table.add({readable(depot.used), readable(depot.limit), to_text(depot.kept_after_end), to_text(depot.kept_unnamed)});
  session.out.table(table);
  return {};
}

Answer<void> show_wallet(Session& session, const std::string& organisation) {
  const std::string query = organisation.empty() ? "" : "?organisation=" + percent_encoded(organisation);
  TRY(JsonValue document, session.api.get("/v1/wallet" + query));
  if (session.out.as_json()) {
    session.out.json(document);
    return {};
  }
  TRY(const auto wallet, read_as<wire::WalletView>(std::move(document)));
  Table table({"ORGANISATION", "AVAILABLE>", "HELD>", "SPENT>", "TOPPED UP>"});
  table.add({wallet.organisation, to_text(wallet.available), to_text(wallet.held), to_text(wallet.spent),
             to_text(wallet.topped_up)});
  session.out.table(table);
  return {};
}

}  // namespace dayan::cli
