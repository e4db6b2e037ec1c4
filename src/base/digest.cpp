#include "base/digest.h"

#include <sodium/crypto_hash_sha256.h>

#include "base/scan.h"

// SHA-256 in libsodium needs no sodium_init(), which would open the random device: base does no I/O.

namespace dayan {
namespace {

constexpr std::string_view hexadecimal = "0123456789abcdef";

const unsigned char* bytes_of(std::string_view data) { return reinterpret_cast<const unsigned char*>(data.data()); }

}  // namespace

static_assert(Digest::size == crypto_hash_sha256_BYTES);

Digest sha256(std::string_view data) {
  std::array<std::uint8_t, Digest::size> bytes{};
  crypto_hash_sha256(bytes.data(), bytes_of(data), data.size());
  return Digest(bytes);
}

std::string to_text(const Digest& digest) {
  std::string text;
  text.reserve(2 * Digest::size);
  for (const std::uint8_t byte : digest.bytes()) {
    text += hexadecimal[byte >> 4U];
    text += hexadecimal[byte & 0xfU];
  }
  return text;
}

Result<Digest> parse_digest(std::string_view text) {
  const auto refuse = [text] {
    return fail(ErrorCode::invalid, quote(text) + " is not a SHA-256 digest",
                "give 64 lower-case hexadecimal digits");
  };
  if (text.size() != 2 * Digest::size) return refuse();
  std::array<std::uint8_t, Digest::size> bytes{};
  for (std::size_t i = 0; i < Digest::size; ++i) {
    const std::size_t high = hexadecimal.find(text[2 * i]);
    const std::size_t low = hexadecimal.find(text[2 * i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return refuse();
    bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return Digest(bytes);
}

struct DigestStream::State {
  crypto_hash_sha256_state sha;
};

DigestStream::DigestStream() : state_(std::make_unique<State>()) { crypto_hash_sha256_init(&state_->sha); }
DigestStream::~DigestStream() = default;
DigestStream::DigestStream(DigestStream&&) noexcept = default;
DigestStream& DigestStream::operator=(DigestStream&&) noexcept = default;

void DigestStream::add(std::string_view data) {
  ASSERT(state_ != nullptr);  // moved from
  crypto_hash_sha256_update(&state_->sha, bytes_of(data), data.size());
}

Digest DigestStream::finish() {
  ASSERT(state_ != nullptr);  // moved from
  std::array<std::uint8_t, Digest::size> bytes{};
  crypto_hash_sha256_final(&state_->sha, bytes.data());
  crypto_hash_sha256_init(&state_->sha);
  return Digest(bytes);
}

}  // namespace dayan
