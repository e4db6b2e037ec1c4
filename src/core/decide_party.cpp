#include "core/draft.h"
#include "ledger/ledger.h"

/// Organisations, projects, tokens and wallets.

namespace dayan::core {
namespace {

constexpr std::size_t label_length_max = 128;
constexpr Duration token_lifetime_min = Duration::minutes(1);

const Scopes customer_scopes{Scope::read, Scope::submit, Scope::money};
const Scopes provider_scopes{Scope::read, Scope::provide};
const Scopes operator_scopes{Scope::read, Scope::operate};

Scopes scopes_of(const OrganisationRow& organisation) {
  std::int64_t bits = 0;
  if (organisation.is_customer) bits |= customer_scopes.bits();
  if (organisation.is_provider) bits |= provider_scopes.bits();
  if (organisation.is_operator) bits |= operator_scopes.bits();
  return Scopes(bits);
}

TokenRow first_token(const Digest& hash, OrganisationId organisation, UserId user, Scopes scopes, UnixTime now) {
  return {hash, organisation, user, CentreId(), scopes, "first", now, now + token_lifetime_max, false};
}

Decided<void> require_weight(std::int64_t weight) {
  if (weight >= 1 && weight <= share_weight_max) return {};
  return refuse(RefusalReason::invalid, std::to_string(weight) + " is out of range",
                "thousandths of the usual weight: 1 to 1,000,000", "weight");
}

/// A printable text without control characters.
bool is_printable(const std::string& text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  return true;
}

}  // namespace

Decided<void> decide_on(Draft& draft, const Actor& actor, const Bootstrap& command) {
  TRY_VOID(require_host(actor));
  bool has_operator = false;
  draft.state().organisations.visit_all([&](const OrganisationRow& row) { has_operator |= row.is_operator; });
  if (has_operator) {
    return refuse(RefusalReason::already_exists, "this hub already has an operator",
                  "log in with the operator's token; bootstrap works once");
  }
  TRY_VOID(require_name(command.organisation_name, "organisation"));
  TRY_VOID(require_name(command.user_name, "user"));
  TRY_VOID(require_fresh(draft.state().organisations, command.organisation));
  draft.emit(OrganisationCreated{
      {command.organisation, command.organisation_name, false, false, true, draft.now()}});
  draft.emit(ProjectCreated{{command.project, command.organisation, "default"}});
  draft.emit(UserCreated{{command.user, command.organisation, command.user_name}});
  draft.emit(TokenIssued{
      first_token(command.token_hash, command.organisation, command.user, operator_scopes, draft.now())});
  return {};
}

Decided<void> decide_on(Draft& draft, const Actor& actor, const CreateOrganisation& command) {
  TRY_VOID(require_scope(actor, Scope::operate));
  TRY_VOID(require_role(draft.state(), actor, &OrganisationRow::is_operator));
  TRY_VOID(require_name(command.name, "name"));
  TRY_VOID(require_name(command.user_name, "user"));
  if (!command.is_customer && !command.is_provider) {
    return refuse(RefusalReason::invalid, "no role is given", "give customer, provider or both", "roles");
  }
  if (organisation_by_name(draft.state(), command.name) != nullptr) {
    return refuse(RefusalReason::already_exists, "there is an organisation '" + command.name + "' already",
                  "choose another name", "name");
  }
  TRY_VOID(require_fresh(draft.state().organisations, command.id));
  TRY_VOID(require_fresh(draft.state().projects, command.project));
  TRY_VOID(require_fresh(draft.state().users, command.user));
  const OrganisationRow organisation{command.id, command.name, command.is_customer, command.is_provider, false,
                                     draft.now()};
  draft.emit(OrganisationCreated{organisation});
  draft.emit(ProjectCreated{{command.project, command.id, "default"}});
  draft.emit(UserCreated{{command.user, command.id, command.user_name}});
  draft.emit(
      TokenIssued{first_token(command.token_hash, command.id, command.user, scopes_of(organisation), draft.now())});
  return {};
}

Decided<void> decide_on(Draft& draft, const Actor& actor, const CreateProject& command) {
  TRY_VOID(require_scope(actor, Scope::submit));
  TRY_VOID(require_name(command.name, "name"));
  if (draft.state().project_names.contains({actor.organisation, command.name})) {
    return refuse(RefusalReason::already_exists, "there is a project '" + command.name + "' already",
                  "choose another name", "name");
  }
  TRY_VOID(require_fresh(draft.state().projects, command.id));
  draft.emit(ProjectCreated{{command.id, actor.organisation, command.name}});
  return {};
}

Decided<void> decide_on(Draft& draft, const Actor& actor, const WeighOrganisation& command) {
  TRY_VOID(require_scope(actor, Scope::operate));
  TRY_VOID(require_role(draft.state(), actor, &OrganisationRow::is_operator));
  TRY_VOID(require_weight(command.weight));
  const OrganisationRow* organisation = organisation_by_name(draft.state(), command.organisation);
  if (organisation == nullptr) {
    return refuse(RefusalReason::not_found,
                  "there is no organisation '" + command.organisation.substr(0, name_length_max) + "'",
                  "look at its name in the list of organisations", "organisation");
  }
  if (organisation->weight != command.weight) draft.emit(OrganisationWeighed{organisation->id, command.weight});
  return {};
}

Decided<void> decide_on(Draft& draft, const Actor& actor, const WeighProject& command) {
  TRY_VOID(require_scope(actor, Scope::submit));
  TRY_VOID(require_weight(command.weight));
  const ProjectName* named = draft.state().project_names.find({actor.organisation, command.project});
  if (named == nullptr) {
    return refuse(RefusalReason::not_found,
                  "your organisation has no project '" + command.project.substr(0, name_length_max) + "'",
                  "create it first, or look at its name in the list of projects", "project");
  }
  const ProjectRow* project = draft.state().projects.find({named->project});
  ASSERT(project != nullptr);
  if (project->weight != command.weight) draft.emit(ProjectWeighed{project->id, command.weight});
  return {};
}

Decided<void> decide_on(Draft& draft, const Actor& actor, const CreateToken& command) {
  if (actor.user.is_none()) {
    return refuse(RefusalReason::forbidden, "an agent's token makes no further tokens", "a person's token");
  }
  Faults faults;
  if (command.label.size() > label_length_max || !is_printable(command.label)) {
    faults.push_back({ErrorCode::invalid, "label", "the label is too long or not printable",
                      "at most 128 printable characters"});
  }
  if (command.lifetime < token_lifetime_min || command.lifetime > token_lifetime_max) {
    faults.push_back({ErrorCode::invalid, "lifetime", to_text(command.lifetime) + " is out of range",
                      "between 1 minute and 90 days"});
  }
  if (command.scopes == Scopes() || command.scopes.has(Scope::agent)) {
    faults.push_back({ErrorCode::invalid, "scopes", "no scope is given, or one that no person's token has",
                      "give some of read, submit, money, provide, operate"});
  } else if (!actor.scopes.covers(command.scopes)) {
    faults.push_back({ErrorCode::invalid, "scopes", "a scope is asked for that this token lacks itself",
                      "ask for no more than your own scopes"});
  }
  if (!faults.empty()) return refuse(std::move(faults));
  draft.emit(TokenIssued{{command.token_hash, actor.organisation, actor.user, CentreId(), command.scopes,
                          command.label, draft.now(), draft.now() + command.lifetime, false}});
  return {};
}

Decided<void> decide_on(Draft& draft, const Actor& actor, const RevokeToken& command) {
  if (actor.user.is_none()) {
    return refuse(RefusalReason::forbidden, "an agent's token revokes no tokens", "a person's token");
  }
  const TokenRow* token = draft.state().tokens.find({command.token_hash});
  if (token == nullptr || token->organisation != actor.organisation) {
    return refuse(RefusalReason::not_found, "your organisation has no such token", "give the hash of one of its own",
                  "hash");
  }
  if (token->user != actor.user && !actor.scopes.covers(token->scopes)) {
    return refuse(RefusalReason::forbidden, "that token may do more than yours",
                  "revoke it with a token that may as much");
  }
  if (!token->revoked) draft.emit(TokenRevoked{command.token_hash});
  return {};
}

Decided<void> decide_on(Draft& draft, const Actor& actor, const ReissueToken& command) {
  if (!actor.is_host) {
    TRY_VOID(require_scope(actor, Scope::operate));
    TRY_VOID(require_role(draft.state(), actor, &OrganisationRow::is_operator));
  }
  const OrganisationRow* organisation = organisation_by_name(draft.state(), command.organisation);
  if (organisation == nullptr) {
    return refuse(RefusalReason::not_found,
                  "there is no organisation '" + command.organisation.substr(0, name_length_max) + "'",
                  "look at the list of organisations", "organisation");
  }
  // Another operator's rights are not one operator's to take; the host's owner has them all the same.
  if (organisation->is_operator && !actor.is_host) {
    return refuse(RefusalReason::forbidden, "'" + organisation->name + "' is an operator itself",
                  "on the hub's machine, its owner can issue one", "organisation");
  }
  UserId first;
  draft.state().users.visit_all([&](const UserRow& user) {
    if (user.organisation == organisation->id && (first.is_none() || user.id < first)) first = user.id;
  });
  ASSERT(!first.is_none());
  TokenRow token = first_token(command.token_hash, organisation->id, first, scopes_of(*organisation), draft.now());
  token.label = "reissued";
  draft.emit(TokenIssued{std::move(token)});
  return {};
}

Decided<void> decide_on(Draft& draft, const Actor& actor, const RenewAgentToken& command) {
  TRY_VOID(require_scope(actor, Scope::agent));
  const CentreRow* centre = draft.state().centres.find({actor.centre});
  ASSERT(centre != nullptr);
  draft.emit(TokenIssued{{command.token_hash, centre->provider, UserId(), centre->id, Scopes{Scope::agent},
                          "agent of " + centre->name, draft.now(), draft.now() + token_lifetime_max, false}});
  return {};
}

Decided<void> decide_top_up(Draft& draft, const Actor& actor, const TopUpWallet& command, const Fetched& fetched) {
  TRY_VOID(require_scope(actor, Scope::operate));
  TRY_VOID(require_role(draft.state(), actor, &OrganisationRow::is_operator));
  const OrganisationRow* customer = organisation_by_name(draft.state(), command.organisation);
  if (customer == nullptr || !customer->is_customer) {
    return refuse(RefusalReason::not_found,
                  "there is no customer '" + command.organisation.substr(0, name_length_max) + "'",
                  "give the name of an organisation with the role customer", "organisation");
  }
  if (command.reference.empty() || command.reference.size() > label_length_max || !is_printable(command.reference)) {
    return refuse(RefusalReason::invalid, "the payment's reference is missing, too long or not printable",
                  "1 to 128 printable characters", "reference");
  }
  if (!fetched.payments.empty()) {
    const PaymentRow& payment = fetched.payments.front();
    const OrganisationRow* payer = draft.state().organisations.find({payment.organisation});
    return refuse(RefusalReason::already_exists,
                  "this payment was credited already: " + to_text(payment.amount) + " yuan to " +
                      (payer == nullptr ? to_text(payment.organisation) : "'" + payer->name + "'"),
                  "give the reference of another payment", "reference");
  }
  if (command.amount <= Cny() || command.amount > amount_max) {
    return refuse(RefusalReason::invalid, to_text(command.amount) + " yuan cannot be topped up",
                  "more than 0, at most " + to_text(amount_max), "amount");
  }
  const ledger::Books books{draft.state().accounts, draft.state().holds};
  TRY(EntryRow entry, ledger::direct(books, draft.next_entry(), {AccountKind::bank, OrganisationId()},
                                     {AccountKind::customer_wallet, customer->id}, command.amount));
  draft.emit_entry(std::move(entry), AttemptKey{}, command.reference);
  return {};
}

}  // namespace dayan::core
