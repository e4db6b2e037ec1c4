#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "model/account.h"
#include "model/centre.h"
#include "model/fields.h"
#include "model/job.h"
#include "model/lease.h"
#include "model/party.h"
#include "model/placement.h"
#include "model/reservation.h"
#include "model/transfer.h"
#include "model/series.h"
#include "model/usage.h"

/// Every kind of row. Rows are the truth: what is committed is rows, and a start reads the live ones.

namespace dayan {

/// The core's own counters. One row.
struct MetaRow {
  std::int64_t id = 1;
  UnixTime last_now;               ///< `now` of the last command: the next is later
  std::int64_t entries = 0;        ///< ledger entries so far
  std::int64_t lease_sequence = 0; ///< changes of leases so far
  std::int64_t events = 0;         ///< events so far
  std::int64_t rounds = 0;         ///< rounds of series that the core has submitted so far

  static constexpr std::string_view table = "meta";
  [[nodiscard]] auto key() const { return std::tuple{id}; }
  static constexpr auto fields() {
    using R = MetaRow;
    return std::tuple{dayan::key("id", &R::id), field("last_now", &R::last_now), field("entries", &R::entries),
                      field("lease_sequence", &R::lease_sequence), field("events", &R::events),
                      field("rounds", &R::rounds)};
  }
  friend bool operator==(const MetaRow&, const MetaRow&) = default;
};

using Row = std::variant<MetaRow, OrganisationRow, ProjectRow, UserRow, TokenRow, JoinTokenRow, CentreRow, PoolRow,
                         OfferRow, JobRow, PayloadRow, TaskRow, PlacementRow, LeaseRow, AttemptRow, OutputRow,
                         LateReportRow, AccountRow, EntryRow, PaymentRow, HoldRow, ChargeRow, ReservationRow,
                         UsageRow, TransferRow, SeriesRow>;

/// What becomes of a row.
enum class RowFate {
  live,     ///< in State and in the store
  retired,  ///< final: kept in the store, no longer in State (an ended job, a settled attempt, an appended entry)
  erased,   ///< in neither (a resolved hold)
};

struct RowChange {
  Row row;  ///< of an erased one only the key counts
  RowFate fate = RowFate::live;
};

}  // namespace dayan
