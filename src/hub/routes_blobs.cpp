#include <algorithm>

#include "hub/handlers.h"
#include "wire/job.h"

/// Bytes by content. Whoever names a digest has the content, or has seen the digest in a list of its own
/// organisation: the digest is the right to read it. Space is charged to the organisation of the token.

namespace dayan::hub {

namespace {

HttpResponse upload_answer(const UploadProgress& progress) {
  return json_answer(200, to_json(wire::BlobProgress{progress.received, progress.complete}));
}

}  // namespace

Handled get_blob(Call& call) {
  TRY(const Digest digest, digest_in_path(call));
  TRY(const UploadProgress progress, call.hub.depot.progress(call.actor.organisation, digest));
  return upload_answer(progress);
}

Handled put_blob(Call& call) {
  TRY(const Digest digest, digest_in_path(call));
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
  auto progress = call.hub.depot.put_chunk(call.actor.organisation, digest, Bytes(size), Bytes(offset), chunk);
  if (progress.has_value()) return upload_answer(*progress);
  // Bytes that do not have the digest they were sent under are the sender's fault, not damage of ours.
  if (progress.error().code == ErrorCode::corrupt) progress.error().code = ErrorCode::invalid;
  return fail(std::move(progress).error());
}

Handled get_blob_content(Call& call) {
  TRY(const Digest digest, digest_in_path(call));
  TRY(const std::int64_t offset, query_number(call, "offset", 0, 0, bytes_max.value()));
  TRY(const std::int64_t length, query_number(call, "length", depot_chunk_max.value(), 1, depot_chunk_max.value()));
  TRY(const Bytes size, call.hub.depot.size(digest));
  if (Bytes(offset) >= size) return raw_answer({});
  TRY(std::string bytes, call.hub.depot.read(digest, Bytes(offset), std::min(size - Bytes(offset), Bytes(length))));
  return raw_answer(std::move(bytes));
}

}  // namespace dayan::hub
