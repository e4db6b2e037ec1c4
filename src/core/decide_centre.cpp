#include <algorithm>

#include "core/centre_check.h"
#include "core/draft.h"

/// Centres, their agents, pools and offers.

namespace dayan::core {
namespace {

/// An agent enrols again before this is over; its key stays in its own hands.
constexpr Duration agent_token_lifetime = token_lifetime_max;
/// The dearest hour that may be asked for: 100,000 yuan, well above any card's.
constexpr Cny price_hour_max = Cny::yuan(100'000);
/// Of a GB moved in: what the dearest clouds ask is a hundredth of that.
constexpr Cny price_transfer_max = Cny::yuan(100);

bool is_agent_key(const std::string& key) {
  return key.size() == 64 && std::ranges::all_of(key, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

Decided<void> decide_on(Draft& draft, const Actor& actor, const CreateCentre& command) {
  TRY_VOID(require_scope(actor, Scope::provide));
  TRY_VOID(require_role(draft.state(), actor, &OrganisationRow::is_provider));
  TRY_VOID(require_name(command.name, "name"));
  TRY_VOID(require_name(command.region, "region"));
  bool taken = false;
  draft.state().centres.visit_all([&](const CentreRow& row) { taken |= row.name == command.name; });
  if (taken) {
    return refuse(RefusalReason::already_exists, "there is a centre '" + command.name + "' already",
                  "choose another name", "name");
  }
  TRY_VOID(require_fresh(draft.state().centres, command.id));
  CentreRow centre;
  centre.id = command.id;
  centre.provider = actor.organisation;
  centre.name = command.name;
  centre.region = command.region;
  draft.emit(CentreCreated{std::move(centre)});
  return {};
}

Decided<void> decide_on(Draft& draft, const Actor& actor, const UpdateCentre& command) {
  TRY_VOID(require_scope(actor, Scope::provide));
  TRY(const CentreRow* centre, own_centre(draft.state(), actor, command.centre));
  Faults faults = description_faults(command);
  if (!faults.empty()) return refuse(std::move(faults));
  const CentreDescription now{centre->accepts, centre->latency,      centre->pue,
                              centre->carbon,  centre->carbon_hours, centre->bandwidth};
  const CentreDescription wanted{command.accepts, command.latency,      command.pue,
                                 command.carbon,  command.carbon_hours, command.bandwidth};
  if (now == wanted) return {};
  if (command.seen && *command.seen != now) {
    return refuse(RefusalReason::wrong_state, "what is told of the centre has changed since it was looked at",
                  "look at it again, and tell all of it with the change", "seen");
  }
  CentreUpdated updated{centre->id, command.accepts, command.latency, command.pue, command.carbon};
  updated.carbon_hours = command.carbon_hours;
  updated.bandwidth = command.bandwidth;
  draft.emit(std::move(updated));
  return {};
}

Decided<void> decide_on(Draft& draft, const Actor& actor, const CreateJoinToken& command) {
  TRY_VOID(require_scope(actor, Scope::provide));
  TRY(const CentreRow* centre, own_centre(draft.state(), actor, command.centre));
  draft.emit(JoinTokenIssued{{command.token_hash, centre->id, draft.now() + join_token_lifetime, false}});
  return {};
}

Decided<void> decide_on(Draft& draft, const Actor& actor, const EnrolAgent& command) {
  TRY_VOID(require_host(actor));
  if (!is_agent_key(command.agent_key)) {
    return refuse(RefusalReason::invalid, "not an Ed25519 public key", "64 lower-case hexadecimal digits",
                  "public_key");
  }
  const JoinTokenRow* join = draft.state().join_tokens.find({command.join_token_hash});
  if (join == nullptr || join->expires_at <= draft.now()) {
    return refuse(RefusalReason::unauthenticated, "the join token is unknown or expired",
                  "ask the provider for a new one", "join_token");
  }
  if (join->used) {
    return refuse(RefusalReason::wrong_state, "the join token has been used",
                  "ask the provider for a new one; each works once", "join_token");
  }
  const CentreRow* centre = draft.state().centres.find({join->centre});
  ASSERT(centre != nullptr);
  std::vector<Digest> older;
  draft.state().tokens.visit_all([&](const TokenRow& row) {
    if (row.centre == centre->id && !row.revoked) older.push_back(row.hash);
  });
  const CentreId id = centre->id;
  const TokenRow token{command.token_hash, centre->provider, UserId(), id, Scopes{Scope::agent},
                       "agent of " + centre->name, draft.now(), draft.now() + agent_token_lifetime, false};
  for (const Digest& hash : older) draft.emit(TokenRevoked{hash});
  draft.emit(AgentEnrolled{id, command.join_token_hash, command.agent_key, token});
  return {};
}

Decided<void> decide_on(Draft& draft, const Actor& actor, const PublishOffer& command) {
  TRY_VOID(require_scope(actor, Scope::provide));
  TRY(const CentreRow* centre, own_centre(draft.state(), actor, command.centre));
  Faults faults;
  const auto check_price = [&](const char* field, const std::optional<Cny>& price) {
    if (!price) {
      faults.push_back({ErrorCode::invalid, field, "is missing",
                        "give yuan an hour; 0 where it is given away: a price that is not known is not zero"});
    } else if (price->is_negative() || *price > price_hour_max) {
      faults.push_back({ErrorCode::invalid, field, to_text(*price) + " yuan an hour is out of range",
                        "0 to " + to_text(price_hour_max)});
    }
  };
  check_price("core_hour", command.core_hour);
  check_price("card_hour", command.card_hour);
  check_price("gb_hour", command.gb_hour);
  check_hours("hours", command.hours, faults);
  if (command.transfer_gb && (command.transfer_gb->is_negative() || *command.transfer_gb > price_transfer_max)) {
    faults.push_back({ErrorCode::invalid, "transfer_gb", to_text(*command.transfer_gb) + " yuan a GB is out of range",
                      "0 to " + to_text(price_transfer_max)});
  }
  if (faults.empty() && command.core_hour->is_zero() && command.card_hour->is_zero() && command.gb_hour->is_zero()) {
    faults.push_back({ErrorCode::invalid, "core_hour", "every price is zero", "give at least one above zero"});
  }
  if (command.reclaimable_part < 1 || command.reclaimable_part > whole_price) {
    faults.push_back({ErrorCode::invalid, "reclaimable_part",
                      std::to_string(command.reclaimable_part) + " thousandths of the prices is out of range",
                      "1 to " + std::to_string(whole_price) + ", which is all of them"});
  }
  if (!faults.empty()) return refuse(std::move(faults));
  TRY_VOID(require_fresh(draft.state().offers, command.id));
  const CurrentOffer* current = draft.state().current_offers.find({centre->id});
  const OfferRow* last = current == nullptr ? nullptr : draft.state().offers.find({current->offer});
  OfferRow offer{command.id, centre->id, last == nullptr ? 1 : last->version + 1, *command.core_hour,
                 *command.card_hour, *command.gb_hour, commission_default, draft.now()};
  offer.hours = command.hours;
  offer.transfer_gb = command.transfer_gb.value_or(Cny());
  offer.reclaimable_part = command.reclaimable_part;
  draft.emit(OfferPublished{std::move(offer)});
  return {};
}

Decided<void> decide_on(Draft& draft, const Actor& actor, const ReportPools& command) {
  TRY_VOID(require_scope(actor, Scope::agent));
  const CentreRow* centre = draft.state().centres.find({actor.centre});
  ASSERT(centre != nullptr);
  Faults faults;
  if (command.pools.size() > pools_max) {
    faults.push_back({ErrorCode::invalid, "pools", "too many pools", "at most 1,000"});
    return refuse(std::move(faults));
  }
  if (command.maps) check_maps(*command.maps, faults);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < command.pools.size(); ++i) {
    check_pool(command.pools[i], i, faults);
    if (std::ranges::find(names, command.pools[i].name) != names.end()) {
      faults.push_back({ErrorCode::invalid, "pools[" + std::to_string(i) + "].name", "named twice", "unique names"});
    }
    names.push_back(command.pools[i].name);
  }
  if (!faults.empty()) return refuse(std::move(faults));
  std::vector<std::string> gone;
  draft.state().pools.visit_from({actor.centre, ""}, [&](const PoolRow& row) {
    if (row.centre != actor.centre) return false;
    if (std::ranges::find(names, row.name) == names.end()) gone.push_back(row.name);
    return true;
  });
  std::optional<std::vector<std::string>> maps = command.maps;
  if (maps) std::ranges::sort(*maps);
  if (maps != centre->maps) draft.emit(CentreMapped{actor.centre, std::move(maps)});
  for (const std::string& name : gone) draft.emit(PoolGone{actor.centre, name});
  for (PoolRow pool : command.pools) {
    pool.centre = actor.centre;
    const PoolRow* known = draft.state().pools.find({actor.centre, pool.name});
    if (known == nullptr || !(*known == pool)) draft.emit(PoolReported{std::move(pool)});
  }
  return {};
}

}  // namespace dayan::core
