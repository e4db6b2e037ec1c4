#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"
#include "base/units.h"
#include "model/ids.h"

/// Bytes by content: inputs, outputs, logs. Uploads come in chunks and can be resumed. Implemented by depot.

namespace dayan {

inline constexpr Bytes depot_chunk_max = Bytes(8'000'000);

/// How far an upload has come.
struct UploadProgress {
  Bytes received;      ///< contiguous from the start; the next chunk begins here
  bool complete = false;  ///< whole, its digest checked, durable
};

class Depot {
 public:
  virtual ~Depot() = default;

  /// How much of this content is there: whole whoever sent it, else what came of this owner's upload; {0, false} when
  /// nothing is.
  [[nodiscard]] virtual Result<UploadProgress> progress(OrganisationId owner, const Digest& digest) = 0;
  /// Adds a chunk that begins at `offset` of content with this digest and size. A chunk that is already there is fine;
  /// a gap is `invalid` and says where to go on; the wrong digest at the end is `corrupt` and drops the upload; a full
  /// quota is `exhausted` and says how much is free. `owner` is charged for the space. Each owner's upload is its own:
  /// what another sends under the same digest neither helps nor harms it until it is whole and checked.
  [[nodiscard]] virtual Result<UploadProgress> put_chunk(OrganisationId owner, const Digest& digest, Bytes size,
                                                         Bytes offset, std::string_view chunk) = 0;
  /// Up to `length` bytes from `offset` of complete content; `not_found` when it is not whole.
  [[nodiscard]] virtual Result<std::string> read(const Digest& digest, Bytes offset, Bytes length) = 0;
  /// Total size of complete content.
  [[nodiscard]] virtual Result<Bytes> size(const Digest& digest) = 0;

  /// Adds to a live log of an attempt ("stdout", "stderr"): bytes from `offset`; what is there already is skipped.
  /// Returns the length that is there now. A log stops growing at log_bytes_max.
  [[nodiscard]] virtual Result<Bytes> append_log(const AttemptKey& attempt, std::string_view stream, Bytes offset,
                                                 std::string_view bytes) = 0;
  [[nodiscard]] virtual Result<std::string> read_log(const AttemptKey& attempt, std::string_view stream, Bytes offset,
                                                     Bytes length) = 0;
};

inline constexpr Bytes log_bytes_max = Bytes(16'000'000);

}  // namespace dayan
