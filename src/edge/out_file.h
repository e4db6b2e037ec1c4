#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/result.h"

namespace dayan::edge {

/// The file that a user told a program to write.
///
/// What is no file yet, or a regular one, is written beside its place and put there by `finish`, on disk: a reader
/// sees the old file or the new one, whole. A symbolic link is followed: the file it leads to is replaced, the link
/// stays. What is there and is no regular file (a pipe, a device, /dev/stdout) is written to as it is, and so is what
/// this program's own output goes to already. Never is such a thing replaced.
class OutFile {
 public:
  /// `mode`: of a regular file. Errors, with `field` naming the path: invalid (it cannot be written there, with the
  /// system's word for why).
  [[nodiscard]] static Result<OutFile> open(const std::string& path, mode_t mode = 0644);
  OutFile(OutFile&& other) noexcept;
  OutFile& operator=(OutFile&&) = delete;
  /// Without `finish` nothing has happened to a regular file.
  ~OutFile();

  /// Errors: exhausted (a full disk, a reader that is gone), with the system's word.
  [[nodiscard]] Result<void> write(std::string_view bytes);
  /// Once, at the end. Errors: exhausted.
  [[nodiscard]] Result<void> finish();

 private:
  OutFile(std::string path, std::string place, std::string beside, int descriptor)
      : path_(std::move(path)), place_(std::move(place)), beside_(std::move(beside)), descriptor_(descriptor) {}
  [[nodiscard]] static Result<OutFile> open_as_it_is(const std::string& path);

  std::string path_;    ///< as it was given
  std::string place_;   ///< what is replaced in the end
  std::string beside_;  ///< what is written; empty when it is written to as it is
  int descriptor_;
};

}  // namespace dayan::edge
