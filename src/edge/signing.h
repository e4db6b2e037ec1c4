#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/result.h"

/// Ed25519 signatures (libsodium). Public keys are 64 hexadecimal digits, signatures 128, both lower case.

namespace dayan::edge {

/// A key pair. It cannot be copied or shown, and its memory is wiped.
class SigningKey {
 public:
  [[nodiscard]] static SigningKey make();
  /// Reads the key from the file, or makes one and writes it there, mode 0600. A file that others can read, that
  /// belongs to someone else or that is a link is refused: a key that may have been copied is no identity. Two
  /// programs that start at once get the same key.
  [[nodiscard]] static Result<SigningKey> load_or_create(const std::string& path);

  SigningKey(SigningKey&& other) noexcept;
  SigningKey& operator=(SigningKey&& other) noexcept;
  ~SigningKey();

  [[nodiscard]] std::string public_key() const;
  [[nodiscard]] std::string sign(std::string_view message) const;

 private:
  using Seed = std::array<unsigned char, 32>;
  explicit SigningKey(const Seed& seed);
  [[nodiscard]] static Result<SigningKey> load(const std::string& path);
  [[nodiscard]] static Result<void> create(const std::string& path);

  std::array<unsigned char, 64> secret_{};
};

/// False for anything that is not exactly such a signature of that message by that key.
[[nodiscard]] bool verify_signature(std::string_view message, std::string_view signature,
                                    std::string_view public_key);

}  // namespace dayan::edge
