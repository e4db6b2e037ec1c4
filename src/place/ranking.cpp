#include "place/ranking.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "place/constraints.h"

namespace dayan::place {
namespace {

constexpr double millicards_per_card = 1'000;
constexpr double megabytes_per_gigabyte = 1'000;
constexpr std::int64_t bytes_per_megabyte = 1'000'000;

/// What an hour costs at least to be told apart: a free pool is not infinitely better than one of a micro-yuan.
constexpr double cost_floor = 1;
/// The same for carbon, in mg an hour.
constexpr double carbon_floor = 1;

/// Scores that hang on a figure that is not known lie in a band of their own, behind all others.
constexpr double known_score_max = 1e18;
constexpr double known(double score) { return std::min(score, known_score_max); }
constexpr double behind_known(double score) { return 1e20 * (1 + std::min(score, 1e17)); }

/// By how much the centre is too far from the farthest of the cities: µs, zero when it is near enough to all, the most
/// when it does not know one.
std::int64_t latency_excess(const Requirements& requirements, const CentreState& centre) {
  std::int64_t most = 0;
  for (const LatencyBound& bound : requirements.latency) {
    const auto known = latency_to(centre, bound.city);
    most = std::max(most, known ? (*known - bound.at_most).microseconds() : int64_max);
  }
  return most;
}

constexpr double microseconds_per_hour = 3'600'000'000.0;
constexpr double bytes_per_gigabyte = 1'000'000'000;

}  // namespace

Ranking::Ranking(const ClassKey& key, const Requirements& requirements)
    : key_(key),
      requirements_(requirements),
      preference_(preference_of(requirements)),
      need_(need_of(requirements.resources)) {
  const std::int64_t bytes = need_.each.of[in_bytes];
  const std::int64_t megabytes = bytes / bytes_per_megabyte + (bytes % bytes_per_megabyte > 0 ? 1 : 0);
  const auto nodes = static_cast<double>(need_.nodes);
  cores_ = static_cast<double>(need_.each.of[in_cores]) * nodes;
  cards_ = static_cast<double>(need_.each.of[in_millicards]) * nodes / millicards_per_card;
  gigabytes_ = static_cast<double>(megabytes) * nodes / megabytes_per_gigabyte;
  data_of_task_ = data_of_step(key.data.of_task);
  data_of_job_ = data_of_step(key.data.of_job) * microseconds_per_hour / bytes_per_gigabyte;
}

/// As part_of() cuts prices: to the micro-yuan.
double Ranking::reclaimable_rate(const PoolFigures& figures) const {
  const auto part = [&](double price) { return std::floor(price * figures.reclaimable_part / whole_price); };
  return cores_ * part(figures.core_hour) + cards_ * part(figures.card_hour) + gigabytes_ * part(figures.gb_hour);
}

float Ranking::score(const PoolFigures& figures) const {
  const double slow = delay(figures);
  const double cost = this->cost(figures);
  if (requirements_.objective == Objective::cheapest) return static_cast<float>(cost);
  if (requirements_.objective == Objective::fastest) return static_cast<float>(slow);
  const Weights& weights = preference_.weights;
  const bool hangs_on_carbon = requirements_.objective == Objective::greenest || weights.carbon > 0;
  const double carbon = hangs_on_carbon ? carbon_rate(figures) : 0;
  if (requirements_.objective == Objective::greenest)
    return static_cast<float>(carbon >= 0 ? known(carbon * slowness(figures)) : behind_known(cost));
  double sum = 0;
  if (weights.cost > 0) sum += weights.cost * (std::max(cost, cost_floor) / least_cost_);
  if (weights.time > 0) sum += weights.time * (slow / least_slowness_);
  if (weights.carbon > 0 && carbon < 0) return static_cast<float>(behind_known(sum));
  if (weights.carbon > 0) sum += weights.carbon * (std::max(carbon * slowness(figures), carbon_floor) / least_carbon_);
  return static_cast<float>(known(sum));
}

void Ranking::judge_names(const Attributes& attributes) {
  const auto& wanted = requirements_;
  const auto among = [](const std::vector<std::string>& allowed, const std::string& name) {
    return allowed.empty() || std::find(allowed.begin(), allowed.end(), name) != allowed.end();
  };
  for (std::size_t i = chips_.size(); i < attributes.chips.values().size(); ++i) {
    PoolRow row;
    row.chip = attributes.chips.values()[i];
    chips_.push_back(has_chip(row, wanted) ? 0 : wrong_chip);
  }
  for (std::size_t i = software_.size(); i < attributes.software.values().size(); ++i) {
    PoolRow row;
    for (const auto& [name, version] : attributes.software.values()[i]) row.software.push_back({name, version});
    const auto is_there = [&](const SoftwareNeed& need) { return has_software(row, need); };
    const bool has_all = std::all_of(wanted.software.begin(), wanted.software.end(), is_there);
    software_.push_back(has_all ? 0 : lacks_software);
  }
  for (std::size_t i = regions_.size(); i < attributes.regions.values().size(); ++i)
    regions_.push_back(among(wanted.regions, attributes.regions.values()[i]) ? 0 : wrong_region);
  for (std::size_t i = providers_.size(); i < attributes.providers.values().size(); ++i)
    providers_.push_back(among(wanted.providers, attributes.providers.values()[i]) ? 0 : wrong_provider);
}

std::uint16_t Ranking::judge(const PoolState& pool) const {
  if (!pool.is_known) return is_unknown;
  unsigned verdict = 0;
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    if (need_.each.of[kind] > pool.per_node.of[kind]) verdict |= 1U << kind;
  }
  if (need_.is_gang() && need_.nodes > pool.row.nodes) verdict |= too_few_nodes;
  if (need_.is_in_rack && need_.nodes > task_nodes_max_of(pool.row, true)) verdict |= has_small_racks;
  verdict |= chips_[pool.chip];
  verdict |= software_[pool.software];
  verdict |= regions_[pool.region];
  verdict |= providers_[pool.provider];
  if (pool.centre->current_offer() == nullptr) verdict |= has_no_offer;
  if (requirements_.core_capability_min > pool.row.core_capability) verdict |= too_slow;
  const bool has_cards = !pool.row.cards_per_node.is_zero();  // else it lacks cards, not fast ones
  if (has_cards && requirements_.card_capability_min > pool.row.card_capability) verdict |= has_slow_cards;
  if (latency_excess(requirements_, *pool.centre) > 0) verdict |= too_far;
  return static_cast<std::uint16_t>(verdict);
}

