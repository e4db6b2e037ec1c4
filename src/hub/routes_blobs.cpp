#include <algorithm>

#include "hub/handlers.h"
#include "hub/hub.h"
#include "wire/job.h"

/// Bytes by content, and whose they are (docs/decisions/0008): an organisation reaches what it holds in the depot; an
/// agent the inputs of the attempts that it has a live lease for, and what it has sent itself as their outputs. To
/// anybody else a content is not there, in the same words as one that never was.

namespace dayan::hub {

namespace {

HttpResponse upload_answer(const UploadProgress& progress) {
  return json_answer(200, to_json(wire::BlobProgress{progress.received, progress.complete}));
}

/// Also of content that was dropped: whoever is told that it was once there is told that it was.
tl::unexpected<Error> no_such_content(const Call& call) {
  return fail(ErrorCode::not_found,
              "there is no such content, or it is not yours, or it was dropped: the files of a job are kept for " +
                  to_text(call.hub.depot_retention) + " after its end, what no job names for " +
                  to_text(unnamed_kept),
              "a digest of what your organisation has uploaded or its jobs have left", "digest");
}

bool is_agent(const Call& call) { return !call.actor.centre.is_none(); }

/// For whom the caller sends: an organisation for itself, an agent for the customer of the attempt that it names. None
/// when it may send nothing under that name.
Result<std::optional<Sender>> sender_of(const Call& call) {
  if (!is_agent(call)) return Sender(call.actor.organisation);
  TRY(const auto attempt, leased_attempt(call, call.query_value("attempt").value_or("")));
  if (!attempt) return std::nullopt;
  TRY(const auto customer, customer_of(call, attempt->job));
  if (!customer) return std::nullopt;
  return Sender(*customer, call.actor.centre);
}

/// Whose content the caller may read under this digest; none when it may not.
Result<std::optional<OrganisationId>> readable_owner(const Call& call, const Digest& digest) {
  if (!is_agent(call)) return call.actor.organisation;
  TRY(const auto attempt, leased_attempt(call, call.query_value("attempt").value_or("")));
  if (!attempt) return std::nullopt;
  TRY(const auto row, query_payload(call.hub.store, attempt->job));
  const auto is_wanted = [&](const InputFile& input) { return input.digest == digest; };
  if (!row || !std::ranges::any_of(row->payload.inputs, is_wanted)) return std::nullopt;
  return customer_of(call, attempt->job);
}

/// Only agents name attempts: an organisation that did would believe something that is not so.
Result<void> check_attempt(const Call& call) {
  if (is_agent(call) || !call.query_value("attempt")) return {};
  return fail(ErrorCode::invalid, "only the agent of a centre names an attempt", "leave it out", "attempt");
}

}  // namespace

Handled get_depot(Call& call) {
  const DepotUse use = call.hub.depot.use_of(call.actor.organisation);
  return json_answer(200, to_json(wire::DepotView{use.used, use.limit, call.hub.depot_retention, unnamed_kept}));
}

Handled get_blob(Call& call) {
  TRY(const Digest digest, digest_in_path(call));
  TRY_VOID(check_attempt(call));
  TRY(const auto sender, sender_of(call));
  if (!sender) return no_such_content(call);
  TRY(const UploadProgress progress, call.hub.depot.progress(*sender, digest));
  if (progress.received.is_zero() && !progress.complete) return no_such_content(call);
  return upload_answer(progress);
}

Handled put_blob(Call& call) {
  TRY(const Digest digest, digest_in_path(call));
  TRY_VOID(check_attempt(call));
  if (!call.query_value("size")) {
    return fail(ErrorCode::invalid, "missing", "the size of the whole content in bytes", "size");
  }
  TRY(const std::int64_t size, query_number(call, "size", 0, 0, bytes_max.value()));
  TRY(const std::int64_t offset, query_number(call, "offset", 0, 0, bytes_max.value()));
  const std::string& chunk = call.request.body;
  if (static_cast<std::int64_t>(chunk.size()) > depot_chunk_max.value()) {
    return fail(ErrorCode::invalid, "a chunk of " + std::to_string(chunk.size()) + " bytes is too large",
                "at most " + std::to_string(depot_chunk_max.value()) + " bytes at once", "body");
  }
  if (is_agent(call) && !call.query_value("attempt")) {
    return fail(ErrorCode::invalid, "missing", "the name of the attempt whose output this is", "attempt");
  }
  TRY(const auto sender, sender_of(call));
  if (!sender) return no_such("attempt", "one that has a live lease at this centre");
  auto progress = call.hub.depot.put_chunk(*sender, digest, Bytes(size), Bytes(offset), chunk);
  if (progress.has_value()) return upload_answer(*progress);
  // Bytes that do not have the digest they were sent under are the sender's fault, not damage of ours.
  if (progress.error().code == ErrorCode::corrupt) progress.error().code = ErrorCode::invalid;
  return fail(is_agent(call) ? told_to_agent(std::move(progress).error()) : std::move(progress).error());
}

Handled get_blob_content(Call& call) {
  TRY(const Digest digest, digest_in_path(call));
  TRY_VOID(check_attempt(call));
  TRY(const std::int64_t offset, query_number(call, "offset", 0, 0, bytes_max.value()));
  TRY(const std::int64_t length, query_number(call, "length", depot_chunk_max.value(), 1, depot_chunk_max.value()));
  TRY(const auto owner, readable_owner(call, digest));
  if (!owner) return no_such_content(call);
  const auto size = call.hub.depot.size(*owner, digest);
  if (!size.has_value()) {
    if (size.error().code == ErrorCode::not_found) return no_such_content(call);
    return fail(size.error());
  }
  if (Bytes(offset) >= *size) return raw_answer({});
  TRY(std::string bytes,
      call.hub.depot.read(*owner, digest, Bytes(offset), std::min(*size - Bytes(offset), Bytes(length))));
  return raw_answer(std::move(bytes));
}

}  // namespace dayan::hub
