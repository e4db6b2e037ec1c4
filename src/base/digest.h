#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

/// SHA-256 digests (libsodium): content hashes of the depot, hashes of tokens, the chain of events.

namespace dayan {

class Digest {
 public:
  static constexpr std::size_t size = 32;
  constexpr Digest() = default;
  explicit constexpr Digest(const std::array<std::uint8_t, size>& bytes) : bytes_(bytes) {}

  [[nodiscard]] const std::array<std::uint8_t, size>& bytes() const { return bytes_; }
  [[nodiscard]] bool is_none() const { return *this == Digest(); }
  friend auto operator<=>(const Digest&, const Digest&) = default;

 private:
  std::array<std::uint8_t, size> bytes_{};
};

[[nodiscard]] Digest sha256(std::string_view data);
/// 64 lower-case hexadecimal digits.
[[nodiscard]] std::string to_text(const Digest& digest);
[[nodiscard]] Result<Digest> parse_digest(std::string_view text);

/// SHA-256 of data that comes in pieces.
class DigestStream {
 public:
  DigestStream();
  ~DigestStream();
  DigestStream(DigestStream&&) noexcept;
  DigestStream& operator=(DigestStream&&) noexcept;
  void add(std::string_view data);
  /// The digest of everything added; the stream is then empty again.
  [[nodiscard]] Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dayan
