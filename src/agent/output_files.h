#pragma once

#include <string>
#include <vector>

#include "adapters/descriptor.h"
#include "base/result.h"

/// What an attempt left in its work folder, found without ever following a link: the attempt's programs chose every
/// name in there, and may have placed links to files that are not theirs.

namespace dayan::agent {

inline constexpr std::size_t output_files_max = 10'000;  ///< of one attempt
/// What the manifest of one attempt may take of a report, so that the hub can take the report at all.
inline constexpr std::size_t manifest_bytes_max = 4'000'000;
inline constexpr std::size_t manifest_entry_bytes = 200;  ///< of an entry, beside its path: digest, size, names
inline constexpr std::size_t walk_entries_max = 200'000;
inline constexpr int walk_depth_max = 32;

struct FoundOutputs {
  std::vector<std::string> paths;  ///< relative, sorted
  std::string missing;             ///< for people: patterns without a match, limits that were reached; empty: none
};

/// Regular files below `folder` that match a pattern. stdout.log and stderr.log are not among them: they are uploaded
/// as "stdout" and "stderr" anyway, and so names a file "stdout" cannot be given.
[[nodiscard]] Result<FoundOutputs> find_outputs(const std::string& folder, const std::vector<std::string>& patterns);

/// Opens a regular file below `folder` for reading; no part of the path may be a link. `not_found`, `denied`: it is a
/// link or no regular file.
[[nodiscard]] Result<adapters::Descriptor> open_inside(const std::string& folder, const std::string& path);

}  // namespace dayan::agent
