#include "cli/download.h"

#include <filesystem>

#include "cli/local_file.h"

namespace dayan::cli {
namespace {

namespace fs = std::filesystem;

Bytes bytes_in(std::string_view text) { return Bytes(static_cast<std::int64_t>(text.size())); }

bool is_right(const std::string& path, const Digest& digest, Bytes size) {
  std::error_code error;
  if (!fs::is_regular_file(fs::symlink_status(path, error))) return false;
  const auto there = fs::file_size(path, error);
  if (error || static_cast<std::int64_t>(there) != size.value()) return false;
  const auto read = digest_file(path);
  return read.has_value() && read->digest == digest;
}

/// Adds what is missing to `part`; the digest of all of it.
Answer<Digest> complete(ApiClient& api, const Digest& digest, Bytes size, const LocalFile& part,
                        const std::function<void(Bytes)>& on_bytes) {
  constexpr std::size_t piece_bytes = 1U << 20;
  DigestStream stream;
  Bytes at;
  TRY(const Bytes begun, part.size());
  while (at < begun && begun <= size) {
    TRY(const std::string piece, part.read(at, piece_bytes));
    if (piece.empty()) break;
    stream.add(piece);
    at += bytes_in(piece);
  }
  if (begun > size) TRY_VOID(part.truncate());
  while (at < size) {
    TRY(const HttpResponse answer,
        api.get_bytes("/v1/blobs/" + to_text(digest) + "/content?offset=" + std::to_string(at.value())));
    if (answer.body.empty() || bytes_in(answer.body) > size - at) {
      return failed_here("the hub gives another size than it named", "fetch again", to_text(digest));
    }
    TRY_VOID(part.write(at, answer.body));
    stream.add(answer.body);
    at += bytes_in(answer.body);
    on_bytes(at);
  }
  return stream.finish();
}

}  // namespace

Answer<Downloaded> download(ApiClient& api, const Digest& digest, Bytes size, const std::string& path,
                            const std::function<void(Bytes)>& on_bytes) {
  if (is_right(path, digest, size)) return Downloaded::was_there;
  std::error_code missing;
  const fs::file_status there = fs::symlink_status(path, missing);
  if (fs::exists(there) && !fs::is_regular_file(there)) {
    return failed_here("something stands there that is not a file", "move it away, or name another folder", path);
  }
  const fs::path folder = fs::path(path).parent_path();
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return failed_here("the folder cannot be made: " + error.message(), "", folder.string());
  const std::string part_path = (folder / (".dayan-part-" + to_text(digest).substr(0, 32))).string();
  for (int tries = 0; tries < 2; ++tries) {
    TRY(const LocalFile part, LocalFile::open_to_add(part_path));
    TRY(const Digest got, complete(api, digest, size, part, on_bytes));
    if (got == digest) {
      fs::rename(part_path, path, error);
      if (error) return failed_here("it cannot be put in its place: " + error.message(), "", path);
      return Downloaded::now;
    }
    // What an earlier program left may have been harmed; a second time from the start settles whose fault it is.
    TRY_VOID(part.truncate());
  }
  fs::remove(part_path, error);
  return failed_here("what the hub gives is not what its digest " + to_text(digest) + " names",
                     "tell the hub's operator", path);
}

}  // namespace dayan::cli
