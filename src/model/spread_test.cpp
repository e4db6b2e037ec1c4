#include "model/spread.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace dayan {
namespace {

using Nodes = std::vector<std::int64_t>;  ///< tasks on each, in order

/// All ways to lay one task on so many nodes with fewer than `most`, each another one, from the node `from` on.
void lay_each_way(const Nodes& on, std::int64_t most, std::int64_t missing, std::size_t from, std::set<Nodes>& to) {
  if (missing == 0) {
    Nodes sorted = on;
    std::sort(sorted.begin(), sorted.end());
    to.insert(sorted);
    return;
  }
  for (std::size_t node = from; node < on.size(); ++node) {
    if (on[node] >= most) continue;
    Nodes more = on;
    ++more[node];
    lay_each_way(more, most, missing - 1, node + 1, to);
  }
}

TEST(TasksApart, AreAsManyAsFindNodesHoweverThoseBeforeLie) {
  // Against every way in which an engine may lay them, one after the other: so many always find their nodes, and one
  // more does not where the engine has laid them badly. Tasks of one node fill every node.
  for (std::int64_t pool = 1; pool <= 5; ++pool) {
    for (std::int64_t task = 1; task <= pool; ++task) {
      for (std::int64_t most = 1; most <= 3; ++most) {
        std::set<Nodes> ways{Nodes(static_cast<std::size_t>(pool), 0)};
        std::int64_t sure = 0;
        for (;; ++sure) {
          std::set<Nodes> next;
          bool is_sure = true;
          for (const Nodes& on : ways) {
            std::set<Nodes> from_here;
            lay_each_way(on, most, task, 0, from_here);
            is_sure = is_sure && !from_here.empty();
            next.insert(from_here.begin(), from_here.end());
          }
          if (!is_sure) break;
          ways = std::move(next);
        }
        EXPECT_EQ(tasks_apart_max(most, pool, task), sure) << pool << " nodes, " << task << " of a task, " << most;
        if (task == 1) {
          EXPECT_EQ(sure, most * pool);
        }
      }
    }
  }
  EXPECT_EQ(tasks_apart_max(2, 3, 4), 0);
}

}  // namespace
}  // namespace dayan
