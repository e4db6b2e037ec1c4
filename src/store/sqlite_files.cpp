#include "store/sqlite_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace dayan::store {
namespace {

constexpr mode_t owner_only = 0600;

tl::unexpected<Error> system_error(const std::string& doing, int code) {
  return fail(ErrorCode::unavailable, doing + ": " + std::strerror(code),
              "a folder that is there and that this user may write to");
}

}  // namespace

Result<DatabaseLock> DatabaseLock::take(const std::string& database) {
  const std::string path = database + ".lock";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, owner_only);
  if (descriptor < 0) return system_error("open " + path, errno);
  DatabaseLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_error("lock " + path, errno);
    return fail(ErrorCode::unavailable, "another process uses the database " + database,
                "one hub for each database; stop the other one first");
  }
  return lock;
}

DatabaseLock::~DatabaseLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

DatabaseLock::DatabaseLock(DatabaseLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Result<void> prepare_database_file(const std::string& database) {
  const int descriptor = ::open(database.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, owner_only);
  if (descriptor < 0) return system_error("open " + database, errno);
  const bool done = ::fchmod(descriptor, owner_only) == 0 && ::fsync(descriptor) == 0;
  const int code = errno;
  ::close(descriptor);
  if (!done) return system_error("prepare " + database, code);

  // The name of a new file is durable only when its folder is.
  const std::string folder = std::filesystem::path(database).parent_path().string();
  const int folder_descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_descriptor < 0) return system_error("open " + folder, errno);
  const bool synced = ::fsync(folder_descriptor) == 0;
  const int sync_code = errno;
  ::close(folder_descriptor);
  if (!synced) return system_error("sync " + folder, sync_code);
  return {};
}

}  // namespace dayan::store
