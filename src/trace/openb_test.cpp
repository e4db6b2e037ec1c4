#include "trace/openb.h"

#include <gtest/gtest.h>

namespace dayan::trace {
namespace {

std::string all(const Faults& faults) {
  std::string text;
  for (const Error& fault : faults) text += to_text(fault) + "\n";
  return text;
}

// Shows that columns are found by name in any order, that others are ignored, and that line ends of both kinds, empty
// lines and a byte-order mark do not matter.
TEST(Openb, ReadsNodesByTheNamesOfColumns) {
  const auto nodes = parse_openb_nodes(
      "\xEF\xBB\xBFgpu,model,sn,zone,memory_mib,cpu_milli\r\n8,G2,node-1,x,393216,96000\r\n\r\n0,,node-2,,262144,"
      "32000\n");
  ASSERT_TRUE(nodes.has_value()) << all(nodes.error());
  EXPECT_EQ(*nodes, (std::vector<OpenbNode>{{"node-1", 96000, 393216, 8, "G2"}, {"node-2", 32000, 262144, 0, ""}}));
}

// Shows that thousandths count only for a single card, that models are a set, and that a list without the column of
// models allows any.
TEST(Openb, ReadsPodsWithAndWithoutModels) {
  const auto pods = parse_openb_pods(
      "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos\n"
      "a,6000,12288,1,460,V100M32|P100|V100M32,LS\nb,1000,0,0,0,,BE\nc,64000,1,8,7,,BE\n");
  ASSERT_TRUE(pods.has_value()) << all(pods.error());
  EXPECT_EQ(*pods, (std::vector<OpenbPod>{{"a", 6000, 12288, 1, 460, {"P100", "V100M32"}},
                                          {"b", 1000, 0, 0, 1000, {}},
                                          {"c", 64000, 1, 8, 1000, {}}}));
  const auto plain = parse_openb_pods("name,cpu_milli,memory_mib,num_gpu,gpu_milli\na,6000,12288,1,1000");
  ASSERT_TRUE(plain.has_value()) << all(plain.error());
  EXPECT_EQ(*plain, (std::vector<OpenbPod>{{"a", 6000, 12288, 1, 1000, {}}}));
}

// Shows that each fault is told with its line, its column and what would be right, and that reading goes on after it.
TEST(Openb, TellsEveryFault) {
  const auto nodes = parse_openb_nodes(
      "sn,cpu_milli,memory_mib,gpu,model\nn1,-5,1,0,\nn2,9,1,1,\n,1,1,0,\nn4,1,1\nn5,1e3,99999999999999999999,0,"
      "\n\"n6\",1,1,0,\n");
  ASSERT_FALSE(nodes.has_value());
  EXPECT_EQ(all(nodes.error()),
            "line 2, cpu_milli: '-5' does not fit; a whole number from 0 to 1000000000\n"
            "line 3, model: empty; the name of a model\n"
            "line 4, sn: empty; the name of a node\n"
            "line 5: 3 values; 5 as in the first line\n"
            "line 6, cpu_milli: '1e3' does not fit; a whole number from 0 to 1000000000\n"
            "line 6, memory_mib: '99999999999999999999' does not fit; a whole number from 0 to 100000000000\n"
            "line 7: a quoted value; values without quotes, separated by commas\n");
  const auto pods = parse_openb_pods(
      "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\na,1,1,1,0,\nb,1,1,1,1001,\nc,1,1,2000,0,\nd,1,1,1,5,A||"
      "B\n");
  ASSERT_FALSE(pods.has_value());
  EXPECT_EQ(all(pods.error()),
            "line 2, gpu_milli: '0' does not fit; a whole number from 1 to 1000\n"
            "line 3, gpu_milli: '1001' does not fit; a whole number from 1 to 1000\n"
            "line 4, num_gpu: '2000' does not fit; a whole number from 0 to 1024\n"
            "line 5, gpu_spec: 'A||B' has an empty name; names of models with | between them\n");
}

// Shows that a list without its columns is one fault a column, not one a line, and that a flood of faults is cut off.
TEST(Openb, StopsWhereMoreWouldSayNothing) {
  const auto headless = parse_openb_pods("a,6000,12288,1,460\nb,6000,12288,1,460\n");
  ASSERT_FALSE(headless.has_value());
  EXPECT_EQ(headless.error().size(), 5U);
  EXPECT_EQ(to_text(headless.error()[0]), "line 1, name: missing; a column of this name");
  EXPECT_EQ(parse_openb_nodes("").error().size(), 5U);
  EXPECT_EQ(parse_openb_nodes("sn,sn,cpu_milli,memory_mib,gpu,model\n").error().size(), 1U);
  std::string flood = "sn,cpu_milli,memory_mib,gpu,model\n";
  for (int i = 0; i < 1000; ++i) flood += "n,x,1,0,\n";
  EXPECT_EQ(parse_openb_nodes(flood).error().size(), openb_faults_max);
}

}  // namespace
}  // namespace dayan::trace
