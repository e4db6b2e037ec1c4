#include "sim/hub.h"

#include <algorithm>

namespace dayan::sim {

namespace {

constexpr std::int32_t watch_limit = 3;  ///< small, so that a list comes in parts
constexpr Duration watch_wait = Duration::seconds(30);
constexpr Duration pulse_every = Duration::seconds(5);
constexpr std::size_t plan_max = 64;
constexpr Duration down_max = Duration::minutes(2);

std::int64_t waiting_tasks(const core::State& state) {
  std::int64_t tasks = 0;
  state.jobs.visit_all([&](const JobRow& job) {
    if (job.state != JobState::cancelling) tasks += job.count - job.next_task + job.retrying;
  });
  return tasks;
}

}  // namespace

Hub::Hub(Trial& trial, store::MemoryStore& store, Checkers& checkers, Prng prng)
    : trial_(trial), store_(store), checkers_(checkers), prng_(prng), committed_hash_(core::State().hash()) {}

void Hub::later(Duration wait, EventQueue::Action action) {
  trial_.queue.after(wait, [this, life = life_, action = std::move(action)] {
    if (life == life_) action();
  });
}

void Hub::start() {
  const auto generation = store_.take_over();
  ASSERT(generation.has_value());
  generation_ = *generation;
  load();
  pulse();
}

void Hub::load() {
  auto state = std::make_unique<core::State>();
  auto engine = place::make_engine();
  const auto loaded = store_.load([&](Row row) {
    engine->apply({row, RowFate::live});
    state->load(std::move(row));
  });
  ASSERT(loaded.has_value());
  static_cast<void>(state->drain());
  for (const auto& [centre, at] : heard_) engine->observe({centre, at, std::nullopt});
  state_ = std::move(state);
  engine_ = std::move(engine);
  last_now_ = std::max(last_now_, state_->counters().last_now);
  older_plan_.clear();
  older_reclaims_.clear();
  timer_.reset();
  arm_timer();
  if (state_->hash() != committed_hash_) {
    trial_.broken("acknowledged", "what was read after a crash is not what was last committed");
  }
  checkers_.after_reload(*state_, store_);
  if (prng_.chance(1, 10)) checkers_.replay(*state_, store_);
}

void Hub::crash() {
  if (!is_up()) return;
  ++trial_.counts.hub_crashes;
  ++life_;
  state_.reset();
  engine_.reset();
  queue_.clear();
  polls_.clear();
  heard_.clear();
  is_scheduled_ = false;
  later(draw_between(prng_, Duration::seconds(1), down_max), [this] { start(); });
}

bool Hub::dies_here() {
  if (!Trial::strikes(prng_, trial_.faults.hub_crash_in_batch)) return false;
  crash();
  return true;
}

UnixTime Hub::next_now() {
  last_now_ = std::max(trial_.now(), last_now_ + Duration::microseconds(1));
  return last_now_;
}

void Hub::receive(Request request, Reply reply) {
  if (!is_up()) return;
  if (auto* submit = std::get_if<SubmitJob>(&request.body)) submit->id = JobId(trial_.next_id());
  queue_.push_back({std::move(request), std::move(reply)});
  schedule(draw_between(prng_, Duration(), Duration::milliseconds(20)));
}

void Hub::submit_own(CommandBody body) {
  Request request;
  request.is_host = true;
  request.body = std::move(body);
  receive(std::move(request), {});
}

void Hub::watch(const Digest& token, std::int64_t after, WatchReply reply) {
  if (!is_up()) return;
  const auto actor = core::authenticate(*state_, token, trial_.now());
  if (!actor) return;
  heard(actor->centre);
  Poll poll{actor->centre, after, std::move(reply)};
  const bool is_unknown = after > state_->counters().lease_sequence;
  if (is_unknown || (after > 0 && Trial::strikes(prng_, trial_.faults.full_list))) {
    poll.reply({{}, false, true});
    return;
  }
  const auto news = store_.leases_after(poll.centre, after, 1);
  if (!news || !news->empty()) return answer(poll);
  const std::int64_t id = ++last_poll_;
  polls_[id] = std::move(poll);
  later(watch_wait, [this, id] {
    const auto found = polls_.find(id);
    if (found == polls_.end()) return;
    const Poll waited = std::move(found->second);
    polls_.erase(found);
    answer(waited);
  });
}

void Hub::answer(const Poll& poll) {
  auto leases = store_.leases_after(poll.centre, poll.after, watch_limit);
  ASSERT(leases.has_value());
  const bool is_all = std::ssize(*leases) < watch_limit;
  poll.reply({std::move(*leases), is_all, false});
}

void Hub::answer_polls(CentreId centre) {
  std::vector<Poll> due;
  std::erase_if(polls_, [&](auto& each) {
    if (each.second.centre != centre) return false;
    due.push_back(std::move(each.second));
    return true;
  });
  for (const Poll& poll : due) answer(poll);
}

void Hub::heard(CentreId centre) {
  heard_[centre] = trial_.now();
  engine_->observe({centre, trial_.now(), std::nullopt});
}

void Hub::pulse() {
  // What changed is planned for at once; centres that fall silent or speak again make a difference, too.
  if (has_changed_ || pulses_ % 6 == 0) plan();
  // The core decides what is due; a tick of which nothing comes changes nothing.
  if (++pulses_ % 6 == 0) submit_own(Tick{});
  later(pulse_every, [this] { pulse(); });
}

void Hub::arm_timer() {
  const auto wakeup = core::next_wakeup(*state_);
  if (!wakeup || (timer_ && *timer_ <= *wakeup && *timer_ > trial_.now())) return;
  timer_ = *wakeup;
  const Duration wait = std::max(*wakeup - trial_.now(), Duration::milliseconds(50));
  later(wait, [this] { submit_own(Tick{}); });
}

void Hub::plan() {
  has_changed_ = false;
  if (waiting_tasks(*state_) == 0) return;
  CommitPlan made{engine_->plan(std::max(trial_.now(), last_now_), plan_max), engine_->reclaims()};
  std::vector<Assignment>& plan = made.assignments;
  if (Trial::strikes(prng_, trial_.faults.stale_plans)) {
    // Two planners that do not know of each other, or one that was late: the core has to see it.
    const std::vector<Assignment> again = older_plan_.empty() ? plan : older_plan_;
    plan.insert(plan.end(), again.begin(), again.end());
    made.reclaims.insert(made.reclaims.end(), older_reclaims_.begin(), older_reclaims_.end());
  }
  if (plan.empty() && made.reclaims.empty()) return;
  older_reclaims_ = made.reclaims;
  older_plan_ = plan;
  older_plan_.resize(std::min(older_plan_.size(), plan_max));
  later(draw_between(prng_, Duration(), Duration::seconds(1)), [this, made = std::move(made)] { submit_own(made); });
}

}  // namespace dayan::sim
