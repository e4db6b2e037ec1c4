#include "hub/handlers.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace dayan::hub {

Handled answer_later() { return std::optional<HttpResponse>(); }

namespace {

/// One text for all bodies that ask the same: without white space, members by name, each number in its shortest form.
void append_canonical(const JsonValue& value, std::string& text) {
  if (value.is_object()) {
    std::vector<const boost::json::key_value_pair*> members;
    for (const auto& member : value.get_object()) members.push_back(&member);
    std::ranges::sort(members, {}, [](const auto* member) { return std::string_view(member->key()); });
    text += '{';
    for (const auto* member : members) {
      text += json_text(JsonValue(member->key())) + ':';
      append_canonical(member->value(), text);
      text += ',';
    }
    text += '}';
  } else if (value.is_array()) {
    text += '[';
    for (const JsonValue& each : value.get_array()) {
      append_canonical(each, text);
      text += ',';
    }
    text += ']';
  } else {
    text += json_text(value);
  }
}

/// What makes two requests the same under one key: what they ask, however it is written.
Digest request_digest(const Call& call) {
  std::string asked = call.request.method + '\n' + call.request.target + '\n';
  if (const auto body = parse_json(call.request.body)) append_canonical(*body, asked);
  else if (call.request.body.empty()) asked += "{}";  // refuse_body() takes both for no body
  else asked += call.request.body;
  return sha256(asked);
}

}  // namespace

Handled kept_answer(Call& call) {
  TRY(auto kept, call.hub.store.kept_reply(call.actor.organisation, call.key));
  if (!kept) return std::optional<HttpResponse>();
  CommandAnswer answer = replayed(std::move(*kept), request_digest(call));
  (answer.replayed ? call.hub.metrics.commands_replayed : call.hub.metrics.commands_failed) += 1;
  return command_answer(std::move(answer));
}

Handled submit(Call& call, CommandBody body, Render render) {
  Submission submission;
  submission.token_hash = call.token_hash;
  submission.body = std::move(body);
  submission.key = call.key;
  submission.request = request_digest(call);
  submission.render = std::move(render);
  submission.answer = [responder = call.responder](CommandAnswer answer) {
    responder->respond(command_answer(std::move(answer)));
  };
  call.hub.writer.submit(std::move(submission));
  return answer_later();
}

std::optional<HttpResponse> refuse_body(const Call& call) {
  if (call.request.body.empty() || call.request.body == "{}") return std::nullopt;
  return problem_answer(Faults{{ErrorCode::invalid, "body", "this request has no body", "send it without one"}});
}

Rendered rendered(int status, const JsonValue& value) { return {status, json_text(value), {}}; }

Rendered rendered_once(JsonObject object, std::string_view secret) {
  Rendered result;
  result.status = 201;
  result.body = json_text(JsonValue(object));
  object[secret] = nullptr;
  result.kept_body = json_text(JsonValue(std::move(object)));
  return result;
}

namespace {

constexpr std::string_view own_jobs = "the id of a job of your organisation: GET /v1/jobs";

}  // namespace

tl::unexpected<Error> no_such(std::string_view what, std::string_view right) {
  return fail(ErrorCode::not_found, "there is no such " + std::string(what) + ", or it is not yours",
              std::string(right));
}

Result<JobId> job_in_path(const Call& call) {
  auto job = parse<JobId>(call.path.front());
  if (!job.has_value()) return no_such("job", own_jobs);
  return *job;
}

Result<Digest> digest_in_path(const Call& call) {
  auto digest = parse_digest(call.path.front());
  if (digest.has_value()) return *digest;
  digest.error().field = "digest";
  return digest;
}

Result<JobRow> own_job(const Call& call) {
  TRY(const JobId id, job_in_path(call));
  TRY(auto job, query_row<JobRow>(call.hub.store, {{"id", id.value()}}));
  if (!job || job->organisation != call.actor.organisation) return no_such("job", own_jobs);
  return std::move(*job);
}

Result<std::optional<AttemptKey>> leased_attempt(const Call& call, std::string_view engine_name) {
  const auto attempt = parse_engine_name(engine_name);
  if (!attempt.has_value()) return std::nullopt;
  TRY(const auto lease, query_row<LeaseRow>(call.hub.store, {{"job", attempt->job.value()},
                                                             {"task", std::int64_t{attempt->task}},
                                                             {"number", std::int64_t{attempt->number}}}));
  if (!lease || lease->centre != call.actor.centre || lease->desired == Desired::ended) return std::nullopt;
  return *attempt;
}

Result<std::optional<OrganisationId>> customer_of(const Call& call, JobId id) {
  TRY(const auto job, query_row<JobRow>(call.hub.store, {{"id", id.value()}}));
  if (!job) return std::nullopt;
  return job->organisation;
}

Error told_to_agent(Error fault) {
  if (fault.code != ErrorCode::exhausted) return fault;
  return {ErrorCode::exhausted, "size", "the depot has no room left for the customer",
          "less output, or room that the customer or the operator makes"};
}

std::string centre_name(const Services& hub, CentreId centre) {
  return hub.directory.look([&](const core::State& state) {
    const CentreRow* row = state.centres.find({centre});
    return row == nullptr ? std::string() : row->name;
  });
}

wire::WalletView wallet_view(const std::string& organisation, const AccountRow& account) {
  return {organisation, account.available(), account.debits_pending, account.debits_posted, account.credits_posted};
}

}  // namespace dayan::hub
