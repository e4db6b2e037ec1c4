#include "base/digest.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <type_traits>

#include "base/hash.h"
#include "base/operators.h"

namespace dayan {
namespace {

constexpr std::string_view empty_digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view abc_digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static_assert(Equatable<Digest> && Orderable<Digest>);
static_assert(!Addable<Digest> && !Equatable<Digest, std::string_view>);
static_assert(!std::is_convertible_v<std::array<std::uint8_t, 32>, Digest>);
static_assert(!std::is_copy_constructible_v<DigestStream>);

// The digests are those of FIPS 180-4's examples.
TEST(Digest, KnownValues) {
  EXPECT_EQ(to_text(sha256("")), empty_digest);
  EXPECT_EQ(to_text(sha256("abc")), abc_digest);
  EXPECT_EQ(to_text(sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// A digest that was never set is none, and no digest of data is.
TEST(Digest, None) {
  EXPECT_TRUE(Digest().is_none());
  EXPECT_FALSE(sha256("").is_none());
}

// Every digest is read back as it was written.
RC_GTEST_PROP(Digest, RoundTrip, (const std::string& data)) {
  const Digest digest = sha256(data);
  RC_ASSERT(parse_digest(to_text(digest)).value() == digest);
}

// Digests order as their texts do.
RC_GTEST_PROP(Digest, TextOrder, (const std::string& a, const std::string& b)) {
  RC_ASSERT((sha256(a) < sha256(b)) == (to_text(sha256(a)) < to_text(sha256(b))));
}

// Every other text is refused, with the value seen and what would be right.
TEST(Digest, RefusesOtherTexts) {
  const std::string good(abc_digest);
  std::string upper = good;
  upper[0] = 'B';
  std::string other = good;
  other[63] = 'g';
  for (const std::string& text : {std::string(), std::string("abc"), good.substr(1), good + "0", upper, other,
                                  " " + good.substr(1), std::string(64, '\0')}) {
    const auto digest = parse_digest(text);
    ASSERT_FALSE(digest.has_value()) << text;
    EXPECT_EQ(digest.error().code, ErrorCode::invalid);
    EXPECT_TRUE(digest.error().wrong.ends_with("' is not a SHA-256 digest"));
    EXPECT_EQ(digest.error().right, "give 64 lower-case hexadecimal digits");
  }
  EXPECT_EQ(parse_digest("abc").error().wrong, "'abc' is not a SHA-256 digest");
  EXPECT_LT(parse_digest(std::string(100'000, 'a')).error().wrong.size(), 128U);
}

// Data in pieces has the digest of the whole, however it is cut.
RC_GTEST_PROP(DigestStream, PiecesAreTheWhole, (const std::vector<std::string>& pieces)) {
  DigestStream stream;
  std::string whole;
  for (const std::string& piece : pieces) {
    stream.add(piece);
    whole += piece;
  }
  RC_ASSERT(stream.finish() == sha256(whole));
}

// After finish the stream is empty again, and a moved stream goes on where it was.
TEST(DigestStream, FinishesAndMoves) {
  DigestStream stream;
  stream.add("abc");
  EXPECT_EQ(to_text(stream.finish()), abc_digest);
  EXPECT_EQ(to_text(stream.finish()), empty_digest);
  stream.add("ab");
  DigestStream moved = std::move(stream);
  moved.add("c");
  EXPECT_EQ(to_text(moved.finish()), abc_digest);
}

std::uint64_t hash_of(std::string_view bytes) {
  Hash64 hash;
  hash.add_bytes(bytes);
  return hash.value();
}

// Hash64 tells order, length and each byte apart, and is the same in constant expressions and at run time.
TEST(Hash64, TellsApart) {
  EXPECT_NE(hash_of("ab"), hash_of("ba"));
  EXPECT_NE(hash_of(""), hash_of(std::string_view("\0", 1)));
  EXPECT_NE(hash_of("12345678"), hash_of("123456789"));
  EXPECT_NE(hash_of("123456780"), hash_of("123456781"));
  Hash64 one;
  one.add(1);
  one.add(2);
  Hash64 two;
  two.add(2);
  two.add(1);
  EXPECT_NE(one.value(), two.value());
  constexpr std::uint64_t constant = [] {
    Hash64 hash;
    hash.add_bytes("dayan");
    return hash.value();
  }();
  EXPECT_EQ(hash_of("dayan"), constant);
}

}  // namespace
}  // namespace dayan
