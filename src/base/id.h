#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

/// Id<Tag>: a 64-bit name of one kind of thing. Ids are made by the host, time-ordered (base/id_maker.h), never
/// by the core. Ids of different kinds do not mix, and no id takes part in arithmetic. Zero is "none".

namespace dayan {

/// 13 lower-case Crockford base32 digits, so that the order of texts is the order of ids.
[[nodiscard]] std::string id_digits(std::int64_t value);
/// Reads `prefix_digits`; the error names the prefix that was wanted.
[[nodiscard]] Result<std::int64_t> parse_id(std::string_view text, std::string_view prefix);

template <class Tag>
class Id {
 public:
  constexpr Id() = default;
  constexpr explicit Id(std::int64_t value) : value_(value) {}

  [[nodiscard]] constexpr std::int64_t value() const { return value_; }
  [[nodiscard]] constexpr bool is_none() const { return value_ == 0; }
  [[nodiscard]] static constexpr std::string_view prefix() { return Tag::prefix; }

  friend constexpr auto operator<=>(Id, Id) = default;

 private:
  std::int64_t value_ = 0;
};

/// `job_0001k3q…`
template <class Tag>
[[nodiscard]] std::string to_text(Id<Tag> id) {
  std::string text(Tag::prefix);
  text += '_';
  text += id_digits(id.value());
  return text;
}

template <class IdType>
[[nodiscard]] Result<IdType> parse(std::string_view text) {
  TRY(const std::int64_t value, parse_id(text, IdType::prefix()));
  return IdType(value);
}

}  // namespace dayan

template <class Tag>
struct std::hash<dayan::Id<Tag>> {
  std::size_t operator()(dayan::Id<Tag> id) const noexcept { return std::hash<std::int64_t>{}(id.value()); }
};
