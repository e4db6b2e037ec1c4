#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Chance from the operating system (libsodium). The core is handed what it needs of it.

namespace dayan::edge {

/// A secret: the prefix, 43 characters of base 62 (256 bits), and 6 more of checksum. The checksum lets a scanner for
/// leaked secrets, or a CLI, tell a token from a typo without asking anyone; it proves nothing.
[[nodiscard]] std::string random_token(std::string_view prefix = "dayan_");

/// Has it that prefix, the right length and alphabet, and the right checksum?
[[nodiscard]] bool is_well_formed_token(std::string_view token, std::string_view prefix = "dayan_");

/// A seed for base/prng.h.
[[nodiscard]] std::uint64_t random_seed();

}  // namespace dayan::edge
