#include "place/share/max_min.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/prng.h"

namespace dayan::place::share {
namespace {

/// The linear program as it is written down, solved by a plain simplex with Bland's rule: slow, obviously right, and
/// nothing in common with the solver. Variables: the level, then x[job][type]; all rows are ≤ with right sides ≥ 0.
class OracleProgram {
 public:
  OracleProgram(const Cluster& cluster, const std::vector<Work>& works) : types_(cluster.card_counts.size()) {
    const std::size_t variables = 1 + works.size() * types_;
    double all = 0;
    for (const double count : cluster.card_counts) all += count;
    for (std::size_t j = 0; j < works.size(); ++j) {
      const auto rates = cluster.rates_of(works[j].kind);
      double mean = 0;
      for (std::size_t g = 0; g < types_; ++g) mean += rates[g] * cluster.card_counts[g] / all;
      std::vector<double> reaches(variables);
      std::vector<double> time(variables);
      reaches[0] = 1;
      for (std::size_t g = 0; g < types_; ++g) {
        reaches[1 + j * types_ + g] = -rates[g] * works[j].scale / works[j].weight / mean;
        time[1 + j * types_ + g] = 1;
      }
      add_row(reaches, 0);
      add_row(time, 1);
    }
    for (std::size_t g = 0; g < types_; ++g) {
      std::vector<double> cards(variables);
      for (std::size_t j = 0; j < works.size(); ++j) cards[1 + j * types_ + g] = works[j].scale;
      add_row(cards, cluster.card_counts[g]);
    }
  }

  /// The greatest level.
  double solve() {
    const std::size_t variables = rows_[0].size() - 1;
    const std::size_t count = rows_.size();
    for (std::size_t i = 0; i < count; ++i) {
      const double right = rows_[i].back();
      rows_[i].pop_back();
      for (std::size_t k = 0; k < count; ++k) rows_[i].push_back(k == i ? 1 : 0);
      rows_[i].push_back(right);
    }
    std::vector<double> gain(rows_[0].size());
    gain[0] = 1;
    rows_.push_back(gain);
    std::vector<std::size_t> basis(count);
    for (std::size_t i = 0; i < count; ++i) basis[i] = variables + i;
    while (true) {
      std::size_t column = 0;
      while (column + 1 < rows_[count].size() && rows_[count][column] <= 1e-11) ++column;
      if (column + 1 >= rows_[count].size()) return -rows_[count].back();
      std::size_t row = count;
      for (std::size_t i = 0; i < count; ++i) {
        if (rows_[i][column] <= 1e-11) continue;
        if (row == count) {
          row = i;
          continue;
        }
        const double ratio = rows_[i].back() / rows_[i][column];
        const double least = rows_[row].back() / rows_[row][column];
        if (ratio < least || (ratio == least && basis[i] < basis[row])) row = i;
      }
      EXPECT_LT(row, count) << "unbounded";
      const double by = rows_[row][column];
      for (double& cell : rows_[row]) cell /= by;
      for (std::size_t i = 0; i <= count; ++i) {
        if (i == row || rows_[i][column] == 0) continue;
        const double times = rows_[i][column];
        for (std::size_t k = 0; k < rows_[i].size(); ++k) rows_[i][k] -= times * rows_[row][k];
      }
      basis[row] = column;
    }
  }

