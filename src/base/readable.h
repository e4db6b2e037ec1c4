#pragma once

#include <string>

#include "base/units.h"

/// Sizes as people read them: rounded, with the unit that fits. What is read by programs is exact: to_text, JSON.

namespace dayan {

/// "999B", "41.9MB", "2GB": at most one decimal, rounded to the nearest.
[[nodiscard]] std::string readable(Bytes size);
/// The same, never more than it is: for what is left.
[[nodiscard]] std::string readable_down(Bytes size);
/// "12.5MB/s", rounded to the nearest.
[[nodiscard]] std::string readable(Bandwidth bandwidth);

}  // namespace dayan
