#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "base/result.h"
#include "model/lease.h"
#include "ports/store.h"

/// LeaseWatch: the long-polls of agents. Each waits until a lease of its centre changes after a sequence, or until
/// its time is up, and is answered with committed rows from the store. One thread of its own, so that neither the
/// writer nor an HTTP thread waits.

namespace dayan::hub {

class LeaseWatch {
 public:
  static constexpr std::int32_t leases_max = 1'000;   ///< in one answer; the agent asks again for the rest
  static constexpr std::size_t waiting_max = 20'000;  ///< polls that wait at once

  /// Called once, on the watch's thread, with the leases in order of sequence, possibly none.
  using Answer = std::function<void(Result<std::vector<LeaseRow>>)>;

  explicit LeaseWatch(Store& store);
  ~LeaseWatch();
  LeaseWatch(const LeaseWatch&) = delete;
  LeaseWatch& operator=(const LeaseWatch&) = delete;

  /// False when too many wait, or stop() has begun.
  [[nodiscard]] bool add(CentreId centre, std::int64_t after, std::chrono::milliseconds wait, Answer answer);
  /// After a commit that touched leases of these centres.
  void notify(const std::set<CentreId>& centres);
  /// Answers everyone who waits with what there is, and ends the thread.
  void stop();

 private:
  struct Poll {
    CentreId centre;
    std::int64_t after = 0;
    std::chrono::steady_clock::time_point deadline;
    Answer answer;
    bool due = true;  ///< the store is to be asked: at first, and after each commit that touched the centre
  };

  void run();
  /// Takes the polls that are due or whose time is up; blocks until there is one or stop() has begun.
  [[nodiscard]] std::vector<Poll> take_due();
  void look(Poll poll);

  Store& store_;
  std::mutex mutex_;
  std::condition_variable change_;
  std::vector<Poll> polls_;
  std::map<CentreId, std::uint64_t> commits_;  ///< how many commits touched the centre: a poll taken out misses none
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace dayan::hub
