#include "adapters/slurm/slurm_hosts.h"

#include <gtest/gtest.h>

namespace dayan::adapters {
namespace {

using Names = std::vector<std::string>;

TEST(SlurmHosts, AreReadAsSlurmWritesThem) {
  // Names, ranges with and without leading zeros, several brackets in one name, and several names.
  EXPECT_EQ(host_names("n1"), (Names{"n1"}));
  EXPECT_EQ(host_names("n[1-3]"), (Names{"n1", "n2", "n3"}));
  EXPECT_EQ(host_names("gpu[08-10,7]-ib,login"), (Names{"gpu08-ib", "gpu09-ib", "gpu10-ib", "gpu7-ib", "login"}));
  EXPECT_EQ(host_names("r[1-2]n[3,5]"), (Names{"r1n3", "r1n5", "r2n3", "r2n5"}));
  EXPECT_EQ(host_names(""), Names{});
  EXPECT_EQ(host_list({"a", "b"}), "a,b");
}

TEST(SlurmHosts, WhatIsNotUnderstoodIsUnknown) {
  // None, rather than some of them: a node that is not counted would get one task too many.
  for (const char* bad : {"n[1-", "n[]", "n1]", "n[a-b]", "n[3-1]", "n[1-2", "a,,b", "n[1,]x[", "n[1-900000000]",
                          "n[1-1000]m[1-1000]"})
    EXPECT_EQ(host_names(bad), Names{}) << bad;
}

}  // namespace
}  // namespace dayan::adapters
