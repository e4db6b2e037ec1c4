#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/record.h"
#include "base/result.h"
#include "base/time.h"

/// Control files: small, whole or not there at all.

namespace dayan::adapters {

/// The whole of a file, at most `size_max` bytes of it; nothing when it is not there. Other faults are errors.
[[nodiscard]] Result<std::optional<std::string>> read_file(const std::string& path,
                                                           std::size_t size_max = 16'000'000);
/// The last bytes of a file; empty when it cannot be read.
[[nodiscard]] std::string read_tail(const std::string& path, std::size_t size);
[[nodiscard]] Result<std::optional<Record>> read_record(const std::string& path);

/// Writes beside and renames, so that a reader and a crash see the old file or the new one. Durable on return.
[[nodiscard]] Result<void> write_file(const std::string& path, std::string_view content, unsigned mode = 0600);

/// Makes a folder with these permissions, whatever the umask; fine when it is there already.
[[nodiscard]] Result<void> make_folder(const std::string& path, unsigned mode);
/// Renames a folder that is ready to its final name, durably. False when something stands there already.
[[nodiscard]] Result<bool> publish_folder(const std::string& ready, const std::string& path);
/// Names in a folder, sorted; none when it is not there.
[[nodiscard]] Result<std::vector<std::string>> names_in(const std::string& folder);
[[nodiscard]] bool exists(const std::string& path);
/// Removes it with all it holds, as far as that is possible. Links are removed, not followed.
void remove_tree(const std::string& path);

/// Time of day, and the time since the machine booted (which no one can set).
[[nodiscard]] UnixTime time_of_day();
[[nodiscard]] Duration time_since_boot();

}  // namespace dayan::adapters
