#include <algorithm>
#include <set>

#include "base/scan.h"
#include "core/draft.h"
#include "model/energy.h"

/// Centres, their agents, pools and offers.

namespace dayan::core {
namespace {

/// An agent enrols again before this is over; its key stays in its own hands.
constexpr Duration agent_token_lifetime = token_lifetime_max;
/// The dearest hour that may be asked for: 100,000 yuan, well above any card's.
constexpr Cny price_hour_max = Cny::yuan(100'000);
/// Of a GB moved in: what the dearest clouds ask is a hundredth of that.
constexpr Cny price_transfer_max = Cny::yuan(100);
constexpr std::int32_t nodes_max = 1'000'000;
constexpr std::int64_t cores_per_node_max = 100'000;
constexpr std::int64_t cards_per_node_max = 1'000'000;
constexpr std::size_t software_max = 1'000;
/// Of the words that an agent tells of its pools: the model of a card, a program's name and its version.
constexpr std::size_t pool_word_bytes_max = 64;
constexpr Duration latency_max = Duration::hours(1);

bool fits_times(std::int64_t per_node, std::int32_t nodes) {
  std::int64_t product = 0;
  return !__builtin_mul_overflow(per_node, std::int64_t{nodes}, &product) && product <= bytes_max.value();
}

bool is_agent_key(const std::string& key) {
  return key.size() == 64 && std::ranges::all_of(key, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

void check_number(const char* field, std::optional<std::int64_t> number, std::int64_t low, std::int64_t high,
                  const char* right, Faults& faults) {
  if (number.has_value() && (*number < low || *number > high))
    faults.push_back({ErrorCode::invalid, field, std::to_string(*number) + " is out of range", right});
}

/// A list in which each element has a name of its own. `part`: where in an element that stands.
template <class List, class NameOf>
void check_names(const std::string& field, const char* part, std::size_t most, const List& list, const NameOf& name_of,
                 Faults& faults) {
  const auto fault = [&](std::string at, std::string wrong, std::string right) {
    faults.push_back({ErrorCode::invalid, std::move(at), std::move(wrong), std::move(right)});
  };
  if (list.size() > most) return fault(field, "too many", "at most " + std::to_string(most));
  std::set<std::string> seen;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string& name = name_of(list[i]);
    const std::string at = field + '[' + std::to_string(i) + ']' + part;
    if (!is_plain_name(name)) fault(at, "not a name", "1 to 64 of letters, digits, '.', '_' and '-'");
    else if (!seen.insert(name).second) fault(at, "'" + name + "' is given twice", "each name once");
  }
}

const std::string& itself(const std::string& name) { return name; }

/// Every fault of what an agent tells of whom it maps.
void check_maps(const std::vector<std::string>& maps, Faults& faults) {
  check_names("maps", "", accepts_max, maps, itself, faults);
}

/// Every fault of what a provider tells of its centre.
Faults description_faults(const UpdateCentre& told) {
  Faults faults;
  const auto fault = [&](std::string field, std::string wrong, std::string right) {
    faults.push_back({ErrorCode::invalid, std::move(field), std::move(wrong), std::move(right)});
  };
  check_names("accepts", "", accepts_max, told.accepts, itself, faults);
  check_names("latency", ".city", cities_max, told.latency,
              [](const CityLatency& each) -> const std::string& { return each.city; }, faults);
  for (std::size_t i = 0; i < std::min(told.latency.size(), cities_max); ++i) {
    const Duration round_trip = told.latency[i].round_trip;
    if (round_trip < Duration::microseconds(1) || round_trip > latency_max)
      fault("latency[" + std::to_string(i) + "].round_trip", to_text(round_trip) + " is out of range", "1us to 1h");
  }
  check_number("pue", told.pue, pue_min, pue_max, "thousandths of power drawn over power used: 1,000 to 10,000", faults);
  check_number("carbon", told.carbon, 0, carbon_intensity_max, "grams of CO2 per kWh: 0 to 5,000", faults);
  if (told.bandwidth && (*told.bandwidth < Bandwidth(1) || *told.bandwidth > bandwidth_max))
    fault("bandwidth", std::to_string(told.bandwidth->value()) + " is out of range",
          "bytes a second: 1 to " + to_text(bandwidth_max));
  check_hours("carbon_hours", told.carbon_hours, faults);
  if (!told.carbon_hours.empty() && !told.carbon)
    fault("carbon", "is not known, though hours are at which it is another percentage of it",
          "give it in grams of CO2 per kWh, or no hours");
  return faults;
}

/// Every fault of one pool as its agent tells it.
class PoolCheck {
 public:
  PoolCheck(std::size_t index, Faults& faults) : path_("pools[" + std::to_string(index) + "]."), faults_(faults) {}

  void fault(const std::string& field, std::string wrong, std::string right) {
    faults_.push_back({ErrorCode::invalid, path_ + field, std::move(wrong), std::move(right)});
  }
  template <class Value, class Show>
  void range(const char* field, Value value, Value low, Value high, Show show) {
    if (value < low || value > high) fault(field, show(value) + " is out of range", show(low) + " to " + show(high));
  }
  void power(const char* field, std::optional<Milliwatts> drawn, Milliwatts most) {
    if (!drawn.has_value() || (*drawn >= Milliwatts(1) && *drawn <= most)) return;
    fault(field, std::to_string(drawn->value()) + " is out of range",
          "1 to " + std::to_string(most.value()) + " thousandths of a watt, or null when it is not known");
  }
  void word(const std::string& field, const std::string& text, bool may_be_empty) {
    if (text.empty() && !may_be_empty) return fault(field, "is empty", "a word");
    if (text.size() <= pool_word_bytes_max) return;
    fault(field, "a text of " + std::to_string(text.size()) + " bytes is too long",
          "at most " + std::to_string(pool_word_bytes_max) + " bytes");
  }
  /// "1.5" of 1,500
  static std::string thousandths(std::int64_t number) {
    const std::string sign = number < 0 ? "-" : "";
    const std::uint64_t size = number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
    std::string text = sign + std::to_string(size / 1'000);
    if (size % 1'000 == 0) return text;
    text += '.' + std::to_string(1'000 + size % 1'000).substr(1);
    return text.erase(text.find_last_not_of('0') + 1);
  }

 private:
  const std::string path_;
  Faults& faults_;
};

void check_pool(const PoolRow& pool, std::size_t index, Faults& faults) {
  PoolCheck check(index, faults);
  const auto number = [](auto value) { return std::to_string(value); };
  const auto count = [](auto value) { return std::to_string(value.value()); };
  if (!is_plain_name(pool.name)) {
    check.fault("name", quote(pool.name) + " is not a name", "1 to 64 of letters, digits, '.', '_' and '-'");
  }
  check.range("nodes", pool.nodes, std::int32_t{1}, nodes_max, number);
  check.range("cores_per_node", pool.cores_per_node, Cores(1), Cores(cores_per_node_max), count);
  check.range("memory_per_node", pool.memory_per_node, Bytes(1), bytes_max, count);
  check.range("cards_per_node", pool.cards_per_node, MilliCards(0), MilliCards(cards_per_node_max),
              [](MilliCards cards) { return PoolCheck::thousandths(cards.value()); });
  if (pool.wall_time_max < wall_time_limit_min) {
    check.fault("wall_time_max", to_text(pool.wall_time_max) + " is too short",
                "at least " + to_text(wall_time_limit_min));
  }
  // Zero: not known. The reference core has 10,000.
  check.range("core_capability", pool.core_capability, Capability(0), core_capability_max, count);
  check.power("core_power", pool.core_power, core_power_max);
  check.power("card_power", pool.card_power, card_power_max);
  // Sums over a pool are taken without a second thought elsewhere: they must fit.
  if (!fits_times(pool.memory_per_node.value(), pool.nodes) || !fits_times(pool.cores_per_node.value(), pool.nodes) ||
      !fits_times(pool.cards_per_node.value(), pool.nodes)) {
    check.fault("nodes", std::to_string(pool.nodes) + " nodes of that size are more than can be counted",
                "a pool of at most 1 EB of memory");
  }
  check.word("chip", pool.chip, true);
  if (pool.software.size() > software_max) {
    return check.fault("software", std::to_string(pool.software.size()) + " programs are too many",
                       "at most " + std::to_string(software_max));
  }
  for (std::size_t i = 0; i < pool.software.size(); ++i) {
    const std::string field = "software[" + std::to_string(i) + "]";
    check.word(field + ".name", pool.software[i].name, false);
    check.word(field + ".version", pool.software[i].version, true);
  }
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
  const TokenRow token{command.token_hash, centre->provider, UserId(), id, Scopes{Scope::agent}, "agent of " + centre->name,
                       draft.now(), draft.now() + agent_token_lifetime, false};
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
