#pragma once

#include <string>

#include "base/result.h"

/// The files of a SQLite database before SQLite opens them: made for their owner only, and locked to one process.

namespace dayan::store {

/// Holds `<database>.lock` for as long as it lives. The kernel lets it go when the process ends, however it ends.
class DatabaseLock {
 public:
  /// `unavailable` when another process, or another Store of this one, holds it.
  [[nodiscard]] static Result<DatabaseLock> take(const std::string& database);
  ~DatabaseLock();
  DatabaseLock(DatabaseLock&& other) noexcept;
  DatabaseLock& operator=(DatabaseLock&&) = delete;

 private:
  explicit DatabaseLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

/// Makes the file when it is not there, durably, and gives it mode 0600; SQLite's files beside it take the same mode.
/// Only while the lock is held: to open and close a database that SQLite has open would drop SQLite's own locks.
[[nodiscard]] Result<void> prepare_database_file(const std::string& database);

}  // namespace dayan::store
