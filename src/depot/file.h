#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/time.h"
#include "base/units.h"

/// Files as values and Results. A full disk is `exhausted`, any other refusal of the system `unavailable`.

namespace dayan::depot {

[[nodiscard]] inline Bytes bytes_of(std::string_view text) { return Bytes(static_cast<std::int64_t>(text.size())); }

/// `invalid` unless offset ≥ 0 and 0 ≤ length ≤ length_max.
[[nodiscard]] Result<void> check_range(Bytes offset, Bytes length, Bytes length_max);

/// An open file; closed when it goes.
class File {
 public:
  /// Opens for reading; `not_found` when it is not there.
  [[nodiscard]] static Result<File> read(const std::string& path);
  /// Opens for reading and writing, with mode 0600, and makes it when it is not there.
  [[nodiscard]] static Result<File> write(const std::string& path);
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;

  [[nodiscard]] Result<Bytes> size() const;
  /// The bytes that are there, from `offset`, at most `length` of them.
  [[nodiscard]] Result<std::string> read_at(Bytes offset, Bytes length) const;
  /// All of `bytes`, or an Error; then the file is cut back to `offset`.
  [[nodiscard]] Result<void> write_at(Bytes offset, std::string_view bytes);
  /// What was written is on the disk when it returns.
  [[nodiscard]] Result<void> sync();
  /// Takes the one exclusive lock of this file, for as long as it is open; `unavailable` when another holds it.
  [[nodiscard]] Result<void> lock();

 private:
  File(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  [[nodiscard]] Result<void> write_all(Bytes offset, std::string_view bytes);

  int descriptor_;
  std::string path_;
};

/// Makes the folder with mode 0700 when it is not there.
[[nodiscard]] Result<void> make_folder(const std::string& path);
/// The same, and a new folder's entry is on the disk when it returns.
[[nodiscard]] Result<void> make_folder_durably(const std::string& path);
/// Calls visit(name) for everything that lies in a folder.
[[nodiscard]] Result<void> for_each_name(const std::string& folder,
                                         const std::function<Result<void>(const std::string&)>& visit);
[[nodiscard]] Result<Bytes> size_of(const std::string& path);
/// Moves a file over another name, durably: both files' folder entries are on the disk when it returns.
[[nodiscard]] Result<void> rename_durably(const std::string& from, const std::string& to);
/// When it was last written, by the clock of the file system, which is this machine's.
[[nodiscard]] Result<UnixTime> written_at(const std::string& path);
/// Gives a file a second name, durably, and counts as a write; false when the file system does not.
[[nodiscard]] bool link_durably(const std::string& from, const std::string& to);
/// Fine when it is not there.
[[nodiscard]] Result<void> remove_file(const std::string& path);
/// An empty one; fine when it is not there.
[[nodiscard]] Result<void> remove_folder(const std::string& path);

}  // namespace dayan::depot
