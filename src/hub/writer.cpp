#include "hub/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <future>
#include <set>
#include <utility>

namespace dayan::hub {

namespace {

constexpr auto pulse = std::chrono::seconds(1);

Error stopping_error() {
  return {ErrorCode::unavailable, "", "the hub is stopping", "try again when it is back; nothing was done"};
}

}  // namespace

Writer::Writer(Parts parts) : parts_(std::move(parts)) {}

Writer::~Writer() { stop(); }

Result<void> Writer::start() {
  TRY(generation_, parts_.store.take_over());
  // Ids are unique across starts even when the clock stands still or was set back: each start has its own shard.
  ids_ = IdMaker(1 + static_cast<int>(generation_ % IdMaker::shard_max));
  TRY_VOID(load());
  const UnixTime now = parts_.clock.now();
  if (now + clock_bound < last_now_) {
    return fail(ErrorCode::invalid,
                "the clock of this machine is " + to_text(last_now_ - now) + " behind the hub's last command",
                "set the clock right and start again");
  }
  thread_ = std::thread([this] { run(); });
  return {};
}

void Writer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  more_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Writer::submit(Submission submission) {
  {
    const std::lock_guard lock(mutex_);
    if (!ended_ && commands_.size() < queue_max) {
      commands_.push_back(std::move(submission));
      parts_.metrics.queue_length = static_cast<std::int64_t>(commands_.size());
      more_.notify_one();
      return;
    }
  }
  CommandAnswer full;
  full.error = Error{ErrorCode::unavailable, "", "too many commands wait", "try again a little later"};
  count(full);
  if (submission.answer) submission.answer(std::move(full));
}

void Writer::propose(CommitPlan plan, std::function<void(Planner::Outcome)> settled) {
  Submission submission;
  submission.bearer = Bearer::host;
  const std::size_t proposed = plan.assignments.size();
  const std::size_t reclaims = plan.reclaims.size();
  const auto taken = std::make_shared<bool>(false);
  submission.body = std::move(plan);
  submission.render = [this, proposed, reclaims, taken](const View&, const core::Decision& decision) {
    parts_.metrics.plan_stale += static_cast<std::int64_t>(decision.stale.size());
    const bool takes_back = std::ranges::any_of(decision.events, [](const Event& each) {
      return std::holds_alternative<LeaseReclaimed>(each);
    });
    *taken = decision.stale.size() < proposed || (reclaims > 0 && takes_back);
    return Rendered{};
  };
  submission.answer = [taken, settled = std::move(settled)](const CommandAnswer& answer) {
    const bool was_taken = *taken && !answer.error.has_value() && !answer.refusal.has_value();
    if (answer.refusal.has_value()) {
      fmt::print(stderr, "hub: the core refused a plan of the hub's own: {}\n",
                 to_text(answer.refusal->faults.front()));
    }
    settled(was_taken ? Planner::Outcome::taken : Planner::Outcome::refused);
  };
  submit(std::move(submission));
}

Result<void> Writer::read(const std::function<void(const View&)>& look) {
  std::promise<bool> done;
  std::future<bool> ran = done.get_future();
  {
    const std::lock_guard lock(mutex_);
    if (ended_ || looks_.size() >= queue_max) {
      return fail(ErrorCode::unavailable, "the hub cannot answer now", "try again a little later");
    }
    looks_.push_back([&](const View* seen) {
      if (seen != nullptr) look(*seen);
      done.set_value(seen != nullptr);
    });
  }
  more_.notify_one();
  if (ran.get()) return {};
  return fail(ErrorCode::unavailable, "the hub is reading its state", "try again a little later");
}

// The planner hears it at once, so that whatever is asked afterwards is planned with it.
void Writer::heard(CentreId centre) {
  const UnixTime now = parts_.clock.now();
  const std::lock_guard lock(mutex_);
  heard_news_[centre] = now;
  parts_.planner.observe(observation_of(centre, now));
}

void Writer::heard(CentreId centre, std::optional<Cores> foreign_cores_busy) {
  const UnixTime now = parts_.clock.now();
  const std::lock_guard lock(mutex_);
  heard_news_[centre] = now;
  foreign_.erase(centre);
  if (foreign_cores_busy) foreign_.emplace(centre, *foreign_cores_busy);
  parts_.planner.observe(observation_of(centre, now));
}

place::Observation Writer::observation_of(CentreId centre, UnixTime at) const {
  const auto foreign = foreign_.find(centre);
  return {centre, at, foreign == foreign_.end() ? std::nullopt : std::optional(foreign->second)};
}

std::int64_t Writer::next_id() {
  const UnixTime last = parts_.directory.look([](const core::State& state) { return state.counters().last_now; });
  const std::lock_guard lock(id_mutex_);
  return ids_.next(std::max(parts_.clock.now(), last));
}

Result<void> Writer::load() {
  auto state = std::make_unique<core::State>();
  std::vector<RowChange> live;
  TRY_VOID(parts_.store.load([&](Row row) {
    live.push_back({row, RowFate::live});
    state->load(std::move(row));
  }));
  static_cast<void>(state->drain());  // what only derived tables noted while loading
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [centre, at] : heard_news_) heard_[centre] = at;
    std::vector<place::Observation> observations;
    for (const auto& [centre, at] : heard_) observations.push_back(observation_of(centre, at));
    parts_.planner.reset(std::move(live), std::move(observations));
  }
  state_ = std::move(state);
  last_now_ = std::max(last_now_, state_->counters().last_now);
  parts_.directory.reset(*state_);
  // A commit that was kept though it was not confirmed may have changed leases: every watch is to look again.
  std::set<CentreId> centres;
  state_->centres.visit_all([&](const CentreRow& centre) { centres.insert(centre.id); });
  parts_.watch.notify(centres);
  is_loaded_ = true;
  is_broken_ = false;
  check_books();
  parts_.metrics.reloads += 1;
  parts_.metrics.ready = is_broken_ ? 0 : 1;
  return {};
}

