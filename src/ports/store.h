#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "model/event.h"
#include "model/rows.h"

/// Where rows, events and answered requests are kept. Implemented by store (SQLite, memory; later PostgreSQL).

namespace dayan {

/// The answer to an accepted command, kept for ever under its key, in the same transaction as its effect.
struct KeptReply {
  OrganisationId organisation;
  std::string key;      ///< the Idempotency-Key header, 1 to 128 printable ASCII characters
  Digest request;       ///< of method, route and body: another request under the same key is refused
  int status = 200;
  std::string body;
};

/// One transaction: all of it or nothing.
struct Batch {
  std::int64_t generation = 0;  ///< mine; the commit fails with `conflict` when another hub has taken over
  std::vector<RowChange> changes;
  std::vector<EventRecord> events;
  std::vector<KeptReply> replies;
};

/// A value of a column that a query compares: integers (ids, enums, times), text or a digest's hexadecimal text.
using ColumnValue = std::variant<std::int64_t, std::string>;

struct ColumnEquals {
  std::string column;
  ColumnValue value;
};

/// Rows of one table whose columns equal the given values, in key order.
struct RowQuery {
  std::string table;
  /// All must hold; columns must be of the key or in `indexed_columns`, and beside one of those in `filtered_columns`.
  std::vector<ColumnEquals> where;
  std::vector<ColumnValue> after_key;     ///< strictly after this key (before, when descending); empty: from the start
  bool descending = false;
  std::int32_t limit = 100;               ///< 1 to query_limit_max
};
inline constexpr std::int32_t query_limit_max = 10'000;

/// Columns beside the keys that have an index and may stand in `where`, as table.column.
inline constexpr std::string_view indexed_columns[] = {
    "job.organisation", "attempt.centre", "lease.centre",  "entry.debit_owner", "entry.credit_owner",
    "entry.job",        "charge.customer", "charge.provider", "charge.centre",  "offer.centre",
};

/// Columns that narrow a query down which an index serves already.
inline constexpr std::string_view filtered_columns[] = {"entry.debit_kind", "entry.credit_kind"};

class Store {
 public:
  virtual ~Store() = default;

  /// Takes over as the one writer: raises the generation and returns it.
  [[nodiscard]] virtual Result<std::int64_t> take_over() = 0;
  /// Calls sink(row) for every live row.
  [[nodiscard]] virtual Result<void> load(const std::function<void(Row)>& sink) = 0;
  /// Durable when it returns. `conflict`: another generation took over. Any other error: the outcome is unknown, the
  /// caller throws its State away and loads again.
  [[nodiscard]] virtual Result<void> commit(const Batch& batch) = 0;
  [[nodiscard]] virtual Result<std::optional<KeptReply>> find_reply(OrganisationId organisation,
                                                                    const std::string& key) = 0;
  // Safe from any thread, beside the writer, of what is committed:
  /// As find_reply, which is the writer's own: who asks this does not wait for a commit.
  [[nodiscard]] virtual Result<std::optional<KeptReply>> kept_reply(OrganisationId organisation,
                                                                    const std::string& key) = 0;
  /// Rows, live or retired.
  [[nodiscard]] virtual Result<std::vector<Row>> query(const RowQuery& query) = 0;
  /// Leases of a centre whose sequence is greater, in order of sequence: what an agent's watch returns.
  [[nodiscard]] virtual Result<std::vector<LeaseRow>> leases_after(CentreId centre, std::int64_t sequence,
                                                                   std::int32_t limit) = 0;
  /// Events after a sequence, with their chain hashes checked. `corrupt` names the first that does not fit.
  [[nodiscard]] virtual Result<std::vector<EventRecord>> events_after(std::int64_t sequence, std::int32_t limit) = 0;
};

}  // namespace dayan
