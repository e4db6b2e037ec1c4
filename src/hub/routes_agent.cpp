#include <algorithm>
#include <string_view>

#include "edge/random.h"
#include "edge/signing.h"
#include "hub/depot_keeper.h"
#include "hub/handlers.h"
#include "wire/agent.h"
#include "wire/party.h"

/// Agents: enrolment, what they are to do (leases, payloads), what they saw (reports, logs).

namespace dayan::hub {

namespace {

constexpr std::string_view leased_here = "a job, or an attempt, that has a live lease at this centre";
constexpr std::int64_t wait_seconds_max = 30;
/// More no centre has, and sums of many stay numbers.
constexpr std::int64_t foreign_cores_max = 1'000'000'000;

HttpResponse bad_signature() {
  return problem_answer(
      401, to_text(RefusalReason::unauthenticated),
      {{ErrorCode::denied, "dayan-signature", "the signature does not fit the body and the agent's key",
        "sign \"dayan-report-v1\\0\" and the raw body with the key that enrolled"}});
}

std::string lines_of(const std::vector<LeaseRow>& leases) {
  std::string text;
  for (const LeaseRow& lease : leases) {
    text += json_text(to_json(lease));
    text += '\n';
  }
  return text;
}

/// Live logs that the outputs of these reports make superfluous.
std::vector<AttemptKey> logs_come_whole(const wire::ReportsRequest& request) {
  std::vector<AttemptKey> attempts;
  for (const AttemptReport& report : request.reports) {
    const auto is_log = [](const OutputFile& output) {
      return std::ranges::find(log_streams, output.path) != log_streams.end();
    };
    if (std::ranges::any_of(report.outputs, is_log)) attempts.push_back(report.attempt);
  }
  return attempts;
}

Handled submit_reports(Call& call, wire::ReportsRequest wanted) {
  Submission submission;
  submission.token_hash = call.token_hash;
  submission.answer = [responder = call.responder, &hub = call.hub, attempts = logs_come_whole(wanted)](
                          CommandAnswer answer) {
    const bool is_taken = !answer.refusal && !answer.error;
    responder->respond(command_answer(std::move(answer)));
    if (!is_taken || attempts.empty()) return;
    // On a worker, since the writer does not wait for files; what is left undone the keeper does.
    static_cast<void>(hub.workers.add([&hub, attempts] {
      for (const AttemptKey& attempt : attempts) {
        static_cast<void>(drop_superseded_logs(hub.store, hub.depot, attempt));
      }
    }));
  };
  submission.body = wire::to_command(std::move(wanted));
  call.hub.writer.submit(std::move(submission));
  return answer_later();
}

}  // namespace

Handled enrol_agent(Call& call) {
  wire::EnrolRequest wanted;
  if (auto bad = read_body(call, wanted)) return bad;
  const std::string token = edge::random_token();
  const Digest hash = sha256(token);
  Submission submission;
  submission.bearer = Bearer::host;  // the join token is the credential, and the core judges it
  submission.body = EnrolAgent{sha256(wanted.join_token), wanted.public_key, hash};
  submission.render = [token, hash](const View& view, const core::Decision&) {
    const TokenRow* row = view.state.tokens.find({hash});
    ASSERT(row != nullptr);
    const CentreRow* centre = view.state.centres.find({row->centre});
    const OrganisationRow* provider = view.state.organisations.find({row->organisation});
    ASSERT(centre != nullptr && provider != nullptr);
    return rendered(201, wire::EnrolReply{token, *centre, provider->name});
  };
  submission.answer = [responder = call.responder](CommandAnswer answer) {
    responder->respond(command_answer(std::move(answer)));
  };
  call.hub.writer.submit(std::move(submission));
  return answer_later();
}

Handled renew_agent_token(Call& call) {
  if (auto bad = refuse_body(call)) return bad;
  const std::string token = edge::random_token();
  const Digest hash = sha256(token);
  return submit(call, RenewAgentToken{hash}, [token, hash](const View&, const core::Decision&) {
    return rendered(201, wire::CreateTokenReply{token, hash});
  });
}

Handled put_pools(Call& call) {
  wire::PoolsRequest wanted;
  if (auto bad = read_body(call, wanted)) return bad;
  call.hub.writer.heard(call.actor.centre);
  return submit(call, ReportPools{std::move(wanted.pools), std::move(wanted.maps)}, {});
}

Handled watch_leases(Call& call) {
  TRY(const std::int64_t after, query_number(call, "after", 0, 0, INT64_MAX));
  TRY(const std::int64_t wait, query_number(call, "wait", 0, 0, wait_seconds_max));
  TRY(const std::int64_t foreign, query_number(call, "foreign_cores_busy", -1, 0, foreign_cores_max));
  const std::int64_t newest =
      call.hub.directory.look([](const core::State& state) { return state.counters().lease_sequence; });
  if (after > newest) {
    return problem_answer(
        410, "gone",
        {{ErrorCode::invalid, "after", std::to_string(after) + " is beyond the newest sequence here",
          "begin again at 0: a full list"}});
  }
  call.hub.writer.heard(call.actor.centre, foreign < 0 ? std::nullopt : std::optional(Cores(foreign)));
  const auto answer = [responder = call.responder](Result<std::vector<LeaseRow>> leases) {
    if (!leases.has_value()) return responder->respond(problem_answer(leases.error()));
    responder->respond({200, {{"content-type", "application/x-ndjson"}}, lines_of(*leases)});
  };
  if (call.hub.watch.add(call.actor.centre, after, std::chrono::seconds(wait), answer)) return answer_later();
  return fail(ErrorCode::unavailable, "the hub stops, or too many watches wait", "try again a little later");
}

Handled get_payload(Call& call) {
  TRY(const JobId job, job_in_path(call));
  bool has_lease = false;
  TRY_VOID(call.hub.writer.read([&](const View& view) {
    view.state.leases.visit_from({job, 0, 0}, [&](const LeaseRow& lease) {
      if (lease.job == job && lease.centre == call.actor.centre) has_lease = true;
      return lease.job == job && !has_lease;
    });
  }));
  if (!has_lease) return no_such("job", leased_here);
  TRY(const auto row, query_payload(call.hub.store, job));
  if (!row) return no_such("job", leased_here);
  return json_answer(200, to_json(row->payload));
}

Handled take_reports(Call& call) {
  const std::string key = call.hub.directory.look([&](const core::State& state) {
    const CentreRow* centre = state.centres.find({call.actor.centre});
    return centre == nullptr ? std::string() : centre->agent_key;
  });
  const std::string message = wire::report_signed_bytes(call.request.body);
  if (!edge::verify_signature(message, call.request.header(wire::signature_header), key)) return bad_signature();
  wire::ReportsRequest wanted;
  if (auto bad = read_body(call, wanted)) return bad;
  call.hub.writer.heard(call.actor.centre);
  return submit_reports(call, std::move(wanted));
}

Handled put_log(Call& call) {
  const std::string& stream = call.path[1];
  if (std::ranges::find(log_streams, stream) == log_streams.end()) return no_such("log", "stdout or stderr");
  TRY(const std::int64_t offset, query_number(call, "offset", 0, 0, bytes_max.value()));
  TRY(const auto attempt, leased_attempt(call, call.path[0]));
  if (!attempt) return no_such("attempt", leased_here);
  TRY(const auto customer, customer_of(call, attempt->job));
  if (!customer) return no_such("attempt", leased_here);
  auto length = call.hub.depot.append_log(*customer, *attempt, stream, Bytes(offset), call.request.body);
  if (!length) return fail(told_to_agent(std::move(length).error()));
  return json_answer(200, to_json(wire::LogProgress{*length}));
}

}  // namespace dayan::hub
