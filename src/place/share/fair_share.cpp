#include "place/share/fair_share.h"

#include <algorithm>
#include <string>

#include "base/assert.h"

namespace dayan::place::share {
namespace {

/// Bytes are counted in MiB, so that memory × time of a whole centre over a year stays in range.
constexpr int memory_shift = 20;
/// Capability is measured in 1/10,000 of the reference (base/units.h).
constexpr std::int64_t capability_reference = 10'000;
constexpr UInt128 millionths = 1'000'000;
/// Σ of what one member used stops here instead of wrapping round: 2^60 reference cards for a year.
constexpr UInt128 used_max = static_cast<UInt128>(1) << 116;
/// ln 2 in units of 2^-32: used all the time, a resource is worth capacity × half life / ln 2 (the mean of the
/// decay).
constexpr UInt128 ln_two = 2'977'044'471;

constexpr std::array<std::string_view, kinds> kind_names = {"cores", "memory", "cards"};

std::int64_t in_units(const Amounts& amounts, std::size_t kind) {
  const std::int64_t amount = amounts.of[kind];
  if (kind != in_bytes) return amount;
  return (amount >> memory_shift) + ((amount & ((std::int64_t{1} << memory_shift) - 1)) != 0 ? 1 : 0);
}

Result<void> check_capacity(const Amounts& capacity) {
  bool any = false;
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    if (capacity.of[kind] < 0)
      return fail(ErrorCode::invalid, std::to_string(capacity.of[kind]), "zero or more",
                  "capacity." + std::string(kind_names[kind]));
    any = any || capacity.of[kind] > 0;
  }
  if (!any) return fail(ErrorCode::invalid, "nothing to share", "an amount above zero", "capacity");
  return {};
}

Result<void> check_weight(std::int64_t weight) {
  if (weight >= 1 && weight <= weight_max) return {};
  return fail(ErrorCode::invalid, "a weight of " + std::to_string(weight) + " thousandths",
              "1 to " + std::to_string(weight_max), "weight");
}

std::int64_t clamped(UInt128 value) {
  return value > static_cast<UInt128>(int64_max) ? int64_max : static_cast<std::int64_t>(value);
}

}  // namespace

MilliCards by_capability(MilliCards cards, Capability measured) {
  ASSERT(cards.value() >= 0 && measured.value() >= 0);
  const UInt128 product = static_cast<UInt128>(cards.value()) * static_cast<UInt128>(measured.value());
  return MilliCards(clamped((product + capability_reference - 1) / capability_reference));
}

FairShare::FairShare(const Amounts& capacity, Duration half_life, UnixTime epoch)
    : capacity_(capacity), decay_(half_life, epoch) {}

Result<FairShare> FairShare::make(const Amounts& capacity, Duration half_life, UnixTime epoch) {
  TRY_VOID(check_capacity(capacity));
  if (half_life < half_life_min || half_life > half_life_max)
    return fail(ErrorCode::invalid, to_text(half_life), to_text(half_life_min) + " to " + to_text(half_life_max),
                "half_life");
  return FairShare(capacity, half_life, epoch);
}

FairShare::Organisation& FairShare::organisation_at(OrganisationIndex index) {
  ASSERT(index.value >= 0 && static_cast<std::size_t>(index.value) < organisations_.size());
  return organisations_[static_cast<std::size_t>(index.value)];
}
const FairShare::Organisation& FairShare::organisation_at(OrganisationIndex index) const {
  ASSERT(index.value >= 0 && static_cast<std::size_t>(index.value) < organisations_.size());
  return organisations_[static_cast<std::size_t>(index.value)];
}
FairShare::Project& FairShare::project_at(ProjectIndex index) {
  ASSERT(index.value >= 0 && static_cast<std::size_t>(index.value) < projects_.size());
  return projects_[static_cast<std::size_t>(index.value)];
}
const FairShare::Project& FairShare::project_at(ProjectIndex index) const {
  ASSERT(index.value >= 0 && static_cast<std::size_t>(index.value) < projects_.size());
  return projects_[static_cast<std::size_t>(index.value)];
}

