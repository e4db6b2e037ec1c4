#include "depot/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

namespace dayan::depot {
namespace {

tl::unexpected<Error> system_error(const std::string& doing, int code) {
  const std::string wrong = doing + ": " + std::strerror(code);
  if (code == ENOENT) return fail(ErrorCode::not_found, wrong);
  if (code == ENOSPC || code == EDQUOT || code == EFBIG) {
    return fail(ErrorCode::exhausted, wrong, "free space on the depot's disk");
  }
  return fail(ErrorCode::unavailable, wrong, "a folder that this user may read and write");
}

Result<void> sync_folder(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return system_error("open " + path, errno);
  const bool synced = ::fsync(descriptor) == 0;
  const int code = errno;
  ::close(descriptor);
  if (!synced) return system_error("sync " + path, code);
  return {};
}

std::string folder_of(const std::string& path) { return std::filesystem::path(path).parent_path().string(); }

}  // namespace

Result<void> check_range(Bytes offset, Bytes length, Bytes length_max) {
  if (offset < Bytes(0)) return fail(ErrorCode::invalid, "it is negative", "zero or more", "offset");
  if (length < Bytes(0) || length > length_max) {
    return fail(ErrorCode::invalid, std::to_string(length.value()) + " is out of range",
                "0 to " + std::to_string(length_max.value()), "length");
  }
  return {};
}

Result<File> File::read(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return system_error("open " + path, errno);
  return File(descriptor, path);
}

Result<File> File::write(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return system_error("open " + path, errno);
  return File(descriptor, path);
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

File::File(File&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  return *this;
}

Result<Bytes> File::size() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) return system_error("size of " + path_, errno);
  return Bytes(status.st_size);
}

Result<std::string> File::read_at(Bytes offset, Bytes length) const {
  TRY(const Bytes there, size());
  if (offset >= there) return std::string();
  std::string bytes(static_cast<std::size_t>(std::min(length, there - offset).value()), '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = ::pread(descriptor_, bytes.data() + filled, bytes.size() - filled,
                                offset.value() + static_cast<off_t>(filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("read " + path_, errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

Result<void> File::write_all(Bytes offset, std::string_view bytes) {
  std::size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t put = ::pwrite(descriptor_, bytes.data() + written, bytes.size() - written,
                                 offset.value() + static_cast<off_t>(written));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return system_error("write " + path_, errno);
    written += static_cast<std::size_t>(put);
  }
  return {};
}

Result<void> File::write_at(Bytes offset, std::string_view bytes) {
  auto written = write_all(offset, bytes);
  if (!written && ::ftruncate(descriptor_, offset.value()) != 0) return system_error("cut back " + path_, errno);
  return written;
}

Result<void> File::sync() {
  if (::fsync(descriptor_) != 0) return system_error("sync " + path_, errno);
  return {};
}

Result<void> File::lock() {
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return {};
  if (errno != EWOULDBLOCK) return system_error("lock " + path_, errno);
  return fail(ErrorCode::unavailable, "another process has locked " + path_, "one process for each depot");
}

Result<void> make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return system_error("make the folder " + path, errno);
}

Result<void> make_folder_durably(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return sync_folder(folder_of(path));
  if (errno == EEXIST) return {};
  return system_error("make the folder " + path, errno);
}

Result<void> for_each_name(const std::string& folder, const std::function<Result<void>(const std::string&)>& visit) {
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    TRY_VOID(visit(at->path().filename().string()));
  }
  if (error) return fail(ErrorCode::unavailable, "read the folder " + folder + ": " + error.message());
  return {};
}

Result<Bytes> size_of(const std::string& path) {
  TRY(const File file, File::read(path));
  return file.size();
}

Result<void> rename_durably(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return system_error("move " + from, errno);
  TRY_VOID(sync_folder(folder_of(to)));
  return sync_folder(folder_of(from));
}

bool link_durably(const std::string& from, const std::string& to) {
  if (::link(from.c_str(), to.c_str()) != 0) return false;
  (void)::utimensat(AT_FDCWD, to.c_str(), nullptr, 0);
  return sync_folder(folder_of(to)).has_value();
}

Result<UnixTime> written_at(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return system_error("look at " + path, errno);
  return UnixTime(std::int64_t{status.st_mtim.tv_sec} * 1'000'000 + status.st_mtim.tv_nsec / 1'000);
}

Result<void> remove_file(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return system_error("remove " + path, errno);
}

Result<void> remove_folder(const std::string& path) {
  if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return {};
  return system_error("remove " + path, errno);
}

}  // namespace dayan::depot
