#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <ostream>
#include <string>

#include "base/result.h"

/// dayan-bench: every claim of speed comes from here, as a ratio against a named peer or limit of the same run.

namespace dayan::bench {

/// One command of dayan-bench, in a file of its own: its options are added to the program's, `run` does its work.
struct Command {
  CLI::App* options = nullptr;
  std::function<Result<void>()> run;
};

/// What every command takes besides its own options.
struct Output {
  bool json = false;
  std::string decisions_path;  ///< empty: decisions are not written
};
/// Adds --json; `writes_decisions` adds --out FILE too.
void add_output_options(CLI::App& options, Output& output, bool writes_decisions);
/// Writes a file of decisions (DecisionFile).
[[nodiscard]] Result<void> write_decisions(const std::string& path, const std::function<void(std::ostream&)>& write);

/// CPU seconds of this thread: what else runs on the machine does not count.
[[nodiscard]] double cpu_seconds();
/// Resident memory of this process in bytes, now and at its greatest. -1 when /proc tells nothing.
[[nodiscard]] std::int64_t own_resident_bytes();
[[nodiscard]] std::int64_t own_resident_bytes_max();

[[nodiscard]] Command submissions_command(CLI::App& program);
[[nodiscard]] Command first_line_command(CLI::App& program);
[[nodiscard]] Command platform_command(CLI::App& program);
[[nodiscard]] Command packing_command(CLI::App& program);
[[nodiscard]] Command match_command(CLI::App& program);
[[nodiscard]] Command shares_command(CLI::App& program);
[[nodiscard]] Command cost_command(CLI::App& program);
[[nodiscard]] Command together_command(CLI::App& program);
[[nodiscard]] Command backfill_command(CLI::App& program);

}  // namespace dayan::bench
