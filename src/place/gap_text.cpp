#include "place/gap_text.h"

#include <algorithm>

#include "base/readable.h"
#include "base/scan.h"
#include "place/explain.h"

namespace dayan::place {
namespace {

std::string counted(std::int64_t count, const std::string& thing) {
  return std::to_string(count) + ' ' + thing + (count == 1 ? "" : "s");
}

std::string cards(std::int64_t thousandths) {
  return decimal_text(thousandths, 3) + (thousandths == 1'000 ? " card" : " cards");
}

std::string amount_text(Kind kind, std::int64_t amount) {
  switch (kind) {
    case in_cores: return counted(amount, "core");
    case in_bytes: return readable(Bytes(amount)) + " of memory";
    case in_millicards: return cards(amount);
  }
  ASSERT(false);
}

std::string on_node_text(Kind kind, const Gap& gap) {
  return "needs " + amount_text(kind, gap.required) + " on one node, a node there has " +
         amount_text(kind, gap.offered) + ": " + amount_text(kind, gap.required - gap.offered) + " too many";
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " or ") + word;
  return text;
}

std::string software_text(const Requirements& requirements, const PoolRow& row) {
  std::string text;
  for (const SoftwareNeed& need : requirements.software) {
    if (has_software(row, need)) continue;
    std::string versions;
    for (const Software& offered : row.software) {
      if (offered.name == need.name) versions += (versions.empty() ? "" : " and ") + offered.version;
    }
    text += (text.empty() ? "" : "; ") + std::string("needs ") + need.name +
            (need.version_min.empty() ? "" : " at least " + need.version_min) + ", the pool has " +
            (versions.empty() ? "none" : versions);
  }
  return text;
}

/// A capability as people write it: "1.2", in the reference core or card.
std::string capability_text(std::int64_t capability) {
  static_assert(reference_capability == 10'000);
  return decimal_text(capability, 4);
}

/// When a place comes free that its own tasks, or others on their nodes, keep it from; empty where nobody knows.
std::string place_text(const Evaluation& evaluation) {
  if (!evaluation.place) return {};
  std::string text = "; a place is expected in " + rounded(*evaluation.place);
  if (evaluation.place_longest.seconds_up() > evaluation.place->seconds_up())
    text += " to " + rounded(evaluation.place_longest);
  return text;
}

std::string apart_text(const Gap& gap, const Spread& there, const PoolState& pool) {
  return "the job lets " + counted(gap.offered, "task") + " run on one node, and " + std::to_string(there.own) +
         (there.own == 1 ? " runs" : " run") + " in this pool of " + counted(pool.row.nodes, "node") +
         ": for a further one it had to let " + std::to_string(gap.required) + ", " +
         std::to_string(gap.required - gap.offered) + " more";
}

std::string capability_gap_text(const Gap& gap, const std::string& thing) {
  std::string text =
      "needs " + thing + "s of " + capability_text(gap.required) + " times the reference " + thing + ", ";
  if (gap.offered == 0) return text + "how fast those of the pool are is not known";
  return text + "those of the pool have " + capability_text(gap.offered) + ": " +
         capability_text(gap.required - gap.offered) + " too slow";
}

std::string rack_text(const Gap& gap, const PoolState& pool) {
  std::string text = "needs " + counted(gap.required, "node") + " of one rack, ";
  if (pool.row.racks.empty()) return text + "which nodes of the pool stand in one is not known";
  return text + "the largest has " + std::to_string(gap.offered) + ": " + std::to_string(gap.required - gap.offered) +
         " too many";
}

std::string latency_text(const Gap& gap, const LatencyBound& bound) {
  std::string text = "needs " + to_text(bound.at_most) + " to " + bound.city + ", the centre ";
  if (gap.offered == 0) return text + "does not know how far that is";
  const Duration known = Duration::microseconds(gap.offered);
  return text + "has " + to_text(known) + ": " + to_text(known - bound.at_most) + " too far";
}

std::string price_cap_text(const Gap& gap, const Asking& asking) {
  const Cny cap = Cny::micro(gap.required);
  const Cny needed = Cny::micro(gap.offered);
  std::string text = "the price cap is " + to_text(cap) + " yuan, ";
  const Cny spent = asking.charged + asking.held;
  text += spent.is_zero() ? "the job would need " : "with " + to_text(spent) + " spent and held the job would need ";
  return text + to_text(needed) + " yuan: " + to_text(needed - cap) + " too much";
}

/// "8 cores, 16GB of memory and 2 cards".
std::string amounts_text(const Amounts& amounts) {
  std::vector<std::string> parts;
  for (const Kind kind : {in_cores, in_bytes, in_millicards}) {
    if (amounts.of[kind] > 0) parts.push_back(amount_text(kind, amounts.of[kind]));
  }
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i)
    text += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
  return text;
}

/// What a gang lacks now: nodes, or something on each of them.
std::string gang_capacity_text(const Gap& gap, const Need& need) {
  if (gap.is_of_nodes && need.is_in_rack)
    return "needs " + counted(gap.required, "node") + " of one rack with " + amounts_text(need.each) +
           " left on each, at most " + std::to_string(gap.offered) + " of one " + (gap.offered == 1 ? "has" : "have") +
           " so much now, as leases would lie if they were packed tightly: " +
           std::to_string(gap.required - gap.offered) + " too few";
  if (gap.is_of_nodes)
    return "needs " + counted(gap.required, "node") + " with " + amounts_text(need.each) + " left on each, " +
           std::to_string(gap.offered) + (gap.offered == 1 ? " has" : " have") +
           " so much now: " + std::to_string(gap.required - gap.offered) + " too few";
  return "needs " + amount_text(gap.kind, gap.required) + " on each of " + counted(need.nodes, "node") +
         (need.is_in_rack ? " of one rack, no node of a rack" : ", no node") + " has so much left: at most " +
         amount_text(gap.kind, gap.offered) + " on each would fit now";
}

/// When there is room, from as expected to as late as it may be, and who has it before.
std::string opening_text(const std::optional<Duration>& wait, const Evaluation& evaluation) {
  std::string text = "when room comes is not known";
  if (wait) {
    text = std::string("room is expected in ") + (evaluation.is_wait_least ? "at least " : "") + rounded(*wait);
    const auto& longest = evaluation.opening_longest;
    if (longest && longest->seconds_up() > wait->seconds_up()) text += " to " + rounded(*longest);
  }
  const std::int32_t before = evaluation.jobs_before;
  if (before == 0) return text;
  return text + ", behind " + counted(before, "job") + (before == 1 ? " that stands" : " that stand") + " before it";
}

std::string capacity_text(const Gap& gap, const Asking& asking, const Evaluation& evaluation, Outlook& outlook) {
  const PoolState& pool = *evaluation.pool;
  const Need need = asking.need();
  const bool is_promised = pool.promise && !asking.job.is_none() && pool.promise->job == asking.job;
  const Amounts free = pool.free();
  std::string text = "needs " + amount_text(gap.kind, gap.required) + ", ";
  if (need.is_gang()) {
    text = gang_capacity_text(gap, need);
  } else if (free.of[gap.kind] < gap.required) {
    text += amount_text(gap.kind, free.of[gap.kind]) + " of " + amount_text(gap.kind, pool.total.of[gap.kind]) +
            " are free now: " + amount_text(gap.kind, gap.required - free.of[gap.kind]) + " too few";
  } else {
    text += "no node has so much left: at most " + amount_text(gap.kind, gap.offered) + " would fit now";
  }
  if (is_promised)
    text += "; the room is kept for this job from " + outlook.told(pool.promise->start) + " on at the latest";
  const auto ending = std::count_if(pool.holdings.begin(), pool.holdings.end(),
                                    [](const Holding* each) { return each->is_taken_back; });
  if (is_promised && ending > 0)
    text += ", and " + counted(ending, "reclaimable task") + (ending == 1 ? " has" : " have") + " been told to end for it";
  const Opening opening = evaluation.opening ? *evaluation.opening : outlook.opening(pool, need);
  return text + "; " + opening_text(opening.wait, evaluation);
}

std::string reserved_text(const Gap& gap, const PoolState& pool, const Outlook& outlook) {
  const Duration wall_time = Duration::microseconds(gap.required);
  const Duration within = Duration::microseconds(gap.offered);
  std::string text =
      "what is free is kept from " + outlook.told(pool.promise->start) + " on for a job that has waited longer; ";
  if (within <= Duration()) return text + "that is too soon for any other";
  return text + "a task that may run for " + rounded(wall_time) + " could begin if that was at most " +
         rounded(within) + ": " + rounded(wall_time - within) + " too long";
}

std::string deadline_text(const Gap& gap, const Asking& asking, const PoolState& pool, const Outlook& outlook) {
  const Duration needed = Duration::microseconds(gap.required);
  const Duration left = Duration::microseconds(gap.offered);
  // Where it is told by how far it is off, that follows.
  const std::string deadline =
      outlook.times() == Times::dates ? "the deadline, " + to_text(asking.requirements->finish_by) + ',' : "the deadline";
  if (left <= Duration()) return deadline + " is over";
  const Duration run = asking.run_on(pool.row);
  const Duration staging = asking.staging(pool);
  std::string text = "a task is expected to run for " + rounded(run) + " there and may take " +
                     to_text(lease_start_allowance) + " to start";
  if (staging > Duration()) text += " and its inputs " + rounded(staging) + " to cross";
  if (gap.passes_with_time)
    text += ", and is expected to begin in " + rounded(needed - needed_time(run, staging)) + "; " + deadline +
            " is in ";
  else
    text += asking.start(outlook.now()) > outlook.now() ? "; from its earliest start to " + deadline + " there are "
                                                        : "; " + deadline + " is in ";
  return text + rounded(left) + ": " + rounded(needed - left) + " too late";
}

std::string closed_text(const Gap& gap, UnixTime start, const Outlook& outlook) {
  const ReservationRow& closing = *gap.closing;
  const Duration wall_time = Duration::microseconds(gap.required);
  const Duration within = Duration::microseconds(gap.offered);
  std::string text = "the provider closes the pool to all";
  if (!closing.organisations.empty()) text += " but those that it names,";
  text += " from " + outlook.told(closing.from) + " until " + outlook.told(closing.until);
  if (!closing.note.empty()) text += " (" + closing.note + ")";
  if (closing.from <= start) return text;
  if (within <= Duration()) return text + ", too soon for any task to begin";
  return text + "; a task that may run for " + rounded(wall_time) + " could begin if that was at most " +
         rounded(within) + ": " + rounded(wall_time - within) + " too long";
}

std::string reachable_text(const Gap& gap, const CentreState& centre) {
  if (centre.heard_at.is_none()) return "the centre's agent has not been heard since the hub started";
  const Duration silence = Duration::microseconds(gap.offered);
  return "the centre's agent has been silent for " + rounded(silence) + ", at most " + rounded(reachable_within) +
         " will do: " + rounded(silence - reachable_within) + " too long";
}

}  // namespace

std::string text_of(const Gap& gap, const Asking& asking, const Evaluation& evaluation, Outlook& outlook) {
  const Requirements& requirements = *asking.requirements;
  const PoolState& pool = *evaluation.pool;
  const PoolRow& row = pool.row;
  const CentreState& centre = *pool.centre;
  switch (gap.constraint) {
    case Constraint::cores: return on_node_text(in_cores, gap);
    case Constraint::memory: return on_node_text(in_bytes, gap);
    case Constraint::cards: return on_node_text(in_millicards, gap);
    case Constraint::chip:
      return "needs a card of model " + joined(requirements.chips) + ", the pool has " +
             (row.chip.empty() ? "none" : row.chip);
    case Constraint::software: return software_text(requirements, row);
    case Constraint::wall_time: {
      const Duration wanted = requirements.wall_time;
      return "a task may run for " + rounded(wanted) + ", the pool takes at most " + rounded(row.wall_time_max) +
             ": " + rounded(wanted - row.wall_time_max) + " too long";
    }
    case Constraint::region:
      return "must run in region " + joined(requirements.regions) + ", the centre is in " + centre.region;
    case Constraint::provider:
      return "must run at provider " + joined(requirements.providers) + ", the centre is of " +
             (centre.provider != nullptr ? *centre.provider : "an unknown one");
    case Constraint::price_cap: return price_cap_text(gap, asking);
    case Constraint::price:
      return centre.current_offer() == nullptr ? "the centre has published no offer"
                                               : "what it would cost there is more than the platform can count";
    case Constraint::reachable: return reachable_text(gap, centre);
    case Constraint::capacity: return capacity_text(gap, asking, evaluation, outlook);
    case Constraint::reserved: return reserved_text(gap, pool, outlook);
    case Constraint::not_before:
      if (asking.older_lease_until > requirements.not_before)
        return "the task has been tried before, and its older lease may run until " + outlook.told(asking.older_lease_until) +
               ": in " + rounded(Duration::microseconds(gap.required));
      return "the job lets no task start before " + outlook.told(requirements.not_before) + ": in " +
             rounded(Duration::microseconds(gap.required));
    case Constraint::deadline: return deadline_text(gap, asking, pool, outlook);
    case Constraint::closed: return closed_text(gap, asking.start(outlook.now()), outlook);
    case Constraint::preference: return "the job waits by its objective";  // worded where both are known (instead.cpp)
    case Constraint::hour: return "the job waits for a cheaper hour";  // worded where it is known which (engine.cpp)
    case Constraint::failed_here: return "the task failed at this centre last, and another one can take it";
    case Constraint::funds:
      return "one task holds " + to_text(Cny::micro(gap.required)) + " yuan" +
             (asking.to_hold(pool).is_zero() ? "" : " with the job's inputs") + ", the wallet has " +
             to_text(Cny::micro(gap.offered)) +
             " available: " + to_text(Cny::micro(gap.required) - Cny::micro(gap.offered)) + " short";
    case Constraint::throttle:
      return "the job lets " + counted(gap.offered, "task") + " run at once, and " + std::to_string(asking.live) +
             (asking.live == 1 ? " runs: " : " run: ") + counted(gap.required - gap.offered, "task") + " too many";
    case Constraint::tasks_per_centre:
      return "the job lets " + counted(gap.offered, "task") + " run at one centre, and " +
             std::to_string(gap.required - 1) + (gap.required == 2 ? " runs" : " run") +
             " at this one: " + counted(gap.required - gap.offered, "task") + " too many" + place_text(evaluation);
    case Constraint::tasks_per_node: return apart_text(gap, asking.spread(pool), pool) + place_text(evaluation);
    case Constraint::capability: return capability_gap_text(gap, "core");
    case Constraint::card_capability: return capability_gap_text(gap, "card");
    case Constraint::latency: return latency_text(gap, requirements.latency[gap.bound]);
    case Constraint::acceptance:
      return is_listed(centre, asking.organisation_name) ? "the centre has no local account for your organisation"
                                                         : "the centre serves only customers that it names, and not this one";
    case Constraint::nodes:
      return "needs " + counted(gap.required, "node") + ", the pool has " + std::to_string(gap.offered) + ": " +
             std::to_string(gap.required - gap.offered) + " too many";
    case Constraint::rack: return rack_text(gap, pool);
  }
  ASSERT(false);
}

}  // namespace dayan::place
