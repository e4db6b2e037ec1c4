#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/digest.h"
#include "base/money.h"
#include "base/time.h"
#include "base/units.h"
#include "model/fields.h"
#include "model/json.h"
#include "model/party.h"
#include "ports/store.h"

/// How one field of a row is one column of a table: whole numbers of every kind are integers, names and words for
/// people are text, digests are 32 bytes, an optional may be null, and whatever has parts of its own is JSON text.
/// A backend brings a Sink (add_integer, add_text, add_blob, add_null) and a Source (is_null, integer, text, blob).

namespace dayan::store {

enum class ColumnType { integer, text, blob };

/// The whole number that stands for a value of T, and back; nothing when the number stands for no T.
template <class T>
struct IntegerForm {
  static constexpr bool exists = false;
};

template <std::integral T>
struct IntegerForm<T> {
  static constexpr bool exists = true;
  static std::int64_t to(T value) { return static_cast<std::int64_t>(value); }
  static std::optional<T> from(std::int64_t number) {
    if (!std::in_range<T>(number)) return std::nullopt;
    return static_cast<T>(number);
  }
};
template <>
struct IntegerForm<bool> {
  static constexpr bool exists = true;
  static std::int64_t to(bool value) { return value ? 1 : 0; }
  static std::optional<bool> from(std::int64_t number) {
    if (number != 0 && number != 1) return std::nullopt;
    return number == 1;
  }
};
template <WordedEnum T>
struct IntegerForm<T> {
  static constexpr bool exists = true;
  static std::int64_t to(T value) { return static_cast<std::int64_t>(value); }
  static std::optional<T> from(std::int64_t number) {
    if (number < 0 || number >= static_cast<std::int64_t>(EnumWords<T>::words.size())) return std::nullopt;
    return static_cast<T>(number);
  }
};
template <class Tag>
struct IntegerForm<Id<Tag>> {
  static constexpr bool exists = true;
  static std::int64_t to(Id<Tag> value) { return value.value(); }
  static std::optional<Id<Tag>> from(std::int64_t number) { return Id<Tag>(number); }
};
template <class Tag>
struct IntegerForm<Quantity<Tag>> {
  static constexpr bool exists = true;
  static std::int64_t to(Quantity<Tag> value) { return value.value(); }
  static std::optional<Quantity<Tag>> from(std::int64_t number) { return Quantity<Tag>(number); }
};
template <>
struct IntegerForm<Cny> {
  static constexpr bool exists = true;
  static std::int64_t to(Cny value) { return value.micro(); }
  static std::optional<Cny> from(std::int64_t number) { return Cny::micro(number); }
};
template <>
struct IntegerForm<UnixTime> {
  static constexpr bool exists = true;
  static std::int64_t to(UnixTime value) { return value.microseconds(); }
  static std::optional<UnixTime> from(std::int64_t number) { return UnixTime(number); }
};
template <>
struct IntegerForm<Duration> {
  static constexpr bool exists = true;
  static std::int64_t to(Duration value) { return value.microseconds(); }
  static std::optional<Duration> from(std::int64_t number) { return Duration::microseconds(number); }
};
template <>
struct IntegerForm<BasisPoints> {
  static constexpr bool exists = true;
  static std::int64_t to(BasisPoints share) { return share.value; }
  static std::optional<BasisPoints> from(std::int64_t number) {
    if (number < 0 || number > 10'000) return std::nullopt;
    return BasisPoints{static_cast<std::int32_t>(number)};
  }
};
template <>
struct IntegerForm<Scopes> {
  static constexpr bool exists = true;
  static std::int64_t to(Scopes scopes) { return scopes.bits(); }
  static std::optional<Scopes> from(std::int64_t number) { return Scopes(number); }
};

template <class T>
concept IntegerColumn = IntegerForm<T>::exists;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
[[nodiscard]] constexpr ColumnType column_type() {
  if constexpr (is_optional<T>) {
    return column_type<typename T::value_type>();
  } else if constexpr (IntegerColumn<T>) {
    return ColumnType::integer;
  } else if constexpr (std::same_as<T, Digest>) {
    return ColumnType::blob;
  } else {
    return ColumnType::text;
  }
}

/// Hands one value to the sink in the form of its column.
template <class Sink, class T>
void put_column(Sink& sink, const T& value) {
  if constexpr (is_optional<T>) {
    if (value) {
      put_column(sink, *value);
    } else {
      sink.add_null();
    }
  } else if constexpr (IntegerColumn<T>) {
    sink.add_integer(IntegerForm<T>::to(value));
  } else if constexpr (std::same_as<T, Digest>) {
    sink.add_blob(value);
  } else if constexpr (std::same_as<T, std::string>) {
    sink.add_text(value);
  } else {
    sink.add_text(nested_text(value));
  }
}

[[nodiscard]] inline tl::unexpected<Error> corrupt_column(std::string_view column, std::string wrong) {
  return fail(ErrorCode::corrupt, std::move(wrong), "a value that this program wrote", std::string(column));
}

/// Reads the column at `position`. `corrupt` names the column whose stored value is not one of T.
template <class T, class Source>
[[nodiscard]] Result<T> take_column(Source& source, int position, std::string_view column) {
  if constexpr (is_optional<T>) {
    if (source.is_null(position)) return T();
    TRY(auto value, take_column<typename T::value_type>(source, position, column));
    return T(std::move(value));
  } else if constexpr (IntegerColumn<T>) {
    const std::int64_t number = source.integer(position);
    const std::optional<T> value = IntegerForm<T>::from(number);
    if (!value) return corrupt_column(column, "the stored number " + std::to_string(number) + " has no meaning");
    return *value;
  } else if constexpr (std::same_as<T, Digest>) {
    const std::string_view bytes = source.blob(position);
    std::array<std::uint8_t, Digest::size> digest{};
    if (bytes.size() != digest.size()) {
      return corrupt_column(column, "a stored digest has " + std::to_string(bytes.size()) + " bytes");
    }
    std::copy(bytes.begin(), bytes.end(), digest.begin());
    return Digest(digest);
  } else if constexpr (std::same_as<T, std::string>) {
    return std::string(source.text(position));
  } else {
    auto value = parse_nested<T>(source.text(position));
    if (!value) return corrupt_column(column, "the stored JSON does not fit: " + to_text(value.error()));
    return std::move(*value);
  }
}

/// The value as a query names it: a number, text, or a digest's hexadecimal text.
template <class T>
[[nodiscard]] ColumnValue column_value(const T& value) {
  if constexpr (IntegerColumn<T>) {
    return IntegerForm<T>::to(value);
  } else if constexpr (std::same_as<T, Digest>) {
    return to_text(value);
  } else {
    static_assert(std::same_as<T, std::string>, "keys and indexed columns are numbers, text or digests");
    return value;
  }
}

/// All columns of a row, in the order of its fields.
template <class Sink, class RowType>
void put_row(Sink& sink, const RowType& row) {
  for_each_field<RowType>([&](const auto& field) { put_column(sink, row.*(field.member)); });
}

/// The key columns only.
template <class Sink, class RowType>
void put_key(Sink& sink, const RowType& row) {
  for_each_field<RowType>([&](const auto& field) {
    if (field.is_key) put_column(sink, row.*(field.member));
  });
}

/// A row from its columns, in the order of its fields, the first at position 0.
template <class RowType, class Source>
[[nodiscard]] Result<RowType> take_row(Source& source) {
  RowType row;
  std::optional<Error> error;
  int position = 0;
  for_each_field<RowType>([&](const auto& field) {
    using T = std::remove_cvref_t<decltype(row.*(field.member))>;
    if (error) return;
    auto value = take_column<T>(source, position++, field.name);
    if (value) {
      row.*(field.member) = std::move(*value);
    } else {
      error = std::move(value.error());
      error->field = std::string(RowType::table) + '.' + error->field;
    }
  });
  if (error) return fail(std::move(*error));
  return row;
}

}  // namespace dayan::store
