#pragma once

#include <map>
#include <mutex>

#include "depot/local_depot.h"

/// How much of the quota is used, by whom.

namespace dayan::depot {

/// Safe from any thread.
class Usage {
 public:
  explicit Usage(const DepotQuota& quota) : quota_(quota) {}

  /// Counts what is there already, beyond any quota.
  void count(OrganisationId owner, Bytes bytes);

  /// `exhausted`, with the figures, unless `bytes` more fit; nothing is taken.
  [[nodiscard]] Result<void> check(OrganisationId owner, Bytes bytes) const;
  /// Takes `bytes` for the owner, or nothing and `exhausted`. An owner of none is bound by the total only.
  [[nodiscard]] Result<void> take(OrganisationId owner, Bytes bytes);
  void give_back(OrganisationId owner, Bytes bytes);

  [[nodiscard]] DepotUse use_of(OrganisationId owner) const;
  [[nodiscard]] DepotUse total_use() const;

 private:
  [[nodiscard]] Result<void> check_locked(OrganisationId owner, Bytes bytes) const;
  [[nodiscard]] Bytes used_by(OrganisationId owner) const;

  const DepotQuota quota_;
  mutable std::mutex mutex_;
  Bytes total_;
  std::map<OrganisationId, Bytes> by_organisation_;
};

}  // namespace dayan::depot
