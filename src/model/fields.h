#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

/// Each noun lists its fields once; tables, state hashes and JSON are derived from that one list.
///
///   struct ProjectRow {
///     ProjectId id; std::string name;
///     static constexpr std::string_view table = "project";
///     static constexpr auto fields() {
///       return std::tuple{key("id", &ProjectRow::id), field("name", &ProjectRow::name)};
///     }
///   };
///
/// Names are those of the SQL column and of the JSON member.

namespace dayan {

template <class Struct, class T>
struct Field {
  std::string_view name;
  T Struct::*member;
  bool is_key;
};

template <class Struct, class T>
[[nodiscard]] constexpr Field<Struct, T> key(std::string_view name, T Struct::*member) {
  return {name, member, true};
}
template <class Struct, class T>
[[nodiscard]] constexpr Field<Struct, T> field(std::string_view name, T Struct::*member) {
  return {name, member, false};
}

template <class T>
concept Reflected = requires { T::fields(); };

/// Calls visit(field) for every field of Struct, in declaration order.
template <class Struct, class Visitor>
constexpr void for_each_field(Visitor&& visit) {
  std::apply([&](const auto&... each) { (visit(each), ...); }, Struct::fields());
}

/// The key fields of a row as a tuple of references' values, in declaration order.
template <class Row>
[[nodiscard]] constexpr auto key_of(const Row& row) {
  return row.key();
}

/// The words of an enumeration, by position from zero. Specialised beside each enumeration.
template <class Enum>
struct EnumWords;

template <class Enum>
concept WordedEnum = requires { EnumWords<Enum>::words; };

template <WordedEnum Enum>
[[nodiscard]] constexpr std::string_view to_text(Enum value) {
  const auto position = static_cast<std::size_t>(value);
  return position < EnumWords<Enum>::words.size() ? EnumWords<Enum>::words[position] : std::string_view("?");
}

template <WordedEnum Enum>
[[nodiscard]] constexpr std::optional<Enum> parse_word(std::string_view word) {
  for (std::size_t i = 0; i < EnumWords<Enum>::words.size(); ++i) {
    if (EnumWords<Enum>::words[i] == word) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace dayan
