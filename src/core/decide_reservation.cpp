#include <algorithm>
#include <set>

#include "core/draft.h"

/// Reservations: what providers close, from when to when, and to whom not.

namespace dayan::core {
namespace {

std::string span_of(const ReservationRow& row) { return to_text(row.from) + " to " + to_text(row.until); }

/// Every fault of the times, in the order in which a person would look at them.
void check_span(const AddReservation& asked, UnixTime now, Faults& faults) {
  const auto fault = [&](const char* field, std::string wrong, std::string right) {
    faults.push_back({ErrorCode::invalid, field, std::move(wrong), std::move(right)});
  };
  if (asked.from.is_none()) fault("from", "is missing", "give the time from which the pool is closed");
  if (asked.until.is_none()) fault("until", "is missing", "give the time at which the pool opens again");
  if (asked.from.is_none() || asked.until.is_none()) return;
  const UnixTime from = std::max(asked.from, now);
  if (asked.until <= now) {
    fault("until", to_text(asked.until) + " is over", "give a time that is to come");
  } else if (asked.until <= asked.from) {
    fault("until", to_text(asked.until) + " does not lie after " + to_text(asked.from), "give a later time");
  } else if (asked.until - from < reservation_length_min) {
    fault("until", "leaves less than " + to_text(reservation_length_min), "close it for longer");
  } else if (asked.until - from > reservation_length_max) {
    fault("until", "leaves it closed for more than " + to_text(reservation_length_max),
          "close it for less; whom a centre serves for good is set by its list of customers");
  }
  if (asked.from > now + reservation_ahead_max)
    fault("from", to_text(asked.from) + " lies more than " + to_text(reservation_ahead_max) + " ahead",
          "give an earlier time");
}

void check_words(const AddReservation& asked, Faults& faults) {
  if (asked.organisations.size() > accepts_max)
    return faults.push_back(
        {ErrorCode::invalid, "organisations", "too many", "at most " + std::to_string(accepts_max)});
  std::set<std::string> seen;
  for (std::size_t i = 0; i < asked.organisations.size(); ++i) {
    const std::string& name = asked.organisations[i];
    const std::string field = "organisations[" + std::to_string(i) + "]";
    if (!is_plain_name(name)) {
      faults.push_back({ErrorCode::invalid, field, "not a name", "1 to 64 of letters, digits, '.', '_' and '-'"});
    } else if (!seen.insert(name).second) {
      faults.push_back({ErrorCode::invalid, field, "'" + name + "' is given twice", "each name once"});
    }
  }
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (asked.note.size() > reservation_note_max || std::ranges::any_of(asked.note, is_control))
    faults.push_back({ErrorCode::invalid, "note", "is longer than a line, or holds control characters",
                      "one line of at most " + std::to_string(reservation_note_max) + " bytes"});
}

}  // namespace

Decided<void> decide_on(Draft& draft, const Actor& actor, const AddReservation& command) {
  TRY_VOID(require_scope(actor, Scope::provide));
  TRY(const CentreRow* centre, own_centre(draft.state(), actor, command.centre));
  Faults faults;
  check_span(command, draft.now(), faults);
  check_words(command, faults);
  if (!command.pool.empty() && !draft.state().pools.contains({centre->id, command.pool})) {
    faults.push_back({ErrorCode::invalid, "pool",
                      "the centre has no pool '" + command.pool.substr(0, name_length_max) + "'",
                      "look at the pools that it has reported, or leave it out for all of them"});
  }
  if (!faults.empty()) return refuse(std::move(faults));
  TRY_VOID(require_fresh(draft.state().reservations, command.id));
  ReservationRow row{command.id,    centre->id,            command.pool, std::max(command.from, draft.now()),
                     command.until, command.organisations, command.note, draft.now()};
  std::size_t of_centre = 0;
  std::optional<ReservationRow> clash;
  draft.state().reservations.visit_all([&](const ReservationRow& other) {
    of_centre += other.centre == centre->id ? 1 : 0;
    if (!clash && row.overlaps(other)) clash = other;
  });
  if (clash) {
    return refuse(RefusalReason::already_exists,
                  to_text(clash->id) + " closes " + (clash->pool.empty() ? "all pools" : "'" + clash->pool + "'") +
                      " from " + span_of(*clash),
                  "choose another time, or remove that one first", "from");
  }
  if (of_centre >= reservations_max) {
    return refuse(RefusalReason::wrong_state, "the centre has " + std::to_string(of_centre) + " reservations",
                  "remove some: at most " + std::to_string(reservations_max) + " at once", "centre");
  }
  draft.emit(ReservationAdded{std::move(row)});
  return {};
}

Decided<void> decide_on(Draft& draft, const Actor& actor, const RemoveReservation& command) {
  TRY_VOID(require_scope(actor, Scope::provide));
  const ReservationRow* row = draft.state().reservations.find({command.id});
  const CentreRow* centre = row == nullptr ? nullptr : draft.state().centres.find({row->centre});
  if (centre == nullptr || centre->provider != actor.organisation) {
    return refuse(RefusalReason::not_found, "your organisation has no reservation " + to_text(command.id),
                  "look at the list of its centre's reservations: one that is over has left it", "id");
  }
  draft.emit(ReservationRemoved{command.id});
  return {};
}

}  // namespace dayan::core
