#pragma once

/// 128-bit integers for products that are divided again before they are stored. `__extension__` tells -Wpedantic
/// that we know they are not ISO C++; both our compilers have them on every platform we ship.

namespace dayan {

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 UInt128;

}  // namespace dayan
