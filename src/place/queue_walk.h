#pragma once

#include <optional>
#include <queue>
#include <tuple>
#include <vector>

#include "place/wait_queue.h"

/// QueueWalk: waiting jobs in order of the queue, of the classes that who walks chooses. It pays for what it comes to:
/// of a shape the next class stands in line, of a view the next lane, of a lane the next job.

namespace dayan::place {

/// Where a search of the queue that stopped goes on (queue_search.h).
struct SearchPlace {
  bool is_cut = false;
  QueueKey before;  ///< it was among those that stand before it
  LaneIndex lane = 0;
  std::optional<QueueKey> behind;  ///< this place of the lane; none: from its head on
  std::int32_t cut_since = 0;      ///< so many searches that did not reach as far have stopped since
};

class QueueWalk {
 public:
  /// What comes: a class, to be entered or not, or a job.
  struct Step {
    QueueKey key;
    const JobClass* job_class = nullptr;
    JobRecord* job = nullptr;  ///< nothing: it is the class that comes
    LaneIndex lane = no_lane;
  };
  enum class Lanes { all, unpromised };

  /// With `only_firm` no class whose jobs may be taken back comes.
  explicit QueueWalk(const WaitQueue& queue, Lanes lanes = Lanes::all, bool only_firm = false)
      : queue_(queue), lanes_(lanes), only_firm_(only_firm) {}

  /// The classes of the shape come.
  void add(const WaitingShape& shape) { push_class(shape, {QueueKey(), 0}); }
  /// What comes next; nothing where that does not stand before `before`, which may be asked again later.
  [[nodiscard]] std::optional<Step> next(const QueueKey& before);
  /// The jobs of the class that has come now come too.
  void enter(const JobClass& job_class);
  /// So do those of its lane behind the job that has come.
  void go_on(const Step& job) { push_job(job.lane, queue_.lanes()[job.lane].jobs.upper_bound(job.key)); }

 private:
  static constexpr std::size_t not_of_view = ~std::size_t{0};

  struct Comes {
    QueueKey key;
    ClassIndex job_class = 0;
    LaneIndex lane = no_lane;
    const WaitingShape* shape = nullptr;  ///< of a class
    std::size_t in_view = not_of_view;    ///< of the lane that stands in line for its view: where it stands there
    friend bool operator>(const Comes& a, const Comes& b) {
      return std::tie(a.key, a.job_class, a.lane) > std::tie(b.key, b.job_class, b.lane);
    }
  };
  void push_class(const WaitingShape& shape, const std::pair<QueueKey, ClassIndex>& from);
  void push_view(const View& view, std::size_t at);
  void push_job(LaneIndex lane, std::map<QueueKey, JobRecord*>::const_iterator job);
  [[nodiscard]] bool is_wanted(const View::Entry& entry) const {
    return lanes_ == Lanes::all || !entry.key.is_promised;
  }

  const WaitQueue& queue_;
  Lanes lanes_;
  bool only_firm_;
  std::priority_queue<Comes, std::vector<Comes>, std::greater<>> coming_;
};

}  // namespace dayan::place
