#include "hub/lease_watch.h"

#include <algorithm>
#include <utility>

namespace dayan::hub {

using SteadyClock = std::chrono::steady_clock;

LeaseWatch::LeaseWatch(Store& store) : store_(store), thread_([this] { run(); }) {}

LeaseWatch::~LeaseWatch() { stop(); }

bool LeaseWatch::add(CentreId centre, std::int64_t after, std::chrono::milliseconds wait, Answer answer) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || polls_.size() >= waiting_max) return false;
    polls_.push_back({centre, after, SteadyClock::now() + wait, std::move(answer), true});
  }
  change_.notify_one();
  return true;
}

void LeaseWatch::notify(const std::set<CentreId>& centres) {
  {
    const std::lock_guard lock(mutex_);
    for (const CentreId centre : centres) ++commits_[centre];
    for (Poll& poll : polls_) poll.due = poll.due || centres.contains(poll.centre);
  }
  change_.notify_one();
}

void LeaseWatch::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  change_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void LeaseWatch::run() {
  while (true) {
    std::vector<Poll> due = take_due();
    if (due.empty()) return;
    for (Poll& poll : due) look(std::move(poll));
  }
}

std::vector<LeaseWatch::Poll> LeaseWatch::take_due() {
  std::unique_lock lock(mutex_);
  while (true) {
    const auto now = SteadyClock::now();
    const auto waits = [&](const Poll& poll) { return !stopping_ && !poll.due && poll.deadline > now; };
    const auto first_due = std::stable_partition(polls_.begin(), polls_.end(), waits);
    if (first_due != polls_.end()) {
      std::vector<Poll> due(std::make_move_iterator(first_due), std::make_move_iterator(polls_.end()));
      polls_.erase(first_due, polls_.end());
      return due;
    }
    if (stopping_) return {};
    if (polls_.empty()) {
      change_.wait(lock);
    } else {
      const auto earliest = std::min_element(polls_.begin(), polls_.end(),
                                             [](const Poll& a, const Poll& b) { return a.deadline < b.deadline; });
      change_.wait_until(lock, earliest->deadline);
    }
  }
}

void LeaseWatch::look(Poll poll) {
  std::uint64_t commits_before = 0;
  {
    const std::lock_guard lock(mutex_);
    commits_before = commits_[poll.centre];
  }
  auto leases = store_.leases_after(poll.centre, poll.after, leases_max);
  if (leases.has_value() && leases->empty()) {
    const std::lock_guard lock(mutex_);
    if (!stopping_ && poll.deadline > SteadyClock::now()) {
      // A commit between the look and now would be missed if the poll simply went back to waiting.
      poll.due = commits_[poll.centre] != commits_before;
      polls_.push_back(std::move(poll));
      return;
    }
  }
  poll.answer(std::move(leases));
}

}  // namespace dayan::hub
