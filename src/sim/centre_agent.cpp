#include "model/json.h"
#include "sim/centre.h"

/// The host's part of execute::reconcile: it looks, watches, stores, acts, and feeds results back.

namespace dayan::sim {

namespace {

constexpr Duration round_busy = Duration::seconds(10);
constexpr Duration round_idle = Duration::seconds(40);  ///< still within place::reachable_within
constexpr Duration answer_patience = Duration::seconds(15);
constexpr Duration watch_patience = Duration::seconds(40);

}  // namespace

void Centre::round() {
  const UnixTime asked_at = clock_.now();
  const Duration late = trial_.faults.look_late_max;
  later(draw_between(prng_, Duration(), late), [this, asked_at, late] {
    auto seen = engine_.look();
    later(draw_between(prng_, Duration(), late), [this, asked_at, seen = std::move(seen)] {
      std::optional<execute::Observation> observed;
      if (seen) observed = execute::Observation{asked_at, *seen};
      step({}, observed);
    });
  });
  later(state_.leases.empty() ? round_idle : round_busy, [this] { round(); });
}

void Centre::poll() {
  const std::int64_t number = ++last_poll_;
  poll_under_way_ = number;
  line_.to_hub([this, number, token = token_, after = state_.lease_sequence, life = life_] {
    hub_.watch(token, after, [this, number, life](const Watched& watched) {
      line_.to_client([this, number, life, watched] {
        // An answer belongs to one request: one that is late or comes twice finds nobody.
        if (is_up_ && life == life_ && number == poll_under_way_) take_watched(number, watched);
      });
    });
  });
  later(watch_patience, [this, number] {
    if (number == poll_under_way_) poll();
  });
}

void Centre::take_watched(std::int64_t number, const Watched& watched) {
  if (dies_here()) return;
  if (watched.is_gone) {
    execute::on_full_list_needed(state_);
    store_journal();
  } else {
    const std::int64_t life = life_;
    if (!watched.leases.empty()) step(watched.leases, std::nullopt);
    if (!is_up_ || life != life_) return;
    if (watched.is_all) execute::on_caught_up(state_);
    store_journal();
  }
  if (number == poll_under_way_) poll();
}

void Centre::step(const std::vector<LeaseRow>& changes, const std::optional<execute::Observation>& observed) {
  const std::vector<execute::Action> actions = execute::reconcile(state_, changes, observed, clock_.now());
  if (dies_here()) return;
  store_journal();
  const std::int64_t life = life_;
  for (const execute::Action& action : actions) {
    if (dies_here() || life != life_) return;
    std::visit([this](const auto& each) { act(each); }, action);
  }
}

void Centre::result(Duration wait, EventQueue::Action feed) {
  later(wait, [this, feed = std::move(feed)] {
    if (dies_here()) return;
    feed();
    store_journal();
    step({}, std::nullopt);
  });
}

execute::Fetched Centre::fetch(const LeaseRow& lease) {
  if (!lease.transfer.is_zero()) missing_.try_emplace(lease.job, lease.transfer);
  const auto missing = missing_.find(lease.job);
  if (missing == missing_.end() || missing->second.is_zero()) return {};
  // Tasks that stage at once share what is to be fetched in any way.
  const Bytes part = prng_.chance(1, 2) ? missing->second : Bytes(prng_.between(0, missing->second.value()));
  missing->second -= part;
  return {part, transfer_time(part, facts_.link)};
}

void Centre::act(const execute::StageInputs& stage) {
  const execute::LeaseRecord* record = execute::find(state_, stage.attempt);
  ASSERT(record != nullptr);
  const execute::Fetched fetched = fetch(record->lease);
  Result<void> staged;
  if (Trial::strikes(prng_, trial_.faults.stage_fails)) {
    staged = fail(ErrorCode::unavailable, "the depot does not answer");
  } else if (Trial::strikes(prng_, trial_.faults.stage_denied)) {
    staged = fail(ErrorCode::denied, "the customer is not mapped");
  }
  result(draw_between(prng_, Duration::milliseconds(200), Duration::seconds(10)) + fetched.time,
         [this, attempt = stage.attempt, staged, fetched] {
           execute::on_fetched(state_, attempt, fetched);
           execute::on_staged(state_, attempt, staged, clock_.now());
         });
}

void Centre::act(const execute::StartAttempt& start) {
  const execute::LeaseRecord* record = execute::find(state_, start.attempt);
  ASSERT(record != nullptr);
  // The order leaves now, whatever becomes of the agent; only its answer takes time.
  const Result<std::string> started = engine_.order(record->lease, start.nodes_to_avoid);
  result(draw_between(prng_, Duration::milliseconds(50), Duration::seconds(5)),
         [this, attempt = start.attempt, started] { execute::on_started(state_, attempt, started, clock_.now()); });
}

void Centre::act(const execute::GiveNotice& notice) {
  const Result<void> told = engine_.give_notice(notice.attempt);
  result(draw_between(prng_, Duration::milliseconds(50), Duration::seconds(5)),
         [this, attempt = notice.attempt, told] { execute::on_notice_given(state_, attempt, told, clock_.now()); });
}

void Centre::act(const execute::CollectOutputs& collect) {
  Result<execute::Collected> collected = execute::Collected{};
  if (Trial::strikes(prng_, trial_.faults.collect_fails)) {
    collected = fail(ErrorCode::unknown_outcome, "the line was cut");
  } else {
    collected->outputs.push_back({"stdout", sha256(engine_name(collect.attempt)), Bytes(100)});
  }
  result(draw_between(prng_, Duration::milliseconds(200), Duration::seconds(10)),
         [this, attempt = collect.attempt, collected] {
           execute::on_collected(state_, attempt, collected, clock_.now());
         });
}

/// An agent that lies: of a scenario, or of a planted bug.
void Centre::distort(ReportAttempts& report) {
  for (AttemptReport& each : report.reports) {
    if (trial_.bug == PlantedBug::agent_doubles_counters) {
      each.engine_run = each.engine_run * 2;
      each.wrapper_run = each.wrapper_run * 2;
    }
    if (each.engine_run > Duration() && Trial::strikes(prng_, trial_.faults.counter_lies)) {
      each.engine_run = Duration::microseconds(each.engine_run.microseconds() / 2);
    }
  }
}

void Centre::act(const execute::SendReport& send) {
  ReportAttempts report = send.report;
  distort(report);
  Request request;
  request.token = token_;
  request.body = report;
  line_.to_hub([this, request, report, life = life_] {
    hub_.receive(request, [this, report, life](const Answer& answer) {
      line_.to_client([this, report, life, answer] {
        if (answer.kind == Answer::Kind::done) acknowledged_.report_taken(facts_.id, report);
        if (is_up_ && life == life_) take_answer(report, answer);
      });
    });
  });
  later(answer_patience, [this, sequence = report.sequence] {
    execute::on_report_failed(state_, sequence, clock_.now());
    store_journal();
  });
}

void Centre::take_answer(const ReportAttempts& report, const Answer& answer) {
  if (dies_here()) return;
  if (answer.kind == Answer::Kind::done) {
    execute::on_report_acknowledged(state_, report.sequence);
  } else if (answer.kind == Answer::Kind::refused) {
    execute::on_report_refused(state_, report.sequence, clock_.now());
  } else {
    execute::on_report_failed(state_, report.sequence, clock_.now());
  }
  store_journal();
}

}  // namespace dayan::sim
