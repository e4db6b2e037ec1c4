#include <spdlog/spdlog.h>

#include <algorithm>

#include "adapters/files.h"
#include "agent/agent.h"
#include "agent/work_folder.h"

namespace dayan::agent {

void Agent::end_work(const AttemptKey& attempt) {
  const auto found = busy_.find(attempt);
  ASSERT(found != busy_.end());
  if (--found->second > 0) return;
  busy_.erase(found);
  if (forget_later_.erase(attempt) > 0) forget_now(attempt);
}

void Agent::act(const execute::StageInputs& action) {
  const execute::LeaseRecord* record = find(state_, action.attempt);
  ASSERT(record != nullptr);
  begin_work(action.attempt);
  transfer_workers_.add([this, lease = record->lease] {
    execute::Fetched fetched;
    const Result<void> result = stage(lease, fetched);
    inbox_.add([this, attempt = lease.attempt(), result, fetched](UnixTime now) {
      end_work(attempt);
      on_fetched(state_, attempt, fetched);
      on_staged(state_, attempt, result, now);
    });
  });
}

void Agent::act(const execute::StartAttempt& action) {
  const execute::LeaseRecord* record = find(state_, action.attempt);
  ASSERT(record != nullptr);
  begin_work(action.attempt);
  engine_workers_.add([this, lease = record->lease, avoided = action.nodes_to_avoid] {
    const Result<std::string> result = start(lease, avoided);
    inbox_.add([this, attempt = lease.attempt(), result](UnixTime now) {
      end_work(attempt);
      on_started(state_, attempt, result, now);
    });
  });
}

void Agent::act(const execute::StopAttempt& action) {
  spdlog::info("{}: stopping it", engine_name(action.attempt));
  engine_workers_.add([this, attempt = action.attempt] {
    const Result<void> stopped = parts_.executor.stop(attempt);
    if (!stopped) spdlog::warn("{}: could not be stopped yet: {}", engine_name(attempt), to_text(stopped.error()));
  });
}

void Agent::act(const execute::GiveNotice& action) {
  spdlog::info("{}: its room is taken back: telling it", engine_name(action.attempt));
  begin_work(action.attempt);
  engine_workers_.add([this, attempt = action.attempt] {
    const Result<void> told = parts_.executor.give_notice(attempt);
    if (!told) spdlog::warn("{}: could not be told yet: {}", engine_name(attempt), to_text(told.error()));
    inbox_.add([this, attempt, told](UnixTime now) {
      end_work(attempt);
      on_notice_given(state_, attempt, told, now);
    });
  });
}

void Agent::act(const execute::CollectOutputs& action) {
  begin_work(action.attempt);
  transfer_workers_.add([this, attempt = action.attempt] {
    const Result<execute::Collected> result = collect(attempt);
    if (!result) spdlog::warn("{}: outputs: {}", engine_name(attempt), to_text(result.error()));
    inbox_.add([this, attempt, result](UnixTime now) {
      end_work(attempt);
      on_collected(state_, attempt, result, now);
    });
  });
}

void Agent::act(const execute::SendReport& action) {
  report_worker_.add([this, report = action.report] {
    const Result<void> result = parts_.hub.report(report, parts_.key);
    inbox_.add([this, sequence = report.sequence, result](UnixTime now) {
      if (result) {
        if (state_.report_failures > 0) spdlog::info("the hub takes reports again");
        on_report_acknowledged(state_, sequence);
        return;
      }
      if (state_.report_failures == 0) spdlog::warn("the hub did not take a report: {}", to_text(result.error()));
      const ErrorCode code = result.error().code;
      const bool passes =
          code == ErrorCode::unavailable || code == ErrorCode::unknown_outcome || code == ErrorCode::exhausted;
      if (passes)
        on_report_failed(state_, sequence, now);
      else
        on_report_refused(state_, sequence, now);
    });
  });
}

void Agent::act(const execute::Forget& action) {
  // Its staging or collection may still use the folder.
  if (busy_.contains(action.attempt))
    forget_later_.insert(action.attempt);
  else
    forget_now(action.attempt);
}

void Agent::forget_now(const AttemptKey& attempt) {
  const bool last_of_job = std::none_of(state_.leases.begin(), state_.leases.end(),
                                        [&](const auto& record) { return record.lease.job == attempt.job; });
  engine_workers_.add([this, attempt, last_of_job] {
    parts_.executor.forget(attempt);
    adapters::remove_tree(folder_of(attempt));
    tail_.forget(attempt);
    if (last_of_job) payloads_.forget(attempt.job);
  });
}

Result<void> Agent::stage(const LeaseRow& lease, execute::Fetched& fetched) {
  TRY(const Mapping mapping, mapping_of(parts_.config, lease.organisation));
  static_cast<void>(mapping);
  TRY(const Payload payload, payloads_.get(lease.job));
  return prepare_work_folder(folder_of(lease.attempt()), lease.attempt(), payload, cache_, fetched);
}

Result<std::string> Agent::start(const LeaseRow& lease, const std::vector<std::string>& nodes_to_avoid) {
  TRY(const Mapping mapping, mapping_of(parts_.config, lease.organisation));
  TRY(const Payload payload, payloads_.get(lease.job));
  StartOrder order;
  order.attempt = lease.attempt();
  order.pool = lease.pool;
  order.account = mapping.account;
  order.user = mapping.user;
  order.folder = folder_of(lease.attempt());
  order.command = payload.command;
  order.script = payload.script;
  order.environment = environment_of(payload, lease, order.folder);
  order.resources = lease.resources;
  order.chip = lease.chip;
  order.wall_time = lease.wall_time;
  order.starts_by = lease.starts_by;
  order.nodes_to_avoid = nodes_to_avoid;
  return parts_.executor.start(order);
}

Result<execute::Collected> Agent::collect(const AttemptKey& attempt) {
  TRY(const Payload payload, payloads_.get(attempt.job));
  // Whoever watches the log sees its end before the end of the attempt.
  tail_.send_news(attempt, folder_of(attempt));
  return collect_outputs(parts_.hub, attempt, folder_of(attempt), payload.outputs);
}

}  // namespace dayan::agent
