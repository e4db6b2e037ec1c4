#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/session.h"

namespace dayan::cli {

struct SubmitOptions {
  std::string file;                   ///< .yaml or .yml: a job file; anything else: a batch script
  std::string project;                ///< instead of the file's; empty: as the file says
  std::string name;                   ///< instead of the file's
  std::optional<std::int32_t> count;  ///< tasks, instead of the file's
  std::optional<std::int64_t> limit;  ///< of quotes shown; nothing: as many as the hub thinks fit
  bool dry_run = false;               ///< quotes only
  bool wait = false;                  ///< until the job has ended
};

/// The part of a path that asks for so many quotes; empty when it is not said.
[[nodiscard]] std::string limit_query(std::optional<std::int64_t> limit);

/// Quotes of a job file: nothing is uploaded or changed.
[[nodiscard]] Answer<void> quote_job(Session& session, const SubmitOptions& options);
[[nodiscard]] Answer<void> submit_job(Session& session, const SubmitOptions& options);

}  // namespace dayan::cli
