#include "adapters/slurm/slurm_racks.h"

#include <gtest/gtest.h>

#include "adapters/slurm/slurm_pools.h"
#include "model/job.h"

namespace dayan::adapters {
namespace {

// Shows that leaf switches alone are racks, and what each node of theirs hangs on. (As Slurm 22.05 prints it.)
TEST(SlurmRacks, AreLeafSwitches) {
  const auto racks = parse_topology(
      "SwitchName=rack1 Level=0 LinkSpeed=1 Nodes=rk[1-2],login\n"
      "SwitchName=rack2 Level=0 LinkSpeed=1 Nodes=rk[2-4]\n"
      "SwitchName=top Level=1 LinkSpeed=1 Nodes=rk[1-9] Switches=rack1,rack2\n"
      "No topology information available\nSwitchName=odd Level=0\n");
  const std::map<std::string, std::string> wanted{
      {"rk1", "rack1"}, {"rk2", "rack1"}, {"login", "rack1"}, {"rk3", "rack2"}, {"rk4", "rack2"}};
  EXPECT_EQ(racks, wanted);
}

// Shows that a partition's racks have its own usable nodes alone, the largest first.
TEST(SlurmRacks, OfAPartitionAreOfItsNodes) {
  const std::string text =
      "batch|a1|8|2000|(null)|infinite|idle\nbatch|a2|8|2000|(null)|infinite|drained\n"
      "batch|a3|8|2000|(null)|infinite|idle\nbatch|a4|8|2000|(null)|infinite|mixed\n"
      "batch|a5|8|2000|(null)|infinite|idle\nplain|a5|8|2000|(null)|infinite|idle\n";
  const auto pools = parse_sinfo(text, {}, {{"a1", "x"}, {"a2", "x"}, {"a3", "y"}, {"a4", "y"}, {"b", "z"}});
  ASSERT_TRUE(pools.has_value());
  EXPECT_EQ((*pools)[0].nodes, 4);
  EXPECT_EQ((*pools)[0].racks, (std::vector<Racks>{{2, 1}, {1, 1}}));
  EXPECT_TRUE((*pools)[1].racks.empty());
}

// Shows for how long a job surely waits for one switch: as the cluster is configured, less what clocks may differ.
TEST(SlurmRacks, AreKeptForATime) {
  const auto within = [](const std::string& plugin, const std::string& parameters) {
    return one_switch_within("SchedulerParameters     = " + parameters + "\nSlurmUser = slurm(7)\n" +
                             "TopologyParam  = (null)\nTopologyPlugin          = " + plugin + "\n");
  };
  EXPECT_EQ(within("topology/tree", "(null)"), Duration::seconds(270));
  EXPECT_EQ(within("topology/tree", "bf_interval=2,max_switch_wait=86400,defer"), Duration::seconds(86'370));
  EXPECT_EQ(within("topology/tree", "max_switch_wait=99999999999999"), wait_limit_max - Duration::seconds(30));
  EXPECT_EQ(within("topology/tree", "max_switch_wait=90"), Duration::seconds(60));
  EXPECT_EQ(within("topology/tree", "max_switch_wait=89"), Duration());
  EXPECT_EQ(within("topology/none", "max_switch_wait=86400"), Duration());
}

}  // namespace
}  // namespace dayan::adapters
