#include <algorithm>

#include "adapters/files.h"
#include "adapters/order_check.h"
#include "adapters/slurm/slurm_executor.h"
#include "adapters/slurm/slurm_judge.h"

/// How the executor looks: what lies in the control folders, beside what Slurm says of each user's jobs.

namespace dayan::adapters {
namespace {

constexpr std::size_t stderr_tail_size = 4096;

}  // namespace

Result<SlurmExecutor::Listing> SlurmExecutor::look(const std::map<AttemptKey, Known>& known) {
  std::set<std::string> asked = live_users_;
  for (const auto& [attempt, one] : known) {
    if (!one.result.has_value()) asked.insert(one.control.user());
  }
  // At first all of them: a job may have outlived its control folder. When nothing is under way, one question still
  // tells whether Slurm answers.
  if (!has_looked_) asked.insert(options_.users.begin(), options_.users.end());
  if (asked.empty()) asked.insert(options_.users.front());
  Listing listing;
  std::optional<Error> fault;
  for (const std::string& user : asked) {
    auto jobs = door_.jobs(user);
    if (jobs.has_value()) {
      listing.jobs.emplace(user, std::move(*jobs));
    } else {
      listing.silent.insert(user);
      fault = std::move(jobs).error();
    }
  }
  // One user who cannot be asked (a full process table, a rule of sudo that went) must not hold up the others.
  if (listing.jobs.empty()) return fail(std::move(*fault));
  if (listing.silent.empty()) has_looked_ = true;
  return listing;
}

Result<std::map<AttemptKey, SlurmExecutor::Known>> SlurmExecutor::controls() {
  std::map<AttemptKey, Known> found;
  TRY(const std::vector<std::string> names, names_in(options_.folder));
  for (const std::string& name : names) {
    if (!name.ends_with(control_suffix)) continue;
    const auto attempt =
        parse_engine_name(std::string_view(name).substr(0, name.size() - std::string_view(control_suffix).size()));
    if (!attempt.has_value()) continue;
    Known known{SlurmControl(options_.folder, *attempt), {}, {}};
    // One damaged folder must not hide all the others: what Slurm knows of its job is still reported. A folder that
    // cannot be read just now proves nothing, though, and is an error.
    const auto opened = known.control.open();
    if (!opened.has_value() && opened.error().code == ErrorCode::corrupt) continue;
    TRY_VOID(opened);
    TRY(known.engine_id, known.control.engine_id());
    auto result = known.control.result();
    if (!result.has_value() && result.error().code != ErrorCode::corrupt) return fail(std::move(result).error());
    if (result.has_value()) known.result = std::move(*result);
    found.emplace(*attempt, std::move(known));
  }
  return found;
}

Result<void> SlurmExecutor::add_history(const std::map<AttemptKey, Known>& known,
                                        std::map<AttemptKey, SlurmJob>& jobs) {
  std::map<std::string, std::vector<std::string>> ids;  // by user
  for (const auto& [attempt, one] : known) {
    if (!one.engine_id.empty() && !one.result.has_value() && !jobs.contains(attempt))
      ids[one.control.user()].push_back(one.engine_id);
  }
  if (ids.empty()) return {};
  TRY(const bool accounting, has_accounting());
  if (!accounting) return {};
  Listing past;
  for (const auto& [user, list] : ids) {
    TRY(std::vector<SlurmJob> rows, commands_.history(list, user));
    // A record that the accounting has not closed says less than the controller, which knows nothing of the job.
    std::erase_if(rows, is_alive);
    past.jobs.emplace(user, std::move(rows));
  }
  std::set<std::string> live;  // none: all of these have ended
  for (auto& [attempt, job] : jobs_by_attempt(past, known, live)) {
    if (known.contains(attempt)) jobs.try_emplace(attempt, std::move(job));
  }
  return {};
}

/// The jobs that are ours, by attempt. What another user calls by the name of an attempt is not that attempt; what
/// calls itself otherwise still is the one that Slurm gave its number for.
std::map<AttemptKey, SlurmJob> SlurmExecutor::jobs_by_attempt(const Listing& listing,
                                                              const std::map<AttemptKey, Known>& known,
                                                              std::set<std::string>& live_users) {
  std::map<std::pair<std::string, std::string>, AttemptKey> by_number;  // by user and number
  for (const auto& [attempt, one] : known) {
    if (!one.engine_id.empty()) by_number.insert_or_assign({one.control.user(), one.engine_id}, attempt);
  }
  const auto attempt_of = [&](const SlurmJob& job, const std::string& user) -> std::optional<AttemptKey> {
    const auto named = parse_engine_name(job.name);
    const auto one = named.has_value() ? known.find(*named) : known.end();
    const bool is_here = one != known.end() && one->second.control.user() == user;
    if (is_here && one->second.engine_id == job.id) return *named;
    const auto numbered = by_number.find({user, job.id});
    if (numbered != by_number.end() && is_of_order(job, known.at(numbered->second).control.starts_by()))
      return numbered->second;
    return named.has_value() && (is_here || one == known.end()) ? std::optional(*named) : std::nullopt;
  };
  std::map<AttemptKey, SlurmJob> jobs;
  for (const auto& [user, list] : listing.jobs) {
    for (const SlurmJob& job : list) {
      const auto attempt = attempt_of(job, user);
      if (!attempt.has_value()) continue;
      if (is_alive(job)) live_users.insert(user);
      const auto [at, is_new] = jobs.try_emplace(*attempt, job);
      if (!is_new && matters_more(job, at->second)) at->second = job;
    }
  }
  return jobs;
}

std::optional<EngineJob> SlurmExecutor::judge_one(const AttemptKey& attempt, const Known* known,
                                                  const std::map<AttemptKey, SlurmJob>& jobs,
                                                  const Listing& listing) {
  SlurmEvidence evidence;
  evidence.attempt = attempt;
  evidence.now = time_of_day();
  evidence.has_control = known != nullptr;
  if (const auto job = jobs.find(attempt); job != jobs.end()) evidence.job = job->second;
  if (known != nullptr) {
    const SlurmControl& control = known->control;
    evidence.is_silent = !evidence.job.has_value() && listing.silent.contains(control.user());
    evidence.engine_id = known->engine_id;
    evidence.stamps = control.stamps();
    evidence.asked_to_stop = control.is_asked_to_stop();
    evidence.starts_by = control.starts_by();
    evidence.wall_time = control.wall_time();
    evidence.overhead = options_.overhead;
    evidence.stderr_tail = read_tail(control.work_folder() + '/' + stderr_file, stderr_tail_size);
  }
  return judge(evidence);
}

Result<std::vector<EngineJob>> SlurmExecutor::list() {
  const std::lock_guard guard(mutex_);
  // In this order: what is submitted after the folders were read is in the listing at worst, never missing from it.
  TRY(const auto known, controls());
  TRY(const Listing listing, look(known));
  live_users_ = listing.silent;
  auto jobs = jobs_by_attempt(listing, known, live_users_);
  TRY_VOID(add_history(known, jobs));
  std::set<AttemptKey> attempts;
  for (const auto& [attempt, one] : known) attempts.insert(attempt);
  for (const auto& [attempt, job] : jobs) attempts.insert(attempt);

  std::vector<EngineJob> list;
  for (const AttemptKey& attempt : attempts) {
    const auto at = known.find(attempt);
    const Known* one = at == known.end() ? nullptr : &at->second;
    if (one != nullptr && one->result.has_value()) {
      list.push_back(*one->result);
      continue;
    }
    const std::optional<EngineJob> job = judge_one(attempt, one, jobs, listing);
    if (!job.has_value()) continue;
    if (one != nullptr && job->state == AttemptState::ended) TRY_VOID(one->control.write_result(*job));
    list.push_back(*job);
  }
  return list;
}

}  // namespace dayan::adapters
