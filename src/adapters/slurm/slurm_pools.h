#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/centre.h"

/// Slurm's partitions as pools, of what sinfo prints. No I/O.

namespace dayan::adapters {

inline constexpr const char* sinfo_format = "%R|%N|%c|%m|%G|%l|%T";

/// A partition each, with what its weakest node has; nodes that are down or draining do not count, and a
/// partition without any other is left out: it offers nothing. `wanted` empty: all.
/// `racks`: in which each node stands, of those of which it is known. A line that is not of this format is an error,
/// `corrupt`.
[[nodiscard]] Result<std::vector<PoolRow>> parse_sinfo(std::string_view text, const std::vector<std::string>& wanted,
                                                       const std::map<std::string, std::string>& racks = {});

}  // namespace dayan::adapters
