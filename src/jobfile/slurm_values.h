#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"
#include "base/units.h"

/// Values as Slurm's own options write them; nothing where a text is none.

namespace dayan::jobfile {

/// Sizes: a number in units of 2^20 bytes, or with K, M, G or T of 2^10, 2^20, …
[[nodiscard]] std::optional<Bytes> slurm_size(std::string_view text);
/// Times: minutes, m:s, h:m:s, d-h, d-h:m, d-h:m:s.
[[nodiscard]] std::optional<Duration> slurm_time(std::string_view text);
/// "now" and "now+8hours": the units are whole words, and seconds where none is given. What else Slurm takes hangs on
/// the time zone of the cluster.
[[nodiscard]] std::optional<Duration> slurm_moment(std::string_view text);

}  // namespace dayan::jobfile
