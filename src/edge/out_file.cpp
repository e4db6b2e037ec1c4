#include "edge/out_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace dayan::edge {
namespace {

tl::unexpected<Error> failure_of(const std::string& path, ErrorCode code, const std::string& why) {
  return fail(
      code, "cannot be written: " + why,
      code == ErrorCode::exhausted ? "room on the disk, and a reader that stays" : "a path that can be written",
      path);
}

bool is_same(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/// Where links lead to; empty where nothing is.
std::string led_to(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> whole(::realpath(path.c_str(), nullptr), &std::free);
  return whole == nullptr ? std::string() : std::string(whole.get());
}

}  // namespace

Result<OutFile> OutFile::open(const std::string& path, mode_t mode) {
  struct stat there {};
  std::string place = path;
  if (::stat(path.c_str(), &there) == 0) {
    struct stat own {};
    for (const int output : {STDOUT_FILENO, STDERR_FILENO}) {
      if (::fstat(output, &own) != 0 || !is_same(own, there)) continue;
      // Not opened again: that would begin at its start, over what was written before.
      const int descriptor = ::fcntl(output, F_DUPFD_CLOEXEC, 0);
      if (descriptor < 0) return failure_of(path, ErrorCode::invalid, std::strerror(errno));
      return OutFile(path, path, {}, descriptor);
    }
    if (!S_ISREG(there.st_mode)) return open_as_it_is(path);
    place = led_to(path);
    if (place.empty()) return failure_of(path, ErrorCode::invalid, std::strerror(errno));
  } else if (errno != ENOENT) {
    return failure_of(path, ErrorCode::invalid, std::strerror(errno));
  } else if (::lstat(path.c_str(), &there) == 0) {
    return failure_of(path, ErrorCode::invalid, "it is a symbolic link to what is not there");
  }
  std::string beside = place + ".XXXXXX";
  const int descriptor = ::mkostemp(beside.data(), O_CLOEXEC);
  if (descriptor < 0) return failure_of(path, ErrorCode::invalid, std::strerror(errno));
  OutFile file(path, std::move(place), std::move(beside), descriptor);
  if (::fchmod(descriptor, mode) != 0) return failure_of(path, ErrorCode::invalid, std::strerror(errno));
  return file;
}

Result<OutFile> OutFile::open_as_it_is(const std::string& path) {
  // Neither made nor emptied: between the look and now it may have become a file.
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return failure_of(path, ErrorCode::invalid, std::strerror(errno));
  struct stat opened {};
  if (::fstat(descriptor, &opened) == 0 && !S_ISREG(opened.st_mode)) return OutFile(path, path, {}, descriptor);
  ::close(descriptor);
  return failure_of(path, ErrorCode::invalid, "it was changed meanwhile");
}

OutFile::OutFile(OutFile&& other) noexcept
    : path_(std::move(other.path_)),
      place_(std::move(other.place_)),
      beside_(std::move(other.beside_)),
      descriptor_(other.descriptor_) {
  other.descriptor_ = -1;
}

OutFile::~OutFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  if (!beside_.empty()) ::unlink(beside_.c_str());
}

Result<void> OutFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(descriptor_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return failure_of(path_, ErrorCode::exhausted, std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Result<void> OutFile::finish() {
  bool good = beside_.empty() || ::fsync(descriptor_) == 0;
  int why = errno;
  if (::close(descriptor_) != 0 && good) {
    good = false;
    why = errno;
  }
  descriptor_ = -1;
  if (good && !beside_.empty() && std::rename(beside_.c_str(), place_.c_str()) != 0) {
    good = false;
    why = errno;
  }
  if (good) return {};
  if (!beside_.empty()) ::unlink(beside_.c_str());
  return failure_of(path_, ErrorCode::exhausted, std::strerror(why));
}

}  // namespace dayan::edge
