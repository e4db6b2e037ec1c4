#include "depot/local_depot.h"

#include <filesystem>

#include "depot/local_depot_parts.h"

namespace dayan::depot {
namespace {

Holding holding_of(const Sender& sender, const Digest& digest) { return {digest, sender.owner, sender.centre}; }

}  // namespace

std::optional<Blob> LocalDepot::owned_blob(const Digest& digest, OrganisationId owner) const {
  const auto blob = blobs_.lower_bound({digest, owner, CentreId()});
  if (blob == blobs_.end() || blob->first.digest != digest || blob->first.owner != owner) return std::nullopt;
  return Blob{blob->first, blob->second.size};
}

std::optional<Blob> LocalDepot::known_blob(const Holding& holding) const {
  if (holding.centre.is_none()) return owned_blob(holding.digest, holding.owner);
  const auto blob = blobs_.find(holding);
  if (blob == blobs_.end()) return std::nullopt;
  return Blob{blob->first, blob->second.size};
}

std::optional<Blob> LocalDepot::find_blob(OrganisationId owner, const Digest& digest) {
  const std::lock_guard lock(mutex_);
  return owned_blob(digest, owner);
}

LocalDepot::Found LocalDepot::find(const Holding& holding) {
  const std::lock_guard lock(mutex_);
  if (auto blob = known_blob(holding)) {
    blobs_.at(blob->holding).used_at = clock_.now();
    return {blob, nullptr};
  }
  const auto upload = uploads_.find(holding);
  return {std::nullopt, upload == uploads_.end() ? nullptr : upload->second};
}

LocalDepot::Found LocalDepot::find_or_begin(const Holding& holding) {
  const std::lock_guard lock(mutex_);
  if (auto blob = known_blob(holding)) return {blob, nullptr};
  auto& upload = uploads_[holding];
  if (!upload) upload = std::make_shared<Upload>(holding, upload_path(holding), Bytes(0), usage_);
  return {std::nullopt, upload};
}

Result<UploadProgress> LocalDepot::progress(const Sender& sender, const Digest& digest) {
  while (true) {
    const Found found = find(holding_of(sender, digest));
    if (found.blob) return UploadProgress{found.blob->size, true};
    if (!found.upload) return UploadProgress{Bytes(0), false};
    const std::lock_guard lock(found.upload->mutex);
    if (!found.upload->is_over) return UploadProgress{found.upload->received(), false};
  }
}

Result<UploadProgress> LocalDepot::put_chunk(const Sender& sender, const Digest& digest, Bytes size, Bytes offset,
                                             std::string_view chunk) {
  if (sender.owner.is_none()) return fail(ErrorCode::invalid, "nobody owns the content", "an organisation", "owner");
  if (size < Bytes(0) || size > bytes_max) return fail(ErrorCode::invalid, "it is out of range", "0 to 1EB", "size");
  TRY_VOID(check_range(offset, bytes_of(chunk), depot_chunk_max));
  if (offset > size || bytes_of(chunk) > size - offset) {
    return fail(ErrorCode::invalid, "the chunk ends beyond the size of " + std::to_string(size.value()) + " bytes",
                "a chunk that lies inside the content", "offset");
  }
  while (true) {
    const Found found = find_or_begin(holding_of(sender, digest));
    if (found.blob) return UploadProgress{found.blob->size, true};
    const std::lock_guard lock(found.upload->mutex);
    if (!found.upload->is_over) return add_chunk(*found.upload, size, offset, chunk);
  }
}

/// The upload's mutex is held.
Result<UploadProgress> LocalDepot::add_chunk(Upload& upload, Bytes size, Bytes offset, std::string_view chunk) {
  auto added = upload.add(size, offset, chunk);
  if (!added) {
    // A part file that cannot be read again is of no use; one of which nothing has come need not be remembered.
    if (added.error().code == ErrorCode::corrupt || upload.received().is_zero()) end(upload);
    return fail(std::move(added).error());
  }
  if (upload.received() < size) {
    const UploadProgress progress{upload.received(), false};
    if (upload.received().is_zero()) end(upload);
    return progress;
  }
  auto completed = complete(upload);
  if (!completed) {
    end(upload);
    return fail(std::move(completed).error());
  }
  return UploadProgress{size, true};
}

Result<void> LocalDepot::complete(Upload& upload) {
  const Holding& holding = upload.holding();
  TRY_VOID(make_folder_durably(blobs(holding.digest)));
  std::string same;
  {
    const std::lock_guard lock(mutex_);
    const auto other = blobs_.lower_bound({holding.digest, OrganisationId(), CentreId()});
    if (other != blobs_.end() && other->first.digest == holding.digest) same = blob_path(other->first);
  }
  TRY_VOID(upload.finish(blob_path(holding), same));
  const std::lock_guard lock(mutex_);
  upload.is_over = true;
  uploads_.erase(holding);
  const bool is_charged = owned_blob(holding.digest, holding.owner).has_value();
  blobs_.emplace(holding, Kept{upload.received(), clock_.now()});
  if (is_charged) upload.drop();  // its file has moved: only the space is given back
  return {};
}

/// Drops an upload. The upload's mutex is held.
void LocalDepot::end(Upload& upload) {
  upload.drop();
  upload.is_over = true;
  const std::lock_guard lock(mutex_);
  uploads_.erase(upload.holding());
}

namespace {

tl::unexpected<Error> not_whole(const Digest& digest) {
  return fail(ErrorCode::not_found, "the content " + to_text(digest) + " is not here, or not yet whole",
              "its upload first", "digest");
}

}  // namespace

Result<std::string> LocalDepot::read(OrganisationId owner, const Digest& digest, Bytes offset, Bytes length) {
  TRY_VOID(check_range(offset, length, depot_chunk_max));
  const auto blob = find_blob(owner, digest);
  if (!blob) return not_whole(digest);
  auto file = File::read(blob_path(blob->holding));
  if (!file && file.error().code != ErrorCode::not_found) return fail(std::move(file).error());
  if (!file || file->size().value_or(Bytes(-1)) != blob->size) {
    return fail(ErrorCode::corrupt, "the content " + to_text(digest) + " has been cut or removed on the disk",
                "a backup of the depot");
  }
  return file->read_at(offset, length);
}

Result<Bytes> LocalDepot::size(OrganisationId owner, const Digest& digest) {
  const auto blob = find_blob(owner, digest);
  if (!blob) return not_whole(digest);
  return blob->size;
}

Result<std::unique_ptr<Depot>> open_depot(const std::string& folder, const DepotQuota& quota, Clock& clock) {
  std::error_code error;
  const std::string full_path = std::filesystem::absolute(folder, error).string();
  if (folder.empty() || error) return fail(ErrorCode::invalid, "the depot needs a folder", "a path", "folder");
  TRY_VOID(make_folder_durably(full_path));
  TRY(File lock, File::write(full_path + "/lock"));
  TRY_VOID(lock.lock());
  for (const char* name : {"/blobs", "/uploads", "/logs"}) TRY_VOID(make_folder_durably(full_path + name));
  auto depot = std::make_unique<LocalDepot>(full_path, std::move(lock), quota, clock);
  TRY_VOID(depot->scan());
  return depot;
}

}  // namespace dayan::depot
