#include "cli/local_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/readable.h"
#include "edge/out_file.h"

namespace dayan::cli {
namespace {

constexpr std::size_t piece_bytes = 1U << 20;

tl::unexpected<Failure> failure_of(const std::string& path, const char* what) {
  return failed_here(std::string(what) + ": " + std::strerror(errno), "", path);
}

}  // namespace

Answer<LocalFile> LocalFile::open_to_read(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failure_of(path, "cannot be read");
  return LocalFile(path, descriptor);
}

Answer<LocalFile> LocalFile::open_to_add(const std::string& path) {
  // O_NOFOLLOW: what lies in the folder already must not lead the bytes elsewhere.
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (descriptor < 0) return failure_of(path, "cannot be written");
  return LocalFile(path, descriptor);
}

LocalFile::LocalFile(LocalFile&& other) noexcept : path_(std::move(other.path_)), descriptor_(other.descriptor_) {
  other.descriptor_ = -1;
}

LocalFile::~LocalFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

tl::unexpected<Failure> LocalFile::failure(const char* what) const { return failure_of(path_, what); }

Answer<std::string> LocalFile::read(Bytes offset, std::size_t length) const {
  std::string bytes(length, '\0');
  std::size_t filled = 0;
  while (filled < length) {
    const auto at = static_cast<off_t>(offset.value()) + static_cast<off_t>(filled);
    const ssize_t got = ::pread(descriptor_, bytes.data() + filled, length - filled, at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure("cannot be read");
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

Answer<void> LocalFile::write(Bytes offset, std::string_view bytes) const {
  auto at = static_cast<off_t>(offset.value());
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(descriptor_, bytes.data(), bytes.size(), at);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return failure("cannot be written");
    at += put;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Answer<void> LocalFile::truncate() const {
  if (::ftruncate(descriptor_, 0) != 0) return failure("cannot be written");
  return {};
}

Answer<Bytes> LocalFile::size() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) return failure("cannot be looked at");
  return Bytes(status.st_size);
}

Answer<std::string> read_file(const std::string& path, Bytes size_max) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failure_of(path, "cannot be read");
  std::string bytes;
  std::string piece(1U << 16, '\0');
  ssize_t got = 1;
  const auto most = static_cast<std::size_t>(size_max.value());
  while (got != 0 && bytes.size() <= most) {
    got = ::read(descriptor, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;
    bytes.append(piece, 0, static_cast<std::size_t>(got));
  }
  const int error = errno;
  ::close(descriptor);
  errno = error;
  if (got < 0) return failure_of(path, "cannot be read");
  if (bytes.size() <= most) return bytes;
  return failed_here("it is larger than " + readable(size_max), "give a smaller file", path);
}

Answer<void> replace_file(const std::string& path, std::string_view bytes, mode_t mode) {
  TRY(edge::OutFile file, edge::OutFile::open(path, mode));
  TRY_VOID(file.write(bytes));
  TRY_VOID(file.finish());
  return {};
}

Answer<FileDigest> digest_file(const std::string& path, const std::function<void(Bytes)>& on_bytes) {
  TRY(const LocalFile file, LocalFile::open_to_read(path));
  DigestStream stream;
  Bytes size;
  while (true) {
    TRY(const std::string piece, file.read(size, piece_bytes));
    if (piece.empty()) return FileDigest{stream.finish(), size};
    stream.add(piece);
    size += Bytes(static_cast<std::int64_t>(piece.size()));
    if (on_bytes) on_bytes(size);
  }
}

}  // namespace dayan::cli
