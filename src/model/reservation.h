#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/fields.h"
#include "model/ids.h"

/// Reservations: when a provider closes a pool, or a whole centre, to all (a maintenance window) or to all but the
/// customers that it names (an advance reservation).

namespace dayan {

/// What a customer that is not named asks for never runs there within [from, until): a lease ends before, wall time and
/// start allowance counted in full, or is granted after. No two live ones of a pool overlap.
struct ReservationRow {
  ReservationId id;
  CentreId centre;
  std::string pool;  ///< empty: every pool of the centre
  UnixTime from;
  UnixTime until;
  std::vector<std::string> organisations;  ///< customers that may use it meanwhile, by name; empty: nobody
  std::string note;                        ///< for people: why
  UnixTime created_at;                     ///< leases granted before are not touched by it

  static constexpr std::string_view table = "reservation";
  [[nodiscard]] auto key() const { return std::tuple{id}; }
  static constexpr auto fields() {
    using R = ReservationRow;
    return std::tuple{dayan::key("id", &R::id),
                      field("centre", &R::centre),
                      field("pool", &R::pool),
                      field("from", &R::from),
                      field("until", &R::until),
                      field("organisations", &R::organisations),
                      field("note", &R::note),
                      field("created_at", &R::created_at)};
  }
  friend bool operator==(const ReservationRow&, const ReservationRow&) = default;

  [[nodiscard]] bool is_of(std::string_view pool_name) const { return pool.empty() || pool == pool_name; }
  [[nodiscard]] bool names(std::string_view organisation) const {
    return std::find(organisations.begin(), organisations.end(), organisation) != organisations.end();
  }
  /// Whether both would close one pool at one time.
  [[nodiscard]] bool overlaps(const ReservationRow& other) const {
    return centre == other.centre && (pool.empty() || other.is_of(pool)) && from < other.until && other.from < until;
  }
};

}  // namespace dayan
