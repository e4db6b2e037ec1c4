#pragma once

#include <array>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/wide.h"
#include "model/party.h"
#include "place/engine.h"
#include "place/job_record.h"

/// Shares: who has had how much of the platform lately, and how much later its jobs stand in the queue for it
/// (docs/decisions/0011-fair-share.md). Weighted dominant-resource fairness (Ghodsi et al., NSDI 2011) over time, in
/// two levels, organisations and their projects.
///
/// Time of a member: the greatest of its parts of all cores, all memory and all cards, times how long it had them,
/// what lies back decayed by a half life (model/usage.h). A card counts as fast as it is. Leases that run count up to
/// now. Members are active that have jobs.
///
///   T  time of the member                 w  its weight
///   D  time of all active members         W  weights of all active members      (with its own, active or not)
///   V = T × W ÷ w                         in which its due part would have given it what it had
///   setback = most × V ÷ max(most, V + D)
///
/// A member at its due has V = D, and stands back by half of the most on a platform in use for long. When that is
/// new, or idle for long, V is what counts: whoever has had the whole of it since it asked stands behind who asks
/// now. Projects are measured beside each other alike, and stand back behind the one of them that waits and would
/// least.

namespace dayan::place {

/// A job is never overtaken by what was submitted so much later, over and above what its priority gives away.
inline constexpr Duration organisation_setback_max = Duration::hours(18);
inline constexpr Duration project_setback_max = Duration::hours(6);
/// Setbacks are worked out with the first plan of each such span of the platform's time.
inline constexpr Duration shares_every = Duration::minutes(1);
/// A setback stays as it is until it would be another by so much, and by this part of itself.
inline constexpr Duration setback_change_min = Duration::minutes(1);
inline constexpr std::int64_t setback_change_part = 32;

/// most × spent ÷ max(most, spent + of_all), all in µs.
[[nodiscard]] Duration setback_of(Duration most, UInt128 spent, UInt128 of_all);
/// The setback that is kept where `raw` is worked out.
[[nodiscard]] Duration kept_setback(Duration kept, Duration raw);

/// Cores, MiB and thousandths of reference cards.
using ShareUnits = std::array<std::int64_t, kinds>;
/// Where a card has this capability.
[[nodiscard]] ShareUnits share_units(const Need& need, Capability card);

struct OrganisationShare;

struct ProjectShare {
  ProjectId id;
  OrganisationShare* organisation = nullptr;
  std::int64_t weight = share_weight_usual;
  UsageRow settled;
  ShareUnits held{};                  ///< by its leases
  std::array<Int128, kinds> begun{};  ///< Σ of each lease's units × the weighed time of its grant
  std::vector<JobRecord*> jobs;       ///< all that are live
  std::int64_t waiting = 0;           ///< jobs with tasks that wait
  std::int64_t time = 0;              ///< µs, as last worked out
  Duration own_setback;               ///< beside other projects
  Duration setback;                   ///< with its organisation's: what its jobs' ranks hold
};

struct OrganisationShare {
  OrganisationId id;
  std::int64_t weight = share_weight_usual;
  std::vector<ProjectShare*> projects;
  std::int64_t time = 0;
  Kind dominant = in_cores;
  Duration setback;
};

class Shares {
 public:
  /// The project's, made when it is not known yet.
  [[nodiscard]] ProjectShare& of(OrganisationId organisation, ProjectId project);
  [[nodiscard]] OrganisationShare& of(OrganisationId organisation);

  void put(const OrganisationRow& row, bool is_live) {
    of(row.id).weight = is_live ? row.weight : share_weight_usual;
  }
  void put(const ProjectRow& row, bool is_live) {
    of(row.organisation, row.id).weight = is_live ? row.weight : share_weight_usual;
  }
  void put(const UsageRow& row, bool is_live);
  /// The job has come to its project or left it; it knows its project in between.
  void add(JobRecord& job, ProjectShare& to);
  void remove(JobRecord& job);
  void hold(ProjectShare& project, const ShareUnits& units, UnixTime granted_at) {
    count(project, units, granted_at, 1);
  }
  void let_go(ProjectShare& project, const ShareUnits& units, UnixTime granted_at) {
    count(project, units, granted_at, -1);
  }
  /// What a known pool has in all, in reference cards, came to the platform (+1), or left it (−1).
  void count_capacity(const Amounts& total, int sign);

  [[nodiscard]] bool is_due(UnixTime now) const;
  /// Moves to the period of `now`. True when what leases hold has to be counted anew: it has been forgotten.
  [[nodiscard]] bool begin(UnixTime now);
  /// Works out all setbacks at `now`, and returns the projects whose setback is another, with how much it was.
  struct Change {
    ProjectShare* project = nullptr;
    Duration before;
  };
  [[nodiscard]] std::vector<Change> renew(UnixTime now);

  /// As last worked out.
  [[nodiscard]] ShareTable table() const;
  [[nodiscard]] std::optional<SetBack> set_back(const JobRecord& job) const;

  [[nodiscard]] const std::map<OrganisationId, OrganisationShare>& organisations() const { return organisations_; }
  [[nodiscard]] UnixTime period() const { return period_; }
  [[nodiscard]] const std::array<Int128, kinds>& capacity() const { return capacity_; }

 private:
  /// What all active members of a group have had, and what they weigh.
  struct Sum {
    UInt128 time = 0;
    UInt128 weight = 0;
  };

  void count(ProjectShare& project, const ShareUnits& units, UnixTime granted_at, int sign);
  [[nodiscard]] static bool is_active(const OrganisationShare& organisation);
  [[nodiscard]] Sum sum() const;
  [[nodiscard]] static Sum with(Sum sum, std::int64_t time, std::int64_t weight, bool is_active);
  void measure(UnixTime now);
  void renew_projects(OrganisationShare& organisation, const Sum& all, std::vector<Change>& changed);
  [[nodiscard]] ShareStanding standing_of(const OrganisationShare& organisation, const Sum& all) const;

  std::map<OrganisationId, OrganisationShare> organisations_;
  std::map<std::pair<OrganisationId, ProjectId>, ProjectShare> projects_;
  std::array<Int128, kinds> capacity_{};  ///< cores, bytes, thousandths of reference cards
  UnixTime period_;
  UnixTime as_of_;
  std::int64_t worked_out_ = -1;  ///< in which span of shares_every
};

}  // namespace dayan::place
