#include "sim/engine.h"

#include <algorithm>

#include "model/rack.h"

namespace dayan::sim {

namespace {

/// Shorter than execute::look_patience: an order that came later than that would be no order of a real engine.
constexpr Duration late_landing_max = Duration::seconds(3);
constexpr std::int32_t program_failure = 3;
/// What a program that is told to end leaves as its exit code: that of SIGTERM.
constexpr std::int32_t told_to_end = 143;

/// Named after their pool; the racks' come first.
std::vector<LaidNode> nodes_of(const PoolRow& pool) {
  std::vector<LaidNode> nodes;
  const auto add = [&](std::int32_t rack) {
    nodes.push_back({pool.name + "-" + std::to_string(nodes.size() + 1), rack});
  };
  std::int32_t rack = 0;
  for (const Racks& racks : pool.racks) {
    for (std::int32_t i = 0; i < racks.count; ++i) {
      ++rack;
      for (std::int32_t node = 0; node < racks.nodes; ++node) add(rack);
    }
  }
  while (std::ssize(nodes) < pool.nodes) add(0);
  return nodes;
}

}  // namespace

std::string engine_id_of(const AttemptKey& attempt) { return "at-" + engine_name(attempt); }

const Engine::Job* Engine::named(const AttemptKey& attempt) const {
  for (const auto& [id, job] : jobs_) {
    if (job.lease.attempt() == attempt) return &job;
  }
  return nullptr;
}

Result<std::string> Engine::order(const LeaseRow& lease, const std::vector<std::string>& nodes_to_avoid) {
  const Faults& faults = trial_.faults;
  if (is_down() || Trial::strikes(prng_, faults.order_busy)) return fail(ErrorCode::unavailable, "the engine is busy");
  if (named(lease.attempt()) != nullptr) return engine_id_of(lease.attempt());
  if (clock_.now() > lease.starts_by) return fail(ErrorCode::invalid, "the deadline has passed");
  if (Trial::strikes(prng_, faults.order_refused)) return fail(ErrorCode::invalid, "no such partition");
  if (Trial::strikes(prng_, faults.order_lost)) return fail(ErrorCode::unknown_outcome, "the order timed out");
  if (Trial::strikes(prng_, faults.order_late)) {
    trial_.queue.after(draw_between(prng_, Duration(), late_landing_max), [this, lease, nodes_to_avoid] {
      land(lease, nodes_to_avoid);
    });
    return fail(ErrorCode::unknown_outcome, "the order timed out");
  }
  land(lease, nodes_to_avoid);
  if (Trial::strikes(prng_, faults.order_reply_lost)) return fail(ErrorCode::unknown_outcome, "the answer was lost");
  return engine_id_of(lease.attempt());
}

void Engine::land(const LeaseRow& lease, const std::vector<std::string>& nodes_to_avoid) {
  const std::int64_t id = ++last_id_;
  jobs_[id] = Job{lease,         nodes_to_avoid, {}, engine_id_of(lease.attempt()), AttemptState::queued,
                  Outcome::none, 0,              {}, {},                            {},
                  {}};
  const bool is_slow = Trial::strikes(prng_, trial_.faults.slow_queue);
  const Duration wait = draw_between(prng_, Duration(), is_slow ? Duration::minutes(15) : Duration::seconds(20));
  trial_.queue.after(wait, [this, id] { begin(id); });
}

/// Chooses nodes as it likes, in one rack where they must lie in one; false while those that it may take are too few.
bool Engine::lay(Job& job) {
  const auto pool = std::find_if(pools_.begin(), pools_.end(),
                                 [&](const PoolRow& each) { return each.name == job.lease.pool; });
  const Resources& task = job.lease.resources;
  std::vector<LaidNode> free;
  if (pool != pools_.end()) free = nodes_of(*pool);
  std::erase_if(free, [&](const LaidNode& node) {
    const bool is_avoided = std::count(job.nodes_to_avoid.begin(), job.nodes_to_avoid.end(), node.name) > 0;
    return is_avoided && trial_.bug != PlantedBug::any_node;
  });
  if (task.is_in_rack()) {
    if (pool != pools_.end() && !has_nodes_for(*pool, task))
      trial_.broken("rack", engine_name(job.lease.attempt()) + " was sent to a pool no rack of which has its nodes");
    if (trial_.bug != PlantedBug::any_rack) keep_one_rack(free, task.nodes);
  }
  if (std::ssize(free) < task.nodes) return false;
  while (std::ssize(free) > task.nodes)
    free.erase(free.begin() + static_cast<std::ptrdiff_t>(prng_.below(free.size())));
  job.nodes = std::move(free);
  return true;
}

/// Those of any rack that has as many of them; none where no rack has.
void Engine::keep_one_rack(std::vector<LaidNode>& free, std::int32_t nodes) {
  std::map<std::int32_t, std::int32_t> of_rack;
  for (const LaidNode& each : free) of_rack[each.rack] += each.rack > 0 ? 1 : 0;
  std::erase_if(of_rack, [&](const auto& rack) { return rack.second < nodes; });
  if (of_rack.empty()) return free.clear();
  const auto chosen = std::next(of_rack.begin(), static_cast<std::ptrdiff_t>(prng_.below(of_rack.size())));
  const std::size_t before = free.size();
  std::erase_if(free, [&](const LaidNode& each) { return each.rack != chosen->first; });
  trial_.counts.gangs_in_racks += free.size() < before ? 1 : 0;
}

void Engine::begin(std::int64_t id) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end() || found->second.state != AttemptState::queued) return;
  Job& job = found->second;
  if (is_down()) {
    trial_.queue.at(down_until_, [this, id] { begin(id); });
    return;
  }
  if (clock_.now() > job.lease.starts_by) return end(job, Outcome::expired, 0);
  if (!lay(job)) {
    trial_.queue.after(Duration::seconds(20), [this, id] { begin(id); });
    return;
  }
  job.state = AttemptState::running;
  job.started_at = clock_.now();
  job.began = trial_.now();
  processes_.begin(job.lease, job.nodes);
  const std::int64_t wall = job.lease.wall_time.microseconds();
  const bool is_long = prng_.chance(1, 4);
  const auto wanted = Duration::microseconds(prng_.between(wall / 100, is_long ? wall + wall / 5 : wall / 2));
  const bool obeys = trial_.bug != PlantedBug::engine_runs_on;
  const Duration runs = obeys ? std::min(wanted, job.lease.wall_time) : wanted + Duration::minutes(20);
  trial_.queue.after(runs, [this, id, wanted] { finish(id, wanted); });
}

