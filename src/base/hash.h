#pragma once

#include <cstdint>
#include <string_view>

/// Hash64: a fast, stable, non-cryptographic hash to compare states. Not for signatures: base/digest.h is.

namespace dayan {

class Hash64 {
 public:
  constexpr void add(std::uint64_t word) {
    state_ = (state_ ^ word) * 0x9fb21c651e98df25ULL;
    state_ ^= state_ >> 32;
  }
  constexpr void add_bytes(std::string_view bytes) {
    add(bytes.size());
    std::uint64_t word = 0;
    int filled = 0;
    for (const char c : bytes) {
      word = (word << 8) | static_cast<unsigned char>(c);
      if (++filled == 8) {
        add(word);
        word = 0;
        filled = 0;
      }
    }
    if (filled > 0) add(word);
  }
  [[nodiscard]] constexpr std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0x2545f4914f6cdd1dULL;
};

}  // namespace dayan
