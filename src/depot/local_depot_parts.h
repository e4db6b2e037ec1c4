#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "depot/file.h"
#include "depot/local_depot.h"
#include "depot/log_shelf.h"
#include "depot/names.h"
#include "depot/upload.h"
#include "depot/usage.h"

/// Inside the local depot: only local_depot*.cpp include this.

namespace dayan::depot {

struct Blob {
  Holding holding;
  Bytes size;
};

struct Kept {
  Bytes size;
  UnixTime used_at;  ///< it became whole, or its owner asked for its progress
};

/// `mutex_` guards the two maps and is never held while waiting for an upload; each upload has a mutex of its own,
/// and who holds that may take `mutex_` after it.
class LocalDepot final : public Depot {
 public:
  LocalDepot(std::string folder, File lock, const DepotQuota& quota, Clock& clock)
      : folder_(std::move(folder)),
        lock_(std::move(lock)),
        clock_(clock),
        usage_(quota),
        logs_(folder_ + "/logs", usage_) {}

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
  [[nodiscard]] DepotUse use_of(OrganisationId owner) override { return usage_.use_of(owner); }
  [[nodiscard]] DepotUse total_use() override { return usage_.total_use(); }
  [[nodiscard]] std::vector<StoredContent> unused_since(UnixTime since, const StoredContent& after,
                                                        std::size_t count) override;
  [[nodiscard]] Result<bool> drop(const StoredContent& content, UnixTime since) override;
  [[nodiscard]] Result<std::size_t> drop_abandoned_uploads() override;
  [[nodiscard]] Result<std::vector<AttemptKey>> attempts_with_logs() override { return logs_.attempts(); }
  [[nodiscard]] Result<void> drop_logs(const AttemptKey& attempt) override { return logs_.drop(attempt); }

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
  /// Whether its sender has it whole by another way: a centre has brought what its customer was sending.
  [[nodiscard]] bool is_whole(const Holding& holding);
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
  Clock& clock_;
  Usage usage_;
  std::mutex mutex_;
  std::map<Holding, Kept> blobs_;  ///< whole content
  /// By sender too: bytes that are wrong spoil nobody's upload but their sender's.
  std::map<Holding, std::shared_ptr<Upload>> uploads_;
  LogShelf logs_;
};

}  // namespace dayan::depot
