#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "place/engine.h"
#include "sim/dispatch.h"

namespace dayan::sim {

/// What an engine is told of a scenario's supply, in rows as the core would write them: organisations, centres with
/// their offers and reservations, pools as they stand; and that the centres are heard of.
class SupplyRows {
 public:
  /// Whose jobs they are; their wallets have as much as may be. Each has one project, of the same number.
  [[nodiscard]] static OrganisationId customer_id(std::uint32_t customer) {
    return OrganisationId(std::int64_t{customer} + 1);
  }
  [[nodiscard]] static CentreId centre_id(std::size_t centre) {
    return CentreId(static_cast<std::int64_t>(centre) + 1);
  }

  SupplyRows(const Stage& stage, place::Engine& engine);

  /// The pools of a centre as they stand now.
  void put_pools(std::size_t centre);
  /// A centre is heard of, and if it speaks then from now on until it falls silent.
  void hear(std::size_t centre, Duration now);
  /// The link to it, as it is told or was measured.
  [[nodiscard]] std::optional<Bandwidth> link(std::size_t centre) const { return centres_[centre].link(); }
  /// What has crossed tells how good the link is.
  void measure_link(std::size_t centre, const Fetched& fetched);

  [[nodiscard]] std::uint32_t site_of(CentreId centre, const std::string& pool) const {
    return sites_.at({centre, pool});
  }
  /// A lease costs what the hour of its grant says.
  [[nodiscard]] OfferRow prices_at(std::uint32_t site, Duration at) const;

 private:
  template <class RowType>
  void put(const RowType& row, RowFate fate = RowFate::live) {
    engine_.apply({row, fate});
  }
  void put_customer(OrganisationId id, const std::string& name, Cny funds);
  void put_organisation(OrganisationId id, const std::string& name);
  void add_centre(std::size_t index);

  const Stage& stage_;
  place::Engine& engine_;
  std::map<std::string, OrganisationId> providers_;
  std::map<std::pair<CentreId, std::string>, std::uint32_t> sites_;
  std::vector<CentreRow> centres_;
  std::vector<OfferRow> offers_;  ///< by centre
  std::int64_t last_reservation_ = 0;
};

}  // namespace dayan::sim
