#include <algorithm>

#include "execute/steps.h"

namespace dayan::execute {

namespace {

/// So that one report stays small enough to send and to decide in one go.
constexpr std::size_t outputs_per_report_max = 5'000;

bool has_news(const LeaseRecord& record) { return record.version > record.acknowledged; }

bool is_due(const AgentState& state, UnixTime now) {
  if (state.report_under_way != 0 || now < state.report_not_before) return false;
  const bool clock_went_back = now < state.reported_at;
  const Duration since = now - state.reported_at;
  if (state.reported_at.is_none() || clock_went_back || since >= heartbeat_interval) return true;
  const bool urgent = std::any_of(state.leases.begin(), state.leases.end(),
                                  [](const LeaseRecord& r) { return r.urgent && has_news(r); });
  return urgent && since >= report_interval_min;
}

}  // namespace

std::optional<SendReport> due_report(AgentState& state, UnixTime now) {
  if (!is_due(state, now)) return std::nullopt;
  SendReport send;
  send.report.agent_epoch = state.agent_epoch;
  send.report.sequence = ++state.report_sequence;
  std::size_t outputs = 0;
  for (LeaseRecord& record : state.leases) {
    if (!has_news(record)) continue;
    const bool is_full = send.report.reports.size() >= state.reports_limit || outputs > outputs_per_report_max;
    if (is_full) break;
    AttemptReport said = record.report();
    outputs += said.outputs.size();
    send.report.reports.push_back(std::move(said));
    record.sent_version = record.version;
    record.urgent = false;
  }
  state.report_under_way = state.report_sequence;
  state.reported_at = now;
  return send;
}

namespace {

/// What the report under way said counts as heard.
void settle_report(AgentState& state) {
  state.report_under_way = 0;
  state.report_failures = 0;
  for (LeaseRecord& record : state.leases) {
    if (record.sent_version == 0) continue;
    record.acknowledged = record.sent_version;
    record.sent_version = 0;
    if (record.phase == Phase::collected && !has_news(record)) enter(record, Phase::reported);
  }
}

}  // namespace

void on_report_acknowledged(AgentState& state, std::int64_t sequence) {
  if (sequence == 0 || sequence != state.report_under_way) return;
  settle_report(state);
  state.reports_limit = std::min(state.reports_limit * 2, reports_max);
}

void on_report_failed(AgentState& state, std::int64_t sequence, UnixTime now) {
  if (sequence == 0 || sequence != state.report_under_way) return;
  state.report_under_way = 0;
  ++state.report_failures;
  state.report_not_before = now + retry_delay(state.report_failures);
  for (LeaseRecord& record : state.leases) {
    if (record.sent_version != 0) record.urgent = true;
    record.sent_version = 0;
  }
}

void on_report_refused(AgentState& state, std::int64_t sequence, UnixTime now) {
  if (sequence == 0 || sequence != state.report_under_way) return;
  const auto said = static_cast<std::size_t>(
      std::count_if(state.leases.begin(), state.leases.end(), [](const auto& r) { return r.sent_version != 0; }));
  if (said == 1) {
    settle_report(state);
    return;
  }
  state.reports_limit = std::max<std::size_t>(said / 2, 1);
  on_report_failed(state, sequence, now);
  // It was answered, so the hub is there: no need to spare it. A refused heartbeat has nothing smaller to follow.
  if (said > 1) {
    state.report_failures = 0;
    state.report_not_before = now;
  }
}

}  // namespace dayan::execute
