#include "trace/gap.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace dayan::trace {
namespace {

std::string first_fault(std::string_view text) {
  const auto read = parse_gap(text);
  return read.has_value() ? "none" : to_text(read.error().front());
}

TEST(Gap, ReadsAnInstance) {
  // Capacities, demands, yuan with up to six decimals, a job without options, spaces at line ends.
  const auto read = parse_gap("2 3\n4 0 12\n8 7280.731884 2 0 440.5 2 0.000001\n1 0 0 \n");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->capacities, (std::vector<std::int64_t>{4, 0, 12}));
  ASSERT_EQ(read->jobs.size(), 2U);
  EXPECT_EQ(read->jobs[0].demand, 8);
  EXPECT_EQ(read->jobs[0].reject_cost, Cny::micro(7'280'731'884));
  EXPECT_EQ(read->jobs[0].options, (std::vector<GapOption>{{0, Cny::micro(440'500'000)}, {2, Cny::micro(1)}}));
  EXPECT_TRUE(read->jobs[1].options.empty());
}

TEST(Gap, RoundsCostsToTheNearestMicroYuan) {
  // Six decimals are exact, what is beyond them is rounded and not refused.
  const auto read = parse_gap("1 1\n1\n1 0.1234564999 1 0 0.1234565\n");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->jobs[0].reject_cost, Cny::micro(123'456));
  EXPECT_EQ(read->jobs[0].options[0].cost, Cny::micro(123'457));
}

TEST(Gap, NamesTheLineAndWhatIsWrong) {
  // One planted fault each; the text says where, what was seen and what would be right.
  EXPECT_EQ(first_fault(""), "line 0: it is empty; a first line `jobs pools`");
  EXPECT_EQ(first_fault("x 1\n"), "line 1: the number of jobs is 'x'; a whole number from 0 to 10000000");
  EXPECT_EQ(first_fault("1 0\n\n"), "line 1: the number of pools is '0'; a whole number from 1 to 4096");
  EXPECT_EQ(first_fault("1 2\n4\n"),
            "line 2: it ends before the capacity of a pool; a whole number from 0 to 1000000000");
  EXPECT_EQ(first_fault("1 1\n4 5\n"), "line 2: '5' is more than the line should hold; the end of the line");
  EXPECT_EQ(first_fault("1 1\n4\n0 1 0\n"), "line 3: the demand is '0'; a whole number from 1 to 1000000000");
  EXPECT_EQ(first_fault("1 1\n4\n1 -3 0\n"), "line 3: the reject cost is '-3'; yuan from 0 to 1000000000, as 12.5");
  EXPECT_EQ(first_fault("1 1\n4\n1 3 2\n"), "line 3: the number of options is '2'; a whole number from 0 to 1");
  EXPECT_EQ(first_fault("1 1\n4\n1 3 1 1 5\n"), "line 3: the number of a pool is '1'; a whole number from 0 to 0");
  EXPECT_EQ(first_fault("1 1\n4\n1 3 1 0\n"),
            "line 3: it ends before the cost in a pool; yuan from 0 to 1000000000, as 12.5");
  EXPECT_EQ(first_fault("1 1\n4\n1 3 1 0 1e3\n"),
            "line 3: the cost in a pool is '1e3'; yuan from 0 to 1000000000, as 12.5");
  EXPECT_EQ(first_fault("1 2\n4 4\n1 3 2 0 1 0 2\n"), "line 3: pool 0 is named twice; each pool at most once");
  EXPECT_EQ(first_fault("2 1\n4\n1 3 0\n"), "line 3: it ends after 1 jobs; a line for each of 2");
  EXPECT_EQ(first_fault("1 1\n4\n1 3 0\n1 3 0\n"), "line 4: there are more lines than jobs; the end after 1 jobs");
}

TEST(Gap, TellsEveryFaultUpToALimit) {
  // Two faulty lines give two faults; a thousand give the limit.
  EXPECT_EQ(parse_gap("3 1\n4\n0 1 0\n1 1 0\nx 1 0\n").error().size(), 2U);
  std::string text = "1000 1\n4\n";
  for (int i = 0; i < 1000; ++i) text += "0 1 0\n";
  EXPECT_EQ(parse_gap(text).error().size(), gap_faults_max);
}

TEST(Gap, ReadsWhatItWrites) {
  // A generated instance survives text and back, to the micro-yuan.
  const GapInstance instance = generate_gap(200, 12, 5);
  const auto read = parse_gap(to_text(instance));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(*read, instance);
}

TEST(Gap, GeneratesTheFamilyOfThePublishedInstances) {
  // The load, the demands, the reject cost per card-hour and the number of options are those of the published
  // instances (85 %; 1 to 32 cards; 20 to 960 yuan a card; 11 options of 40 pools, 17 of 60); seeds differ.
  const GapInstance instance = generate_gap(5'000, 60, 1);
  std::int64_t demand = 0;
  std::int64_t capacity = 0;
  std::size_t options = 0;
  for (const GapJob& job : instance.jobs) {
    demand += job.demand;
    options += job.options.size();
    EXPECT_GE(job.demand, 1);
    EXPECT_LE(job.demand, 32);
    EXPECT_GE(job.reject_cost.micro(), job.demand * 20'000'000);
    EXPECT_LE(job.reject_cost.micro(), job.demand * 960'000'000);
    for (const GapOption& option : job.options) EXPECT_GT(option.cost, Cny{});
  }
  for (const std::int64_t each : instance.capacities) capacity += each;
  EXPECT_NEAR(static_cast<double>(demand) / static_cast<double>(capacity), 0.85, 0.01);
  EXPECT_NEAR(static_cast<double>(options) / 5'000, 18, 4);
  EXPECT_EQ(generate_gap(50, 8, 3), generate_gap(50, 8, 3));
  EXPECT_NE(generate_gap(50, 8, 3), generate_gap(50, 8, 4));
  EXPECT_EQ(generate_gap(1, 1, 1).capacities.size(), 1U);
}

}  // namespace
}  // namespace dayan::trace
