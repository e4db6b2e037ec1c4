#include "cli/display.h"

#include <gtest/gtest.h>

#include "cli/table.h"

namespace dayan::cli {
namespace {

TEST(Display, ReadsAsPeopleDo) {
  // Figures at the borders of each unit, by their texts.
  EXPECT_EQ(readable(Duration()), "0s");
  EXPECT_EQ(readable(Duration::microseconds(1'234'567)), "1.23s");
  EXPECT_EQ(readable(Duration::milliseconds(12'340)), "12.3s");
  EXPECT_EQ(readable(Duration::milliseconds(125'400)), "2m5s");
  EXPECT_EQ(readable(Duration::milliseconds(-250)), "-0.25s");
  EXPECT_EQ(readable(MilliCards(500)), "0.5");
  EXPECT_EQ(readable(UnixTime()), "-");
  const UnixTime time = *parse_time("2026-11-22T08:30:00.25Z");
  EXPECT_EQ(readable(time), "2026-11-22 08:30:00");
  EXPECT_EQ(time_of_day(time), "08:30:00.2");
  EXPECT_EQ(difference(time + Duration::seconds(2), time), "+2s");
  EXPECT_EQ(difference(time, UnixTime()), "-");
}

TEST(Display, GangsSayTheirNodes) {
  // A task of several nodes says how many with what on each; one of a single node says nothing.
  EXPECT_EQ(gang_text({Cores(8), Bytes(1), MilliCards(), 4}), "4 nodes x 8 cores");
  EXPECT_EQ(gang_text({Cores(1), Bytes(1), MilliCards(2'000), 2}), "2 nodes x 1 core + 2 cards");
  EXPECT_EQ(gang_text({Cores(8), Bytes(1), MilliCards(), 4, Within::rack}), "4 nodes of one rack x 8 cores");
  EXPECT_EQ(gang_text({Cores(8), Bytes(1), MilliCards(), 1}), "");
}

TEST(Display, OthersTextCannotSteerTheTerminal) {
  // Escape sequences, also in their one-byte form, and line ends in a text that a centre wrote.
  EXPECT_EQ(harmless("a\x1b[2Jb"), "a?[2Jb");
  EXPECT_EQ(harmless("a\xc2\x9b"
                     "b\nc"),
            "a?b c");
  EXPECT_EQ(harmless("大衍"), "大衍");
  EXPECT_EQ(display_width("大衍a"), 5U);
}

TEST(Table, AlignsByWhatIsSeen) {
  // A golden text: numbers to the right, Chinese names two columns a character, no spaces at the ends of lines.
  Table table({"RANK>", "CENTRE", "YUAN>", "VERDICT"});
  table.add({"1", "贵安", "0.5", "now"});
  table.add({"-", "shanghai", "12.25", ""});
  EXPECT_EQ(table.text(),
            "RANK  CENTRE     YUAN  VERDICT\n"
            "   1  贵安        0.5  now\n"
            "   -  shanghai  12.25\n");
}

TEST(Display, ATransferSaysWhatItTakesOrThatNobodyKnows) {
  // Bytes, link, time and cost where they are known; nothing where nothing crosses and nothing is to be paid.
  Transfer inputs{Bytes(12'000'000'000), Bandwidth(100'000'000), Duration::minutes(2), Cny::micro(600'000)};
  EXPECT_EQ(transfer_text(inputs), "inputs 12GB at 100MB/s: 2m, 0.6 yuan");
  inputs.bandwidth = Bandwidth(12'345'678);
  EXPECT_EQ(transfer_text(inputs), "inputs 12GB at 12.3MB/s: 2m, 0.6 yuan");
  inputs.time.reset();
  inputs.bandwidth.reset();
  EXPECT_EQ(transfer_text(inputs), "inputs 12GB: transfer time unknown, 0.6 yuan");
  inputs.bytes = Bytes();
  EXPECT_EQ(transfer_text(inputs), "inputs are there, 0.6 yuan");
  EXPECT_EQ(transfer_text({}), "");
}

TEST(Display, EnergyAndCarbonInUnitsThatPeopleRead) {
  // The largest unit that is reached, rounded up to a tenth of it.
  EXPECT_EQ(readable(Joules(5)), "5 J");
  EXPECT_EQ(readable(Joules(21'600)), "6 Wh");
  EXPECT_EQ(readable(Joules(3'601)), "1.1 Wh");
  EXPECT_EQ(readable(Joules(4'320'000)), "1.2 kWh");
  EXPECT_EQ(readable(Milligrams(180)), "180 mg");
  EXPECT_EQ(readable(Milligrams(3'000)), "3 g");
  EXPECT_EQ(readable(Milligrams(12'450'001)), "12.5 kg");
}

}  // namespace
}  // namespace dayan::cli
