#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "model/centre.h"
#include "model/command.h"
#include "model/fields.h"
#include "model/reservation.h"

/// Centres, join tokens and offers on the wire (api/openapi.yaml).

namespace dayan::wire {

/// POST /v1/centres; the reply is the CentreRow.
struct CreateCentreRequest {
  std::string name;
  std::string region;

  static constexpr auto fields() {
    return std::tuple{field("name", &CreateCentreRequest::name), field("region", &CreateCentreRequest::region)};
  }
};

enum class AgentPresence { never_enrolled, reachable, silent };

/// When a pool is closed, as somebody sees it.
struct ReservationView {
  ReservationRow reservation;  ///< whom it names is seen by its provider and operators alone
  std::int64_t named = 0;      ///< how many these are
  bool for_you = false;        ///< the organisation that asks is one of them

  static constexpr auto fields() {
    using R = ReservationView;
    return std::tuple{field("reservation", &R::reservation), field("named", &R::named), field("for_you", &R::for_you)};
  }
};

/// GET /v1/centres: one item.
struct CentreView {
  CentreRow centre;      ///< whom it accepts is seen by its provider and operators alone
  std::string provider;  ///< name
  bool serves_you = true;  ///< it accepts the organisation that asks
  std::vector<PoolRow> pools;
  std::optional<OfferRow> offer;
  AgentPresence agent = AgentPresence::never_enrolled;
  UnixTime heard_at;
  std::int64_t leases = 0;  ///< live ones
  Cores cores_leased;
  std::vector<ReservationView> reservations;  ///< that are not over, by when they begin

  static constexpr auto fields() {
    using R = CentreView;
    return std::tuple{field("centre", &R::centre),     field("provider", &R::provider),
                      field("serves_you", &R::serves_you),
                      field("pools", &R::pools),       field("offer", &R::offer),
                      field("agent", &R::agent),       field("heard_at", &R::heard_at),
                      field("leases", &R::leases),     field("cores_leased", &R::cores_leased),
                      field("reservations", &R::reservations)};
  }
};

/// PUT /v1/centres/{name}: all that its provider tells of it; the reply is the CentreRow.
struct UpdateCentreRequest {
  std::vector<std::string> accepts;  ///< empty: all customers
  std::vector<CityLatency> latency;
  std::optional<std::int64_t> pue;     ///< in thousandths; null: unknown
  std::optional<std::int64_t> carbon;  ///< g/kWh; null: unknown
  std::vector<DayHours> carbon_hours;  ///< at which it is another percentage of that
  std::optional<Bandwidth> bandwidth = {};  ///< of the link from the hub, bytes a second; null: unknown
  std::optional<CentreDescription> seen = {};  ///< refused when it is not so any more; null: whatever it is

  static constexpr auto fields() {
    using R = UpdateCentreRequest;
    return std::tuple{field("accepts", &R::accepts), field("latency", &R::latency), field("pue", &R::pue),
                      field("carbon", &R::carbon), field("carbon_hours", &R::carbon_hours),
                      field("bandwidth", &R::bandwidth), field("seen", &R::seen)};
  }
};

/// POST /v1/centres/{name}/reservations; the reply is the ReservationRow.
struct AddReservationRequest {
  std::string pool;  ///< empty: all
  UnixTime from;
  UnixTime until;
  std::vector<std::string> organisations;  ///< names of those that may use it meanwhile
  std::string note;

  static constexpr auto fields() {
    using R = AddReservationRequest;
    return std::tuple{field("pool", &R::pool), field("from", &R::from), field("until", &R::until),
                      field("organisations", &R::organisations), field("note", &R::note)};
  }
};

/// POST /v1/centres/{name}/join-tokens
struct JoinTokenReply {
  std::optional<std::string> join_token;  ///< shown once, null in a repeated answer
  UnixTime expires_at;

  static constexpr auto fields() {
    return std::tuple{field("join_token", &JoinTokenReply::join_token),
                      field("expires_at", &JoinTokenReply::expires_at)};
  }
};

/// POST /v1/centres/{name}/offers; the reply is the OfferRow.
struct PublishOfferRequest {
  std::optional<Cny> core_hour;  ///< yuan an hour, as the others: all three are needed, "0" where it is given away
  std::optional<Cny> card_hour;
  std::optional<Cny> gb_hour;
  std::vector<DayHours> hours;  ///< at which these are other percentages
  std::int64_t reclaimable_part = whole_price;  ///< of these, for reclaimable work: thousandths
  std::optional<Cny> transfer_gb = {};  ///< of a GB moved in; null: nothing

  static constexpr auto fields() {
    using R = PublishOfferRequest;
    return std::tuple{field("core_hour", &R::core_hour), field("card_hour", &R::card_hour),
                      field("gb_hour", &R::gb_hour), field("hours", &R::hours),
                      field("reclaimable_part", &R::reclaimable_part), field("transfer_gb", &R::transfer_gb)};
  }
};

}  // namespace dayan::wire

template <>
struct dayan::EnumWords<dayan::wire::AgentPresence> {
  static constexpr std::array<std::string_view, 3> words{"never_enrolled", "reachable", "silent"};
};