std::int64_t Ranking::margin(std::size_t verdict, const PoolState& pool) const {
  if (verdict < kinds) return need_.each.of[verdict] - pool.per_node.of[verdict];
  if (verdict_constraints[verdict] == Constraint::nodes) return need_.nodes - pool.row.nodes;
  if (verdict_constraints[verdict] == Constraint::rack) return need_.nodes - task_nodes_max_of(pool.row, true);
  if (verdict_constraints[verdict] == Constraint::capability)
    return requirements_.core_capability_min.value() - pool.row.core_capability.value();
  if (verdict_constraints[verdict] == Constraint::card_capability)
    return requirements_.card_capability_min.value() - pool.row.card_capability.value();
  if (verdict_constraints[verdict] == Constraint::latency) return latency_excess(requirements_, *pool.centre);
  return 0;
}

void Ranking::count(const PoolState& pool, std::uint16_t verdict, std::int64_t by) {
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if ((verdict >> i & 1) == 0) continue;
    Count& sum = counts_[i];
    const bool was_none = sum.pools == 0;
    sum.pools += by;
    if (by < 0) {
      sum.is_stale = true;
    } else {
      sum.margin = was_none ? margin(i, pool) : std::min(sum.margin, margin(i, pool));
    }
  }
}

/// Finds what relative scores are relative to: the least figures among the feasible pools that answer, or among
/// all when none does. True when they have changed.
bool Ranking::find_least(const World& world) {
  const double cost_before = least_cost_;
  const double slowness_before = least_slowness_;
  const double carbon_before = least_carbon_;
  for (const bool only_reachable : {true, false}) {
    least_cost_ = std::numeric_limits<double>::infinity();
    least_slowness_ = std::numeric_limits<double>::infinity();
    least_carbon_ = std::numeric_limits<double>::infinity();
    for (std::size_t at = 0; at < feasible_.words(); ++at) {
      const std::uint64_t word =
          feasible_.word(at) & (only_reachable ? world.reachable().word(at) : ~std::uint64_t{0});
      for_each_bit(word, at * 64, [&](std::size_t index) {
        const PoolFigures& figures = world.figures(static_cast<PoolIndex>(index));
        least_cost_ = std::min(least_cost_, std::max(cost(figures), cost_floor));
        least_slowness_ = std::min(least_slowness_, delay(figures));
        const double carbon = preference_.weights.carbon > 0 ? carbon_rate(figures) : -1;
        if (carbon >= 0)
          least_carbon_ = std::min(least_carbon_, std::max(carbon * slowness(figures), carbon_floor));
      });
    }
    if (least_cost_ < std::numeric_limits<double>::infinity()) break;
  }
  return cost_before != least_cost_ || slowness_before != least_slowness_ || carbon_before != least_carbon_;
}

