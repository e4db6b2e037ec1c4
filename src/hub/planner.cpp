#include "hub/planner.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/plan_parts.h"

namespace dayan::hub {

namespace {

/// What only time changes (a centre falls silent, a retry may start) is looked at so often.
constexpr auto plan_every = std::chrono::seconds(1);

template <class T>
void append(std::vector<T>& to, std::vector<T> more) {
  if (to.empty()) {
    to = std::move(more);
  } else {
    to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
}

}  // namespace

Planner::Planner(Clock& clock, Metrics& metrics, Propose propose)
    : clock_(clock), metrics_(metrics), propose_(std::move(propose)), engine_(place::make_engine()) {}

Planner::~Planner() { stop(); }

void Planner::start() {
  thread_ = std::thread([this] { run(); });
}

void Planner::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  more_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Planner::feed(std::vector<RowChange> changes) {
  {
    const std::lock_guard lock(mutex_);
    append(changes_, std::move(changes));
    has_news_ = true;
  }
  more_.notify_all();
}

void Planner::observe(const place::Observation& observation) {
  {
    const std::lock_guard lock(mutex_);
    observations_.push_back(observation);
    has_news_ = true;
  }
  more_.notify_all();
}

void Planner::reset(std::vector<RowChange> live, std::vector<place::Observation> observations) {
  {
    const std::lock_guard lock(mutex_);
    changes_ = std::move(live);
    observations_ = std::move(observations);
    must_reset_ = true;
    has_news_ = true;
    parts_.clear();  // of rows that may be others now
  }
  more_.notify_all();
}

void Planner::ask(const std::function<void(const place::Engine&, UnixTime now)>& look) {
  const std::lock_guard lock(engine_mutex_);
  catch_up();
  look(*engine_, clock_.now());
}

void Planner::catch_up() {
  std::vector<RowChange> changes;
  std::vector<place::Observation> observations;
  bool must_reset = false;
  {
    const std::lock_guard lock(mutex_);
    changes.swap(changes_);
    observations.swap(observations_);
    must_reset = std::exchange(must_reset_, false);
  }
  if (must_reset) engine_ = place::make_engine();
  for (const RowChange& change : changes) engine_->apply(change);
  for (const place::Observation& observation : observations) engine_->observe(observation);
}

std::vector<CommitPlan> Planner::make_plan() {
  const std::lock_guard lock(engine_mutex_);
  catch_up();
  std::vector<Assignment> plan = engine_->plan(clock_.now(), plan_max);
  return core::plan_parts(std::move(plan), engine_->reclaims(), part_max);
}

void Planner::settle(Outcome outcome) {
  {
    const std::lock_guard guard(mutex_);
    is_under_way_ = false;
    // Only a plan of which something was taken is a reason to plan again at once; one that was refused would be refused
    // again.
    if (outcome == Outcome::taken) has_news_ = is_taken_ = true;
    is_resting_ = !is_taken_;
  }
  more_.notify_all();
}

void Planner::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    more_.wait_for(lock, plan_every, [this] {
      return stopping_ || (!is_under_way_ && (!parts_.empty() || (has_news_ && !is_resting_)));
    });
    if (stopping_ || is_under_way_) continue;
    if (parts_.empty()) {
      is_resting_ = false;
      has_news_ = false;
      is_taken_ = false;
      lock.unlock();
      std::vector<CommitPlan> parts = make_plan();
      lock.lock();
      if (must_reset_) continue;
      parts_.assign(std::make_move_iterator(parts.begin()), std::make_move_iterator(parts.end()));
      if (parts_.empty()) continue;
    }
    CommitPlan part = std::move(parts_.front());
    parts_.pop_front();
    is_under_way_ = true;
    lock.unlock();
    metrics_.plan_assignments += static_cast<std::int64_t>(part.assignments.size());
    propose_(std::move(part), [this](Outcome outcome) { settle(outcome); });
    lock.lock();
  }
}

}  // namespace dayan::hub
