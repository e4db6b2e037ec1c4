#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "model/ids.h"
#include "model/lease.h"
#include "sim/trial.h"

/// What really runs, in the whole world, whatever anybody believes: the ground truth of `single_process`, `lease_end`,
/// `node_bound`, `rack` and `charge`. Rows are never consulted here.

namespace dayan::sim {

/// A node of a centre, and the rack that it stands in; zero: none.
struct LaidNode {
  std::string name;
  std::int32_t rack = 0;
};

class Processes {
 public:
  explicit Processes(Trial& trial) : trial_(trial) {}

  /// A process begins on these nodes of its centre. No other one of the same task may live, it may not outlive the
  /// lease's end by the centre's clock, no node may have more tasks of its job than that lets run on one, and a gang that
  /// must lie in one rack does.
  void begin(const LeaseRow& lease, const std::vector<LaidNode>& on) {
    std::vector<std::string> nodes;
    for (const LaidNode& each : on) nodes.push_back(each.name);
    ++trial_.counts.processes;
    const AttemptKey attempt = lease.attempt();
    const auto task = std::pair{attempt.job, attempt.task};
    const auto [living, is_first] =
        living_.try_emplace(task, Living{attempt, trial_.now(), lease.ends_at + clock_bound, lease.centre, nodes});
    if (!is_first) {
      trial_.broken("single_process",
                    engine_name(attempt) + " began while " + engine_name(living->second.attempt) + " still runs");
      return;
    }
    if (lease.tasks_per_node_max > 0) check_nodes(lease, nodes);
    const auto is_elsewhere = [&](const LaidNode& each) { return each.rack == 0 || each.rack != on.front().rack; };
    if (lease.resources.is_in_rack() && std::any_of(on.begin(), on.end(), is_elsewhere))
      trial_.broken("rack", engine_name(attempt) + " began on nodes that do not stand in one rack");
    trial_.queue.at(living->second.deadline + Duration::microseconds(1), [this, task, attempt] {
      const auto found = living_.find(task);
      if (found != living_.end() && found->second.attempt == attempt) {
        trial_.broken("lease_end", engine_name(attempt) + " still runs after its lease and the clock bound");
      }
    });
  }
  void end(const AttemptKey& attempt) {
    const auto living = living_.find({attempt.job, attempt.task});
    if (living == living_.end() || living->second.attempt != attempt) return;
    ran_[attempt] = ran_of(attempt);
    spans_[attempt] = {living->second.since, trial_.now()};
    living_.erase(living);
  }

  /// How long it has run up to now, in all.
  [[nodiscard]] Duration ran_of(const AttemptKey& attempt) const {
    const auto before = ran_.find(attempt);
    Duration ran = before == ran_.end() ? Duration() : before->second;
    const auto living = living_.find({attempt.job, attempt.task});
    if (living != living_.end() && living->second.attempt == attempt) ran = ran + (trial_.now() - living->second.since);
    return ran;
  }
  /// From when until when it ran last, up to now where it still does; both none: it never did.
  struct Span {
    UnixTime from;
    UnixTime until;
  };
  [[nodiscard]] Span span_of(const AttemptKey& attempt) const {
    const auto living = living_.find({attempt.job, attempt.task});
    if (living != living_.end() && living->second.attempt == attempt) return {living->second.since, trial_.now()};
    const auto before = spans_.find(attempt);
    return before == spans_.end() ? Span{} : before->second;
  }
  [[nodiscard]] std::size_t living() const { return living_.size(); }

 private:
  struct Living {
    AttemptKey attempt;
    UnixTime since;
    UnixTime deadline;
    CentreId centre;
    std::vector<std::string> nodes;
  };

  void check_nodes(const LeaseRow& lease, const std::vector<std::string>& nodes) const {
    for (const std::string& node : nodes) {
      std::int64_t tasks = 0;
      for (const auto& [task, other] : living_) {
        tasks += task.first == lease.job && other.centre == lease.centre && std::count(other.nodes.begin(), other.nodes.end(), node) > 0 ? 1 : 0;
      }
      trial_.counts.nodes_filled += tasks == lease.tasks_per_node_max ? 1 : 0;
      if (tasks > lease.tasks_per_node_max)
        trial_.broken("node_bound", engine_name(lease.attempt()) + " is one of " + std::to_string(tasks) +
                                        " tasks of its job on " + node + ", which lets " +
                                        std::to_string(lease.tasks_per_node_max) + " run on one");
    }
  }

  Trial& trial_;
  std::map<std::pair<JobId, std::int32_t>, Living> living_;
  std::map<AttemptKey, Duration> ran_;
  std::map<AttemptKey, Span> spans_;
};

}  // namespace dayan::sim
