#include "depot/local_depot.h"

#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "depot/log_shelf.h"
#include "depot/upload.h"

namespace dayan::depot {
namespace {

/// A part file that nobody has added to for so long was given up by its sender.
constexpr auto abandoned_after = std::chrono::days(7);

/// Whole content as one sender's.
struct Blob {
  Holding holding;
  Bytes size;
};

Holding holding_of(const Sender& sender, const Digest& digest) { return {digest, sender.owner, sender.centre}; }

/// `mutex_` guards the two maps and is never held while waiting for an upload; each upload has a mutex of its own,
/// and who holds that may take `mutex_` after it.
class LocalDepot final : public Depot {
 public:
  LocalDepot(std::string folder, File lock, const DepotQuota& quota)
      : folder_(std::move(folder)), lock_(std::move(lock)), usage_(quota), logs_(folder_ + "/logs", usage_) {}

  /// Counts what the folder holds. Once, before anything else.
  [[nodiscard]] Result<void> scan();

  [[nodiscard]] Result<UploadProgress> progress(const Sender& sender, const Digest& digest) override;
  [[nodiscard]] Result<UploadProgress> put_chunk(const Sender& sender, const Digest& digest, Bytes size, Bytes offset,
                                                 std::string_view chunk) override;
  [[nodiscard]] Result<std::string> read(OrganisationId owner, const Digest& digest, Bytes offset,
                                         Bytes length) override;
  [[nodiscard]] Result<Bytes> size(OrganisationId owner, const Digest& digest) override;
  [[nodiscard]] Result<Bytes> append_log(const AttemptKey& attempt, std::string_view stream, Bytes offset,
                                         std::string_view bytes) override {
    return logs_.append(attempt, stream, offset, bytes);
  }
  [[nodiscard]] Result<std::string> read_log(const AttemptKey& attempt, std::string_view stream, Bytes offset,
                                             Bytes length) override {
    return logs_.read(attempt, stream, offset, length);
  }

 private:
  /// What a sender may know of a content: whole, on its way, or neither.
  struct Found {
    std::optional<Blob> blob;
    std::shared_ptr<Upload> upload;
  };
  [[nodiscard]] Found find(const Holding& holding);
  [[nodiscard]] Found find_or_begin(const Holding& holding);
  [[nodiscard]] std::optional<Blob> find_blob(OrganisationId owner, const Digest& digest);
  /// With `mutex_`: the sender's own; an organisation's also when it was brought by a centre.
  [[nodiscard]] std::optional<Blob> known_blob(const Holding& holding) const;
  /// With `mutex_`: whatever the owner has of it, whoever sent it.
  [[nodiscard]] std::optional<Blob> owned_blob(const Digest& digest, OrganisationId owner) const;
  [[nodiscard]] Result<UploadProgress> add_chunk(Upload& upload, Bytes size, Bytes offset, std::string_view chunk);
  [[nodiscard]] Result<void> complete(Upload& upload);
  void end(Upload& upload);

  [[nodiscard]] std::string blobs(const Digest& digest) const { return folder_ + "/blobs/" + blob_folder(digest); }
  [[nodiscard]] std::string blob_path(const Holding& holding) const {
    return blobs(holding.digest) + '/' + blob_name(holding);
  }
  [[nodiscard]] std::string upload_path(const Holding& holding) const {
    return folder_ + "/uploads/" + upload_name(holding);
  }
  [[nodiscard]] Result<void> scan_blobs();
  [[nodiscard]] Result<void> scan_uploads();

