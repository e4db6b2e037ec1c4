#pragma once

#include <memory>
#include <string>

#include "ports/store.h"

/// Store on SQLite, the embedded default: one file with its write-ahead log and a lock file beside it, for one
/// process.

namespace dayan::store {

/// Opens the database at `path`, makes it when it is not there, and brings its schema up to this program's.
/// `unavailable`: another process has it open, or the disk does not let us; `conflict`: a newer program, or another
/// one, wrote it; `corrupt`: it is damaged.
/// The Store is safe from any thread. A commit that the disk refuses before the end is `unavailable` and has left
/// nothing; one that fails at the end is `unknown_outcome`, and the files are opened anew, which settles it, before
/// anything else is answered.
[[nodiscard]] Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path);

}  // namespace dayan::store