Result<OrganisationIndex> FairShare::add_organisation(std::int64_t weight) {
  TRY_VOID(check_weight(weight));
  if (organisations_.size() >= static_cast<std::size_t>(members_max))
    return fail(ErrorCode::exhausted, "too many organisations", "at most " + std::to_string(members_max));
  organisations_.emplace_back().weight = weight;
  weights_ += weight;
  return OrganisationIndex{static_cast<std::int32_t>(organisations_.size() - 1)};
}

Result<ProjectIndex> FairShare::add_project(OrganisationIndex organisation, std::int64_t weight) {
  TRY_VOID(check_weight(weight));
  if (projects_.size() >= static_cast<std::size_t>(members_max))
    return fail(ErrorCode::exhausted, "too many projects", "at most " + std::to_string(members_max));
  const ProjectIndex index{static_cast<std::int32_t>(projects_.size())};
  Organisation& parent = organisation_at(organisation);
  parent.weights += weight;
  Project& project = projects_.emplace_back();
  project.weight = weight;
  project.organisation = organisation.value;
  return index;
}

Result<void> FairShare::set_weight(OrganisationIndex organisation, std::int64_t weight) {
  TRY_VOID(check_weight(weight));
  Organisation& member = organisation_at(organisation);
  weights_ += weight - member.weight;
  member.weight = weight;
  reorder(organisation);
  return {};
}

Result<void> FairShare::set_weight(ProjectIndex project, std::int64_t weight) {
  TRY_VOID(check_weight(weight));
  Project& member = project_at(project);
  organisations_[static_cast<std::size_t>(member.organisation)].weights += weight - member.weight;
  member.weight = weight;
  reorder(project);
  return {};
}

Result<void> FairShare::set_capacity(const Amounts& capacity) {
  TRY_VOID(check_capacity(capacity));
  capacity_ = capacity;
  reorder_all();
  return {};
}

Result<FairShare::Units> FairShare::units_of(const Use& use) {
  Units units{};
  if (use.length < Duration()) return fail(ErrorCode::invalid, to_text(use.length), "zero or more", "length");
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    if (use.held.of[kind] < 0)
      return fail(ErrorCode::invalid, std::to_string(use.held.of[kind]), "zero or more",
                  "held." + std::string(kind_names[kind]));
    const UInt128 amount =
        static_cast<UInt128>(in_units(use.held, kind)) * static_cast<UInt128>(use.length.seconds_up());
    if (amount > Decay::amount_max)
      return fail(ErrorCode::invalid, "more than 2^56 unit-seconds", "a shorter or smaller use",
                  "held." + std::string(kind_names[kind]));
    units[kind] = static_cast<std::uint64_t>(amount);
  }
  return units;
}

Result<void> FairShare::charge(ProjectIndex project, const Use& use, UnixTime at) {
  TRY(const Units units, units_of(use));
  shrink_if_due(at);
  Project& member = project_at(project);
  Organisation& parent = organisations_[static_cast<std::size_t>(member.organisation)];
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    const UInt128 grown = decay_.grown(units[kind], at);
    member.used[kind] = std::min(used_max, member.used[kind] + grown);
    parent.used[kind] = std::min(used_max, parent.used[kind] + grown);
  }
  reorder(project);
  reorder(OrganisationIndex{member.organisation});
  return {};
}

Result<void> FairShare::credit(ProjectIndex project, const Use& use, UnixTime charged_at) {
  TRY(const Units units, units_of(use));
  shrink_if_due(charged_at);
  Project& member = project_at(project);
  Organisation& parent = organisations_[static_cast<std::size_t>(member.organisation)];
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    const UInt128 grown = decay_.grown(units[kind], charged_at);
    member.used[kind] -= std::min(grown, member.used[kind]);
    parent.used[kind] -= std::min(grown, parent.used[kind]);
  }
  reorder(project);
  reorder(OrganisationIndex{member.organisation});
  return {};
}

void FairShare::shrink_if_due(UnixTime at) {
  const std::int64_t halvings = decay_.halvings_due(at);
  if (halvings == 0) return;
  decay_.advance(halvings);
  const auto shrink = [halvings](Used& used) {
    for (UInt128& one : used) one = halvings < 128 ? one >> halvings : 0;
  };
  for (Organisation& organisation : organisations_) shrink(organisation.used);
  for (Project& project : projects_) shrink(project.used);
  reorder_all();
}

