#include <iterator>
#include <utility>

#include "sim/hub.h"

/// One batch of the simulated hub: decide and apply each command, commit once, and only then answer.

namespace dayan::sim {

namespace {

constexpr std::int64_t batch_max = 8;

Answer refused(const Refusal& refusal) { return {Answer::Kind::refused, to_text(refusal.faults.front()), {}}; }
Answer unknown() { return {Answer::Kind::failed, "the store did not confirm the commit", {}}; }

void append(std::vector<RowChange>& changes, std::vector<RowChange> more) {
  changes.insert(changes.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// The newest retired row of that key in this batch: it is not in the store yet.
template <class RowType, class Key>
const RowType* retired_row(const std::vector<RowChange>& changes, const Key& key) {
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
    const auto* row = std::get_if<RowType>(&change->row);
    if (row != nullptr && change->fate == RowFate::retired && row->key() == key) return row;
  }
  return nullptr;
}

template <class RowType, class Key>
void fetch_row(Store& store, const std::vector<RowChange>& changes, const Key& key, const RowQuery& query,
               std::vector<RowType>& rows) {
  if (const auto* row = retired_row<RowType>(changes, key)) {
    rows.push_back(*row);
    return;
  }
  const auto found = store.query(query);
  ASSERT(found.has_value());
  for (const Row& row : *found) rows.push_back(std::get<RowType>(row));
}

core::PlantedBug core_bug(PlantedBug bug) {
  switch (bug) {
    case PlantedBug::second_hold_unchecked: return core::PlantedBug::second_hold_unchecked;
    case PlantedBug::post_twice: return core::PlantedBug::post_twice;
    case PlantedBug::old_epoch_accepted: return core::PlantedBug::old_epoch_accepted;
    case PlantedBug::counter_back_accepted: return core::PlantedBug::counter_back_accepted;
    case PlantedBug::placed_before_lease_end: return core::PlantedBug::placed_before_lease_end;
    case PlantedBug::reclaim_without_notice: return core::PlantedBug::reclaim_without_notice;
    default: return core::PlantedBug::none;
  }
}

}  // namespace

void Hub::process() {
  is_scheduled_ = false;
  Pending pending;
  pending.batch.generation = generation_;
  const auto take = static_cast<std::size_t>(prng_.between(1, batch_max));
  while (!queue_.empty() && pending.answers.size() < take) {
    Waiting waiting = std::move(queue_.front());
    queue_.pop_front();
    Answer answer = decide(pending, waiting.request);
    pending.answers.emplace_back(std::move(waiting.reply), std::move(answer));
    if (dies_here()) return;
  }
  append(pending.batch.changes, state_->drain());
  plant(pending);
  if (trial_.bug == PlantedBug::reply_before_commit && !answer_all(pending)) return;
  if (commit(pending)) {
    if (dies_here() || !answer_all(pending)) return;
    arm_timer();
  }
  if (is_up() && !queue_.empty()) schedule(Duration::milliseconds(1));
}

void Hub::schedule(Duration wait) {
  if (is_scheduled_) return;
  is_scheduled_ = true;
  later(wait, [this] { process(); });
}

Answer Hub::decide(Pending& pending, Request& request) {
  ++trial_.counts.commands;
  const UnixTime now = next_now();
  Command command;
  command.actor.is_host = request.is_host;
  if (!request.is_host) {
    auto actor = core::authenticate(*state_, request.token, now);
    if (!actor) return refused(actor.error());
    command.actor = *actor;
  }
  if (!command.actor.centre.is_none()) heard(command.actor.centre);
  if (!request.key.empty()) {
    if (auto kept = replay(pending, request, command.actor.organisation)) return *std::move(kept);
  }
  if (trial_.bug == PlantedBug::report_swallowed && std::holds_alternative<ReportAttempts>(request.body) &&
      prng_.chance(1, 20)) {
    return {};
  }
  command.body = request.body;
  const core::Fetched fetched = fetch(pending, core::needs(*state_, command));
  const auto decision = core::decide(*state_, command, now, fetched, core_bug(trial_.bug));
  if (!decision) {
    ++trial_.counts.refusals;
    return refused(decision.error());
  }
  return accept(pending, request, command.actor, *decision, now);
}

std::optional<Answer> Hub::replay(const Pending& pending, const Request& request, OrganisationId of) {
  std::optional<KeptReply> kept;
  for (const KeptReply& reply : pending.batch.replies) {
    if (reply.organisation == of && reply.key == request.key) kept = reply;
  }
  if (!kept) {
    auto found = store_.find_reply(of, request.key);
    ASSERT(found.has_value());
    kept = *std::move(found);
  }
  if (!kept) return std::nullopt;
  ++trial_.counts.replays;
  if (kept->request != request.digest) return Answer{Answer::Kind::refused, "the key stands for another request", {}};
  return Answer{Answer::Kind::done, {}, kept->body};
}

core::Fetched Hub::fetch(Pending& pending, const core::Needs& needs) {
  core::Fetched fetched;
  if (needs.is_empty()) return fetched;
  append(pending.batch.changes, state_->drain());
  const std::vector<RowChange>& changes = pending.batch.changes;
  for (const JobId job : needs.jobs) {
    fetch_row(store_, changes, std::tuple{job}, {"job", {{"id", job.value()}}, {}, false, 1}, fetched.jobs);
  }
  for (const std::string& reference : needs.payments) {
    fetch_row(store_, changes, std::tuple{reference}, {"payment", {{"reference", reference}}, {}, false, 1},
              fetched.payments);
  }
  for (const AttemptKey& key : needs.attempts) {
    const RowQuery query{"attempt",
                         {{"job", key.job.value()},
                          {"task", std::int64_t{key.task}},
                          {"number", std::int64_t{key.number}}},
                         {},
                         false,
                         1};
    fetch_row(store_, changes, std::tuple{key.job, key.task, key.number}, query, fetched.attempts);
  }
  return fetched;
}

/// PlantedBug::job_end_not_applied and lease_not_applied.
bool Hub::is_skipped(const Event& event, bool is_last) const {
  if (trial_.bug == PlantedBug::job_end_not_applied) return std::holds_alternative<JobEnded>(event);
  return trial_.bug == PlantedBug::lease_not_applied && is_last && std::holds_alternative<LeaseGranted>(event);
}

Answer Hub::accept(Pending& pending, const Request& request, const Actor& actor, const core::Decision& decision,
                   UnixTime now) {
  for (const Event& event : decision.events) {
    if (is_skipped(event, &event == &decision.events.back())) continue;
    core::apply(*state_, event, now);
    pending.batch.events.push_back({state_->counters().events, now, event});
  }
  Answer answer;
  if (!decision.job.is_none()) answer.body = std::to_string(decision.job.value());
  if (const auto* enrol = std::get_if<EnrolAgent>(&request.body)) {
    const CentreRow* centre = state_->centres.find({state_->tokens.find({enrol->token_hash})->centre});
    answer.body = std::to_string(centre->agent_epoch);
  }
  if (!request.key.empty()) {
    pending.batch.replies.push_back({actor.organisation, request.key, request.digest, 200, answer.body});
  }
  return answer;
}

bool Hub::commit(Pending& pending) {
  const Batch& batch = pending.batch;
  if (batch.changes.empty() && batch.events.empty() && batch.replies.empty()) return true;
  const std::uint64_t before = committed_hash_;
  const std::uint64_t after = state_->hash();
  if (Trial::strikes(prng_, trial_.faults.taken_over)) static_cast<void>(store_.take_over());
  if (Trial::strikes(prng_, trial_.faults.commit_fails)) store_.fail_next_commit(store::FailMode::before_apply);
  if (Trial::strikes(prng_, trial_.faults.commit_unknown)) store_.fail_next_commit(store::FailMode::after_apply);
  const auto committed = store_.commit(batch);
  ++trial_.counts.commits;
  if (!committed) {
    ++trial_.counts.failed_commits;
    if (committed.error().code == ErrorCode::conflict) {
      crash();  // another hub writes now: this one never again
    } else {
      lose(pending, before, after);
    }
    return false;
  }
  committed_hash_ = after;
  trial_.counts.events += std::ssize(batch.events);
  trial_.trace.add(after);
  checkers_.after_commit(batch, *state_);
  publish(batch);
  return true;
}

/// Nobody knows what is in the store: everything is thrown away and read again, before anything else is answered.
void Hub::lose(Pending& pending, std::uint64_t before, std::uint64_t after) {
  const Batch batch = std::move(pending.batch);
  const bool reply_is_out = trial_.bug == PlantedBug::reply_before_commit;
  for (auto& [reply, answer] : pending.answers) {
    if (reply && !reply_is_out) reply(unknown());
  }
  core::State read;
  ASSERT(store_.load([&](Row row) { read.load(std::move(row)); }).has_value());
  const std::uint64_t is = read.hash();
  if (is != before && is != after) trial_.broken("acknowledged", "half of a batch was kept");
  committed_hash_ = is == after ? after : before;
  load();
  if (is != after) return;
  trial_.counts.events += std::ssize(batch.events);
  trial_.trace.add(after);
  checkers_.after_commit(batch, *state_);
}

void Hub::publish(const Batch& batch) {
  has_changed_ = true;
  std::map<CentreId, bool> centres;
  for (const RowChange& change : batch.changes) {
    engine_->apply(change);
    if (const auto* lease = std::get_if<LeaseRow>(&change.row)) centres[lease->centre] = true;
  }
  for (const auto& [centre, touched] : centres) answer_polls(centre);
}

bool Hub::answer_all(Pending& pending) {
  for (auto& [reply, answer] : pending.answers) {
    const Reply send = std::exchange(reply, {});
    if (send) send(answer);
    if (dies_here()) return false;
  }
  return true;
}

void Hub::plant(Pending& pending) {
  if (trial_.bug == PlantedBug::event_recorded_wrong) {
    for (EventRecord& record : pending.batch.events) {
      auto* posted = std::get_if<EntryPosted>(&record.event);
      if (posted != nullptr && posted->entry.debit_kind == AccountKind::bank) posted->entry.amount += Cny::micro(1);
    }
  }
  if (trial_.bug != PlantedBug::final_job_rewritten) return;
  if (last_final_ && prng_.chance(1, 20)) {
    last_final_->state = JobState::cancelled;
    pending.batch.changes.push_back({*last_final_, RowFate::retired});
  }
  for (const RowChange& change : pending.batch.changes) {
    const auto* job = std::get_if<JobRow>(&change.row);
    if (job != nullptr && change.fate == RowFate::retired) last_final_ = *job;
  }
}

}  // namespace dayan::sim
