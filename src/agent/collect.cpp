#include "agent/collect.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "adapters/order_check.h"
#include "agent/output_files.h"

namespace dayan::agent {

namespace {

/// Up to `length` bytes from `offset`; fewer at the end of the file.
Result<std::string> read_at(int file, std::int64_t offset, std::size_t length) {
  std::string bytes(length, '\0');
  std::size_t filled = 0;
  while (filled < length) {
    const ssize_t count = ::pread(file, bytes.data() + filled, length - filled, offset + static_cast<off_t>(filled));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      return fail(ErrorCode::unavailable, std::string("an output cannot be read: ") + std::strerror(errno));
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  bytes.resize(filled);
  return bytes;
}

constexpr auto chunk_bytes = static_cast<std::size_t>(depot_chunk_max.value());

Result<OutputFile> describe(int file, const std::string& path) {
  DigestStream hash;
  std::int64_t length = 0;
  while (true) {
    TRY(const std::string bytes, read_at(file, length, chunk_bytes));
    if (bytes.empty()) return OutputFile{path, hash.finish(), Bytes(length)};
    hash.add(bytes);
    length += static_cast<std::int64_t>(bytes.size());
  }
}

Result<void> upload(HubApi& hub, int file, const OutputFile& output) {
  TRY(UploadProgress progress, hub.blob_progress(output.digest));
  // Each round either moves on or ends; a hub that moves back is left after as many rounds as there are chunks.
  const std::int64_t rounds_max = output.size.value() / depot_chunk_max.value() + 2;
  for (std::int64_t round = 0; !progress.complete; ++round) {
    if (round > rounds_max) return fail(ErrorCode::unavailable, "the upload of an output does not come forward");
    TRY(std::string bytes, read_at(file, progress.received.value(), chunk_bytes));
    TRY(progress, hub.put_blob(output.digest, output.size, progress.received, std::move(bytes)));
  }
  return {};
}

Result<OutputFile> take_output(HubApi& hub, const std::string& folder, const std::string& path,
                               const std::string& name) {
  TRY(const adapters::Descriptor file, open_inside(folder, path));
  TRY(OutputFile output, describe(file.number(), name));
  TRY_VOID(upload(hub, file.number(), output));
  return output;
}

}  // namespace

Result<execute::Collected> collect_outputs(HubApi& hub, const std::string& folder,
                                           const std::vector<std::string>& patterns) {
  TRY(const FoundOutputs found, find_outputs(folder, patterns));
  std::vector<std::pair<std::string, std::string>> wanted;  // path, name
  for (const std::string& path : found.paths) wanted.emplace_back(path, path);
  wanted.emplace_back(adapters::stdout_file, "stdout");
  wanted.emplace_back(adapters::stderr_file, "stderr");
  execute::Collected collected;
  collected.missing = found.missing;
  for (const auto& [path, name] : wanted) {
    Result<OutputFile> output = take_output(hub, folder, path, name);
    if (output) {
      collected.outputs.push_back(std::move(*output));
      continue;
    }
    const ErrorCode code = output.error().code;
    if (code == ErrorCode::unavailable || code == ErrorCode::unknown_outcome) return fail(std::move(output).error());
    const bool is_log = name != path;
    if (is_log && code == ErrorCode::not_found) continue;  // it never came to writing anything
    collected.missing += (collected.missing.empty() ? "" : "; ") + path + ": " + to_text(output.error());
    // A full quota refuses every further file as well.
    if (code == ErrorCode::exhausted) break;
  }
  return collected;
}

void LogTail::send_news(const AttemptKey& attempt, const std::string& folder) {
  send_stream({attempt, "stdout"}, folder, adapters::stdout_file);
  send_stream({attempt, "stderr"}, folder, adapters::stderr_file);
}

void LogTail::send_stream(const Stream& stream, const std::string& folder, const std::string& file) {
  Bytes offset;
  {
    const std::lock_guard lock(mutex_);
    offset = sent_[stream];
  }
  if (offset >= log_bytes_max) return;
  const Result<adapters::Descriptor> opened = open_inside(folder, file);
  if (!opened) return;
  const auto room = static_cast<std::size_t>((log_bytes_max - offset).value());
  Result<std::string> news = read_at(opened->number(), offset.value(), std::min(bytes_at_once_max, room));
  if (!news || news->empty()) return;
  const Result<Bytes> length = hub_.put_log(stream.first, stream.second, offset, std::move(*news));
  if (!length) return;
  const std::lock_guard lock(mutex_);
  sent_[stream] = *length;
}

void LogTail::forget(const AttemptKey& attempt) {
  const std::lock_guard lock(mutex_);
  sent_.erase({attempt, "stdout"});
  sent_.erase({attempt, "stderr"});
}

}  // namespace dayan::agent
