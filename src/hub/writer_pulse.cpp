#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "hub/writer.h"

/// What the writer does of itself between batches: timers, gauges and the invariants.

namespace dayan::hub {

namespace {

/// A batch that broke the books would do so again: not at once.
constexpr auto patience = std::chrono::seconds(1);
constexpr auto look_every = std::chrono::seconds(1);
constexpr auto check_every = std::chrono::minutes(1);
/// A timer that stays due after a tick (its command refused) must not keep the writer busy.
constexpr auto tick_every = std::chrono::milliseconds(50);

/// Looks at every job that has not ended: for a figure once a second, never once a batch.
std::int64_t waiting_tasks(const core::State& state) {
  std::int64_t tasks = 0;
  state.jobs.visit_all([&](const JobRow& job) {
    if (job.state == JobState::waiting || job.state == JobState::running) {
      tasks += job.count - job.next_task + job.retrying;
    }
  });
  return tasks;
}

}  // namespace

void Writer::tick_if_due() {
  if (!is_loaded_ || is_broken_) return;
  const auto wakeup = core::next_wakeup(*state_);
  if (!wakeup.has_value() || *wakeup > std::max(parts_.clock.now(), last_now_)) return;
  const auto now = SteadyClock::now();
  if (now - ticked_at_ < tick_every || now - broken_at_ < patience) return;
  ticked_at_ = now;
  Submission submission;
  submission.bearer = Bearer::host;
  submission.body = Tick{};
  submission.answer = [](const CommandAnswer& answer) {
    if (!answer.refusal.has_value()) return;
    fmt::print(stderr, "hub: the core refused a command of the hub's own: {}\n",
               to_text(answer.refusal->faults.front()));
  };
  std::vector<Submission> commands;
  commands.push_back(std::move(submission));
  process(std::move(commands));
}

void Writer::look_after() {
  if (!is_loaded_) return;
  const auto now = SteadyClock::now();
  if (now - looked_at_ < look_every) return;
  looked_at_ = now;
  parts_.metrics.live_leases = static_cast<std::int64_t>(state_->leases.size());
  parts_.metrics.waiting_tasks = waiting_tasks(*state_);
  if (now - checked_at_ < check_every) return;
  check_books();
}

void Writer::check_books() {
  checked_at_ = SteadyClock::now();
  const auto broken = core::broken_invariant(*state_);
  parts_.metrics.invariant_broken = broken.has_value() ? 1 : 0;
  if (!broken.has_value()) return;
  fmt::print(stderr, "hub: AN INVARIANT IS BROKEN, serving for reading alone until that is mended: {}\n", *broken);
  is_broken_ = true;
  parts_.metrics.ready = 0;
}

}  // namespace dayan::hub
