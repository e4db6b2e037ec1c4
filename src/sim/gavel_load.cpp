#include "sim/gavel_load.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "sim/scenario.h"
#include "trace/draw.h"

namespace dayan::sim {
namespace {

constexpr std::int64_t reference = 10'000;  ///< the fastest type, as a Capability
constexpr std::int64_t cards_of_a_type = 36;
constexpr std::int64_t cards_per_node = 4;
constexpr Cores cores_per_card(8);
constexpr Bytes memory_per_card(60'000'000'000);
constexpr std::pair<std::string_view, std::int64_t> micro_yuan_an_hour[] = {
    {"v100", 2'480'000}, {"p100", 1'460'000}, {"k80", 450'000}};
constexpr std::int64_t usual_price = 1'000'000;
/// How often a job takes one card, or two or four, or eight.
constexpr double scale_parts[] = {0.7, 0.25, 0.05};
constexpr double short_part = 0.8;
constexpr double looseness = 1.5;
constexpr std::string_view spread = "_unconsolidated";

std::size_t scale_class(std::int32_t scale) { return scale == 1 ? 0 : scale <= 4 ? 1 : 2; }

Duration on_speed(Duration run, Capability speed) {
  const auto here = mul_div(run.microseconds(), reference, speed.value(), Rounding::up);
  return here ? Duration::microseconds(*here) : never;
}

/// Of the logarithms, over what was measured: no kind weighs more for being counted in smaller steps.
double mean_rate(const trace::GavelTable::Card& card) {
  double sum = 0;
  int count = 0;
  for (const std::optional<double>& rate : card.rates) {
    if (!rate || *rate <= 0) continue;
    sum += std::log(*rate);
    ++count;
  }
  return count == 0 ? 0 : std::exp(sum / count);
}

}  // namespace

Result<GavelLoad> GavelLoad::make(const trace::GavelTable& table) {
  const trace::GavelTable::Card* fastest = nullptr;
  for (const trace::GavelTable::Card& card : table.cards) {
    if (card.name.ends_with(spread)) continue;
    if (fastest == nullptr || mean_rate(card) > mean_rate(*fastest)) fastest = &card;
  }
  if (fastest == nullptr || mean_rate(*fastest) <= 0)
    return fail(ErrorCode::invalid, "no kind of job runs on any type of card", "a table with measured rates");
  GavelLoad load;
  for (const trace::GavelKind& kind : table.kinds) load.scales_.push_back(kind.scale);
  for (const trace::GavelTable::Card& card : table.cards) {
    if (card.name.ends_with(spread)) continue;
    Type type{card.name, {}, std::vector<Capability>(table.kinds.size())};
    double sum = 0;
    int count = 0;
    for (std::size_t kind = 0; kind < table.kinds.size(); ++kind) {
      const double rate = card.rates[kind].value_or(0);
      const double best = fastest->rates[kind].value_or(0);
      if (rate <= 0 || best <= 0) continue;
      type.speed[kind] = Capability(std::max<std::int64_t>(1, std::llround(rate / best * reference)));
      sum += std::log(rate / best);
      ++count;
    }
    if (count > 0) type.mean = Capability(std::max<std::int64_t>(1, std::llround(std::exp(sum / count) * reference)));
    load.types_.push_back(std::move(type));
  }
  std::ranges::sort(load.types_, {}, &Type::name);
  return load;
}

jobfile::PlatformFile GavelLoad::platform() const {
  jobfile::PlatformFile file;
  for (const Type& type : types_) {
    jobfile::CentreFile centre;
    centre.name = type.name;
    centre.provider = "gavel";
    centre.region = "nowhere";
    const auto* const known =
        std::ranges::find(micro_yuan_an_hour, type.name, [](const auto& each) { return each.first; });
    centre.card_hour = Cny::micro(known != std::ranges::end(micro_yuan_an_hour) ? known->second : usual_price);
    PoolRow pool;
    pool.name = type.name;
    pool.chip = type.name;
    pool.nodes = cards_of_a_type / cards_per_node;
    pool.cores_per_node = cores_per_card * cards_per_node;
    pool.memory_per_node = memory_per_card * cards_per_node;
    pool.cards_per_node = MilliCards(cards_per_node * 1'000);
    pool.card_capability = type.mean;
    pool.card_capability_source = CapabilitySource::measured;
    pool.wall_time_max = wall_time_limit_max;
    centre.pools.push_back(std::move(pool));
    file.centres.push_back(std::move(centre));
  }
  return file;
}

std::vector<std::size_t> GavelLoad::types_for(std::size_t kind, Duration run) const {
  std::vector<std::size_t> types;
  for (std::size_t type = 0; type < types_.size(); ++type) {
    const Capability speed = types_[type].speed[kind];
    if (!speed.is_zero() && on_speed(run, speed) <= wall_time_limit_max) types.push_back(type);
  }
  return types;
}

Requirements GavelLoad::needs_of(std::size_t kind) const {
  const std::int64_t nodes = (scales_[kind] + cards_per_node - 1) / cards_per_node;
  const std::int64_t cards = (scales_[kind] + nodes - 1) / nodes;  // on each, rounded up to like nodes
  Requirements needs;
  needs.resources = {cores_per_card * cards, memory_per_card * cards, MilliCards(cards * 1'000),
                     static_cast<std::int32_t>(nodes)};
  return needs;
}

Load GavelLoad::draw(std::int64_t jobs, double load, std::uint64_t seed) const {
  std::vector<std::size_t> by_scale[std::size(scale_parts)];
  for (std::size_t kind = 0; kind < scales_.size(); ++kind)
    if (!types_for(kind, Duration()).empty()) by_scale[scale_class(scales_[kind])].push_back(kind);
  double parts[std::size(scale_parts)];
  for (std::size_t i = 0; i < std::size(parts); ++i) parts[i] = by_scale[i].empty() ? 0 : scale_parts[i];
  Load made;
  std::map<std::pair<std::size_t, std::vector<std::size_t>>, std::uint32_t> known;  // by kind and types
  trace::Draw draw(seed);
  double work = 0;  // card seconds on the fastest type
  for (std::int64_t i = 0; i < jobs; ++i) {
    const std::vector<std::size_t>& kinds = by_scale[draw.index(parts)];
    const std::size_t kind = kinds[static_cast<std::size_t>(draw.between(0, std::ssize(kinds) - 1))];
    const double minutes = std::pow(10, draw.uniform() < short_part ? draw.uniform(1.5, 3) : draw.uniform(3, 4));
    LoadJob job;
    job.name = "g" + std::to_string(i + 1);
    job.run = Duration::seconds(std::llround(minutes * 60));
    job.estimate = job.run;
    std::vector<std::size_t> types = types_for(kind, job.run);
    Duration longest;
    for (const std::size_t type : types) longest = std::max(longest, on_speed(job.run, types_[type].speed[kind]));
    const double limit = std::ceil(static_cast<double>(longest.seconds_up()) * looseness);
    job.limit = std::min(wall_time_limit_max, Duration::seconds(std::llround(limit)));
    const auto [place, is_new] = known.try_emplace({kind, types}, static_cast<std::uint32_t>(made.kinds.size()));
    job.kind = place->second;
    if (is_new) {
      Requirements& needs = made.kinds.emplace_back(needs_of(kind));
      auto& speeds = made.speeds.emplace_back();
      for (const std::size_t type : types) {
        needs.chips.push_back(types_[type].name);
        speeds.emplace(types_[type].name, types_[type].speed[kind]);
      }
    }
    const Resources& resources = made.kinds[job.kind].resources;
    work += static_cast<double>(resources.nodes * resources.cards.value()) / 1'000 * minutes * 60;
    job.submit = Duration::microseconds(std::llround(-std::log(draw.uniform()) * 1e6));  // a gap, of the mean 1 s
    made.jobs.push_back(std::move(job));
  }
  double supply = 0;  // card seconds a second
  for (const Type& type : types_)
    supply += static_cast<double>(cards_of_a_type * type.mean.value()) / static_cast<double>(reference);
  const double mean_gap = work / static_cast<double>(jobs) / (supply * load);
  double at = 0;
  for (LoadJob& job : made.jobs) {
    at += static_cast<double>(job.submit.microseconds()) * mean_gap;
    job.submit = Duration::microseconds(std::llround(at));
  }
  return made;
}

}  // namespace dayan::sim
