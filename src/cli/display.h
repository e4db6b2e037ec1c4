#pragma once

#include <string>
#include <string_view>

#include "base/money.h"
#include "base/readable.h"
#include "base/time.h"
#include "base/units.h"
#include "model/job.h"
#include "model/transfer.h"

/// Values as people read them. Exact figures are in --json.

namespace dayan::cli {

/// Columns of a terminal that a UTF-8 text takes: two for Chinese, Japanese, Korean and full-width characters.
[[nodiscard]] std::size_t display_width(std::string_view text);
/// The text with control characters replaced: what a centre or another user wrote must not steer the terminal.
[[nodiscard]] std::string harmless(std::string_view text);

/// "0s", "1.23s", "12.3s", "2m5s"; a minus sign where it is negative.
[[nodiscard]] std::string readable(Duration duration);
/// "2026-11-22 08:30:00", in UTC; "-" for none.
[[nodiscard]] std::string readable(UnixTime time);
/// "08:30:00.2", in UTC, of a day named elsewhere; "-" for none.
[[nodiscard]] std::string time_of_day(UnixTime time);
/// "2026-11-22"
[[nodiscard]] std::string day_of(UnixTime time);
/// "+1.2s", "-3s": how much later the real one came; "-" when one is not known.
[[nodiscard]] std::string difference(UnixTime real, UnixTime quoted);
/// "0.5", "8"
[[nodiscard]] std::string readable(MilliCards cards);
/// "450 Wh", "1.2 kWh": rounded up to three figures.
[[nodiscard]] std::string readable(Joules energy);
/// "180 mg", "3 g", "12.5 kg".
[[nodiscard]] std::string readable(Milligrams mass);

/// "inputs 12GB at 100MB/s: 2m, 0.6 yuan", "inputs 12GB: transfer time unknown, 0.6 yuan"; empty where nothing crosses
/// and nothing is to be paid.
[[nodiscard]] std::string transfer_text(const Transfer& transfer);

/// "40%", "35.5%", of a part in thousandths.
[[nodiscard]] std::string part_text(std::int64_t thousandths);

/// What a task takes of several nodes: "4 nodes x 8 cores", "4 nodes x 8 cores + 2 cards"; nothing of one node.
[[nodiscard]] std::string gang_text(const Resources& resources);

/// "1 file", "3 files"
[[nodiscard]] std::string counted(std::size_t count, std::string_view thing);

}  // namespace dayan::cli
