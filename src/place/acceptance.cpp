#include "place/acceptance.h"

#include <algorithm>
#include <set>

#include "model/name_list.h"

namespace dayan::place {
namespace {

/// The lowest number that is not taken, which then is.
CustomerGroup take_free(std::set<CustomerGroup>& taken) {
  CustomerGroup number = named_by_none + 1;
  while (!taken.insert(number).second) ++number;
  return number;
}

}  // namespace

bool is_choosy(const CentreState& centre) { return !centre.accepts.empty() || centre.maps.has_value(); }

bool is_listed(const CentreState& centre, const std::string* organisation) {
  return organisation != nullptr ? is_among(centre.accepts, *organisation) : centre.accepts.empty();
}

bool accepts(const CentreState& centre, const std::string* organisation) {
  if (!is_listed(centre, organisation)) return false;
  return !centre.maps || (organisation != nullptr && has_account(centre.maps, *organisation));
}

std::vector<OrganisationId> Acceptance::renew(const std::map<OrganisationId, std::string>& organisations,
                                              const std::map<CentreId, CentreState>& centres,
                                              const std::map<ReservationId, ReservationRow>& reservations) {
  is_stale_ = false;
  choosy_.clear();
  has_choosy_ = false;
  std::map<std::string, NamedBy> named;
  const auto note = [](auto& by, auto id) {
    if (by.empty() || by.back() != id) by.push_back(id);
  };
  for (const auto& [id, centre] : centres) {
    if (!is_choosy(centre)) continue;
    for (const PoolIndex pool : centre.pools) choosy_.set(pool, has_choosy_ = true);
    for (const std::string& name : centre.accepts.empty() ? *centre.maps : centre.accepts) {
      if (place::accepts(centre, &name)) note(named[name].centres, id);
    }
  }
  for (const auto& [id, row] : reservations) {
    for (const std::string& name : row.organisations) note(named[name].reservations, id);
  }
  has_names_ = !named.empty();
  std::map<OrganisationId, const NamedBy*> now;
  if (!named.empty()) {
    for (const auto& [id, name] : organisations) {
      const auto found = named.find(name);
      if (found != named.end()) now[id] = &found->second;
    }
  }
  // Who was named by the same before keeps the number; no new one gets a number that jobs still bear.
  std::set<CustomerGroup> taken;
  for (const auto& [of, number] : groups_) taken.insert(number);
  std::map<NamedBy, CustomerGroup> groups;
  std::map<OrganisationId, CustomerGroup> group_of;
  for (const auto& [id, of] : now) {
    const auto [group, is_new] = groups.try_emplace(*of);
    if (is_new) {
      const auto old = groups_.find(*of);
      group->second = old != groups_.end() ? old->second : take_free(taken);
    }
    group_of[id] = group->second;
  }
  std::vector<OrganisationId> moved;
  for (const auto& [id, group] : group_of) {
    if (this->group_of(id) != group) moved.push_back(id);
  }
  for (const auto& [id, group] : group_of_) {
    if (!group_of.contains(id)) moved.push_back(id);
  }
  groups_ = std::move(groups);
  group_of_ = std::move(group_of);
  welcome_.clear();
  named_.clear();
  for (const auto& [of, number] : groups_) {
    for (const CentreId id : of.centres) {
      for (const PoolIndex pool : centres.at(id).pools) welcome_[number].set(pool, true);
    }
    for (const ReservationId id : of.reservations) named_.insert({number, id});
  }
  std::sort(moved.begin(), moved.end());
  return moved;
}

}  // namespace dayan::place
