#pragma once

#include <string>

#include "base/result.h"

/// Traces: readers of the formats in which public workloads are published, and generators of loads. Text in, plain
/// values out; only this file touches a disk.

namespace dayan::trace {

/// The largest trace that is read, unpacked.
inline constexpr std::size_t trace_bytes_max = 4'000'000'000;

/// A whole file; one that is compressed by gzip (told by its first bytes, not its name) is unpacked. Errors: not_found,
/// corrupt (damaged or cut off), exhausted (more than `bytes_max` unpacked).
[[nodiscard]] Result<std::string> read_text(const std::string& path, std::size_t bytes_max = trace_bytes_max);

/// The same faults, each with the file that it is in before the line.
[[nodiscard]] Faults in_file(Faults faults, const std::string& path);
/// The same as one error, for whoever can return no more: the first, with a line for each of the others behind it.
[[nodiscard]] Error error_in_file(Faults faults, const std::string& path);

}  // namespace dayan::trace
