#include "store/sqlite_batch.h"

#include <algorithm>
#include <string>
#include <utility>

#include "store/columns.h"
#include "store/sqlite_rows.h"
#include "store/table_shape.h"

namespace dayan::store {
namespace {

/// Claims the generation row: first in every transaction, so that a hub that was overtaken writes nothing.
Result<void> fence(SqliteConnection& connection, std::int64_t generation) {
  TRY(auto* const prepared,
      connection.prepare("UPDATE generation SET generation = ?1 WHERE id = 1 AND generation = ?1"));
  SqliteStatement statement(prepared);
  statement.add_integer(generation);
  TRY_VOID(statement.run());
  if (connection.changed_rows() == 0) return generation_conflict(generation);
  return {};
}

Result<ChainHead> write_events(SqliteConnection& connection, ChainHead head, const std::vector<EventRecord>& events) {
  TRY_VOID(check_sequences(head.sequence, events));
  TRY(auto* const prepared,
      connection.prepare("INSERT INTO event (sequence, at, name, detail, hash) VALUES (?, ?, ?, ?, ?)"));
  SqliteStatement statement(prepared);
  for (const EventRecord& event : events) {
    const std::string_view name = event_name(event.event);
    const std::string detail = json_text(to_json(event.event));
    head = {event.sequence, chain_hash(head.hash, event.sequence, event.at, name, detail)};
    statement.add_integer(event.sequence);
    statement.add_integer(event.at.microseconds());
    statement.add_text(name);
    statement.add_text(std::string_view(detail));
    statement.add_blob(head.hash);
    TRY_VOID(statement.run());
  }
  return head;
}

Result<void> write_replies(SqliteConnection& connection, const std::vector<KeptReply>& replies) {
  TRY(auto* const prepared,
      connection.prepare("INSERT INTO reply (organisation, key, request, status, body) VALUES (?, ?, ?, ?, ?) "
                         "ON CONFLICT DO NOTHING"));
  SqliteStatement statement(prepared);
  for (const KeptReply& reply : replies) {
    statement.add_integer(reply.organisation.value());
    statement.add_text(std::string_view(reply.key));
    statement.add_blob(reply.request);
    statement.add_integer(reply.status);
    statement.add_text(std::string_view(reply.body));
    TRY_VOID(statement.run());
    if (connection.changed_rows() == 0) return reply_is_kept(reply.key);
  }
  return {};
}

tl::unexpected<Error> broken_chain(std::int64_t sequence, const std::string& wrong) {
  return fail(ErrorCode::corrupt, "event " + std::to_string(sequence) + " " + wrong,
              "the events as they were written; restore a backup", "event." + std::to_string(sequence));
}

/// The hash that the event after `sequence` builds on.
Result<std::optional<Digest>> read_hash(SqliteConnection& connection, std::int64_t sequence) {
  TRY(auto* const prepared, connection.prepare("SELECT hash FROM event WHERE sequence = ?"));
  SqliteStatement statement(prepared);
  statement.add_integer(sequence);
  TRY(const bool has_row, statement.step());
  if (!has_row) return std::optional<Digest>();
  TRY(const Digest hash, take_column<Digest>(statement, 0, "event.hash"));
  return std::optional(hash);
}

/// The event in the current row, when it follows `head`.
Result<EventRecord> read_event(const SqliteStatement& statement, ChainHead& head) {
  const std::int64_t sequence = statement.integer(0);
  if (sequence != head.sequence + 1) return broken_chain(head.sequence + 1, "is missing");
  const UnixTime at(statement.integer(1));
  const std::string_view name = statement.text(2);
  const std::string_view detail = statement.text(3);
  const Digest hash = chain_hash(head.hash, sequence, at, name, detail);
  const std::string_view stored = statement.blob(4);
  if (!std::equal(stored.begin(), stored.end(), hash.bytes().begin(), hash.bytes().end(),
                  [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; })) {
    return broken_chain(sequence, "does not fit the hash of the chain");
  }
  TRY(const JsonValue json, parse_json(detail));
  auto event = event_from_json(name, json);
  if (!event) return broken_chain(sequence, "cannot be read: " + to_text(event.error()));
  head = {sequence, hash};
  return EventRecord{sequence, at, std::move(*event)};
}

}  // namespace

Result<ChainHead> write_batch(SqliteConnection& connection, const ChainHead& head, const Batch& batch) {
  TRY_VOID(fence(connection, batch.generation));
  for (const RowChange& change : batch.changes) TRY_VOID(write_change(connection, change));
  TRY_VOID(write_replies(connection, batch.replies));
  return write_events(connection, head, batch.events);
}

Result<ChainHead> read_chain_head(SqliteConnection& connection) {
  TRY(auto* const prepared, connection.prepare("SELECT sequence, hash FROM event ORDER BY sequence DESC LIMIT 1"));
  SqliteStatement statement(prepared);
  TRY(const bool has_row, statement.step());
  if (!has_row) return ChainHead();
  TRY(const Digest hash, take_column<Digest>(statement, 1, "event.hash"));
  return ChainHead{statement.integer(0), hash};
}

Result<std::int64_t> raise_generation(SqliteConnection& connection) {
  TRY_VOID(connection.run("UPDATE generation SET generation = generation + 1 WHERE id = 1"));
  return connection.number("SELECT generation FROM generation WHERE id = 1");
}

Result<std::optional<KeptReply>> read_reply(SqliteConnection& connection, OrganisationId organisation,
                                            const std::string& key) {
  TRY(auto* const prepared,
      connection.prepare("SELECT request, status, body FROM reply WHERE organisation = ? AND key = ?"));
  SqliteStatement statement(prepared);
  statement.add_integer(organisation.value());
  statement.add_text(std::string_view(key));
  TRY(const bool has_row, statement.step());
  if (!has_row) return std::optional<KeptReply>();
  TRY(const Digest request, take_column<Digest>(statement, 0, "reply.request"));
  TRY(const int status, take_column<int>(statement, 1, "reply.status"));
  return std::optional(KeptReply{organisation, key, request, status, std::string(statement.text(2))});
}

Result<std::vector<EventRecord>> read_events_after(SqliteConnection& connection, std::int64_t sequence,
                                                   std::int32_t limit) {
  TRY_VOID(check_limit(limit));
  ChainHead head{std::max(sequence, std::int64_t{0}), Digest()};
  TRY(const auto hash_before, read_hash(connection, head.sequence));
  TRY(auto* const prepared, connection.prepare("SELECT sequence, at, name, detail, hash FROM event "
                                               "WHERE sequence > ? ORDER BY sequence LIMIT ?"));
  SqliteStatement statement(prepared);
  statement.add_integer(head.sequence);
  statement.add_integer(limit);
  std::vector<EventRecord> events;
  while (true) {
    TRY(const bool has_row, statement.step());
    if (!has_row) return events;
    if (head.sequence > 0 && events.empty() && !hash_before) return broken_chain(head.sequence, "is missing");
    if (events.empty()) head.hash = hash_before.value_or(Digest());
    TRY(EventRecord event, read_event(statement, head));
    events.push_back(std::move(event));
  }
}

}  // namespace dayan::store
