#pragma once

#include <string>
#include <vector>

#include "cli/session.h"

/// What a provider does: its centres, their prices, its earnings.

namespace dayan::cli {

[[nodiscard]] Answer<void> create_centre(Session& session, const std::string& name, const std::string& region);
/// Shows the token and the commands that use it at the centre.
[[nodiscard]] Answer<void> create_join_token(Session& session, const std::string& centre);

/// What is to be told of a centre; what is not given stays as it is.
struct CentreOptions {
  std::string centre;
  std::string pue;     ///< "1.2", or "unknown"
  std::string carbon;  ///< g/kWh: "410", or "unknown"
  std::vector<std::string> carbon_hours;  ///< "10:00/16:00=60", or "none"
  std::string bandwidth;  ///< "100 MB/s", or "unknown"
  std::vector<std::string> latency;  ///< "shanghai=28ms", or "shanghai=unknown"
  std::vector<std::string> accept;   ///< the customers that it serves from now on
  bool accept_all = false;
};
[[nodiscard]] Answer<void> update_centre(Session& session, const CentreOptions& options);

struct ReservationOptions {
  std::string centre;
  std::string pool;   ///< empty: all
  std::string from;   ///< a date with its offset, or "+8h"
  std::string until;
  std::vector<std::string> organisations;
  std::string note;
};
[[nodiscard]] Answer<void> add_reservation(Session& session, const ReservationOptions& options);
/// Those of the own centres, or of one of them.
[[nodiscard]] Answer<void> list_reservations(Session& session, const std::string& centre);
[[nodiscard]] Answer<void> remove_reservation(Session& session, const std::string& id);

struct OfferOptions {
  std::string centre;
  std::string core_hour;  ///< yuan
  std::string card_hour;
  std::string gb_hour;
  std::vector<std::string> hours;  ///< "23:00/07:00=60"
  std::int64_t reclaimable_percent = 100;  ///< of these, for work that may be taken back
  std::string transfer_gb;  ///< empty: it is given away
};
[[nodiscard]] Answer<void> publish_offer(Session& session, const OfferOptions& options);
[[nodiscard]] Answer<void> show_earnings(Session& session);

/// An amount on the command line; `usage`, naming the option, when it is none.
[[nodiscard]] Answer<Cny> read_amount(const std::string& text, const std::string& option);

}  // namespace dayan::cli
