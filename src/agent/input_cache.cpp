#include "agent/input_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "adapters/descriptor.h"
#include "adapters/files.h"
#include "ports/depot.h"

namespace dayan::agent {

namespace {

constexpr std::size_t read_bytes = 1 << 20;

tl::unexpected<Error> failed(const std::string& path) {
  const ErrorCode code = errno == ENOSPC || errno == EDQUOT ? ErrorCode::exhausted : ErrorCode::unavailable;
  return fail(code, path + ": " + std::strerror(errno));
}

/// Adds what the file holds to the hash; its length.
Result<std::int64_t> hash_file(int file, const std::string& path, DigestStream& hash) {
  std::string buffer(read_bytes, '\0');
  std::int64_t length = 0;
  while (true) {
    const ssize_t count = ::read(file, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed(path);
    if (count == 0) return length;
    hash.add(std::string_view(buffer).substr(0, static_cast<std::size_t>(count)));
    length += count;
  }
}

}  // namespace

Result<std::string> InputCache::fetch(const AttemptKey& attempt, const Digest& digest, Bytes size,
                                      execute::Fetched& fetched) {
  {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return !under_way_.contains(digest); });
    under_way_.insert(digest);
  }
  const std::string path = folder_ + '/' + to_text(digest);
  Result<void> result = adapters::make_folder(folder_, 0700);
  if (result && adapters::exists(path)) {
    ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);  // it is used: remove_unused keeps it
  } else if (result) {
    result = download(attempt, digest, size, path + ".part", fetched);
    if (result && ::rename((path + ".part").c_str(), path.c_str()) != 0) result = failed(path);
  }
  {
    const std::lock_guard lock(mutex_);
    under_way_.erase(digest);
  }
  done_.notify_all();
  if (!result) return fail(std::move(result).error());
  return path;
}

Result<void> InputCache::download(const AttemptKey& attempt, const Digest& digest, Bytes size,
                                  const std::string& part, execute::Fetched& fetched) {
  const adapters::Descriptor file(::open(part.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.is_open()) return failed(part);
  DigestStream hash;
  TRY(std::int64_t length, hash_file(file.number(), part, hash));
  while (length < size.value()) {
    const Bytes wanted = std::min(depot_chunk_max, Bytes(size.value() - length));
    const auto begin = std::chrono::steady_clock::now();
    TRY(const std::string chunk, source_.read(attempt, digest, Bytes(length), wanted));
    const auto passed = std::chrono::steady_clock::now() - begin;
    fetched.bytes += Bytes(static_cast<std::int64_t>(chunk.size()));
    fetched.time = fetched.time +
                   Duration::microseconds(std::chrono::duration_cast<std::chrono::microseconds>(passed).count());
    if (chunk.empty() || static_cast<std::int64_t>(chunk.size()) > wanted.value()) {
      ::unlink(part.c_str());
      return fail(ErrorCode::corrupt, "input " + to_text(digest) + " has another length than the job says");
    }
    if (!adapters::write_all(file.number(), chunk)) return failed(part);
    hash.add(chunk);
    length += static_cast<std::int64_t>(chunk.size());
  }
  if (length != size.value() || hash.finish() != digest) {
    ::unlink(part.c_str());
    return fail(ErrorCode::corrupt, "input " + to_text(digest) + " arrived with other content than its hash says");
  }
  if (::fsync(file.number()) != 0) return failed(part);
  return {};
}

void InputCache::remove_unused(Duration age) {
  const Result<std::vector<std::string>> names = adapters::names_in(folder_);
  if (!names) return;
  const std::int64_t now = adapters::time_of_day().microseconds() / 1'000'000;
  for (const std::string& name : *names) {
    const std::string path = folder_ + '/' + name;
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) continue;
    if (now - info.st_mtim.tv_sec > age.seconds_up()) ::unlink(path.c_str());
  }
}

}  // namespace dayan::agent