void Ranking::build(const World& world) {
  judge_names(world.attributes());
  const std::size_t pools = world.pools().size();
  verdicts_.assign(pools, 0);
  counts_ = {};
  feasible_ = Bits();
  feasible_.resize(pools);
  rate_min_ = std::numeric_limits<double>::infinity();
  rate_max_ = 0;
  transfer_max_ = 0;
  for (const PoolState& pool : world.pools()) {
    const std::uint16_t verdict = judge(pool);
    verdicts_[pool.index] = verdict;
    count(pool, verdict, 1);
    if (verdict != 0) continue;
    feasible_.set(pool.index, true);
    const double hourly = rate(world.figures(pool.index));
    rate_min_ = std::min(rate_min_, hourly);
    rate_max_ = std::max(rate_max_, hourly);
    transfer_max_ = std::max(transfer_max_, world.figures(pool.index).transfer_gb);
  }
  if (preference_.is_relative()) (void)find_least(world);
  struct Keyed {
    float score;
    std::uint32_t rank;
    PoolIndex pool;
  };
  std::vector<Keyed> keyed;
  keyed.reserve(feasible_.count());
  for (std::size_t at = 0; at < feasible_.words(); ++at) {
    for_each_bit(feasible_.word(at), at * 64, [&](std::size_t index) {
      const auto pool = static_cast<PoolIndex>(index);
      keyed.push_back({score(world.figures(pool)), world.rank(pool), pool});
    });
  }
  std::sort(keyed.begin(), keyed.end(),
            [](const Keyed& a, const Keyed& b) { return a.score != b.score ? a.score < b.score : a.rank < b.rank; });
  order_.clear();
  order_.reserve(keyed.size());
  for (const Keyed& each : keyed) order_.push_back({each.score, each.pool});
  is_built_ = true;
}

void Ranking::insert(const World& world, const PoolState& pool) {
  const RankedPool entry{score(world.figures(pool.index)), pool.index};
  const std::uint32_t rank = world.rank(pool.index);
  const auto at =
      std::lower_bound(order_.begin(), order_.end(), entry, [&](const RankedPool& a, const RankedPool& b) {
        return a.score != b.score ? a.score < b.score : world.rank(a.pool) < rank;
      });
  order_.insert(at, entry);
}

void Ranking::remove(PoolIndex pool) {
  const auto found =
      std::find_if(order_.begin(), order_.end(), [&](const RankedPool& each) { return each.pool == pool; });
  ASSERT(found != order_.end());
  order_.erase(found);
}

void Ranking::update(const World& world, PoolIndex index) {
  const PoolState& pool = world.pool(index);
  if (index >= verdicts_.size()) {
    verdicts_.resize(index + 1, is_unknown);
  }
  const std::uint16_t before = verdicts_[index];
  if (before == 0) {
    remove(index);
  }
  count(pool, before, -1);
  const std::uint16_t verdict = judge(pool);
  verdicts_[index] = verdict;
  feasible_.set(index, verdict == 0);
  count(pool, verdict, 1);
  if (verdict != 0) return;
  const double hourly = rate(world.figures(pool.index));
  rate_min_ = std::min(rate_min_, hourly);
  rate_max_ = std::max(rate_max_, hourly);
  transfer_max_ = std::max(transfer_max_, world.figures(pool.index).transfer_gb);
  insert(world, pool);
}

void Ranking::refresh(const World& world, const ChangeLog& replaced) {
  if (is_fresh(replaced)) return;
  // Past some changes a new build is cheaper than the changes one by one.
  constexpr std::uint64_t updates_max = 256;
  if (!is_built_ || replaced.end() - cursor_ > updates_max) {
    build(world);
  } else {
    judge_names(world.attributes());
    replaced.for_each_since(cursor_, [&](PoolIndex pool) { update(world, pool); });
    // Scores that are relative to the least move all when the least does.
    if (preference_.is_relative() && find_least(world)) build(world);
  }
  cursor_ = replaced.end();
}

std::vector<RuledOut> Ranking::ruled_out(const World& world) const {
  std::vector<RuledOut> all;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    Count& sum = counts_[i];
    if (sum.pools == 0) continue;
    if (sum.is_stale) {
      sum.margin = int64_max;
      for (std::size_t pool = 0; pool < verdicts_.size(); ++pool) {
        if ((verdicts_[pool] >> i & 1) != 0)
          sum.margin = std::min(sum.margin, margin(i, world.pool(static_cast<PoolIndex>(pool))));
      }
      sum.is_stale = false;
    }
    // No number when none of them knows.
    const std::int64_t best = sum.margin != int64_max ? sum.margin : 0;
    all.push_back({verdict_constraints[i], static_cast<std::int32_t>(sum.pools), best});
  }
  return all;
}

std::size_t Ranking::bytes() const {
  return sizeof(Ranking) + order_.capacity() * sizeof(RankedPool) + verdicts_.capacity() * 2 + feasible_.words() * 8;
}

}  // namespace dayan::place
