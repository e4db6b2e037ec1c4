#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/units.h"
#include "base/wide.h"
#include "place/amounts.h"
#include "place/share/decay.h"

/// Whose turn it is: weighted dominant-resource fairness (Ghodsi et al., NSDI 2011) over a tree of two levels,
/// organisations and their projects. The dominant share of a member is the greatest of its parts of all cores, all
/// memory and all cards; the organisation with the least dominant share per weight is served first, and within it the
/// project with the least. What was used counts less as time passes, by a half life.
///
/// What a start will use is charged at once, as amounts × time, so that a hundred starts of one moment see each
/// other; what it did not use is credited when it ends. The order therefore changes only with a charge, never by
/// itself. An organisation's use is the sum of its projects', each resource for itself (it is not rescaled as in
/// hierarchical DRF, Bhattacharya et al., SoCC 2013: with use over time no project is held back by a sibling's other
/// resource).
///
/// A charge, a credit, a change of who waits: O(log n). A change of the capacity, and the first charge after 16 half
/// lives: O(n log n).

namespace dayan::place::share {

/// Cards by what they are worth: cards × measured capability, in thousandths of the reference card, rounded up.
/// Charging these, and a capacity counted the same, makes a fast card weigh more than a slow one.
[[nodiscard]] MilliCards by_capability(MilliCards cards, Capability measured);

/// A weight in thousandths: 1,000 is the usual one.
inline constexpr std::int64_t weight_usual = 1'000;
inline constexpr std::int64_t weight_max = 1'000'000'000;
inline constexpr std::int32_t members_max = 10'000'000;

/// Numbers of members, in the order in which they were added; projects are counted over all organisations.
struct OrganisationIndex {
  std::int32_t value = -1;
  friend auto operator<=>(const OrganisationIndex&, const OrganisationIndex&) = default;
};
struct ProjectIndex {
  std::int32_t value = -1;
  friend auto operator<=>(const ProjectIndex&, const ProjectIndex&) = default;
};

/// Amounts that are held for a time: what a charge or a credit is of.
struct Use {
  Amounts held;     ///< cards by capability
  Duration length;  ///< whole seconds, rounded up
};

/// Where a member stands at a moment. Parts are in millionths of the whole system.
struct Standing {
  std::array<std::int64_t, kinds> used{};  ///< decayed: core-seconds, MiB-seconds, milli-card-seconds
  Kind dominant = in_cores;                ///< the resource of which it had the greatest part
  std::int64_t share = 0;                  ///< that part: 1,000,000 has all of it all the time
  std::int64_t entitlement = 0;            ///< its weight in those of its siblings, of its organisation's entitlement
  [[nodiscard]] std::int64_t deficit() const {
    return entitlement - share;
  }  ///< above zero: it had less than its due
};

class FairShare {
 public:
  /// Errors (invalid): no capacity of any resource or one below zero, a half life out of range (decay.h).
  [[nodiscard]] static Result<FairShare> make(const Amounts& capacity, Duration half_life, UnixTime epoch);

  /// Errors: invalid weight (1 to weight_max thousandths), exhausted (members_max).
  [[nodiscard]] Result<OrganisationIndex> add_organisation(std::int64_t weight = weight_usual);
  [[nodiscard]] Result<ProjectIndex> add_project(OrganisationIndex organisation, std::int64_t weight = weight_usual);
  [[nodiscard]] Result<void> set_weight(OrganisationIndex organisation, std::int64_t weight);
  [[nodiscard]] Result<void> set_weight(ProjectIndex project, std::int64_t weight);
  /// What the system has now; every share is of it. Errors as in `make`.
  [[nodiscard]] Result<void> set_capacity(const Amounts& capacity);

  /// Counts a use that starts at `at`. Errors (invalid): an amount or a length below zero, or one beyond
  /// Decay::amount_max unit-seconds.
  [[nodiscard]] Result<void> charge(ProjectIndex project, const Use& use, UnixTime at);
  /// Takes back a part of what was charged at `charged_at`. As long as no other charge came 16 half lives later it
  /// leaves exactly what would be there without it; never less than nothing.
  [[nodiscard]] Result<void> credit(ProjectIndex project, const Use& use, UnixTime charged_at);

  /// Only projects that wait have a turn.
  void set_waiting(ProjectIndex project, bool waits);
  /// Whose turn it is: of the organisation whose turn it is. Of equals the first added.
  [[nodiscard]] std::optional<ProjectIndex> next() const;
  /// Every organisation with a waiting project in the order of turns, and the same within one.
  [[nodiscard]] std::vector<OrganisationIndex> organisations_in_turn() const;
  [[nodiscard]] std::vector<ProjectIndex> projects_in_turn(OrganisationIndex organisation) const;

  [[nodiscard]] std::size_t projects() const { return projects_.size(); }

  [[nodiscard]] Standing standing(OrganisationIndex organisation, UnixTime now) const;
  [[nodiscard]] Standing standing(ProjectIndex project, UnixTime now) const;

 private:
  using Units = std::array<std::uint64_t, kinds>;
  using Used = std::array<UInt128, kinds>;
  using Turns = std::set<std::pair<UInt128, std::int32_t>>;
  struct Member {
    std::int64_t weight = weight_usual;
    Used used{};
    UInt128 key = 0;  ///< dominant share per weight
    bool in_turn = false;
  };
  struct Organisation : Member {
    std::int64_t weights = 0;  ///< of its projects
    Turns waiting;
  };
  struct Project : Member {
    std::int32_t organisation = -1;
  };

  FairShare(const Amounts& capacity, Duration half_life, UnixTime epoch);
  [[nodiscard]] static Result<Units> units_of(const Use& use);
  [[nodiscard]] UInt128 key_of(const Member& member) const;
  [[nodiscard]] Standing standing_of(const Member& member, UnixTime now) const;
  void reorder(OrganisationIndex organisation);
  void reorder(ProjectIndex project);
  void reorder_all();
  void shrink_if_due(UnixTime at);
  [[nodiscard]] Organisation& organisation_at(OrganisationIndex index);
  [[nodiscard]] const Organisation& organisation_at(OrganisationIndex index) const;
  [[nodiscard]] Project& project_at(ProjectIndex index);
  [[nodiscard]] const Project& project_at(ProjectIndex index) const;

  Amounts capacity_;
  Decay decay_;
  std::int64_t weights_ = 0;  ///< of all organisations
  std::vector<Organisation> organisations_;
  std::vector<Project> projects_;
  Turns turns_;  ///< organisations with waiting projects
};

}  // namespace dayan::place::share
