#include <algorithm>
#include <array>
#include <string>

#include "bench/platform_load.h"
#include "model/chip.h"

/// What a platform's load is drawn from: centres, pools and kinds of jobs.

namespace dayan::bench {
namespace {

constexpr std::int64_t busy_regions = 4;  ///< of all of them
constexpr std::array<const char*, 12> regions{"guizhou",  "shanghai", "beijing",        "guangdong",
                                              "gansu",    "ningxia",  "inner-mongolia", "sichuan",
                                              "zhejiang", "jiangsu",  "hunan",          "xinjiang"};
constexpr std::array<const char*, 8> chips{"a800", "h800", "h20", "910b", "910c", "mi308", "k100", "l20"};
constexpr std::array<const char*, 12> programs{"povray", "blender",  "python", "pytorch", "wrf",    "gromacs",
                                               "lammps", "openfoam", "vasp",   "cp2k",    "ffmpeg", "mpi"};
constexpr std::array<std::int64_t, 5> wall_hours{24, 48, 72, 168, 720};

std::string numbered(const char* name, std::int64_t number) { return name + std::to_string(number); }

template <class List>
auto any(Prng& random, const List& list) {
  return list[random.below(list.size())];
}

}  // namespace

PlatformLoad::PlatformLoad(const PlatformSize& size, place::Engine& engine)
    : size_(size), engine_(engine), random_(size.seed) {
  const std::int64_t providers = std::max<std::int64_t>(size.centres / 10, 1);
  for (std::int64_t i = 0; i < size.centres; ++i) {
    CentreRow row;
    row.id = CentreId(1 + i);
    row.provider = OrganisationId(customers + 1 + i % providers);
    row.name = numbered("centre-", i);
    row.region = regions[static_cast<std::size_t>(i) % regions.size()];
    centres_.push_back(row);
  }
  std::vector<OfferRow> offers;
  for (const CentreRow& centre : centres_) {
    OfferRow offer;
    offer.id = OfferId(centre.id.value());
    offer.centre = centre.id;
    offer.core_hour = Cny::micro(random_.between(50'000, 300'000));
    offer.card_hour = Cny::micro(random_.between(4'000'000, 24'000'000));
    offer.gb_hour = Cny::micro(random_.between(5'000, 30'000));
    offers.push_back(offer);
  }
  // Few sites build their software alone: most take one of some stacks.
  std::vector<std::vector<Software>> stacks(200);
  for (auto& stack : stacks) {
    for (const char* program : programs) {
      if (random_.chance(1, 3)) stack.push_back({program, std::to_string(random_.between(1, 4))});
    }
  }
  for (std::int64_t i = 0; i < size.pools; ++i) {
    const auto at = static_cast<std::size_t>(i % size.centres);
    Pool pool;
    pool.offer = offers[at];
    PoolRow& row = pool.row;
    row.centre = centres_[at].id;
    row.name = numbered("pool-", i / size.centres);
    row.nodes = static_cast<std::int32_t>(random_.between(1, 8));
    row.cores_per_node = Cores(32 * random_.between(1, 4));
    row.memory_per_node = Bytes(row.cores_per_node.value() * (2 << random_.below(3)) * 1'000'000'000);
    row.wall_time_max = Duration::hours(any(random_, wall_hours));
    row.core_capability = Capability(random_.between(5'000, 25'000));
    if (random_.chance(1, 3)) {
      row.cards_per_node = MilliCards(8'000);
      row.chip = any(random_, chips);
      fill_card_capability(row);
    }
    row.software = any(random_, stacks);
    pool.is_busy = !row.cards_per_node.is_zero() || at % regions.size() < busy_regions;
    pool_index_[{row.centre, row.name}] = static_cast<std::uint32_t>(pools_.size());
    pools_.push_back(std::move(pool));
  }
  wallets_.resize(customers + 1);
  draw_kinds();
}

void PlatformLoad::draw_chips(Requirements& needs) {
  constexpr std::array<std::int64_t, 6> amounts{250, 500, 1'000, 2'000, 4'000, 8'000};
  const std::int64_t cards = any(random_, amounts);
  needs.resources.cards = MilliCards(cards);
  needs.resources.cores = Cores(std::max<std::int64_t>(cards / 1'000, 1) * (random_.chance(1, 2) ? 4 : 8));
  needs.resources.memory = Bytes(needs.resources.cores.value() * 2'000'000'000);
  for (auto models = random_.below(4); models > 0; --models) needs.chips.emplace_back(any(random_, chips));
}

void PlatformLoad::draw_kinds() {
  constexpr std::array<std::int64_t, 6> core_counts{1, 2, 4, 8, 16, 32};
  for (std::int64_t i = 0; i < size_.kinds; ++i) {
    Kind kind;
    kind.is_busy = i % 4 != 0;
    Requirements& needs = kind.requirements;
    needs.resources.cores = Cores(any(random_, core_counts));
    needs.resources.memory = Bytes(needs.resources.cores.value() * (1 << random_.below(3)) * 1'000'000'000);
    const bool wants_cards = kind.is_busy && random_.chance(1, 2);
    if (wants_cards) draw_chips(needs);
    // Every other training on whole nodes takes several of them.
    if (needs.resources.cards == MilliCards(8'000) && i % 2 == 0)
      needs.resources.nodes = static_cast<std::int32_t>(2 + i % 3);
    // Of the full part: cards anywhere, or a busy region. Of the other: any
    // region, or some that are not busy.
    if (kind.is_busy && !wants_cards) needs.regions.emplace_back(regions[random_.below(busy_regions)]);
    if (!kind.is_busy && random_.chance(1, 2)) {
      for (auto more = random_.between(1, 3); more > 0; --more)
        needs.regions.emplace_back(regions[busy_regions + random_.below(regions.size() - busy_regions)]);
    }
    if (random_.chance(1, 3))
      needs.software.push_back({any(random_, programs), std::to_string(random_.between(1, 3))});
    const std::uint64_t objective = random_.below(20);
    needs.objective = objective < 8 ? Objective::balanced : objective < 15 ? Objective::cheapest : Objective::fastest;
    (kind.is_busy ? busy_kinds_ : free_kinds_).push_back(static_cast<std::uint32_t>(i));
    kinds_.push_back(std::move(kind));
  }
}

/// The first kinds often, the last seldom: the product of two even draws.
std::uint32_t PlatformLoad::draw_kind(bool is_busy) {
  const auto& list = is_busy ? busy_kinds_ : free_kinds_;
  const std::uint64_t first = random_.below(list.size()) + 1;
  return list[random_.below(first)];
}

place::Question PlatformLoad::draw_question() {
  place::Question question;
  question.organisation = OrganisationId(1);
  question.requirements = kinds_[random_.below(kinds_.size())].requirements;
  question.requirements.run_time = Duration::hours(1);
  question.requirements.wall_time = Duration::hours(4);
  return question;
}

}  // namespace dayan::bench
