#include <type_traits>
#include <variant>

#include "core/draft.h"

namespace dayan::core {
namespace {

bool is_live(const State& state, const AttemptKey& key) {
  return state.attempts.contains({key.job, key.task, key.number});
}

}  // namespace

Needs needs(const State& state, const Command& command) {
  Needs wanted;
  if (const auto* cancel = std::get_if<CancelJob>(&command.body)) {
    if (!state.jobs.contains({cancel->id})) wanted.jobs.push_back(cancel->id);
  } else if (const auto* report = std::get_if<ReportAttempts>(&command.body)) {
    for (const AttemptReport& each : report->reports) {
      if (!is_live(state, each.attempt)) wanted.attempts.push_back(each.attempt);
    }
  } else if (const auto* top_up = std::get_if<TopUpWallet>(&command.body)) {
    wanted.payments.push_back(top_up->reference);
  }
  return wanted;
}

Decided<Decision> decide(const State& state, const Command& command, UnixTime now, const Fetched& fetched,
                         PlantedBug bug) {
  if (now <= state.counters().last_now) {
    return refuse(RefusalReason::not_after_last, "the clock went back behind the last command",
                  "hand in a later time");
  }
  Draft draft(state, now);
  const Actor& actor = command.actor;
  TRY_VOID(std::visit(
      [&]<class Body>(const Body& body) -> Decided<void> {
        if constexpr (std::is_same_v<Body, CancelJob>) {
          return decide_cancel(draft, actor, body, fetched);
        } else if constexpr (std::is_same_v<Body, TopUpWallet>) {
          return decide_top_up(draft, actor, body, fetched);
        } else if constexpr (std::is_same_v<Body, CommitPlan>) {
          return decide_plan(draft, actor, body, bug);
        } else if constexpr (std::is_same_v<Body, ReportAttempts>) {
          return decide_report(draft, actor, body, fetched, bug);
        } else if constexpr (std::is_same_v<Body, Tick>) {
          return decide_tick(draft, actor, bug);
        } else {
          return decide_on(draft, actor, body);
        }
      },
      command.body));
  return std::move(draft.decision);
}

std::optional<UnixTime> next_wakeup(const State& state) {
  std::optional<UnixTime> earliest;
  state.due.visit_from({UnixTime(INT64_MIN), AttemptKey{}, ReservationId()}, [&](const DueRow& row) {
    earliest = row.at;
    return false;
  });
  return earliest;
}

Decided<void> require_scope(const Actor& actor, Scope scope) {
  if (actor.scopes.has(scope)) return {};
  return refuse(RefusalReason::forbidden, "the token lacks the scope '" + std::string(to_text(scope)) + "'",
                "use a token that has it");
}

Decided<void> require_host(const Actor& actor) {
  if (actor.is_host) return {};
  return refuse(RefusalReason::forbidden, "only the hub itself may do this",
                "on the hub's machine, its owner can (dayan hub --help)");
}

Decided<const OrganisationRow*> require_role(const State& state, const Actor& actor, bool OrganisationRow::*role) {
  const OrganisationRow* organisation = state.organisations.find({actor.organisation});
  if (organisation != nullptr && organisation->*role) return organisation;
  const char* word = role == &OrganisationRow::is_operator   ? "operator"
                     : role == &OrganisationRow::is_provider ? "provider"
                                                             : "customer";
  return refuse(RefusalReason::forbidden, std::string("your organisation does not have the role '") + word + "'",
                "ask the operator for it");
}

Decided<const CentreRow*> own_centre(const State& state, const Actor& actor, const std::string& name) {
  const CentreRow* found = nullptr;
  state.centres.visit_all([&](const CentreRow& row) {
    if (row.name == name && row.provider == actor.organisation) found = &row;
  });
  if (found != nullptr) return found;
  return refuse(RefusalReason::not_found, "your organisation has no centre '" + name.substr(0, name_length_max) + "'",
                "create it first, or look at its name in the list of centres", "centre");
}

Decided<void> require_name(const std::string& name, const char* field) {
  bool good = !name.empty() && name.size() <= name_length_max && name.front() != '-';
  for (const char c : name) good = good && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-');
  if (good) return {};
  return refuse(RefusalReason::invalid, "'" + name.substr(0, name_length_max) + "' is not a name here",
                "1 to 64 of a-z, 0-9 and '-', not beginning with '-'", field);
}

const OrganisationRow* organisation_by_name(const State& state, const std::string& name) {
  const OrganisationRow* found = nullptr;
  state.organisations.visit_all([&](const OrganisationRow& row) {
    if (row.name == name) found = &row;
  });
  return found;
}

}  // namespace dayan::core
