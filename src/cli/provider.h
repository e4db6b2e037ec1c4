#pragma once

#include <string>

#include "cli/session.h"

/// What a provider does: its centres, their prices, its earnings.

namespace dayan::cli {

[[nodiscard]] Answer<void> create_centre(Session& session, const std::string& name, const std::string& region);
/// Shows the token and the commands that use it at the centre.
[[nodiscard]] Answer<void> create_join_token(Session& session, const std::string& centre);

struct OfferOptions {
  std::string centre;
  std::string core_hour;  ///< yuan
  std::string card_hour;
  std::string gb_hour;
};
[[nodiscard]] Answer<void> publish_offer(Session& session, const OfferOptions& options);
[[nodiscard]] Answer<void> show_earnings(Session& session);

/// An amount on the command line; `usage`, naming the option, when it is none.
[[nodiscard]] Answer<Cny> read_amount(const std::string& text, const std::string& option);

}  // namespace dayan::cli
