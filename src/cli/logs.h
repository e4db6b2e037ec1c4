#pragma once

#include <cstdint>
#include <string>

#include "cli/session.h"

namespace dayan::cli {

struct LogOptions {
  std::string job;
  std::int32_t task = 0;
  std::int32_t number = 0;  ///< of the attempt; zero: the latest
  bool from_stderr = false;
  bool follow = false;  ///< also what is still to be written, until the attempt has ended
};

/// What a task wrote, byte by byte as it was.
[[nodiscard]] Answer<void> show_log(Session& session, const LogOptions& options);

}  // namespace dayan::cli
