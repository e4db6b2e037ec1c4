#include "edge/random.h"

#include <sodium.h>

#include "base/assert.h"
#include "base/digest.h"

namespace dayan::edge {

namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static_assert(alphabet.size() == 62);
constexpr std::size_t secret_size = 43;  // 62^43 > 2^256
constexpr std::size_t checksum_size = 6;

void require_sodium() {
  static const bool ready = sodium_init() >= 0;
  ASSERT(ready);
}

std::string checksum(std::string_view text) {
  std::uint64_t value = 0;
  const Digest digest = sha256(text);
  for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8 | digest.bytes()[i];
  std::string result;
  for (std::size_t i = 0; i < checksum_size; ++i) {
    result += alphabet[value % alphabet.size()];
    value /= alphabet.size();
  }
  return result;
}

}  // namespace

std::string random_token(std::string_view prefix) {
  require_sodium();
  std::string token(prefix);
  for (std::size_t i = 0; i < secret_size; ++i) {
    token += alphabet[randombytes_uniform(static_cast<std::uint32_t>(alphabet.size()))];
  }
  token += checksum(token);
  return token;
}

bool is_well_formed_token(std::string_view token, std::string_view prefix) {
  if (!token.starts_with(prefix) || token.size() != prefix.size() + secret_size + checksum_size) return false;
  if (token.find_first_not_of(alphabet, prefix.size()) != std::string_view::npos) return false;
  const std::size_t head = token.size() - checksum_size;
  return token.substr(head) == checksum(token.substr(0, head));
}

std::uint64_t random_seed() {
  require_sodium();
  std::uint64_t seed = 0;
  randombytes_buf(&seed, sizeof seed);
  return seed;
}

}  // namespace dayan::edge
