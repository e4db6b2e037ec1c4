#include "place/quote_list.h"

#include <gtest/gtest.h>

namespace dayan::place {
namespace {

Quote feasible(std::int32_t rank) {
  Quote quote;
  quote.feasible = true;
  quote.rank = rank;
  quote.reasons = {{Constraint::capacity, 3, 1, "", true}};
  return quote;
}

Quote miss(const std::string& name, std::vector<Reason> reasons) {
  Quote quote;
  quote.centre_name = name;
  quote.reasons = std::move(reasons);
  return quote;
}

TEST(QuoteListTest, KeepsTheBestAndTheNearestMisses) {
  // Of three that could run it and four that never will, two of each are shown, the nearest misses first; the rest is
  // counted, each constraint by pools and by its least gap, and what passes with time not at all.
  const Reason cores{Constraint::cores, 64, 4, "", false};
  const Reason near{Constraint::cores, 64, 60, "", false};
  const Reason region{Constraint::region, 0, 0, "", false};
  const Reason silent{Constraint::reachable, 60, 90, "", true};
  std::vector<Quote> quotes{feasible(1),
                            feasible(2),
                            feasible(3),
                            miss("a", {cores, region, silent}),
                            miss("b", {near, region}),
                            miss("c", {cores}),
                            miss("d", {region, silent})};
  std::vector<Quote> all = quotes;
  const QuoteRest rest = shorten(quotes, 2);
  ASSERT_EQ(quotes.size(), 4U);
  EXPECT_EQ(quotes[1].rank, 2);
  EXPECT_EQ(quotes[2].centre_name, "c");
  EXPECT_EQ(quotes[3].centre_name, "d");
  EXPECT_EQ(rest, (QuoteRest{1, 2, {{Constraint::cores, 2, 4}, {Constraint::region, 2, 0}}}));
  const std::vector<Quote> before = all;
  EXPECT_EQ(shorten(all, 4), QuoteRest{});
  EXPECT_EQ(all, before);
  std::vector<Quote> none;
  EXPECT_EQ(shorten(none, 2), QuoteRest{});
}

}  // namespace
}  // namespace dayan::place
