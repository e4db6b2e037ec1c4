#include "trace/swf.h"

#include <gtest/gtest.h>

#include <string>

#include "base/prng.h"

namespace dayan::trace {
namespace {

// Made up; a head with what is read of it, a job that was cancelled, fractions, and -1 wherever it may stand.
constexpr std::string_view small_log = R"(; Version: 2.2
; MaxNodes: 12
;   MaxProcs:  24
; UnixStartTime: 1027839845
; Note: 5: a remark

  1      0   10   60.5    4   55.25  -1   8   3600    -1  1   7   1  -1 -1  1 -1 -1
  2     30   -1     -1   -1     12   -1   2     -1    -1  5   8   1  -1 -1  1  1 0.000001
  3     20    0    900    1     -1   -1  -1    600  1024  0  -1  -1  -1 -1  1 -1 -1
  4     20    0     -1    1     -1   -1  -1    600  1024  0  -1  -1  -1 -1  1 -1 -1
	5	40	0	0	-1	-1	-1	0	600	-1	0	-1	-1	-1	-1	1	-1	-1
)";

// Shows every column that is used afterwards, and that -1 is absence, not a value.
TEST(Swf, ReadsALog) {
  const auto log = parse_swf(small_log);
  ASSERT_TRUE(log.has_value());
  EXPECT_EQ(log->processors_max, 24);
  EXPECT_EQ(log->unix_start, 1027839845);
  ASSERT_EQ(log->jobs.size(), 5U);
  const SwfJob& first = log->jobs[0];
  EXPECT_EQ(first.run, Duration::milliseconds(60'500));
  EXPECT_EQ(first.cpu_time, Duration::milliseconds(55'250));
  EXPECT_EQ(first.processors, 4);
  EXPECT_EQ(first.processors_requested, 8);
  EXPECT_EQ(first.memory_kb, std::nullopt);
  EXPECT_EQ(first.user, 7);
  EXPECT_EQ(log->jobs[1].preceding_job, 1);
  EXPECT_EQ(log->jobs[1].think_time, Duration::microseconds(1));
  EXPECT_EQ(log->jobs[1].run, std::nullopt);
}

/// A line of a job that waits for another.
std::string line_of(int number, int preceding) {
  return std::to_string(number) + " 0 0 60 1 -1 -1 1 60 -1 1 1 1 -1 -1 1 " + std::to_string(preceding) + " 30\n";
}

// Shows that jobs which wait for each other in a circle are one fault a circle, with the line, and that chains, jobs of
// which the log knows nothing and forks are none.
TEST(Swf, CirclesAreFaults) {
  const auto chain = parse_swf(line_of(1, -1) + line_of(2, 1) + line_of(3, 2) + line_of(4, 2) + line_of(5, 99));
  ASSERT_TRUE(chain.has_value());
  const RigidLog rigid = rigid_jobs(*chain);
  EXPECT_EQ(rigid.jobs[0].after, RigidJob::no_job);
  EXPECT_EQ(rigid.jobs[3].after, 2);
  EXPECT_EQ(rigid.jobs[3].think, Duration::seconds(30));
  const auto own = parse_swf(line_of(1, -1) + line_of(2, 2));
  ASSERT_FALSE(own.has_value());
  ASSERT_EQ(own.error().size(), 1U);
  EXPECT_EQ(own.error()[0].field, "line 2, column 17 (preceding job)");
  const auto two = parse_swf(line_of(1, 3) + line_of(2, 1) + line_of(3, 2) + line_of(4, 3) + line_of(5, 6) + line_of(6, 5));
  ASSERT_FALSE(two.has_value());
  ASSERT_EQ(two.error().size(), 2U);
  EXPECT_EQ(two.error()[0].wrong, "job 1 waits for its own end, by way of job 3");
  EXPECT_EQ(two.error()[1].wrong, "job 5 waits for its own end, by way of job 6");
}

// Shows which jobs can be replayed and with what: requested before allocated, CPU time for a run time that is
// unknown, a job ended at its limit, submission order.
TEST(Swf, ChoosesWhatIsReplayed) {
  const RigidLog rigid = rigid_jobs(parse_swf(small_log).value());
  EXPECT_EQ(rigid.left_out, 2);
  ASSERT_EQ(rigid.jobs.size(), 3U);
  EXPECT_EQ(rigid.jobs[0].number, 1);
  EXPECT_EQ(rigid.jobs[0].processors, 8);
  EXPECT_EQ(rigid.jobs[0].limit, Duration::hours(1));
  EXPECT_EQ(rigid.jobs[1].number, 3);
  EXPECT_EQ(rigid.jobs[1].run, Duration::seconds(600));
  EXPECT_EQ(rigid.jobs[2].number, 2);
  EXPECT_EQ(rigid.jobs[2].run, Duration::seconds(12));
  EXPECT_EQ(rigid.jobs[2].limit, Duration::seconds(12));
}

// Shows that a log in milliseconds loses nothing either.
TEST(Swf, ReadsMilliseconds) {
  const auto log = parse_swf("1 4709 -1 88510.25 1 -1 -1 1 149000 -1 1 1 1 1 1 1 -1 -1", SwfUnit::millisecond);
  ASSERT_TRUE(log.has_value());
  EXPECT_EQ(log->jobs[0].submit, Duration::milliseconds(4709));
  EXPECT_EQ(log->jobs[0].run, Duration::microseconds(88'510'250));
}

// Shows that every bad line gets its own fault, which names line and column and says what would be right.
TEST(Swf, NamesLineAndColumn) {
  const auto log = parse_swf(
      "; a head\n"
      "1 0 0 x 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n"
      "2 -5 0 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n"
      "3 0 0 1\n"
      "4 0 0 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 19\n"
      "5 0 0 99999999999999 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n"
      "6 0 0 1 99999999999999999999 1 1 1 1 1 1 1 1 1 1 1 1 1\n"
      "7 0 0 1 1-1 1 1 1 1 1 1 1 1 1 1 1 1 1\n");
  ASSERT_FALSE(log.has_value());
  ASSERT_EQ(log.error().size(), 7U);
  EXPECT_EQ(log.error()[0].field, "line 2, column 4 (run time)");
  EXPECT_EQ(log.error()[0].wrong, "'x' is not a number");
  EXPECT_EQ(log.error()[1].field, "line 3, column 2 (submit time)");
  EXPECT_EQ(log.error()[2].wrong, "the line ends after 4 columns");
  EXPECT_EQ(log.error()[3].field, "line 5");
  EXPECT_EQ(log.error()[4].wrong, "'99999999999999' is more than a thousand years");
  EXPECT_EQ(log.error()[5].field, "line 7, column 5 (processors)");
  EXPECT_EQ(log.error()[6].wrong, "'1-1' is not a number");
  for (const Error& error : log.error()) EXPECT_FALSE(error.right.empty());
}

// Shows that a file that is no log at all is given up after a few faults.
TEST(Swf, StopsAfterManyFaults) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "no\n";
  EXPECT_EQ(parse_swf(text).error().size(), swf_faults_max);
}

// Shows that a log written out with random spaces and ends of lines reads as what was written.
TEST(Swf, ReadsWhatWasWritten) {
  Prng prng(7);
  const auto gap = [&] { return std::string(1 + prng.below(3), prng.chance(1, 4) ? '\t' : ' '); };
  for (int round = 0; round < 200; ++round) {
    std::string text;
    std::vector<std::int64_t> values;
    for (int line = 0; line < 5; ++line) {
      if (prng.chance(1, 3)) text += "; remark 1 2 3\n";
      for (int column = 0; column < 18; ++column) {
        const std::int64_t value = column < 2 || prng.chance(3, 4) ? prng.between(0, 1'000'000'000) : -1;
        values.push_back(value);
        text += gap() + std::to_string(value);
      }
      text += prng.chance(1, 2) ? "\r\n" : "\n";
    }
    const auto log = parse_swf(text);
    ASSERT_TRUE(log.has_value());
    ASSERT_EQ(log->jobs.size(), 5U);
    for (std::size_t i = 0; i < 5; ++i) {
      const SwfJob& job = log->jobs[i];
      const auto is = [&](std::optional<std::int64_t> seen, std::size_t column) {
        return seen.value_or(-1) == values[i * 18 + column];
      };
      const auto lasts = [&](std::optional<Duration> seen, std::size_t column) {
        return seen.value_or(Duration::seconds(-1)) == Duration::seconds(values[i * 18 + column]);
      };
      EXPECT_TRUE(is(job.number, 0) && lasts(job.submit, 1) && lasts(job.wait, 2) && lasts(job.run, 3));
      EXPECT_TRUE(is(job.processors, 4) && lasts(job.cpu_time, 5) && is(job.memory_kb, 6));
      EXPECT_TRUE(is(job.processors_requested, 7) && lasts(job.time_requested, 8) && is(job.memory_kb_requested, 9));
      EXPECT_TRUE(is(job.status, 10) && is(job.user, 11) && is(job.group, 12) && is(job.executable, 13));
      EXPECT_TRUE(is(job.queue, 14) && is(job.partition, 15) && is(job.preceding_job, 16) &&
                  lasts(job.think_time, 17));
    }
  }
}

}  // namespace
}  // namespace dayan::trace
