#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "place/bits.h"
#include "place/pool_state.h"

/// Acceptance: whom the centres serve, and for whom pools are reserved. Most centres serve everybody; a choosy one names
/// its customers, or has local accounts for some alone, and a reservation may name them too. Customers whom the same choosy centres and the same reservations name are
/// alike to placement and make one group, so that jobs are told apart by as many groups as there are, and not by
/// customers. The group stands beside the rankings, which all groups share.

namespace dayan::place {

using CustomerGroup = std::uint32_t;
/// Those that no choosy centre and no reservation names.
inline constexpr CustomerGroup named_by_none = 0;

/// Whether the centre serves not everybody: by its provider's list, or by the accounts that it has.
[[nodiscard]] bool is_choosy(const CentreState& centre);
/// Whether its provider's list lets the centre serve an organisation of this name.
[[nodiscard]] bool is_listed(const CentreState& centre, const std::string* organisation);
/// Whether the centre serves an organisation of this name: is_listed, and has an account for it; one whose name is not known, only where all are served.
[[nodiscard]] bool accepts(const CentreState& centre, const std::string* organisation);

class Acceptance {
 public:
  /// A choosy centre, one of its pools, a reservation that names somebody or an organisation is another.
  void note_change() { is_stale_ = true; }
  [[nodiscard]] bool is_stale() const { return is_stale_; }
  /// Some pool did not serve everybody when the groups were last worked out.
  [[nodiscard]] bool has_choosy() const { return has_choosy_; }
  /// Some organisation could be named.
  [[nodiscard]] bool has_names() const { return has_names_; }

  /// Works the groups out again. Returns the organisations that are now in another one; a group's number stands for
  /// other centres only after all its jobs had to move.
  [[nodiscard]] std::vector<OrganisationId> renew(const std::map<OrganisationId, std::string>& organisations,
                                                  const std::map<CentreId, CentreState>& centres,
                                                  const std::map<ReservationId, ReservationRow>& reservations);

  [[nodiscard]] CustomerGroup group_of(OrganisationId organisation) const {
    const auto found = group_of_.find(organisation);
    return found != group_of_.end() ? found->second : named_by_none;
  }
  [[nodiscard]] bool accepts(CustomerGroup group, PoolIndex pool) const {
    return !has_choosy_ || !choosy_.get(pool) || is_welcome(group, pool);
  }
  /// Whether the reservation is for this group.
  [[nodiscard]] bool is_named(CustomerGroup group, ReservationId reservation) const {
    return group != named_by_none && named_.contains({group, reservation});
  }
  /// The pools that accept the group, 64 at once.
  [[nodiscard]] std::uint64_t word(CustomerGroup group, std::size_t at) const {
    if (!has_choosy_) return ~std::uint64_t{0};
    const auto found = welcome_.find(group);
    return ~choosy_.word(at) | (found != welcome_.end() ? found->second.word(at) : 0);
  }

 private:
  [[nodiscard]] bool is_welcome(CustomerGroup group, PoolIndex pool) const {
    const auto found = welcome_.find(group);
    return found != welcome_.end() && found->second.get(pool);
  }

  /// Who names an organisation, in order.
  struct NamedBy {
    std::vector<CentreId> centres;
    std::vector<ReservationId> reservations;
    friend auto operator<=>(const NamedBy&, const NamedBy&) = default;
  };

  bool is_stale_ = false;
  bool has_choosy_ = false;
  bool has_names_ = false;
  Bits choosy_;
  std::map<NamedBy, CustomerGroup> groups_;
  std::map<CustomerGroup, Bits> welcome_;    ///< of the choosy pools, those that accept it
  std::set<std::pair<CustomerGroup, ReservationId>> named_;
  std::map<OrganisationId, CustomerGroup> group_of_;
};

}  // namespace dayan::place
