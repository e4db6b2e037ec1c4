#include "core/apply.h"
#include "ledger/ledger.h"

/// Organisations, their projects, users, tokens and money.

namespace dayan::core {

void on(State& state, const OrganisationCreated& event, UnixTime) { state.organisations.put(event.organisation); }

void on(State& state, const OrganisationWeighed& event, UnixTime) {
  OrganisationRow organisation = copy_of(state.organisations, std::tuple{event.organisation});
  organisation.weight = event.weight;
  state.organisations.put(std::move(organisation));
}

void on(State& state, const ProjectCreated& event, UnixTime) {
  state.projects.put(event.project);
  state.project_names.put({event.project.organisation, event.project.name, event.project.id});
}

void on(State& state, const ProjectWeighed& event, UnixTime) {
  ProjectRow project = copy_of(state.projects, std::tuple{event.project});
  project.weight = event.weight;
  state.projects.put(std::move(project));
}

void on(State& state, const UserCreated& event, UnixTime) { state.users.put(event.user); }
void on(State& state, const TokenIssued& event, UnixTime now) {
  forget_ended(state.tokens, now);
  state.tokens.put(event.token);
}

void on(State& state, const TokenRevoked& event, UnixTime) {
  TokenRow token = copy_of(state.tokens, std::tuple{event.hash});
  token.revoked = true;
  state.tokens.put(std::move(token));
}

void on(State& state, const EntryPosted& event, UnixTime) {
  MetaRow meta = state.counters();
  ++meta.entries;
  ASSERT(event.entry.id.value() == meta.entries);
  state.meta.put(meta);
  const EntryRow& entry = event.entry;
  ledger::apply(state.accounts, state.holds, entry);
  if (entry.debit_kind == AccountKind::bank && !entry.reference.empty())
    state.payments.retire({entry.reference, entry.credit_owner, entry.amount, entry.id, entry.at});
  state.entries.retire(entry);
}

}  // namespace dayan::core
