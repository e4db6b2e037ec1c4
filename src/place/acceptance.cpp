#include "place/acceptance.h"

#include <algorithm>
#include <set>

namespace dayan::place {
namespace {

/// The lowest number that is not taken, which then is.
CustomerGroup take_free(std::set<CustomerGroup>& taken) {
  CustomerGroup number = named_by_none + 1;
  while (!taken.insert(number).second) ++number;
  return number;
}

}  // namespace

bool accepts(const CentreState& centre, const std::string* organisation) {
  if (centre.accepts.empty()) return true;
  return organisation != nullptr &&
         std::find(centre.accepts.begin(), centre.accepts.end(), *organisation) != centre.accepts.end();
}

std::vector<OrganisationId> Acceptance::renew(const std::map<OrganisationId, std::string>& organisations,
                                              const std::map<CentreId, CentreState>& centres) {
  is_stale_ = false;
  choosy_.clear();
  has_choosy_ = false;
  std::map<std::string, Centres> named;
  for (const auto& [id, centre] : centres) {
    if (centre.accepts.empty()) continue;
    for (const PoolIndex pool : centre.pools) choosy_.set(pool, has_choosy_ = true);
    for (const std::string& name : centre.accepts) {
      Centres& of_name = named[name];
      if (of_name.empty() || of_name.back() != id) of_name.push_back(id);
    }
  }
  std::map<OrganisationId, const Centres*> now;
  if (!named.empty()) {
    for (const auto& [id, name] : organisations) {
      const auto found = named.find(name);
      if (found != named.end()) now[id] = &found->second;
    }
  }
  // A set of centres that was there before keeps its number; no new one gets a number that jobs still bear.
  std::set<CustomerGroup> taken;
  for (const auto& [of, number] : groups_) taken.insert(number);
  std::map<Centres, CustomerGroup> groups;
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
  for (const auto& [of, number] : groups_) {
    for (const CentreId id : of) {
      for (const PoolIndex pool : centres.at(id).pools) welcome_[number].set(pool, true);
    }
  }
  std::sort(moved.begin(), moved.end());
  return moved;
}

}  // namespace dayan::place
