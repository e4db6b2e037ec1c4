#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <set>
#include <utility>

#include "hub/answer.h"
#include "hub/writer.h"

/// One batch of the writer: decide and apply each command, commit once, then answer.

namespace dayan::hub {

namespace {

CommandAnswer refused(Refusal refusal) {
  CommandAnswer answer;
  answer.refusal = std::move(refusal);
  return answer;
}

CommandAnswer failed(Error error) {
  CommandAnswer answer;
  answer.error = std::move(error);
  return answer;
}

/// The retired row with this key among the changes of the batch, the newest first.
template <class RowType, class Key>
const RowType* retired_row(const std::vector<RowChange>& changes, const Key& key) {
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
    const auto* row = std::get_if<RowType>(&change->row);
    if (row != nullptr && change->fate == RowFate::retired && row->key() == key) return row;
  }
  return nullptr;
}

template <class RowType, class Key>
Result<void> fetch_row(Store& store, const std::vector<RowChange>& changes, const Key& key, const RowQuery& query,
                       std::vector<RowType>& rows) {
  if (const auto* row = retired_row<RowType>(changes, key)) {
    rows.push_back(*row);
    return {};
  }
  TRY(const std::vector<Row> found, store.query(query));
  for (const Row& row : found) {
    if (const auto* fitting = std::get_if<RowType>(&row)) rows.push_back(*fitting);
  }
  return {};
}

/// What callers are told when their batch was not committed.
Error told_of(const Error& error) {
  if (error.code == ErrorCode::conflict) {
    return {ErrorCode::unavailable, "", "another hub has taken over", "talk to that one; nothing was done"};
  }
  return {ErrorCode::unknown_outcome, "", "the store did not confirm the commit",
          "send the same request again under the same idempotency key"};
}

/// What is taken though the books are broken: it moves no money and grants nothing that does, and whoever looks after
/// the hub needs it.
bool concerns_tokens(const CommandBody& body) {
  return std::holds_alternative<CreateToken>(body) || std::holds_alternative<RevokeToken>(body) ||
         std::holds_alternative<ReissueToken>(body) || std::holds_alternative<RenewAgentToken>(body);
}

Error broken_books_error() {
  return {ErrorCode::unavailable, "", "the hub's books are broken: it serves for reading alone, and nothing was done",
          "tell its operator, who finds what is broken by `dayan operator ledger`"};
}

void append(std::vector<RowChange>& changes, std::vector<RowChange> more) {
  changes.insert(changes.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

void Writer::fail_all(Pending& pending, const Error& error) {
  for (auto& [to, answer] : pending.answers) answer = failed(error);
}

bool Writer::process(std::vector<Submission> commands) {
  Pending pending;
  pending.batch.generation = generation_;
  for (Submission& each : commands) {
    CommandAnswer answer = decide(pending, each);
    pending.answers.emplace_back(std::move(each.answer), std::move(answer));
  }
  append(pending.batch.changes, state_->drain());
  const Batch& batch = pending.batch;
  parts_.metrics.batch_size.add(Metrics::batch_bounds, static_cast<std::int64_t>(commands.size()));
  const bool changes_something = !batch.changes.empty() || !batch.events.empty() || !batch.replies.empty();
  if (changes_something) {
    // A fault of our own must not become a promise on the disk: then nothing of the batch is kept.
    if (const auto broken = core::broken_change(batch.changes)) {
      fail_all(pending, {ErrorCode::unavailable, "", "the hub would have broken its own books",
                         "tell its operator, who finds the cause in the hub's log; nothing was done"});
      throw_away(*broken);
    } else if (const auto committed = commit(pending); !committed.has_value()) {
      fail_all(pending, told_of(committed.error()));
      lose(committed.error());
    } else {
      publish(std::move(pending.batch.changes));
    }
  }
  for (auto& [to, answer] : pending.answers) {
    count(answer);
    if (to) to(std::move(answer));
  }
  return changes_something && is_loaded_;
}

CommandAnswer Writer::decide(Pending& pending, Submission& submission) {
  const UnixTime now = next_now();
  Command command;
  if (submission.bearer == Bearer::host) {
    command.actor.is_host = true;
  } else {
    auto actor = core::authenticate(*state_, submission.token_hash, now);
    if (!actor.has_value()) return refused(std::move(actor).error());
    command.actor = *actor;
  }
  if (!submission.key.empty()) {
    if (auto kept = replay(pending, submission, command.actor.organisation)) return std::move(*kept);
  }
  if (is_broken_ && !concerns_tokens(submission.body)) return failed(broken_books_error());
  command.body = std::move(submission.body);
  auto fetched = fetch(pending, core::needs(*state_, command));
  if (!fetched.has_value()) return failed(std::move(fetched).error());
  auto decision = core::decide(*state_, command, now, *fetched);
  if (!decision.has_value()) return refused(std::move(decision).error());
  return accept(pending, submission, command.actor, *decision, *fetched, now);
}

std::optional<CommandAnswer> Writer::replay(const Pending& pending, const Submission& submission,
                                            OrganisationId organisation) {
  const auto of_batch = pending.replies.find({organisation, submission.key});
  std::optional<KeptReply> kept;
  if (of_batch != pending.replies.end()) {
    kept = pending.batch.replies[of_batch->second];
  } else {
    auto found = parts_.store.find_reply(organisation, submission.key);
    if (!found.has_value()) {
      return failed({ErrorCode::unavailable, "", "the store cannot be read: " + found.error().wrong,
                     "try again; nothing was done"});
    }
    kept = std::move(*found);
  }
  if (!kept.has_value()) return std::nullopt;
  return replayed(std::move(*kept), submission.request);
}

Result<core::Fetched> Writer::fetch(Pending& pending, const core::Needs& needs) {
  core::Fetched fetched;
  if (needs.is_empty()) return fetched;
  // What an earlier command of this very batch retired is not in the store yet, or in an older form: look there
  // first.
  append(pending.batch.changes, state_->drain());
  const std::vector<RowChange>& changes = pending.batch.changes;
  for (const JobId job : needs.jobs) {
    const RowQuery query{"job", {{"id", job.value()}}, {}, false, 1};
    TRY_VOID(fetch_row(parts_.store, changes, std::tuple{job}, query, fetched.jobs));
  }
  for (const std::string& reference : needs.payments) {
    const RowQuery query{"payment", {{"reference", reference}}, {}, false, 1};
    TRY_VOID(fetch_row(parts_.store, changes, std::tuple{reference}, query, fetched.payments));
  }
  for (const AttemptKey& key : needs.attempts) {
    const RowQuery query{
        "attempt",
        {{"job", key.job.value()}, {"task", std::int64_t{key.task}}, {"number", std::int64_t{key.number}}},
        {},
        false,
        1};
    TRY_VOID(fetch_row(parts_.store, changes, std::tuple{key.job, key.task, key.number}, query, fetched.attempts));
  }
  return fetched;
}

CommandAnswer Writer::accept(Pending& pending, const Submission& submission, const Actor& actor,
                             const core::Decision& decision, const core::Fetched& fetched, UnixTime now) {
  for (const Event& event : decision.events) {
    core::apply(*state_, event, now);
    pending.batch.events.push_back({state_->counters().events, now, event});
  }
  CommandAnswer answer;
  answer.status = 204;
  if (!submission.render) return answer;
  View seen = view(now);
  if (!decision.job.is_none()) {
    seen.job = state_->jobs.find({decision.job});
    if (seen.job == nullptr) {
      append(pending.batch.changes, state_->drain());
      seen.job = retired_row<JobRow>(pending.batch.changes, std::tuple{decision.job});
    }
    // Of a series that is ended by a round of long ago.
    const auto found = std::ranges::find(fetched.jobs, decision.job, &JobRow::id);
    if (seen.job == nullptr && found != fetched.jobs.end()) seen.job = &*found;
    ASSERT(seen.job != nullptr);
  }
  Rendered rendered = submission.render(seen, decision);
  answer.status = rendered.status;
  answer.body = std::move(rendered.body);
  if (submission.key.empty()) return answer;
  pending.replies.emplace(std::pair{actor.organisation, submission.key}, pending.batch.replies.size());
  pending.batch.replies.push_back({actor.organisation, submission.key, submission.request, answer.status,
                                   rendered.kept_body.empty() ? answer.body : std::move(rendered.kept_body)});
  return answer;
}

Result<void> Writer::commit(Pending& pending) {
  const auto begin = SteadyClock::now();
  auto committed = parts_.store.commit(pending.batch);
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - begin);
  parts_.metrics.commit_us.add(Metrics::commit_bounds_us, took.count());
  if (committed.has_value()) {
    parts_.metrics.commits += 1;
  } else {
    parts_.metrics.commit_failures += 1;
  }
  return committed;
}

void Writer::publish(std::vector<RowChange> changes) {
  parts_.directory.apply(changes);
  std::set<CentreId> centres;
  for (const RowChange& change : changes) {
    if (const auto* lease = std::get_if<LeaseRow>(&change.row)) centres.insert(lease->centre);
  }
  if (!centres.empty()) parts_.watch.notify(centres);
  parts_.planner.feed(std::move(changes));
}

void Writer::lose(const Error& error) {
  is_loaded_ = false;
  parts_.metrics.ready = 0;
  if (error.code == ErrorCode::conflict) {
    is_fenced_ = true;
    fmt::print(stderr, "hub: another hub has taken over this store; this one writes no more\n");
    if (parts_.on_fenced) parts_.on_fenced(error);
  } else {
    fmt::print(stderr, "hub: a commit was not confirmed, reading the state again: {}\n", to_text(error));
  }
}

void Writer::throw_away(const std::string& broken) {
  is_loaded_ = false;
  broken_at_ = SteadyClock::now();
  parts_.metrics.ready = 0;
  parts_.metrics.broken_batches += 1;
  fmt::print(stderr,
             "hub: A BATCH WOULD HAVE BROKEN AN INVARIANT, nothing of it was committed, reading the state again: {}\n",
             broken);
}

void Writer::count(const CommandAnswer& answer) {
  Metrics& metrics = parts_.metrics;
  if (answer.refusal.has_value()) {
    metrics.commands_refused += 1;
  } else if (answer.error.has_value()) {
    metrics.commands_failed += 1;
  } else if (answer.replayed) {
    metrics.commands_replayed += 1;
  } else {
    metrics.commands_accepted += 1;
  }
}

UnixTime Writer::next_now() {
  last_now_ = std::max(parts_.clock.now(), last_now_ + Duration::microseconds(1));
  return last_now_;
}

}  // namespace dayan::hub
