#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "place/bits.h"
#include "place/pool_state.h"

/// Acceptance: whom the centres serve. Most serve everybody; a choosy one names its customers. Customers whom the
/// same choosy centres name are alike to placement and make one group, so that jobs are told apart by as many groups
/// as there are, and not by customers. The group stands beside the rankings, which all groups share.

namespace dayan::place {

using CustomerGroup = std::uint32_t;
/// Those that no choosy centre names.
inline constexpr CustomerGroup named_by_none = 0;

/// Whether the centre serves an organisation of this name; one whose name is not known, only where all are served.
[[nodiscard]] bool accepts(const CentreState& centre, const std::string* organisation);

class Acceptance {
 public:
  /// A choosy centre, one of its pools or an organisation is another.
  void note_change() { is_stale_ = true; }
  [[nodiscard]] bool is_stale() const { return is_stale_; }
  /// Some pool did not serve everybody when the groups were last worked out.
  [[nodiscard]] bool has_choosy() const { return has_choosy_; }

  /// Works the groups out again. Returns the organisations that are now in another one; a group's number stands for
  /// other centres only after all its jobs had to move.
  [[nodiscard]] std::vector<OrganisationId> renew(const std::map<OrganisationId, std::string>& organisations,
                                                  const std::map<CentreId, CentreState>& centres);

  [[nodiscard]] CustomerGroup group_of(OrganisationId organisation) const {
    const auto found = group_of_.find(organisation);
    return found != group_of_.end() ? found->second : named_by_none;
  }
  [[nodiscard]] bool accepts(CustomerGroup group, PoolIndex pool) const {
    return !has_choosy_ || !choosy_.get(pool) || is_welcome(group, pool);
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

  using Centres = std::vector<CentreId>;  ///< in order

  bool is_stale_ = false;
  bool has_choosy_ = false;
  Bits choosy_;
  std::map<Centres, CustomerGroup> groups_;  ///< by the choosy centres that name its members
  std::map<CustomerGroup, Bits> welcome_;    ///< of the choosy pools, those that accept it
  std::map<OrganisationId, CustomerGroup> group_of_;
};

}  // namespace dayan::place
