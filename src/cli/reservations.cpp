#include "cli/display.h"
#include "cli/documents.h"
#include "cli/market.h"
#include "cli/provider.h"
#include "jobfile/moment.h"
#include "wire/centre.h"
#include "wire/party.h"

/// When a provider closes its pools, and to whom not.

namespace dayan::cli {
namespace {

/// A time on the command line; `usage`, naming the option, when it is none.
Answer<UnixTime> read_moment(const Session& session, const std::string& text, const std::string& option) {
  auto time = jobfile::parse_moment(text, {session.host.now(), true});
  if (time.has_value()) return *time;
  time.error().field = option;
  return end_with(Exit::usage, {std::move(time).error()});
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

std::string reservation_text(const wire::ReservationView& view) {
  const ReservationRow& row = view.reservation;
  std::string but;
  if (!row.organisations.empty()) but = " but " + joined(row.organisations);
  else if (view.for_you) but = " but you" + std::string(view.named > 1 ? " and others that it names" : "");
  else if (view.named > 0) but = " but others that it names";
  return (row.pool.empty() ? "closed" : "pool " + row.pool + " closed") + " to all" + but + " from " +
         readable(row.from) + " until " + readable(row.until) + " UTC" +
         (row.note.empty() ? "" : " (" + row.note + ")");
}

Answer<void> add_reservation(Session& session, const ReservationOptions& options) {
  wire::AddReservationRequest request{options.pool, {}, {}, options.organisations, options.note};
  auto from = read_moment(session, options.from, "--from");
  auto until = read_moment(session, options.until, "--until");
  if (!from.has_value() && !until.has_value())
    return end_with(Exit::usage, {from.error().faults.front(), until.error().faults.front()});
  TRY(request.from, std::move(from));
  TRY(request.until, std::move(until));
  TRY(JsonValue document,
      session.api.post("/v1/centres/" + percent_encoded(options.centre) + "/reservations", to_json(request)));
  if (session.out.as_json()) {
    session.out.json(document);
    return {};
  }
  TRY(const auto row, read_as<ReservationRow>(std::move(document)));
  session.out.line(to_text(row.id) + ' ' + options.centre + ": " +
                   reservation_text({row, std::ssize(row.organisations), false}));
  session.out.note("what is leased already may still run then: dayan centres shows how much that is");
  return {};
}

Answer<void> list_reservations(Session& session, const std::string& centre) {
  TRY(JsonValue own, session.api.get("/v1/me"));
  TRY(const auto me, read_as<wire::MeView>(std::move(own)));
  TRY(JsonArray items, session.api.list("/v1/centres"));
  Table table({"ID", "CENTRE", "POOL", "FROM", "UNTIL", "FOR", "NOTE"});
  JsonArray rows;
  bool is_there = false;
  for (JsonValue& item : items) {
    TRY(const auto view, read_as<wire::CentreView>(std::move(item)));
    if (view.centre.provider != me.organisation.id || (!centre.empty() && view.centre.name != centre)) continue;
    is_there = true;
    for (const wire::ReservationView& each : view.reservations) {
      const ReservationRow& row = each.reservation;
      rows.push_back(to_json(row));
      table.add({to_text(row.id), view.centre.name, row.pool.empty() ? "all" : row.pool, readable(row.from),
                 readable(row.until), row.organisations.empty() ? "nobody" : joined(row.organisations),
                 row.note.empty() ? "-" : row.note});
    }
  }
  if (!centre.empty() && !is_there)
    return bad_usage("your organisation has no centre '" + centre + "'", "look at dayan centres", "CENTRE");
  if (session.out.as_json()) session.out.json_items(std::move(rows));
  else session.out.table(table);
  return {};
}

Answer<void> remove_reservation(Session& session, const std::string& id) {
  TRY_VOID(session.api.remove("/v1/reservations/" + percent_encoded(id)));
  session.out.note("removed");
  return {};
}

}  // namespace dayan::cli
