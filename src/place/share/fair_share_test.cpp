#include "place/share/fair_share.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/prng.h"
#include "place/share/serve_order.h"

namespace dayan::place::share {
namespace {

constexpr UnixTime epoch(1'800'000'000'000'000);
constexpr Duration half_life = Duration::hours(24);
constexpr std::int64_t mebibyte = 1 << 20;

Use use_of(std::int64_t cores, std::int64_t mebibytes, std::int64_t millicards, Duration length) {
  return {{{cores, mebibytes * mebibyte, millicards}}, length};
}

// Shows that integer growth is 2^(time / half life) to nine digits, before and after the epoch, and falls back by it.
TEST(Decay, GrowsByTwoEachHalfLife) {
  Prng random(1);
  const Decay decay(half_life, epoch);
  for (int i = 0; i < 20'000; ++i) {
    const Duration since =
        Duration::microseconds(random.between(-5 * half_life.microseconds(), 16 * half_life.microseconds()));
    const auto amount = static_cast<std::uint64_t>(random.between(1'000'000, 1'000'000'000'000));
    const long double exact = static_cast<long double>(amount) *
                              std::exp2(static_cast<long double>(since.microseconds()) / half_life.microseconds());
    const UInt128 grown = decay.grown(amount, epoch + since);
    ASSERT_NEAR(static_cast<double>(std::ldexp(static_cast<long double>(grown), -32) / exact), 1, 3e-9);
    const UInt128 back = decay.worth(grown, epoch + since);
    ASSERT_LE(back, amount);
    ASSERT_GE(back + 33, amount);
    const UInt128 later = decay.worth(grown, epoch + since + half_life * 3);
    ASSERT_NEAR(static_cast<double>(later) / (static_cast<double>(amount) / 8), 1, 1e-4);
  }
}

/// Every charge kept with its moment; what they are worth now is summed by long double when asked.
class Oracle {
 public:
  explicit Oracle(const Amounts& capacity) : capacity_(capacity) {}

  void add_project(std::size_t organisation, std::int64_t weight) {
    projects_.push_back({organisation, weight, false});
  }
  void add_organisation(std::int64_t weight) { organisations_.push_back(weight); }
  void charge(std::size_t project, const Use& use, UnixTime at, int sign) {
    charges_.push_back({project, use, at, sign});
  }
  void set_waiting(std::size_t project, bool waits) { projects_[project].waits = waits; }
  void set_weight(std::size_t organisation, std::int64_t weight) { organisations_[organisation] = weight; }
  void set_capacity(const Amounts& capacity) { capacity_ = capacity; }

  /// How far from the least dominant share per weight the choice is: 1 is the least; of the organisation, then of the
  /// project within it.
  double excess(std::size_t chosen, UnixTime now) const {
    const std::size_t organisation = projects_[chosen].organisation;
    long double least_organisation = -1;
    long double least_project = -1;
    for (std::size_t p = 0; p < projects_.size(); ++p) {
      if (!projects_[p].waits) continue;
      const long double whole =
          share_of([&](std::size_t q) { return projects_[q].organisation == projects_[p].organisation; }, now) /
          organisations_[projects_[p].organisation];
      if (least_organisation < 0 || whole < least_organisation) least_organisation = whole;
      if (projects_[p].organisation != organisation) continue;
      const long double own = share_of([&](std::size_t q) { return q == p; }, now) / projects_[p].weight;
      if (least_project < 0 || own < least_project) least_project = own;
    }
    const long double whole =
        share_of([&](std::size_t q) { return projects_[q].organisation == organisation; }, now) /
        organisations_[organisation];
    const long double own = share_of([&](std::size_t q) { return q == chosen; }, now) / projects_[chosen].weight;
    const auto ratio = [](long double is, long double least) { return is <= least + 1e-12L ? 1.0L : is / least; };
    return static_cast<double>(std::max(ratio(whole, least_organisation), ratio(own, least_project)));
  }
  /// The dominant share, undivided by a weight, as if 1 unit-second a second were all.
  template <class Of>
  long double share_of(const Of& of, UnixTime now) const {
    std::array<long double, kinds> used{};
    for (const Charge& charge : charges_) {
      if (!of(charge.project)) continue;
      const long double age = static_cast<long double>((now - charge.at).microseconds()) / half_life.microseconds();
      for (std::size_t kind = 0; kind < kinds; ++kind)
        used[kind] += charge.sign * static_cast<long double>(charge.use.held.of[kind]) *
                      charge.use.length.seconds_up() * std::exp2(-age);
    }
    long double share = 0;
    for (std::size_t kind = 0; kind < kinds; ++kind) share = std::max(share, used[kind] / capacity_.of[kind]);
    return share;
  }

 private:
  struct Member {
    std::size_t organisation;
    std::int64_t weight;
    bool waits;
  };
  struct Charge {
    std::size_t project;
    Use use;
    UnixTime at;
    int sign;
  };
  Amounts capacity_;
  std::vector<std::int64_t> organisations_;
  std::vector<Member> projects_;
  std::vector<Charge> charges_;
};

// Shows that after any charges, credits, changes of weight, of capacity and of who waits, over years, the turn is
// that of the organisation, and in it of the project, with the least decayed dominant share per weight.
TEST(FairShare, TheTurnIsThatOfTheLeastServed) {
  Prng random(42);
  int turns = 0;
  for (int round = 0; round < 40; ++round) {
    Amounts capacity{
        {random.between(1000, 5000), random.between(1'000, 100'000) * mebibyte, random.between(10'000, 90'000)}};
    auto shares = FairShare::make(capacity, half_life, epoch).value();
    Oracle oracle(capacity);
    const auto organisations = random.between(1, 5);
    for (int o = 0; o < organisations; ++o) {
      const auto weight = random.between(100, 5000);
      ASSERT_TRUE(shares.add_organisation(weight));
      oracle.add_organisation(weight);
    }
    const auto projects = random.between(1, 12);
    for (int p = 0; p < projects; ++p) {
      const OrganisationIndex organisation{
          static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(organisations)))};
      const auto weight = random.between(100, 5000);
      ASSERT_TRUE(shares.add_project(organisation, weight));
      oracle.add_project(static_cast<std::size_t>(organisation.value), weight);
    }
    UnixTime now = epoch;
    struct Held {
      ProjectIndex project;
      Use use;
      UnixTime at;
    };
    std::vector<Held> held;
    for (int step = 0; step < 120; ++step) {
      now = now + Duration::seconds(random.between(0, random.chance(1, 30) ? 2'000'000 : 20'000));
      const ProjectIndex project{static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(projects)))};
      switch (random.below(7)) {
        case 0:
        case 1:
        case 2: {
          const Use use = use_of(random.between(0, 500), random.between(0, 10'000), random.between(0, 8000),
                                 Duration::seconds(random.between(1000, 100'000)));
          ASSERT_TRUE(shares.charge(project, use, now));
          oracle.charge(static_cast<std::size_t>(project.value), use, now, 1);
          held.push_back({project, use, now});
          break;
        }
        case 3: {
          if (held.empty()) break;
          const std::size_t at = random.below(held.size());
          ASSERT_TRUE(shares.credit(held[at].project, held[at].use, held[at].at));
          oracle.charge(static_cast<std::size_t>(held[at].project.value), held[at].use, held[at].at, -1);
          held.erase(held.begin() + static_cast<std::ptrdiff_t>(at));
          break;
        }
        case 4: {
          const bool waits = random.chance(2, 3);
          shares.set_waiting(project, waits);
          oracle.set_waiting(static_cast<std::size_t>(project.value), waits);
          break;
        }
        case 5: {
          const auto organisation = random.below(static_cast<std::uint64_t>(organisations));
          const auto weight = random.between(100, 5000);
          ASSERT_TRUE(shares.set_weight(OrganisationIndex{static_cast<std::int32_t>(organisation)}, weight));
          oracle.set_weight(organisation, weight);
          break;
        }
        default:
          if (!random.chance(1, 4)) break;
          capacity.of[in_cores] = random.between(1000, 5000);
          ASSERT_TRUE(shares.set_capacity(capacity));
          oracle.set_capacity(capacity);
      }
      const auto turn = shares.next();
      if (!turn) continue;
      ++turns;
      ASSERT_LT(oracle.excess(static_cast<std::size_t>(turn->value), now), 1 + 1e-4) << round << ' ' << step;
    }
  }
  EXPECT_GT(turns, 3000);
}

// Shows that a charge taken back leaves exactly what was there, so that a job that did not start costs nothing.
TEST(FairShare, ACreditUndoesItsCharge) {
  auto shares = FairShare::make({{100, 100 * mebibyte, 1000}}, half_life, epoch).value();
  const auto organisation = shares.add_organisation().value();
  const auto one = shares.add_project(organisation).value();
  const auto other = shares.add_project(organisation).value();
  const UnixTime at = epoch + Duration::seconds(12'345);
  ASSERT_TRUE(shares.charge(one, use_of(7, 3, 500, Duration::hours(5)), at));
  const Standing before = shares.standing(one, at);
  ASSERT_TRUE(shares.charge(one, use_of(9, 9, 999, Duration::hours(9)), at + half_life * 3));
  ASSERT_TRUE(shares.credit(one, use_of(9, 9, 999, Duration::hours(9)), at + half_life * 3));
  EXPECT_EQ(shares.standing(one, at).used, before.used);
  ASSERT_TRUE(shares.credit(one, use_of(7, 3, 500, Duration::hours(5)), at));
  EXPECT_EQ(shares.standing(one, at).used, (std::array<std::int64_t, kinds>{}));
  EXPECT_EQ(shares.standing(organisation, at).used, (std::array<std::int64_t, kinds>{}));
  EXPECT_EQ(shares.standing(other, at).share, 0);
}

// Shows the example of the DRF paper (NSDI'11, section 4.1): 9 CPUs and 18 GB; A's tasks take <1 CPU, 4 GB>, B's <3
// CPUs, 1 GB>. Progressive filling starts three tasks of A and two of B, in turn.
TEST(FairShare, FillsAsInTheDrfPaper) {
  auto shares = FairShare::make({{9, 18 * mebibyte, 0}}, half_life, epoch).value();
  const auto organisation = shares.add_organisation().value();
  const auto a = shares.add_project(organisation).value();
  const auto b = shares.add_project(organisation).value();
  std::vector<Waiting> jobs;
  for (int i = 0; i < 5; ++i) jobs.push_back({a, use_of(1, 4, 0, Duration::hours(1))});
  for (int i = 0; i < 5; ++i) jobs.push_back({b, use_of(3, 1, 0, Duration::hours(1))});
  const auto order = serve_order(shares, jobs, epoch);
  ASSERT_EQ(order.size(), jobs.size());
  EXPECT_EQ(std::vector<std::size_t>(order.begin(), order.begin() + 5), (std::vector<std::size_t>{0, 5, 1, 6, 2}));
}

// Shows that a half life halves the share, that weights divide the entitlement down the tree, and what a deficit is.
TEST(FairShare, StandingIsToldInMillionths) {
  auto shares = FairShare::make({{1000, 0, 0}}, half_life, epoch).value();
  const auto big = shares.add_organisation(3000).value();
  const auto small = shares.add_organisation(1000).value();
  const auto first = shares.add_project(big, 1000).value();
  ASSERT_TRUE(shares.add_project(big, 2000));
  // All cores for a day, counted at its start: 24 h / (24 h / ln 2) = ln 2 of the whole.
  ASSERT_TRUE(shares.charge(first, use_of(1000, 5, 5, Duration::hours(24)), epoch));
  EXPECT_NEAR(static_cast<double>(shares.standing(first, epoch).share), 693'147, 2);
  EXPECT_NEAR(static_cast<double>(shares.standing(big, epoch + half_life).share), 346'573, 2);
  EXPECT_EQ(shares.standing(first, epoch).dominant, in_cores);
  EXPECT_EQ(shares.standing(first, epoch).used[in_cores], 86'400'000);
  EXPECT_EQ(shares.standing(big, epoch).entitlement, 750'000);
  EXPECT_NEAR(static_cast<double>(shares.standing(first, epoch).entitlement), 250'000, 1);
  EXPECT_EQ(shares.standing(small, epoch).deficit(), 250'000);
  EXPECT_LT(shares.standing(first, epoch).deficit(), 0);
}

// Shows that a use is forgotten in the end, and that years without a charge do no harm.
TEST(FairShare, OldUseIsForgotten) {
  auto shares = FairShare::make({{1000, 0, 0}}, half_life, epoch).value();
  const auto organisation = shares.add_organisation().value();
  const auto project = shares.add_project(organisation).value();
  ASSERT_TRUE(shares.charge(project, use_of(1000, 0, 0, Duration::hours(24)), epoch));
  const UnixTime later = epoch + half_life * 4000;
  ASSERT_TRUE(shares.charge(project, use_of(10, 0, 0, Duration::seconds(7)), later));
  EXPECT_EQ(shares.standing(project, later).used[in_cores], 70);
  EXPECT_EQ(shares.standing(project, later + half_life * 4000).used[in_cores], 0);
}

// Shows that a fast card weighs more than a slow one, and a fraction of a card is never free.
TEST(FairShare, CardsCountByCapability) {
  EXPECT_EQ(by_capability(MilliCards(2000), Capability(25'000)), MilliCards(5000));
  EXPECT_EQ(by_capability(MilliCards(1), Capability(1)), MilliCards(1));
  EXPECT_EQ(by_capability(MilliCards(0), Capability(25'000)), MilliCards(0));
}

// Shows that queues are told in the order of turns, and that members that do not wait have none.
TEST(FairShare, OrderOfTurns) {
  auto shares = FairShare::make({{1000, 0, 0}}, half_life, epoch).value();
  const auto first = shares.add_organisation().value();
  const auto second = shares.add_organisation().value();
  const auto third = shares.add_organisation().value();
  std::vector<ProjectIndex> projects;
  for (const auto organisation : {first, first, second, third})
    projects.push_back(shares.add_project(organisation).value());
  EXPECT_FALSE(shares.next());
  for (std::size_t p = 0; p < 3; ++p) shares.set_waiting(projects[p], true);
  ASSERT_TRUE(shares.charge(projects[0], use_of(5, 0, 0, Duration::hours(1)), epoch));
  EXPECT_EQ(shares.organisations_in_turn(), (std::vector<OrganisationIndex>{second, first}));
  EXPECT_EQ(shares.projects_in_turn(first), (std::vector<ProjectIndex>{projects[1], projects[0]}));
  EXPECT_EQ(*shares.next(), projects[2]);
  shares.set_waiting(projects[2], false);
  EXPECT_EQ(*shares.next(), projects[1]);
  EXPECT_TRUE(shares.projects_in_turn(third).empty());
}

// Shows that bad input is refused with the field that is wrong, and counts nothing.
TEST(FairShare, BadInputIsNamed) {
  EXPECT_EQ(FairShare::make({{0, 0, 0}}, half_life, epoch).error().field, "capacity");
  EXPECT_EQ(FairShare::make({{1, 0, -1}}, half_life, epoch).error().field, "capacity.cards");
  EXPECT_EQ(FairShare::make({{1, 0, 0}}, Duration(), epoch).error().field, "half_life");
  auto shares = FairShare::make({{1000, 0, 0}}, half_life, epoch).value();
  EXPECT_EQ(shares.add_organisation(0).error().field, "weight");
  const auto organisation = shares.add_organisation().value();
  EXPECT_EQ(shares.add_project(organisation, -1).error().field, "weight");
  const auto project = shares.add_project(organisation).value();
  EXPECT_EQ(shares.charge(project, use_of(-1, 0, 0, half_life), epoch).error().field, "held.cores");
  EXPECT_EQ(shares.charge(project, use_of(1, 0, 0, Duration::seconds(-1)), epoch).error().field, "length");
  EXPECT_EQ(shares.charge(project, use_of(int64_max, 0, 0, half_life), epoch).error().field, "held.cores");
  EXPECT_EQ(shares.standing(project, epoch).share, 0);
}

}  // namespace
}  // namespace dayan::place::share