bool Writer::load_until_it_works() {
  auto pause = std::chrono::milliseconds(20);
  while (!is_stopping()) {
    const auto loaded = load();
    if (loaded.has_value()) return true;
    fmt::print(stderr, "hub: the state cannot be read, trying again: {}\n", to_text(loaded.error()));
    shed({ErrorCode::unavailable, "", "the hub is reading its state", "try again a little later"});
    std::unique_lock lock(mutex_);
    more_.wait_for(lock, pause, [&] { return stopping_; });
    pause = std::min(2 * pause, retry_max);
  }
  return false;
}

bool Writer::is_stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void Writer::shed(const Error& error) {
  std::deque<Submission> commands;
  std::deque<Look> looks;
  {
    const std::lock_guard lock(mutex_);
    commands.swap(commands_);
    looks.swap(looks_);
    parts_.metrics.queue_length = 0;
  }
  for (Submission& each : commands) {
    CommandAnswer answer;
    answer.error = error;
    count(answer);
    if (each.answer) each.answer(std::move(answer));
  }
  for (const Look& look : looks) look(nullptr);
}

void Writer::run() {
  while (true) {
    wait_for_work();
    const bool must_end = is_stopping();  // before the queue is taken: what was queued by then is done
    if (!is_fenced_ && (is_loaded_ || load_until_it_works())) {
      std::vector<Submission> commands = take_commands();
      const bool more_to_do = !commands.empty();
      if (more_to_do) process(std::move(commands));
      take_heard();
      if (is_loaded_) run_looks();
      tick_if_due();
      look_after();
      if (more_to_do) continue;
    } else if (is_fenced_) {
      shed({ErrorCode::unavailable, "", "another hub has taken over", "talk to that one; nothing was done"});
    }
    if (must_end) break;
  }
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  shed(stopping_error());
  parts_.metrics.ready = 0;
}

void Writer::wait_for_work() {
  auto wait = std::chrono::duration_cast<std::chrono::microseconds>(pulse);
  if (is_loaded_) {
    if (const auto wakeup = core::next_wakeup(*state_)) {
      const std::int64_t until = (*wakeup - std::max(parts_.clock.now(), last_now_)).microseconds();
      wait = std::clamp(std::chrono::microseconds(until), std::chrono::microseconds(10'000), wait);
    }
  }
  if (!is_loaded_ && !is_fenced_) return;
  std::unique_lock lock(mutex_);
  more_.wait_for(lock, wait, [&] { return stopping_ || !commands_.empty() || !looks_.empty(); });
}

std::vector<Submission> Writer::take_commands() {
  std::vector<Submission> taken;
  const std::lock_guard lock(mutex_);
  const std::size_t count = std::min(commands_.size(), batch_max);
  taken.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    taken.push_back(std::move(commands_.front()));
    commands_.pop_front();
  }
  parts_.metrics.queue_length = static_cast<std::int64_t>(commands_.size());
  return taken;
}

void Writer::run_looks() {
  std::deque<Look> looks;
  {
    const std::lock_guard lock(mutex_);
    looks.swap(looks_);
  }
  if (looks.empty()) return;
  const View seen = view(std::max(parts_.clock.now(), last_now_));
  for (const Look& look : looks) look(&seen);
}

void Writer::take_heard() {
  std::map<CentreId, UnixTime> news;
  {
    const std::lock_guard lock(mutex_);
    news.swap(heard_news_);
  }
  for (const auto& [centre, at] : news) heard_[centre] = at;
}

}  // namespace dayan::hub