  const std::string folder_;
  const File lock_;
  Usage usage_;
  std::mutex mutex_;
  std::map<Holding, Bytes> blobs_;  ///< sizes of whole content
  /// By sender too: bytes that are wrong spoil nobody's upload but their sender's.
  std::map<Holding, std::shared_ptr<Upload>> uploads_;
  LogShelf logs_;
};

Result<void> LocalDepot::scan() {
  TRY_VOID(scan_blobs());
  TRY_VOID(scan_uploads());
  return logs_.scan();
}

Result<void> LocalDepot::scan_blobs() {
  const std::string root = folder_ + "/blobs";
  return for_each_name(root, [&](const std::string& folder) -> Result<void> {
    return for_each_name(root + '/' + folder, [&](const std::string& name) -> Result<void> {
      const std::string path = root + '/' + folder + '/' + name;
      const auto holding = parse_blob_name(folder, name);
      if (!holding) return {};
      TRY(const Bytes size, size_of(path));
      if (!owned_blob(holding->digest, holding->owner)) usage_.count(holding->owner, size);
      blobs_.emplace(*holding, size);
      return {};
    });
  });
}

/// By the clock of the file system, which is this machine's: the time of the last write.
Result<bool> is_abandoned(const std::string& path) {
  std::error_code error;
  const auto written_at = std::filesystem::last_write_time(path, error);
  if (error) return fail(ErrorCode::unavailable, path + " has no time of its last write: " + error.message(), "");
  return std::filesystem::file_time_type::clock::now() - written_at > abandoned_after;
}

Result<void> LocalDepot::scan_uploads() {
  return for_each_name(folder_ + "/uploads", [&](const std::string& name) -> Result<void> {
    const auto holding = parse_upload_name(name);
    if (!holding) return {};
    const std::string path = upload_path(*holding);
    if (known_blob(*holding)) return remove_file(path);
    TRY(const bool abandoned, is_abandoned(path));
    if (abandoned) return remove_file(path);
    TRY(const Bytes size, size_of(path));
    usage_.count(holding->owner, size);
    uploads_.emplace(*holding, std::make_shared<Upload>(*holding, path, size, usage_));
    return {};
  });
}

std::optional<Blob> LocalDepot::owned_blob(const Digest& digest, OrganisationId owner) const {
  const auto blob = blobs_.lower_bound({digest, owner, CentreId()});
  if (blob == blobs_.end() || blob->first.digest != digest || blob->first.owner != owner) return std::nullopt;
  return Blob{blob->first, blob->second};
}

std::optional<Blob> LocalDepot::known_blob(const Holding& holding) const {
  if (holding.centre.is_none()) return owned_blob(holding.digest, holding.owner);
  const auto blob = blobs_.find(holding);
  if (blob == blobs_.end()) return std::nullopt;
  return Blob{blob->first, blob->second};
}

std::optional<Blob> LocalDepot::find_blob(OrganisationId owner, const Digest& digest) {
  const std::lock_guard lock(mutex_);
  return owned_blob(digest, owner);
}

LocalDepot::Found LocalDepot::find(const Holding& holding) {
  const std::lock_guard lock(mutex_);
  if (auto blob = known_blob(holding)) return {blob, nullptr};
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
  blobs_.emplace(holding, upload.received());
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

tl::unexpected<Error> not_whole(const Digest& digest) {
  return fail(ErrorCode::not_found, "the content " + to_text(digest) + " is not here, or not yet whole",
              "its upload first", "digest");
}

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

}  // namespace

Result<std::unique_ptr<Depot>> open_depot(const std::string& folder, const DepotQuota& quota) {
  std::error_code error;
  const std::string full_path = std::filesystem::absolute(folder, error).string();
  if (folder.empty() || error) return fail(ErrorCode::invalid, "the depot needs a folder", "a path", "folder");
  TRY_VOID(make_folder_durably(full_path));
  TRY(File lock, File::write(full_path + "/lock"));
  TRY_VOID(lock.lock());
  for (const char* name : {"/blobs", "/uploads", "/logs"}) TRY_VOID(make_folder_durably(full_path + name));
  auto depot = std::make_unique<LocalDepot>(full_path, std::move(lock), quota);
  TRY_VOID(depot->scan());
  return depot;
}

}  // namespace dayan::depot
