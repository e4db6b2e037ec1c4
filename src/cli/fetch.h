#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/session.h"

namespace dayan::cli {

struct FetchOptions {
  std::string job;
  std::string folder;                ///< empty: one named after the job
  std::optional<std::int32_t> task;  ///< only that one
  bool follow = false;               ///< as tasks finish, until the job has ended
};

/// Brings outputs home as FOLDER/<task>/<path>, of the latest attempt of each task that left any. Each is checked
/// against its digest before it gets its name; one that is there already and right is left alone; one that was begun
/// is continued.
[[nodiscard]] Answer<void> fetch_outputs(Session& session, const FetchOptions& options);

}  // namespace dayan::cli
