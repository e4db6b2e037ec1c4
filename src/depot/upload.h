#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "depot/file.h"
#include "depot/names.h"
#include "depot/usage.h"

/// One content on its way in: a part file that grows from the start without gaps.

namespace dayan::depot {

/// Its owner locks `mutex` around every call; one thread at a time adds to an upload.
class Upload {
 public:
  /// `received` bytes lie in the part file at `path` and are counted in `usage` already.
  Upload(const Holding& holding, std::string path, Bytes received, Usage& usage)
      : holding_(holding), path_(std::move(path)), received_(received), usage_(usage) {}

  std::mutex mutex;
  bool is_over = false;  ///< complete or dropped: who waited for it looks again

  [[nodiscard]] const Holding& holding() const { return holding_; }
  [[nodiscard]] Bytes received() const { return received_; }

  /// Adds what is new of a chunk of content that is `size` long; a gap is `invalid`, a full quota or disk
  /// `exhausted`.
  [[nodiscard]] Result<void> add(Bytes size, Bytes offset, std::string_view chunk);
  /// When all has come: checks the digest (`corrupt`), and moves the part file durably to `path`. Where `same` names a
  /// file that is to have the same content, and has it, `path` becomes a second name of that one instead, if the file
  /// system can. After
  /// an Error the upload is good for nothing and is to be dropped.
  [[nodiscard]] Result<void> finish(const std::string& path, const std::string& same);
  /// Removes the part file and gives its space back.
  void drop();

 private:
  [[nodiscard]] Result<File> open();

  const Holding holding_;
  const std::string path_;
  Bytes received_;
  Usage& usage_;
  std::optional<DigestStream> hash_;  ///< of what was received; none after a restart, until the next chunk
};

}  // namespace dayan::depot
