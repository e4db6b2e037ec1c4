#include "depot/usage.h"

#include <algorithm>

namespace dayan::depot {
namespace {

/// `option`: of `dayan hub run`, by which the operator may give more.
tl::unexpected<Error> full(std::string_view whose, std::string_view option, Bytes quota, Bytes used, Bytes wanted) {
  return fail(ErrorCode::exhausted,
              std::string(whose) + " is full: " + to_text(wanted) + " more are wanted, " + to_text(used) + " of " +
                  to_text(quota) + " are used",
              "at most " + to_text(std::max(Bytes(0), quota - used)) + ", or the operator's leave for more (" +
                  std::string(option) + ")",
              "size");
}

}  // namespace

void Usage::count(OrganisationId owner, Bytes bytes) {
  const std::lock_guard lock(mutex_);
  total_ += bytes;
  by_organisation_[owner] += bytes;
}

Bytes Usage::used_by(OrganisationId owner) const {
  const auto found = by_organisation_.find(owner);
  return found == by_organisation_.end() ? Bytes(0) : found->second;
}

Result<void> Usage::check_locked(OrganisationId owner, Bytes bytes) const {
  const Bytes own = used_by(owner);
  if (!owner.is_none() && bytes > quota_.per_organisation - own) {
    return full("the depot quota of " + to_text(owner), "--depot-per-organisation", quota_.per_organisation, own,
                bytes);
  }
  if (bytes > quota_.total - total_) return full("the depot", "--depot-total", quota_.total, total_, bytes);
  return {};
}

Result<void> Usage::check(OrganisationId owner, Bytes bytes) const {
  const std::lock_guard lock(mutex_);
  return check_locked(owner, bytes);
}

Result<void> Usage::take(OrganisationId owner, Bytes bytes) {
  const std::lock_guard lock(mutex_);
  TRY_VOID(check_locked(owner, bytes));
  total_ += bytes;
  by_organisation_[owner] += bytes;
  return {};
}

void Usage::give_back(OrganisationId owner, Bytes bytes) {
  const std::lock_guard lock(mutex_);
  total_ -= bytes;
  by_organisation_[owner] -= bytes;
}

DepotUse Usage::use_of(OrganisationId owner) const {
  const std::lock_guard lock(mutex_);
  return {used_by(owner), quota_.per_organisation};
}

DepotUse Usage::total_use() const {
  const std::lock_guard lock(mutex_);
  return {total_, quota_.total};
}

}  // namespace dayan::depot
