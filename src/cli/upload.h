#pragma once

#include <vector>

#include "cli/api_client.h"
#include "cli/job_inputs.h"
#include "cli/progress.h"

namespace dayan::cli {

struct UploadSum {
  std::size_t sent = 0;       ///< files
  std::size_t was_there = 0;  ///< files whose content the hub had already
  Bytes bytes;                ///< sent now
};

/// Brings every content to the hub once: what is there whole is skipped, what is there in part is continued.
[[nodiscard]] Answer<UploadSum> upload_inputs(ApiClient& api, const std::vector<GatheredInput>& inputs,
                                              Progress& progress);

}  // namespace dayan::cli
