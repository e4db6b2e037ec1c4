#include "agent/collect.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

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

Result<void> upload(HubApi& hub, const AttemptKey& attempt, int file, const OutputFile& output) {
  TRY(UploadProgress progress, hub.blob_progress(attempt, output.digest));
  // Each round either moves on or ends; a hub that moves back is left after as many rounds as there are chunks.
  const std::int64_t rounds_max = output.size.value() / depot_chunk_max.value() + 2;
  for (std::int64_t round = 0; !progress.complete; ++round) {
    if (round > rounds_max) return fail(ErrorCode::unavailable, "the upload of an output does not come forward");
    TRY(std::string bytes, read_at(file, progress.received.value(), chunk_bytes));
    TRY(progress, hub.put_blob(attempt, output.digest, output.size, progress.received, std::move(bytes)));
  }
  return {};
}

/// A file of the work folder, and the name under which it goes up.
struct WantedOutput {
  std::string path;
  std::string name;
  [[nodiscard]] bool is_log() const { return name != path; }
};

std::vector<WantedOutput> wanted_outputs(const std::vector<std::string>& paths) {
  // The logs first: they are small, and tell what became of the rest.
  std::vector<WantedOutput> wanted{{adapters::stdout_file, "stdout"}, {adapters::stderr_file, "stderr"}};
  for (const std::string& path : paths) wanted.push_back({path, path});
  return wanted;
}

/// Takes the wanted files one by one, as long as the hub takes them.
class Collection {
 public:
  Collection(HubApi& hub, const AttemptKey& attempt, std::string missing) : hub_(hub), attempt_(attempt) {
    collected_.missing = std::move(missing);
  }
  /// An Error only for what passes with time: then all is tried again later.
  [[nodiscard]] Result<void> take(const std::string& folder, const WantedOutput& wanted);
  [[nodiscard]] execute::Collected finish();

 private:
  void note(const std::string& text) { collected_.missing += (collected_.missing.empty() ? "" : "; ") + text; }

  HubApi& hub_;
  const AttemptKey attempt_;
  execute::Collected collected_;
  std::optional<Error> refusal_;  ///< the hub takes no more for this attempt
  std::vector<std::string> not_kept_;
  std::ptrdiff_t logs_ = 0;  ///< among what has gone up: they went first, and are told last
};

bool passes_with_time(ErrorCode code) { return code == ErrorCode::unavailable || code == ErrorCode::unknown_outcome; }

Result<void> Collection::take(const std::string& folder, const WantedOutput& wanted) {
  const auto file = open_inside(folder, wanted.path);
  // A log that is not there: it never came to writing anything.
  if (!file && wanted.is_log() && file.error().code == ErrorCode::not_found) return {};
  if (refusal_) {
    not_kept_.push_back(wanted.name);
    return {};
  }
  auto output = file ? describe(file->number(), wanted.name) : Result<OutputFile>(fail(file.error()));
  if (!output) {
    if (passes_with_time(output.error().code)) return fail(std::move(output).error());
    note(wanted.path + ": " + to_text(output.error()));
    return {};
  }
  auto sent = upload(hub_, attempt_, file->number(), *output);
  if (sent) {
    collected_.outputs.push_back(std::move(*output));
    logs_ += wanted.is_log() ? 1 : 0;
    return {};
  }
  const ErrorCode code = sent.error().code;
  if (passes_with_time(code)) return sent;
  if (code == ErrorCode::exhausted || code == ErrorCode::not_found || code == ErrorCode::denied) {
    refusal_ = std::move(sent).error();
    not_kept_.push_back(wanted.name);
  } else {
    note(wanted.path + ": " + to_text(sent.error()));
  }
  return {};
}

execute::Collected Collection::finish() {
  if (refusal_) {
    // The reason first: what a person is shown of a long text is its beginning.
    std::string text = not_kept_.size() == 1 ? "1 output is" : std::to_string(not_kept_.size()) + " outputs are";
    text += " not kept: " + refusal_->wrong + (refusal_->right.empty() ? ": " : "; " + refusal_->right + ": ");
    for (std::size_t i = 0; i < not_kept_.size(); ++i) text += (i == 0 ? "" : ", ") + not_kept_[i];
    collected_.missing = text + (collected_.missing.empty() ? "" : "; " + collected_.missing);
  }
  auto& outputs = collected_.outputs;
  std::rotate(outputs.begin(), outputs.begin() + logs_, outputs.end());
  return std::move(collected_);
}

}  // namespace

Result<execute::Collected> collect_outputs(HubApi& hub, const AttemptKey& attempt, const std::string& folder,
                                           const std::vector<std::string>& patterns) {
  TRY(FoundOutputs found, find_outputs(folder, patterns));
  Collection collection(hub, attempt, std::move(found.missing));
  for (const WantedOutput& wanted : wanted_outputs(found.paths)) TRY_VOID(collection.take(folder, wanted));
  return collection.finish();
}

void LogTail::send_news(const AttemptKey& attempt, const std::string& folder) {
  send_stream({attempt, "stdout"}, folder, adapters::stdout_file);
  send_stream({attempt, "stderr"}, folder, adapters::stderr_file);
}

void LogTail::send_stream(const Stream& stream, const std::string& folder, const std::string& file) {
  Bytes offset;
  {
    const std::lock_guard lock(mutex_);
    Progress& progress = sent_[stream];
    if (progress.calls_to_skip > 0) {
      --progress.calls_to_skip;
      return;
    }
    offset = progress.sent;
  }
  if (offset >= log_bytes_max) return;
  const Result<adapters::Descriptor> opened = open_inside(folder, file);
  if (!opened) return;
  const auto room = static_cast<std::size_t>((log_bytes_max - offset).value());
  Result<std::string> news = read_at(opened->number(), offset.value(), std::min(bytes_at_once_max, room));
  if (!news || news->empty()) return;
  const Result<Bytes> length = hub_.put_log(stream.first, stream.second, offset, std::move(*news));
  const std::lock_guard lock(mutex_);
  if (length) {
    sent_[stream] = {*length, 0};
  } else if (!passes_with_time(length.error().code)) {
    sent_[stream].calls_to_skip = calls_after_refusal;
  }
}

void LogTail::forget(const AttemptKey& attempt) {
  const std::lock_guard lock(mutex_);
  sent_.erase({attempt, "stdout"});
  sent_.erase({attempt, "stderr"});
}

}  // namespace dayan::agent
