#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Names of nodes as Slurm writes them.

namespace dayan::adapters {

/// More nodes of one job are not listed.
inline constexpr std::size_t host_names_max = 100'000;

/// "gpu[01-03,7]-ib,login": gpu01-ib, gpu02-ib, gpu03-ib, gpu7-ib, login. Empty when it is not understood.
[[nodiscard]] std::vector<std::string> host_names(std::string_view list);
/// As options take them: names with commas between.
[[nodiscard]] std::string host_list(const std::vector<std::string>& names);

}  // namespace dayan::adapters
