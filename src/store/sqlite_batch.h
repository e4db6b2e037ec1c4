#pragma once

#include <optional>
#include <vector>

#include "ports/store.h"
#include "store/event_chain.h"
#include "store/sqlite_connection.h"

/// What a commit writes beside rows, and reads again: the generation, the chain of events, the kept replies.

namespace dayan::store {

/// Writes all of a batch, the claim on the generation row first, and returns the new end of the chain. Inside a
/// transaction, which its caller commits, or rolls back after an Error.
[[nodiscard]] Result<ChainHead> write_batch(SqliteConnection& connection, const ChainHead& head, const Batch& batch);

/// Where the stored chain ends.
[[nodiscard]] Result<ChainHead> read_chain_head(SqliteConnection& connection);

/// Raises the generation and returns it. Inside a transaction.
[[nodiscard]] Result<std::int64_t> raise_generation(SqliteConnection& connection);

[[nodiscard]] Result<std::optional<KeptReply>> read_reply(SqliteConnection& connection, OrganisationId organisation,
                                                          const std::string& key);

/// Events after a sequence, each checked against the hash before it.
[[nodiscard]] Result<std::vector<EventRecord>> read_events_after(SqliteConnection& connection, std::int64_t sequence,
                                                                 std::int32_t limit);

}  // namespace dayan::store
