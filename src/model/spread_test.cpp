#include "model/rack.h"

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

/// The same of a task whose nodes lie in one rack: the racks lie one behind another in `on`.
void lay_in_each_rack(const Nodes& on, const std::vector<std::int64_t>& racks, std::int64_t most, std::int64_t task,
                      std::set<Nodes>& to) {
  std::size_t from = 0;
  for (const std::int64_t size : racks) {
    const auto begin = on.begin() + static_cast<std::ptrdiff_t>(from);
    std::set<Nodes> laid;
    lay_each_way(Nodes(begin, begin + size), most, task, 0, laid);
    for (const Nodes& rack : laid) {
      Nodes more = on;
      std::copy(rack.begin(), rack.end(), more.begin() + static_cast<std::ptrdiff_t>(from));
      to.insert(more);
    }
    from += static_cast<std::size_t>(size);
  }
}

TEST(TasksApart, InRacksAreAsManyAsFindOneHoweverThoseBeforeLie) {
  // Against every way of laying them, as above: however the engine chooses rack and nodes, so many find a rack.
  for (const std::vector<std::int64_t>& sizes : {std::vector<std::int64_t>{2}, {3, 2}, {3, 3}, {4, 2, 1}}) {
    PoolRow pool;
    std::vector<std::int32_t> racks;
    for (const std::int64_t size : sizes) {
      pool.nodes += static_cast<std::int32_t>(size);
      racks.push_back(static_cast<std::int32_t>(size));
    }
    pool.racks = racks_of(racks);
    for (std::int64_t task = 2; task <= 4; ++task) {
      for (std::int64_t most = 1; most <= 2; ++most) {
        std::set<Nodes> ways{Nodes(static_cast<std::size_t>(pool.nodes), 0)};
        std::int64_t sure = 0;
        for (bool is_sure = true;; ++sure) {
          std::set<Nodes> next;
          for (const Nodes& on : ways) {
            std::set<Nodes> from_here;
            lay_in_each_rack(on, sizes, most, task, from_here);
            is_sure = is_sure && !from_here.empty();
            next.insert(from_here.begin(), from_here.end());
          }
          if (!is_sure) break;
          ways = std::move(next);
        }
        EXPECT_EQ(tasks_apart_max(most, pool, task, true), sure) << task << " nodes, " << most << " on one";
      }
    }
  }
}

TEST(Racks, AreToldInOneWay) {
  // Sizes in any order are the largest first, each once; one task's nodes are as many as the largest has, one node
  // where nobody knows the racks; of too many racks the largest are told.
  PoolRow pool;
  pool.nodes = 11;
  EXPECT_EQ(task_nodes_max_of(pool, true), 1);
  EXPECT_EQ(task_nodes_max_of(pool, false), 11);
  pool.racks = racks_of({2, 4, 1, 4});
  EXPECT_EQ(pool.racks, (std::vector<Racks>{{4, 2}, {2, 1}, {1, 1}}));
  EXPECT_EQ(task_nodes_max_of(pool, true), 4);
  Resources task;
  task.nodes = 5;
  EXPECT_TRUE(has_nodes_for(pool, task));
  task.within = Within::rack;
  EXPECT_FALSE(has_nodes_for(pool, task));
  task.nodes = 1;
  EXPECT_TRUE(has_nodes_for(PoolRow(), task));
  // Nodes that leave stood in no rack, then in the smallest ones.
  EXPECT_EQ(with_nodes_left(pool, 11), pool);
  pool.nodes = 13;
  EXPECT_EQ(with_nodes_left(pool, 11).racks, pool.racks);
  EXPECT_EQ(with_nodes_left(pool, 9).racks, (std::vector<Racks>{{4, 2}, {1, 1}}));
  EXPECT_EQ(with_nodes_left(pool, 7).racks, (std::vector<Racks>{{4, 1}, {3, 1}}));
  EXPECT_TRUE(with_nodes_left(pool, 0).racks.empty());
  std::vector<std::int32_t> many(600, 2);
  many.back() = 9;
  EXPECT_EQ(racks_of(many), (std::vector<Racks>{{9, 1}, {2, pool_racks_max - 1}}));
}

}  // namespace
}  // namespace dayan
