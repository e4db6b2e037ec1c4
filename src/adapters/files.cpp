#include "adapters/files.h"

#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "adapters/descriptor.h"

namespace dayan::adapters {
namespace {

tl::unexpected<Error> failed(const std::string& what, const std::string& path) {
  return fail(ErrorCode::unavailable, path + " could not be " + what + ": " + std::strerror(errno));
}

/// A rename is durable once its folder is.
bool sync_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const Descriptor file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return file.is_open() && ::fsync(file.number()) == 0;
}

}  // namespace

Result<std::optional<std::string>> read_file(const std::string& path, std::size_t size_max) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.is_open() && errno == ENOENT) return std::optional<std::string>();
  if (!file.is_open()) return failed("opened", path);
  std::string text;
  std::string buffer(65536, '\0');
  while (true) {
    const ssize_t count = ::read(file.number(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("read", path);
    if (count == 0) return std::optional<std::string>(std::move(text));
    text.append(buffer, 0, static_cast<std::size_t>(count));
    if (text.size() > size_max) return fail(ErrorCode::corrupt, path + " is larger than it can rightly be");
  }
}

std::string read_tail(const std::string& path, std::size_t size) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat info {};
  if (!file.is_open() || ::fstat(file.number(), &info) != 0 || !S_ISREG(info.st_mode)) return {};
  std::string text(size, '\0');
  const off_t from = std::max<off_t>(0, info.st_size - static_cast<off_t>(size));
  const ssize_t count = ::pread(file.number(), text.data(), size, from);
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

Result<std::optional<Record>> read_record(const std::string& path) {
  TRY(const std::optional<std::string> text, read_file(path));
  if (!text.has_value()) return std::optional<Record>();
  auto record = Record::decode(*text);
  if (!record.has_value()) return fail(ErrorCode::corrupt, path + " is damaged or cut short");
  return std::optional<Record>(std::move(*record));
}

Result<void> write_file(const std::string& path, std::string_view content, unsigned mode) {
  const std::string beside = path + ".new";
  ::unlink(beside.c_str());
  {
    const Descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
    if (!file.is_open()) return failed("written", beside);
    if (!write_all(file.number(), content) || ::fchmod(file.number(), mode) != 0 || ::fsync(file.number()) != 0)
      return failed("written", beside);
  }
  if (::rename(beside.c_str(), path.c_str()) != 0 || !sync_folder_of(path)) return failed("written", path);
  return {};
}

Result<void> make_folder(const std::string& path, unsigned mode) {
  if (::mkdir(path.c_str(), mode) != 0) {
    if (errno == EEXIST && std::filesystem::is_directory(path)) return {};
    return failed("made", path);
  }
  if (::chmod(path.c_str(), mode) != 0) return failed("made", path);
  return {};
}

Result<bool> publish_folder(const std::string& ready, const std::string& path) {
  // Renaming a folder onto one that is not empty fails, so the first to publish wins.
  if (::rename(ready.c_str(), path.c_str()) != 0) {
    if (errno == EEXIST || errno == ENOTEMPTY) return false;
    return failed("made", path);
  }
  if (!sync_folder_of(path)) return failed("made durable", path);
  return true;
}

Result<std::vector<std::string>> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  if (error == std::errc::no_such_file_or_directory) return names;
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) return fail(ErrorCode::unavailable, folder + " could not be listed: " + error.message());
  std::sort(names.begin(), names.end());
  return names;
}

bool exists(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0;
}

void remove_tree(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

UnixTime time_of_day() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return UnixTime(std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000);
}

Duration time_since_boot() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return Duration::microseconds(std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000);
}

}  // namespace dayan::adapters
