#include "agent/agent.h"

#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>

#include "adapters/files.h"
#include "model/json.h"

namespace dayan::agent {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds decide_interval{200};
constexpr milliseconds store_again_after{5'000};
constexpr Duration look_interval_busy = Duration::seconds(1);
constexpr Duration look_interval_idle = Duration::seconds(5);
constexpr Duration stray_folder_age = Duration::hours(24);

bool is_quiet(execute::Phase phase) { return phase == execute::Phase::wanted || phase == execute::Phase::reported; }

std::string describe(const execute::LeaseRecord& record) {
  std::string text(to_text(record.phase));
  if (record.phase >= execute::Phase::ended) text += std::string(", ") + std::string(to_text(record.outcome));
  if (record.outcome == Outcome::exited) text += " " + std::to_string(record.exit_code);
  if (!record.engine_id.empty()) text += ", engine id " + record.engine_id;
  if (!record.failure.empty()) text += ": " + record.failure;
  return text;
}

}  // namespace

Agent::Agent(const Parts& parts, execute::AgentState state)
    : parts_(parts),
      identity_(parts.identity),
      state_(std::move(state)),
      depot_(parts.hub),
      cache_(parts.folder.file("cache"), depot_),
      payloads_(parts.folder.file("payloads"), parts.hub),
      tail_(parts.hub),
      engine_workers_(2),
      look_worker_(1),
      transfer_workers_(3),
      report_worker_(1) {}

Agent::~Agent() {
  inbox_.stop();
  for (std::thread& thread : threads_) thread.join();
}

Result<void> Agent::run() {
  std::vector<JobId> jobs;
  for (const execute::LeaseRecord& record : state_.leases) jobs.push_back(record.lease.job);
  payloads_.keep_only(jobs);
  threads_.emplace_back([this, sequence = state_.lease_sequence] { watch_leases(sequence); });
  threads_.emplace_back([this] { tail_logs(); });
  threads_.emplace_back([this] { publish_pools(); });
  while (!inbox_.is_stopping() && !parts_.hub.is_cast_out()) decide();
  const bool cast_out = parts_.hub.is_cast_out();
  inbox_.stop();
  if (!cast_out) return {};
  return fail(ErrorCode::denied,
              "the hub does not know this agent any more: a newer one has enrolled, or it was revoked",
              "ask for a new join token and run dayan agent join");
}

void Agent::decide() {
  const std::vector<Inbox::Message> messages = inbox_.take(decide_interval);
  const UnixTime now = parts_.clock.now();
  for (const Inbox::Message& message : messages) message(now);
  look_when_due(now);
  clear_cache_when_due(now);
  const std::vector<execute::Action> actions = execute::reconcile(state_, changes_, observed_, now);
  changes_.clear();
  observed_.reset();
  if (messages.empty() && actions.empty()) return;
  tell_log();
  // Nothing is done before it is written down that it is going to be done.
  while (!store()) {
    if (inbox_.sleep(store_again_after)) return;
  }
  for (const execute::Action& action : actions) {
    std::visit([this](const auto& each) { act(each); }, action);
  }
  sweep_once();
}

bool Agent::store() {
  std::string text = nested_text(state_);
  if (text == stored_) return true;
  const Result<void> written = parts_.folder.store_state(state_);
  if (!written) {
    spdlog::error("the journal cannot be written, so nothing is done: {}", to_text(written.error()));
    return false;
  }
  stored_ = std::move(text);
  return true;
}

void Agent::look_when_due(UnixTime now) {
  const bool busy = std::any_of(state_.leases.begin(), state_.leases.end(),
                                [](const execute::LeaseRecord& record) { return !is_quiet(record.phase); });
  const bool waiting = !state_.looked && !state_.leases.empty();
  const Duration interval = busy || waiting ? look_interval_busy : look_interval_idle;
  const bool is_due = looked_at_.is_none() || now < looked_at_ || now - looked_at_ >= interval;
  if (looking_ || !is_due) return;
  looking_ = true;
  looked_at_ = now;
  look_worker_.add([this, now] {
    Result<std::vector<EngineJob>> jobs = parts_.executor.list();
    inbox_.add([this, now, jobs = std::move(jobs)](UnixTime) {
      looking_ = false;
      if (jobs) observed_ = execute::Observation{now, *jobs};
      if (engine_silent_ == jobs.has_value()) {
        engine_silent_ = !jobs.has_value();
        if (jobs)
          spdlog::info("the engine answers again");
        else
          spdlog::warn("the engine does not answer: {}", to_text(jobs.error()));
      }
    });
  });
}

void Agent::clear_cache_when_due(UnixTime now) {
  const bool is_due =
      cache_cleared_at_.is_none() || now < cache_cleared_at_ || now - cache_cleared_at_ >= InputCache::cleared_every;
  if (!is_due) return;
  cache_cleared_at_ = now;
  transfer_workers_.add([this] { cache_.remove_unused(InputCache::kept_unused); });
}

void Agent::tell_log() {
  std::map<AttemptKey, execute::Phase> phases;
  std::vector<AttemptKey> running;
  for (const execute::LeaseRecord& record : state_.leases) {
    phases[record.attempt()] = record.phase;
    if (record.phase == execute::Phase::running && !record.started_at.is_none()) running.push_back(record.attempt());
    const auto last = logged_.find(record.attempt());
    if (last == logged_.end()) {
      spdlog::info("{}: leased to {} in pool {}", engine_name(record.attempt()), record.lease.organisation,
                   record.lease.pool);
    }
    if (last == logged_.end() ? record.phase != execute::Phase::wanted : last->second != record.phase) {
      spdlog::info("{}: {}", engine_name(record.attempt()), describe(record));
    }
  }
  logged_ = std::move(phases);
  const std::lock_guard lock(running_mutex_);
  running_ = std::move(running);
}

void Agent::sweep_once() {
  if (swept_ || !state_.caught_up || !state_.looked) return;
  swept_ = true;
  const Result<std::vector<std::string>> names = adapters::names_in(parts_.work_folder);
  if (!names) return;
  for (const std::string& name : *names) {
    const Result<AttemptKey> attempt = parse_engine_name(name);
    if (!attempt || find(state_, *attempt) != nullptr) continue;
    struct stat info {};
    const std::string path = parts_.work_folder + '/' + name;
    if (::lstat(path.c_str(), &info) != 0) continue;
    // A young one may belong to another agent with the same work folder.
    const UnixTime changed(std::int64_t{info.st_mtim.tv_sec} * 1'000'000);
    if (parts_.clock.now() - changed < stray_folder_age) continue;
    spdlog::info("{}: removing its folder, nothing needs it any more", name);
    adapters::remove_tree(path);
  }
}

std::string Agent::folder_of(const AttemptKey& attempt) const {
  return parts_.work_folder + '/' + engine_name(attempt);
}

}  // namespace dayan::agent