UInt128 FairShare::key_of(const Member& member) const {
  UInt128 share = 0;
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    const std::int64_t capacity = in_units(capacity_, kind);
    if (capacity > 0) share = std::max(share, member.used[kind] / static_cast<UInt128>(capacity));
  }
  return share * static_cast<UInt128>(weight_usual) / static_cast<UInt128>(member.weight);
}

void FairShare::reorder(OrganisationIndex organisation) {
  Organisation& member = organisation_at(organisation);
  if (member.in_turn) turns_.erase({member.key, organisation.value});
  member.key = key_of(member);
  member.in_turn = !member.waiting.empty();
  if (member.in_turn) turns_.emplace(member.key, organisation.value);
}

void FairShare::reorder(ProjectIndex project) {
  Project& member = project_at(project);
  Turns& waiting = organisations_[static_cast<std::size_t>(member.organisation)].waiting;
  if (member.in_turn) waiting.erase({member.key, project.value});
  member.key = key_of(member);
  if (member.in_turn) waiting.emplace(member.key, project.value);
}

void FairShare::reorder_all() {
  for (std::int32_t i = 0; i < static_cast<std::int32_t>(projects_.size()); ++i) reorder(ProjectIndex{i});
  for (std::int32_t i = 0; i < static_cast<std::int32_t>(organisations_.size()); ++i) reorder(OrganisationIndex{i});
}

void FairShare::set_waiting(ProjectIndex project, bool waits) {
  Project& member = project_at(project);
  if (member.in_turn == waits) return;
  Turns& waiting = organisations_[static_cast<std::size_t>(member.organisation)].waiting;
  member.in_turn = waits;
  if (waits) {
    waiting.emplace(member.key, project.value);
  } else {
    waiting.erase({member.key, project.value});
  }
  reorder(OrganisationIndex{member.organisation});
}

std::optional<ProjectIndex> FairShare::next() const {
  if (turns_.empty()) return std::nullopt;
  const auto& [key, organisation] = *turns_.begin();
  return ProjectIndex{organisations_[static_cast<std::size_t>(organisation)].waiting.begin()->second};
}

std::vector<OrganisationIndex> FairShare::organisations_in_turn() const {
  std::vector<OrganisationIndex> order;
  for (const auto& [key, organisation] : turns_) order.push_back({organisation});
  return order;
}

std::vector<ProjectIndex> FairShare::projects_in_turn(OrganisationIndex organisation) const {
  std::vector<ProjectIndex> order;
  for (const auto& [key, project] : organisation_at(organisation).waiting) order.push_back({project});
  return order;
}

Standing FairShare::standing_of(const Member& member, UnixTime now) const {
  Standing standing;
  const auto half_life = static_cast<UInt128>(decay_.half_life().microseconds());
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    // What is worth more than 2^60 unit-seconds is shown as so much: then no product below leaves 128 bits.
    const UInt128 used = std::min(decay_.worth(member.used[kind], now), static_cast<UInt128>(1) << 60);
    standing.used[kind] = clamped(used);
    const std::int64_t capacity = in_units(capacity_, kind);
    if (capacity == 0) continue;
    // used / (capacity × half life / ln 2), in millionths; the half life in microseconds.
    const UInt128 of_capacity = ((used * ln_two) / static_cast<UInt128>(capacity) * millionths) >> 20;
    const std::int64_t share = clamped(of_capacity * millionths / half_life >> 12);
    if (share <= standing.share) continue;
    standing.share = share;
    standing.dominant = static_cast<Kind>(kind);
  }
  return standing;
}

Standing FairShare::standing(OrganisationIndex organisation, UnixTime now) const {
  const Organisation& member = organisation_at(organisation);
  Standing standing = standing_of(member, now);
  standing.entitlement = clamped(static_cast<UInt128>(member.weight) * millionths / static_cast<UInt128>(weights_));
  return standing;
}

Standing FairShare::standing(ProjectIndex project, UnixTime now) const {
  const Project& member = project_at(project);
  const Organisation& parent = organisations_[static_cast<std::size_t>(member.organisation)];
  Standing standing = standing_of(member, now);
  const UInt128 of_parent = static_cast<UInt128>(member.weight) * millionths / static_cast<UInt128>(parent.weights);
  standing.entitlement = clamped(of_parent * static_cast<UInt128>(parent.weight) / static_cast<UInt128>(weights_));
  return standing;
}

}  // namespace dayan::place::share
