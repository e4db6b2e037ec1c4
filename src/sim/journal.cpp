#include "sim/journal.h"

namespace dayan::sim {

std::optional<JobRow> stored_job(Store& store, JobId id) {
  const auto rows = store.query({"job", {{"id", id.value()}}, {}, false, 1});
  if (!rows || rows->empty()) return std::nullopt;
  return std::get<JobRow>(rows->front());
}

void Journal::report_taken(CentreId centre, const ReportAttempts& report) {
  if (report.reports.empty()) return;  // a sign of life: nothing of it is kept
  auto& newest = reports_[centre];
  newest = std::max(newest, std::pair{report.agent_epoch, report.sequence});
  for (const AttemptReport& each : report.reports) {
    if (each.state == AttemptState::ended) ended_.push_back(each.attempt);
  }
}

std::optional<std::string> Journal::missing_job(const core::State& state, Store& store) const {
  for (const JobId job : jobs_) {
    if (!state.jobs.contains({job}) && !stored_job(store, job)) return to_text(job) + " was accepted and is not there";
  }
  for (const JobId job : cancelled_) {
    const JobRow* live = state.jobs.find({job});
    if (live != nullptr && live->state != JobState::cancelling) {
      return to_text(job) + " was cancelled and is " + std::string(to_text(live->state));
    }
  }
  return std::nullopt;
}

std::optional<std::string> Journal::missing_reply(Store& store) const {
  for (const auto& [of, body] : replies_) {
    const auto kept = store.find_reply(of.first, of.second);
    if (!kept || !*kept) return "the answer under the key '" + of.second + "' was given and is not kept";
    if ((*kept)->body != body) return "the answer under the key '" + of.second + "' is kept differently";
  }
  return std::nullopt;
}

std::optional<std::string> Journal::missing_report(const core::State& state) const {
  for (const auto& [centre, newest] : reports_) {
    const CentreRow* row = state.centres.find({centre});
    if (row == nullptr || std::pair{row->agent_epoch, row->report_sequence} < newest) {
      return "a report of " + to_text(centre) + " was acknowledged and is not taken";
    }
  }
  for (const AttemptKey& attempt : ended_) {
    if (state.attempts.contains({attempt.job, attempt.task, attempt.number})) {
      return "the end of " + engine_name(attempt) + " was acknowledged and it is live";
    }
  }
  return std::nullopt;
}

void Journal::check(const core::State& state, Store& store) const {
  if (auto missing = missing_job(state, store)) trial_.broken("acknowledged", *missing);
  if (auto missing = missing_reply(store)) trial_.broken("acknowledged", *missing);
  if (auto missing = missing_report(state)) trial_.broken("acknowledged", *missing);
}

void Journal::check_money(const core::State& state) const {
  Cny in;
  Cny inside;
  state.accounts.visit_all([&](const AccountRow& account) {
    const Cny balance = account.credits_posted - account.debits_posted;
    if (account.kind == AccountKind::bank) {
      in -= balance;
    } else {
      inside += balance;
    }
    if (account.kind != AccountKind::customer_wallet) return;
    const auto sent = sent_.find(account.owner);
    const auto done = done_.find(account.owner);
    const bool too_much = account.credits_posted > (sent == sent_.end() ? Cny() : sent->second);
    const bool too_little = done != done_.end() && account.credits_posted < done->second;
    if (!too_much && !too_little) return;
    trial_.broken("charge", to_text(account.account()) + " was topped up with " + to_text(account.credits_posted) +
                                (too_much ? " yuan, more than was sent" : " yuan, less than was acknowledged"));
  });
  if (in != inside) {
    trial_.broken("charge", to_text(in) + " yuan came in, the accounts hold " + to_text(inside) + " yuan");
  }
}

}  // namespace dayan::sim
