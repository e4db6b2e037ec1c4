#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/units.h"
#include "cli/failure.h"

/// Files of this machine. Faults name the path; they end a command with `refused`.

namespace dayan::cli {

/// An open file; closed with its object.
class LocalFile {
 public:
  [[nodiscard]] static Answer<LocalFile> open_to_read(const std::string& path);
  /// Made when it is not there, with the umask's mode; what is in it stays.
  [[nodiscard]] static Answer<LocalFile> open_to_add(const std::string& path);
  LocalFile(LocalFile&& other) noexcept;
  LocalFile& operator=(LocalFile&&) = delete;
  ~LocalFile();

  /// Up to `length` bytes from `offset`; fewer only at the end.
  [[nodiscard]] Answer<std::string> read(Bytes offset, std::size_t length) const;
  [[nodiscard]] Answer<void> write(Bytes offset, std::string_view bytes) const;
  [[nodiscard]] Answer<void> truncate() const;
  [[nodiscard]] Answer<Bytes> size() const;

 private:
  LocalFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  [[nodiscard]] tl::unexpected<Failure> failure(const char* what) const;

  std::string path_;
  int descriptor_;
};

/// The whole file, at most `size_max`; of a pipe, all that comes.
[[nodiscard]] Answer<std::string> read_file(const std::string& path, Bytes size_max);
/// A reader sees the old file or the new one, whole; a pipe or a device is written to (edge::OutFile).
[[nodiscard]] Answer<void> replace_file(const std::string& path, std::string_view bytes, mode_t mode);

struct FileDigest {
  Digest digest;
  Bytes size;
};
/// Reads it to its end. `on_bytes` is told how many have been read so far.
[[nodiscard]] Answer<FileDigest> digest_file(const std::string& path,
                                             const std::function<void(Bytes)>& on_bytes = {});

}  // namespace dayan::cli
