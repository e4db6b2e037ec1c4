#include "cli/upload.h"

#include <algorithm>
#include <optional>
#include <set>

#include "cli/display.h"
#include "cli/documents.h"
#include "cli/local_file.h"
#include "ports/depot.h"
#include "wire/job.h"

namespace dayan::cli {
namespace {

/// What the hub has of it from us: nothing, when it says that it does not know it.
Answer<wire::BlobProgress> ask_progress(ApiClient& api, const std::string& target) {
  auto document = api.get(target);
  if (document.has_value()) return read_as<wire::BlobProgress>(*std::move(document));
  const Faults& faults = document.error().faults;
  if (!faults.empty() && faults.front().code == ErrorCode::not_found) return wire::BlobProgress{};
  return tl::unexpected<Failure>(std::move(document).error());
}

/// A chunk may have arrived although its answer was lost; only what may pass with time is tried again.
bool may_pass(const Failure& failure) { return failure.exit == Exit::unreachable; }

/// Sends one content from where the hub has it.
Answer<Bytes> send_content(ApiClient& api, const GatheredInput& input, wire::BlobProgress there, Progress& progress) {
  const std::string target = "/v1/blobs/" + to_text(input.file.digest);
  TRY(const LocalFile file, LocalFile::open_to_read(input.local));
  Bytes sent;
  Duration wait = ApiClient::first_pause;
  for (int failures = 0; !there.complete;) {
    const Bytes offset = there.received;
    const Bytes left = input.file.size - offset;
    const auto length = static_cast<std::size_t>(
        std::clamp<std::int64_t>(left.value(), 0, depot_chunk_max.value()));
    TRY(std::string chunk, file.read(offset, length));
    if (chunk.size() != length) return failed_here("it changed while it was sent", "submit again", input.local);
    const std::string query =
        "?size=" + std::to_string(input.file.size.value()) + "&offset=" + std::to_string(offset.value());
    auto answer = api.put_bytes(target + query, std::move(chunk));
    std::optional<Failure> failure;
    if (answer.has_value()) {
      TRY(there, read_as<wire::BlobProgress>(*std::move(answer)));
      sent += Bytes(static_cast<std::int64_t>(length));
    } else {
      failure = std::move(answer).error();
      if (!may_pass(*failure)) return tl::unexpected<Failure>(*std::move(failure));
    }
    if (there.complete || there.received > offset) {
      failures = 0;
    } else if (++failures > ApiClient::repeats_max) {
      if (failure) return tl::unexpected<Failure>(*std::move(failure));
      return failed_here("the hub takes no more of it", "", input.file.path);
    } else {
      api.pause(wait);
      wait = wait * 2;
      TRY(there, ask_progress(api, target));
    }
    progress.show_fine("uploading " + input.file.path + ": " + readable(there.received) + " of " +
                       readable(input.file.size));
  }
  return sent;
}

}  // namespace

Answer<UploadSum> upload_inputs(ApiClient& api, const std::vector<GatheredInput>& inputs, Progress& progress) {
  UploadSum sum;
  std::set<Digest> seen;
  for (const GatheredInput& input : inputs) {
    if (!seen.insert(input.file.digest).second) continue;
    TRY(const wire::BlobProgress there, ask_progress(api, "/v1/blobs/" + to_text(input.file.digest)));
    if (there.complete) {
      ++sum.was_there;
      continue;
    }
    TRY(const Bytes sent, send_content(api, input, there, progress));
    ++sum.sent;
    sum.bytes += sent;
  }
  return sum;
}

}  // namespace dayan::cli