 private:
  void add_row(std::vector<double> row, double right) {
    row.push_back(right);
    rows_.push_back(std::move(row));
  }
  std::size_t types_;
  std::vector<std::vector<double>> rows_;
};

/// The level that a job reaches with a share, by Gavel's formula.
double level_of(const Cluster& cluster, const Work& work, std::span<const double> share) {
  double all = 0;
  double mean = 0;
  double reached = 0;
  for (std::size_t g = 0; g < share.size(); ++g) {
    const double rate = cluster.rates_of(work.kind)[g];
    all += cluster.card_counts[g];
    mean += rate * cluster.card_counts[g];
    reached += rate * share[g];
  }
  return work.scale / work.weight / (mean / all) * reached;
}

/// What the cheapest way to a level costs a job at these prices: all pairs of types, or of a type and rest, are
/// tried.
double least_cost(const Cluster& cluster, const Work& work, const std::vector<double>& prices, double level) {
  std::vector<std::pair<double, double>> points{{0, 0}};  // reached, paid
  for (std::size_t g = 0; g < prices.size(); ++g) {
    std::vector<double> whole(prices.size());
    whole[g] = 1;
    if (cluster.card_counts[g] > 0) points.emplace_back(level_of(cluster, work, whole), work.scale * prices[g]);
  }
  double least = INFINITY;
  for (const auto& [low, low_cost] : points)
    for (const auto& [high, high_cost] : points)
      if (low <= level && level <= high && low < high)
        least = std::min(least, low_cost + (high_cost - low_cost) * (level - low) / (high - low));
  return least;
}

/// Whether prices prove that no level above the bound can be had: a job is too slow for more, or all jobs together
/// would have to pay more than all cards cost.
bool proves(const Cluster& cluster, const std::vector<Work>& works, const Level& answer) {
  double cost = 0;
  for (const Work& work : works) cost += least_cost(cluster, work, answer.prices, answer.bound * (1 + 1e-12));
  return cost >= 1 - 1e-9;  // infinite when a job is too slow
}

struct Case {
  Cluster cluster;
  std::vector<Work> works;
};

/// Random cases with unlike weights and rates, and with many ties, types without cards and kinds that run nowhere.
Case random_case(Prng& random, int jobs_max) {
  Case result;
  const bool ties = random.chance(1, 2);
  const auto types = random.between(1, 5);
  const auto kinds = random.between(1, 6);
  for (int g = 0; g < types; ++g)
    result.cluster.card_counts.push_back(random.chance(1, 8) ? 0 : static_cast<double>(random.between(1, 12)));
  result.cluster.card_counts[0] = 3;
  for (int i = 0; i < types * kinds; ++i) {
    const double rate =
        ties ? static_cast<double>(random.between(1, 3)) : static_cast<double>(random.between(1, 1'000'000)) / 1000;
    result.cluster.rates.push_back(random.chance(1, 6) ? 0 : rate);
  }
  const auto shares = MaxMinShares::make(result.cluster);
  for (auto jobs = random.between(1, jobs_max); jobs > 0; --jobs) {
    const double weight =
        ties ? static_cast<double>(random.between(1, 2)) : static_cast<double>(random.between(1, 1000)) / 100;
    const Work work{static_cast<int>(random.between(0, kinds - 1)), weight, 1 << random.between(0, 3)};
    if (MaxMinShares(*shares).add(work)) result.works.push_back(work);
  }
  return result;
}

void expect_feasible(const Case& of, const MaxMinShares& shares, double level) {
  std::vector<double> all;
  shares.shares(all);
  const std::size_t types = of.cluster.card_counts.size();
  std::vector<double> used(types);
  for (std::size_t j = 0; j < of.works.size(); ++j) {
    const auto row = std::span(all).subspan(j * types, types);
    double time = 0;
    for (std::size_t g = 0; g < types; ++g) {
      EXPECT_GE(row[g], 0);
      time += row[g];
      used[g] += of.works[j].scale * row[g];
    }
    EXPECT_LE(time, 1);
    EXPECT_GE(level_of(of.cluster, of.works[j], row), level * (1 - 1e-12));
    std::vector<double> alone(types);
    shares.share_of(static_cast<std::uint32_t>(j), alone);
    for (std::size_t g = 0; g < types; ++g) EXPECT_DOUBLE_EQ(alone[g], row[g]);
  }
  for (std::size_t g = 0; g < types; ++g) EXPECT_LE(used[g], of.cluster.card_counts[g]);
}

// Shows that the level is the optimum of the linear program, that the shares reach it within the cards and each job's
// time, and that the prices prove it.
TEST(MaxMinShares, EqualsTheLinearProgram) {
  Prng random(20261122);
  int solved = 0;
  for (int i = 0; i < 6000; ++i) {
    const Case one = random_case(random, 9);
    if (one.works.empty()) continue;
    auto shares = MaxMinShares::make(one.cluster);
    ASSERT_TRUE(shares && shares->add_all(one.works));
    const Level answer = shares->solve();
    const double exact = OracleProgram(one.cluster, one.works).solve();
    ASSERT_NEAR(answer.level / exact, 1, 1e-9) << i;
    ASSERT_GE(answer.bound, answer.level) << i;
    ASSERT_NEAR(answer.bound / exact, 1, 1e-9) << i;
    ASSERT_TRUE(proves(one.cluster, one.works, answer)) << i;
    expect_feasible(one, *shares, answer.level);
    ++solved;
  }
  EXPECT_GT(solved, 4000);
}

// Shows what a weight and a scale factor mean: on one type of cards that is short, time × cards grows with the
// weight, and a job that takes more cards at a time gets less time.
TEST(MaxMinShares, SharesFollowWeightsAndScales) {
  auto shares = MaxMinShares::make({{2}, {5}});
  ASSERT_TRUE(shares && shares->add_all(std::vector<Work>{{0, 1, 1}, {0, 3, 4}, {0, 2, 1}, {0, 1, 2}}));
  // Σ scale × time = level × Σ weight = 7 level = 2 cards.
  EXPECT_NEAR(shares->solve().level, 2.0 / 7, 1e-9);
  std::vector<double> all;
  shares->shares(all);
  EXPECT_NEAR(all[0], 2.0 / 7, 1e-9);
  EXPECT_NEAR(all[1], 3 * 2.0 / 7 / 4, 1e-9);
  EXPECT_NEAR(all[2], 2 * 2.0 / 7, 1e-9);
  EXPECT_NEAR(all[3], 2.0 / 7 / 2, 1e-9);
}

// Shows that unlike cards are traded: each kind gets the cards on which it is relatively fast (OSDI'20, section 4.1).
TEST(MaxMinShares, EachKindGetsTheCardsThatSuitIt) {
  auto shares = MaxMinShares::make({{1, 1}, {40, 10, 10, 10}});
  ASSERT_TRUE(shares && shares->add_all(std::vector<Work>{{0, 1, 1}, {1, 1, 1}}));
  EXPECT_NEAR(shares->solve().level, 1, 1e-9);  // kind 1 is as well off on the slow card, all its time
  std::vector<double> all;
  shares->shares(all);
  EXPECT_NEAR(all[2] + all[3], 1, 1e-9);
  EXPECT_GE(40 * all[0] + 10 * all[1], 25 * (1 - 1e-9));
}

// Shows that arrivals and ends, each solved from the last prices, end where a solution from nothing does.
TEST(MaxMinShares, ChangedEqualsFresh) {
  Prng random(7);
  for (int i = 0; i < 60; ++i) {
    Case one = random_case(random, 60);
    if (one.works.empty()) continue;
    auto shares = MaxMinShares::make(one.cluster);
    ASSERT_TRUE(shares);
    std::vector<std::pair<std::uint32_t, Work>> live;
    for (int change = 0; change < 60; ++change) {
      if (live.empty() || random.chance(2, 3)) {
        const Work work = one.works[random.below(one.works.size())];
        live.emplace_back(shares->add(work).value(), work);
      } else {
        const std::size_t at = random.below(live.size());
        shares->remove(live[at].first);
        live.erase(live.begin() + static_cast<std::ptrdiff_t>(at));
      }
      const Level changed = shares->solve();
      auto fresh = MaxMinShares::make(one.cluster);
      std::vector<Work> works;
      for (const auto& [number, work] : live) works.push_back(work);
      ASSERT_TRUE(fresh && fresh->add_all(works));
      ASSERT_EQ(shares->jobs(), live.size());
      ASSERT_NEAR(changed.level, fresh->solve().level, 1e-9 * changed.level);
      std::vector<double> share(one.cluster.card_counts.size());
      for (const auto& [number, work] : live) {
        shares->share_of(number, share);
        ASSERT_GE(level_of(one.cluster, work, share), changed.level * (1 - 1e-12));
      }
    }
  }
}

// Shows that a thousand jobs of unlike weights are solved to the promised gap and proved, within a bounded work.
TEST(MaxMinShares, ManyJobsAreProved) {
  Prng random(3);
  Case one{{{90, 60, 30}, {}}, {}};
  for (int kind = 0; kind < 40; ++kind)
    for (int g = 0; g < 3; ++g) one.cluster.rates.push_back(static_cast<double>(random.between(100, 10'000)) / 100);
  for (int j = 0; j < 1000; ++j)
    one.works.push_back({static_cast<int>(random.below(40)), static_cast<double>(random.between(1000, 5000)) / 1000,
                         1 << random.below(4)});
  auto shares = MaxMinShares::make(one.cluster);
  ASSERT_TRUE(shares && shares->add_all(one.works));
  const Level answer = shares->solve();
  EXPECT_GE(answer.level, answer.bound * (1 - MaxMinShares::gap_max));
  EXPECT_LT(answer.evaluations, 300);
  EXPECT_TRUE(proves(one.cluster, one.works, answer));
  expect_feasible(one, *shares, answer.level);
}

// Shows that no jobs have no level, and that the last job's end leaves none.
TEST(MaxMinShares, NoJobs) {
  auto shares = MaxMinShares::make({{2}, {5}});
  ASSERT_TRUE(shares);
  EXPECT_EQ(shares->solve().level, 0);
  const auto job = shares->add({0, 1, 1});
  ASSERT_TRUE(job);
  EXPECT_NEAR(shares->solve().level, 1, 1e-9);
  shares->remove(*job);
  EXPECT_EQ(shares->solve().level, 0);
}

// Shows that what cannot be shared is refused with the field that is wrong.
TEST(MaxMinShares, BadInputIsNamed) {
  const auto field_of = [](Cluster cluster) {
    const auto shares = MaxMinShares::make(std::move(cluster));
    return shares ? "made" : shares.error().field;
  };
  EXPECT_EQ(field_of({{}, {}}), "card_counts");
  EXPECT_EQ(field_of({{0, 0}, {}}), "card_counts");
  EXPECT_EQ(field_of({{1, -1}, {}}), "card_counts[1]");
  EXPECT_EQ(field_of({{1, NAN}, {}}), "card_counts[1]");
  EXPECT_EQ(field_of({{1, 1}, {1, 2, 3}}), "rates");
  EXPECT_EQ(field_of({{1, 1}, {1, 2, 3, -4}}), "rates[1][1]");
  auto shares = MaxMinShares::make({{1, 0}, {1, 1, 0, 1}});
  ASSERT_TRUE(shares);
  const auto fault_of = [&](const Work& work) {
    const auto job = shares->add(work);
    return job ? "added" : job.error().field;
  };
  EXPECT_EQ(fault_of({2, 1, 1}), "kind");
  EXPECT_EQ(fault_of({1, 1, 1}), "kind");  // it runs only where there are no cards
  EXPECT_EQ(fault_of({0, 0, 1}), "weight");
  EXPECT_EQ(fault_of({0, INFINITY, 1}), "weight");
  EXPECT_EQ(fault_of({0, 1, 0}), "scale");
  EXPECT_FALSE(shares->add_all(std::vector<Work>{{0, 1, 1}, {0, 1, -1}}));
  EXPECT_EQ(shares->jobs(), 0U);
}

}  // namespace
}  // namespace dayan::place::share