void Engine::finish(std::int64_t id, Duration wanted) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end() || found->second.state != AttemptState::running) return;
  Job& job = found->second;
  if (wanted > job.lease.wall_time) {
    end(job, Outcome::timed_out, 0);
  } else {
    end(job, Outcome::exited, Trial::strikes(prng_, trial_.faults.program_fails) ? program_failure : 0);
  }
  if (Trial::strikes(prng_, trial_.faults.engine_forgets)) jobs_.erase(found);
}

void Engine::end(Job& job, Outcome outcome, std::int32_t exit_code) {
  if (job.state == AttemptState::running) {
    job.run = trial_.now() - job.began;
    processes_.end(job.lease.attempt());
  }
  job.state = AttemptState::ended;
  job.outcome = outcome;
  job.exit_code = exit_code;
  job.ended_at = clock_.now();
}

void Engine::stop(const AttemptKey& attempt) {
  if (is_down() || trial_.bug == PlantedBug::engine_runs_on) return;
  for (const auto& [id, job] : jobs_) {
    if (job.lease.attempt() != attempt || job.state == AttemptState::ended) continue;
    trial_.queue.after(draw_between(prng_, Duration(), Duration::seconds(3)), [this, stopped = id] {
      const auto found = jobs_.find(stopped);
      if (found != jobs_.end() && found->second.state != AttemptState::ended) end(found->second, Outcome::stopped, 0);
    });
  }
}

Result<void> Engine::give_notice(const AttemptKey& attempt) {
  if (is_down() || Trial::strikes(prng_, trial_.faults.order_busy))
    return fail(ErrorCode::unavailable, "the engine is busy");
  const bool listens = prng_.chance(1, 2);
  const Duration saves = draw_between(prng_, Duration(), Duration::minutes(3));
  const bool is_done = prng_.chance(1, 10);
  for (const auto& [id, job] : jobs_) {
    if (!listens || job.lease.attempt() != attempt || job.state != AttemptState::running) continue;
    trial_.queue.after(saves, [this, told = id, is_done] {
      const auto found = jobs_.find(told);
      if (found == jobs_.end() || found->second.state == AttemptState::ended) return;
      end(found->second, Outcome::exited, is_done ? 0 : told_to_end);
    });
  }
  return {};
}

void Engine::forget(const AttemptKey& attempt) {
  std::erase_if(jobs_, [&](const auto& each) {
    return each.second.lease.attempt() == attempt && each.second.state == AttemptState::ended;
  });
}

EngineJob Engine::shown(const Job& job) const {
  EngineJob shown;
  shown.attempt = job.lease.attempt();
  shown.engine_id = job.engine_id;
  shown.state = job.state;
  shown.outcome = job.outcome;
  shown.exit_code = job.exit_code;
  for (const LaidNode& each : job.nodes) {
    if (job.state == AttemptState::running) shown.nodes.push_back(each.name);
  }
  shown.started_at = job.started_at;
  shown.ended_at = job.ended_at;
  shown.engine_run = job.state == AttemptState::running ? trial_.now() - job.began : job.run;
  // The wrapper stamps inside of what the engine counts; before the end it has no figure.
  if (job.state == AttemptState::ended)
    shown.wrapper_run = Duration::microseconds(shown.engine_run.microseconds() / 100 * 99);
  return shown;
}

Result<std::vector<EngineJob>> Engine::look() {
  if (is_down() || Trial::strikes(prng_, trial_.faults.look_fails)) {
    return fail(ErrorCode::unavailable, "the engine does not answer");
  }
  std::vector<EngineJob> all;
  for (const auto& [id, job] : jobs_) all.push_back(shown(job));
  return all;
}

void Engine::go_down(Duration pause) {
  ++trial_.counts.engine_outages;
  down_until_ = trial_.now() + pause;
}

}  // namespace dayan::sim
