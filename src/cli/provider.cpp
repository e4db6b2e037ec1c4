#include "cli/provider.h"

#include <algorithm>
#include <iterator>

#include "base/scan.h"
#include "cli/account.h"
#include "cli/display.h"
#include "cli/documents.h"
#include "cli/market.h"
#include "jobfile/yaml_values.h"
#include "wire/centre.h"
#include "wire/money.h"

namespace dayan::cli {

namespace {

constexpr const char* unknown = "unknown";

/// Sets `out` to what was read, or adds what is wrong with it: all that is wrong is told at once.
template <class T, class Out>
void read_into(Answer<T> read, Out& out, Faults& faults) {
  if (read.has_value()) out = *std::move(read);
  else std::ranges::move(read.error().faults, std::back_inserter(faults));
}

/// A number with at most three decimals, in thousandths.
Answer<std::optional<std::int64_t>> read_thousandths(const std::string& text, const std::string& option) {
  if (text == unknown) return std::nullopt;
  const auto number = jobfile::parse_cards(text);
  if (number) return number->value();
  return bad_usage(quote(text) + " is not a number", "give one with at most three decimals, or unknown", option);
}

/// A fault of a parser as one of the words of an option.
template <class T>
Answer<T> of_option(Result<T> parsed, const std::string& option) {
  if (parsed.has_value()) return *std::move(parsed);
  parsed.error().field = option;
  return end_with(Exit::usage, {std::move(parsed).error()});
}

/// Whole grams per kWh.
Answer<std::optional<std::int64_t>> read_carbon(const std::string& text) {
  TRY(const auto thousandths, read_thousandths(text, "--carbon"));
  if (!thousandths) return std::nullopt;
  if (*thousandths % 1'000 == 0) return *thousandths / 1'000;
  return bad_usage(quote(text) + " has a fraction", "give whole grams per kWh", "--carbon");
}

/// "shanghai=28ms"; a city whose latency is not known has none of it.
Answer<void> change_latency(std::vector<CityLatency>& latency, const std::string& told) {
  const std::size_t sign = told.find('=');
  const std::string city = told.substr(0, sign);
  if (sign == std::string::npos || city.empty())
    return bad_usage(quote(told) + " is not a city with its latency", "give one like shanghai=28ms", "--latency");
  const std::string time = told.substr(sign + 1);
  std::erase_if(latency, [&](const CityLatency& each) { return each.city == city; });
  if (time == unknown) return {};
  TRY(const Duration round_trip, of_option(parse_duration(time), "--latency"));
  latency.push_back({city, round_trip});
  return {};
}

/// "23:00+08:00/07:00+08:00=60": from, until, and the percentage that holds there.
Answer<DayHours> read_day_hours(const std::string& text, const std::string& option) {
  const std::size_t slash = text.find('/');
  const std::size_t sign = text.find('=');
  std::string_view percent = sign == std::string::npos ? std::string_view() : std::string_view(text).substr(sign + 1);
  const std::string_view digits = take_digits(percent);
  const auto number = digits.empty() || !percent.empty() ? std::nullopt : number_of(digits);
  if (slash == std::string::npos || slash > sign || !number || *number > hours_percent_max)
    return bad_usage(quote(text) + " is not a part of the day with its percentage",
                     "give one like 23:00/07:00=60, which is UTC, or 23:00+08:00/07:00+08:00=60", option);
  DayHours hours;
  hours.percent = static_cast<std::int32_t>(*number);
  TRY(hours.from, of_option(parse_day_time(text.substr(0, slash)), option));
  TRY(hours.until, of_option(parse_day_time(text.substr(slash + 1, sign - slash - 1)), option));
  return hours;
}

std::vector<DayHours> read_hours(const std::vector<std::string>& told, const std::string& option, Faults& faults) {
  std::vector<DayHours> hours(told.size());
  for (std::size_t i = 0; i < told.size(); ++i) read_into(read_day_hours(told[i], option), hours[i], faults);
  return hours;
}

Answer<void> change(wire::UpdateCentreRequest& told, const CentreOptions& options) {
  Faults faults;
  if (!options.pue.empty()) read_into(read_thousandths(options.pue, "--pue"), told.pue, faults);
  if (!options.carbon.empty()) read_into(read_carbon(options.carbon), told.carbon, faults);
  if (options.carbon_hours == std::vector<std::string>{"none"}) told.carbon_hours.clear();
  else if (!options.carbon_hours.empty())
    told.carbon_hours = read_hours(options.carbon_hours, "--carbon-hours", faults);
  if (!told.carbon && options.carbon_hours.empty()) told.carbon_hours.clear();
  if (options.bandwidth == unknown) told.bandwidth.reset();
  else if (!options.bandwidth.empty())
    read_into(of_option(parse_bandwidth(options.bandwidth), "--bandwidth"), told.bandwidth, faults);
  for (const std::string& each : options.latency) {
    if (const auto changed = change_latency(told.latency, each); !changed.has_value())
      std::ranges::copy(changed.error().faults, std::back_inserter(faults));
  }
  if (options.accept_all) told.accepts.clear();
  if (!options.accept.empty()) told.accepts = options.accept;
  if (!faults.empty()) return end_with(Exit::usage, std::move(faults));
  return {};
}

/// What is told of the centre now, with what was named changed.
Answer<wire::UpdateCentreRequest> changed_description(Session& session, const CentreOptions& options) {
  TRY(JsonArray items, session.api.list("/v1/centres"));
  wire::UpdateCentreRequest told;
  for (JsonValue& item : items) {
    TRY(auto view, read_as<wire::CentreView>(std::move(item)));
    const CentreRow& centre = view.centre;
    if (centre.name != options.centre) continue;
    told = {centre.accepts, centre.latency, centre.pue, centre.carbon, centre.carbon_hours, centre.bandwidth};
    told.seen = CentreDescription{centre.accepts, centre.latency,      centre.pue,
                                  centre.carbon,  centre.carbon_hours, centre.bandwidth};
  }
  TRY_VOID(change(told, options));
  return told;
}

/// Another change may come between the look and the change: then the look is taken again.
Answer<JsonValue> put_changes(Session& session, const CentreOptions& options) {
  constexpr int looks_max = 5;
  for (int looks = 1;; ++looks) {
    TRY(const wire::UpdateCentreRequest told, changed_description(session, options));
    auto put = session.api.put("/v1/centres/" + percent_encoded(options.centre), to_json(told));
    const bool was_overtaken = !put.has_value() && !put.error().faults.empty() && put.error().faults[0].field == "seen";
    if (!was_overtaken || looks == looks_max) return put;
  }
}

}  // namespace

Answer<Cny> read_amount(const std::string& text, const std::string& option) {
  return of_option(parse_cny(text), option);
}

Answer<void> create_centre(Session& session, const std::string& name, const std::string& region) {
  TRY(JsonValue document, session.api.post("/v1/centres", to_json(wire::CreateCentreRequest{name, region})));
  if (session.out.as_json()) {
    session.out.json(document);
    return {};
  }
  TRY(const auto centre, read_as<CentreRow>(std::move(document)));
  session.out.line(to_text(centre.id) + ' ' + centre.name + " in " + centre.region);
  session.out.note("next: dayan provider offer publish " + centre.name +
                   " --core-hour YUAN --card-hour YUAN --gb-hour YUAN; dayan provider centre join-token " +
                   centre.name);
  return {};
}

Answer<void> update_centre(Session& session, const CentreOptions& options) {
  TRY(JsonValue document, put_changes(session, options));
  if (session.out.as_json()) {
    session.out.json(document);
    return {};
  }
  TRY(const auto centre, read_as<CentreRow>(std::move(document)));
  session.out.line(centre.name + ": " + description_text(centre));
  return {};
}

Answer<void> create_join_token(Session& session, const std::string& centre) {
  TRY(JsonValue document, session.api.post("/v1/centres/" + percent_encoded(centre) + "/join-tokens"));
  TRY(const auto reply, read_as<wire::JoinTokenReply>(document));
  TRY_VOID(check_secret(reply.join_token, "join token", "ask for another one"));
  if (session.out.as_json()) {
    session.out.json(document);
    return {};
  }
  session.out.line(*reply.join_token);
  session.out.note("lets one agent join, once, until " + readable(reply.expires_at) +
                   " UTC. At the centre, with it in a file:");
  session.out.note("  dayan agent join --hub " + session.api.url() + " --token-file FILE --folder FOLDER");
  session.out.note("  dayan agent run --folder FOLDER --config agent.yaml");
  return {};
}

Answer<void> publish_offer(Session& session, const OfferOptions& options) {
  wire::PublishOfferRequest request;
  Faults faults;
  read_into(read_amount(options.core_hour, "--core-hour"), request.core_hour, faults);
  read_into(read_amount(options.card_hour, "--card-hour"), request.card_hour, faults);
  read_into(read_amount(options.gb_hour, "--gb-hour"), request.gb_hour, faults);
  request.hours = read_hours(options.hours, "--hours", faults);
  request.reclaimable_part = options.reclaimable_percent * (whole_price / 100);
  if (!options.transfer_gb.empty())
    read_into(read_amount(options.transfer_gb, "--transfer-gb"), request.transfer_gb, faults);
  if (!faults.empty()) return end_with(Exit::usage, std::move(faults));
  TRY(JsonValue document,
      session.api.post("/v1/centres/" + percent_encoded(options.centre) + "/offers", to_json(request)));
  if (session.out.as_json()) {
    session.out.json(document);
    return {};
  }
  TRY(const auto offer, read_as<OfferRow>(std::move(document)));
  session.out.line(
      to_text(offer.id) + " version " + std::to_string(offer.version) + " of " + options.centre + ": " +
      to_text(offer.core_hour) + " / core·h, " + to_text(offer.card_hour) + " / card·h, " + to_text(offer.gb_hour) +
      " / GB·h, " + to_text(offer.transfer_gb) + " / GB moved in" +
      (offer.hours.empty() ? "" : "; " + hours_text(offer.hours)) +
      (offer.reclaimable_part == whole_price ? "" : "; reclaimable work " + part_text(offer.reclaimable_part)));
  return {};
}

Answer<void> show_earnings(Session& session) {
  TRY(JsonValue document, session.api.get("/v1/provider/earnings"));
  if (session.out.as_json()) {
    session.out.json(document);
    return {};
  }
  TRY(const auto view, read_as<wire::EarningsView>(std::move(document)));
  Table table({"CENTRE", "ATTEMPTS>", "CHARGED>", "FEE>", "EARNED>"});
  for (const wire::CentreEarnings& each : view.centres) {
    table.add(
        {each.centre, std::to_string(each.attempts), to_text(each.charged), to_text(each.fee), to_text(each.earned)});
  }
  session.out.table(table);
  session.out.line("payable: " + to_text(view.payable) + " yuan");
  return {};
}

}  // namespace dayan::cli
