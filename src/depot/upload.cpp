#include "depot/upload.h"

#include <algorithm>

namespace dayan::depot {
namespace {

/// Whether the file still holds the content that it was kept as: disks forget bits without changing a size.
bool holds(const std::string& path, const Digest& digest, Bytes size) {
  const auto file = File::read(path);
  if (!file || file->size().value_or(Bytes(-1)) != size) return false;
  DigestStream hash;
  for (Bytes offset; offset < size;) {
    const auto bytes = file->read_at(offset, std::min(depot_chunk_max, size - offset));
    if (!bytes || bytes->empty()) return false;
    hash.add(*bytes);
    offset += bytes_of(*bytes);
  }
  return hash.finish() == digest;
}

}  // namespace

/// The part file, with `hash_` true to it: after a restart the digest is made anew. The file is open only while a
/// chunk is added, so that uploads that were given up hold no descriptors.
Result<File> Upload::open() {
  TRY(File file, File::write(path_));
  if (hash_) return file;
  DigestStream hash;
  for (Bytes offset; offset < received_;) {
    TRY(const std::string bytes, file.read_at(offset, std::min(depot_chunk_max, received_ - offset)));
    if (bytes.empty()) return fail(ErrorCode::corrupt, "the part file has shrunk", "the upload from its start");
    hash.add(bytes);
    offset += bytes_of(bytes);
  }
  hash_ = std::move(hash);
  return file;
}

Result<void> Upload::add(Bytes size, Bytes offset, std::string_view chunk) {
  if (offset > received_) {
    return fail(ErrorCode::invalid,
                "a gap: the chunk begins at byte " + std::to_string(offset.value()) + " and " +
                    std::to_string(received_.value()) + " bytes have come",
                "go on at byte " + std::to_string(received_.value()), "offset");
  }
  if (received_ > size) {
    return fail(ErrorCode::invalid, std::to_string(received_.value()) + " bytes have come, more than the size",
                "the size of the whole content, the same with every chunk", "size");
  }
  const auto known = static_cast<std::size_t>((received_ - offset).value());
  if (known >= chunk.size()) return {};
  const std::string_view fresh = chunk.substr(known);
  const Bytes growth = bytes_of(fresh);

  // All that is still to come must fit, so that a large upload is refused at its start and not at its end.
  TRY_VOID(usage_.check(holding_.owner, size - received_));
  TRY(File file, open());
  TRY_VOID(usage_.take(holding_.owner, growth));
  auto written = file.write_at(received_, fresh);
  if (!written) {
    usage_.give_back(holding_.owner, growth);
    return written;
  }
  hash_->add(fresh);
  received_ += growth;
  return {};
}

Result<void> Upload::finish(const std::string& path, const std::string& same) {
  TRY(File file, open());
  const Digest digest = hash_->finish();
  if (digest != holding_.digest) {
    return fail(ErrorCode::corrupt,
                "the content has the digest " + to_text(digest) + ", not " + to_text(holding_.digest),
                "the upload from its start, or the digest of this content", "digest");
  }
  // A copy that was damaged on the disk is not passed on: ours is good.
  if (!same.empty() && holds(same, digest, received_) && link_durably(same, path)) return remove_file(path_);
  TRY_VOID(file.sync());
  return rename_durably(path_, path);
}

void Upload::drop() {
  // A file that stays is counted again at the next start, and replaced by the next upload of this content.
  (void)remove_file(path_).has_value();
  usage_.give_back(holding_.owner, received_);
  received_ = Bytes(0);
}

}  // namespace dayan::depot
