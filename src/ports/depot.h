#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"
#include "base/time.h"
#include "base/units.h"
#include "model/ids.h"

/// Bytes by content: inputs, outputs, logs. Uploads come in chunks and can be resumed. Implemented by depot.
///
/// Content belongs to organisations: who holds it is charged for it and may read it, and to anybody else it is not
/// there. Whoever sends a content proves with all its bytes that it has it, also when it lies here for others: that the
/// bytes are then kept once is nobody's business (docs/decisions/0008).

namespace dayan {

inline constexpr Bytes depot_chunk_max = Bytes(8'000'000);

/// How far an upload has come.
struct UploadProgress {
  Bytes received;      ///< contiguous from the start; the next chunk begins here
  bool complete = false;  ///< whole, its digest checked, durable
};

/// Who sends content, and for whom: an organisation for itself, or a centre the outputs of that organisation's jobs.
struct Sender {
  OrganisationId owner;  ///< is charged, and may read it
  CentreId centre;       ///< none: the organisation itself

  /* implicit */ Sender(OrganisationId of, CentreId by = {}) : owner(of), centre(by) {}
};

/// Space in use, and the most that may be.
struct DepotUse {
  Bytes used;
  Bytes limit;
};

/// A content as one organisation's: what retention decides on.
struct StoredContent {
  Digest digest;
  OrganisationId owner;
  friend auto operator<=>(const StoredContent&, const StoredContent&) = default;
};

class Depot {
 public:
  virtual ~Depot() = default;

  /// How much of this content has come from this sender; {0, false} when nothing has. To an organisation it is whole
  /// too when a centre has brought it; a centre learns only of what it has sent itself.
  [[nodiscard]] virtual Result<UploadProgress> progress(const Sender& sender, const Digest& digest) = 0;
  /// Adds a chunk that begins at `offset` of content with this digest and size. A chunk that is already there is fine;
  /// a gap is `invalid` and says where to go on; the wrong digest at the end is `corrupt` and drops the upload; a full
  /// quota is `exhausted` and says how much is free. The owner is charged for the space, once for each content. Each
  /// sender's upload is its own: what another sends under the same digest neither helps nor harms it.
  [[nodiscard]] virtual Result<UploadProgress> put_chunk(const Sender& sender, const Digest& digest, Bytes size,
                                                         Bytes offset, std::string_view chunk) = 0;
  /// Up to `length` bytes from `offset` of complete content; `not_found` when this organisation does not hold it.
  [[nodiscard]] virtual Result<std::string> read(OrganisationId owner, const Digest& digest, Bytes offset,
                                                 Bytes length) = 0;
  /// Total size of complete content; `not_found` as for read().
  [[nodiscard]] virtual Result<Bytes> size(OrganisationId owner, const Digest& digest) = 0;

  /// Adds to a live log of an attempt ("stdout", "stderr"): bytes from `offset`; what is there already is skipped.
  /// Returns the length that is there now. A log stops growing at log_bytes_max.
  [[nodiscard]] virtual Result<Bytes> append_log(const AttemptKey& attempt, std::string_view stream, Bytes offset,
                                                 std::string_view bytes) = 0;
  [[nodiscard]] virtual Result<std::string> read_log(const AttemptKey& attempt, std::string_view stream, Bytes offset,
                                                     Bytes length) = 0;

  [[nodiscard]] virtual DepotUse use_of(OrganisationId owner) = 0;
  [[nodiscard]] virtual DepotUse total_use() = 0;

  // Retention. What was used since `since` (it became whole, or its owner asked for its progress) is let be: a job that
  // is just being submitted finds its inputs.
  /// At most `count` contents after `after` that nobody has used since then, in order.
  [[nodiscard]] virtual std::vector<StoredContent> unused_since(UnixTime since, const StoredContent& after,
                                                                std::size_t count) = 0;
  /// Drops it, unless it has been used since; the space is free at once. True when it was dropped.
  [[nodiscard]] virtual Result<bool> drop(const StoredContent& content, UnixTime since) = 0;
  /// Drops the uploads that nobody has added to for upload_patience, and those of content that their sender has whole
  /// by another way; how many.
  [[nodiscard]] virtual Result<std::size_t> drop_abandoned_uploads() = 0;
  /// Every attempt that has a log, in order.
  [[nodiscard]] virtual Result<std::vector<AttemptKey>> attempts_with_logs() = 0;
  [[nodiscard]] virtual Result<void> drop_logs(const AttemptKey& attempt) = 0;
};

/// A part file that nobody has added to for so long was given up by its sender.
inline constexpr Duration upload_patience = Duration::hours(7 * 24);
inline constexpr Bytes log_bytes_max = Bytes(16'000'000);

}  // namespace dayan
