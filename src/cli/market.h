#pragma once

#include <string>

#include "cli/session.h"
#include "model/centre.h"
#include "wire/centre.h"

/// What everyone sees of the market, and one's own wallet.

namespace dayan::cli {

[[nodiscard]] Answer<void> list_centres(Session& session);
/// "23:00-07:00 UTC 60 %, 12:00-13:00 UTC 150 %"; empty when there are none.
[[nodiscard]] std::string hours_text(const std::vector<DayHours>& hours);
/// What its provider tells of a centre: "PUE 1.2; 410 g CO2/kWh; 28ms to shanghai; serves only film-studio".
[[nodiscard]] std::string description_text(const CentreRow& centre);
/// "pool gpu closed to all but weather-office from … until … UTC (typhoon)".
[[nodiscard]] std::string reservation_text(const wire::ReservationView& view);
/// The offer in force of each centre.
[[nodiscard]] Answer<void> list_offers(Session& session);
/// `organisation` may be another's only for the operator; empty: one's own.
[[nodiscard]] Answer<void> show_depot(Session& session);
[[nodiscard]] Answer<void> show_wallet(Session& session, const std::string& organisation);

}  // namespace dayan::cli
