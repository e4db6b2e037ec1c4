#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/money.h"
#include "base/time.h"
#include "base/units.h"
#include "model/event.h"
#include "model/fields.h"
#include "model/ids.h"
#include "model/rows.h"

/// The one JSON codec: every type with fields() has a JSON object, whose members are its fields.
///
/// Values: ids as text, null when none; money a decimal string in yuan, of any size (what
/// enters is bounded by the checks of commands, amount_max); times RFC 3339, null when none; lengths of
/// time and cards as numbers (seconds, cards), exact to the microsecond and the thousandth; sizes, cores and other
/// counts as integers; digests as hexadecimal; enumerations and scopes by their words; an absent optional is null.
/// Reading is strict: an unknown member, a wrong type, a number out of range is a fault, named by its path; a missing
/// member keeps the default of the struct. Limits of length are the caller's: `check` and the size of the body.

namespace dayan {

using JsonValue = boost::json::value;
using JsonObject = boost::json::object;
using JsonArray = boost::json::array;

/// Nesting beyond this is refused: no value of ours is half as deep.
inline constexpr std::size_t json_depth_max = 32;
/// Reading stops after as many faults: a hostile body must not buy a large answer.
inline constexpr std::size_t json_faults_max = 100;
/// Lengths of time with a fraction of a second are exact up to this (a double holds no more); whole seconds always.
inline constexpr Duration json_fraction_max = Duration::seconds(1'000'000'000);

/// Strict JSON: UTF-8, one value, no member twice, numbers finite, at most json_depth_max deep.
[[nodiscard]] Result<JsonValue> parse_json(std::string_view text);
/// Compact and canonical: members in order, the shortest decimal that reads back as the same number.
[[nodiscard]] std::string json_text(const JsonValue& value);

/// Where a value stands, as a chain of what lies around it, so that no text is made until something is wrong.
struct JsonPath {
  const JsonPath* parent = nullptr;
  std::string_view name;          ///< of a member, or the text of the root
  std::size_t index = npos;       ///< of an element; npos: it is a member
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);

  /// "requirements.chips[2]"
  [[nodiscard]] std::string text() const;
};

/// Adds a fault at `path`, up to json_faults_max. Returns false, so that a reader can end with it.
bool json_fault(const JsonPath& path, std::string wrong, std::string right, Faults& faults);
/// "a number", "an object", …: what a value is, for an error.
[[nodiscard]] std::string_view json_kind(const JsonValue& value);
/// A fault for a value of the wrong type. Returns false.
bool json_wrong_type(const JsonValue& value, const JsonPath& path, std::string_view wanted, Faults& faults);

/// How one type is written and read. Specialised for every type that a field may have.
template <class T>
struct JsonCodec;

// One specialisation a type; all four words of each are alike.
template <>
struct JsonCodec<bool> {
  static JsonValue write(bool value) { return JsonValue(value); }
  static bool read(const JsonValue& value, const JsonPath& path, bool& out, Faults& faults);
};
template <>
struct JsonCodec<std::int64_t> {
  static JsonValue write(std::int64_t value) { return JsonValue(value); }
  static bool read(const JsonValue& value, const JsonPath& path, std::int64_t& out, Faults& faults);
};
template <>
struct JsonCodec<std::int32_t> {
  static JsonValue write(std::int32_t value) { return JsonValue(std::int64_t{value}); }
  static bool read(const JsonValue& value, const JsonPath& path, std::int32_t& out, Faults& faults);
};
template <>
struct JsonCodec<std::string> {
  static JsonValue write(const std::string& value) { return JsonValue(std::string_view(value)); }
  static bool read(const JsonValue& value, const JsonPath& path, std::string& out, Faults& faults);
};
template <>
struct JsonCodec<Cny> {
  static JsonValue write(Cny value) { return JsonValue(to_text(value)); }
  static bool read(const JsonValue& value, const JsonPath& path, Cny& out, Faults& faults);
};
template <>
struct JsonCodec<UnixTime> {
  static JsonValue write(UnixTime value);
  static bool read(const JsonValue& value, const JsonPath& path, UnixTime& out, Faults& faults);
};
template <>
struct JsonCodec<Duration> {
  static JsonValue write(Duration value);
  static bool read(const JsonValue& value, const JsonPath& path, Duration& out, Faults& faults);
};
template <>
struct JsonCodec<DayTime> {
  static JsonValue write(DayTime value) { return JsonValue(to_text(value)); }
  static bool read(const JsonValue& value, const JsonPath& path, DayTime& out, Faults& faults);
};
template <>
struct JsonCodec<MilliCards> {
  static JsonValue write(MilliCards value);
  static bool read(const JsonValue& value, const JsonPath& path, MilliCards& out, Faults& faults);
};
template <>
struct JsonCodec<BasisPoints> {
  static JsonValue write(BasisPoints value) { return JsonValue(std::int64_t{value.value}); }
  static bool read(const JsonValue& value, const JsonPath& path, BasisPoints& out, Faults& faults);
};
template <>
struct JsonCodec<Digest> {
  static JsonValue write(const Digest& value) { return JsonValue(to_text(value)); }
  static bool read(const JsonValue& value, const JsonPath& path, Digest& out, Faults& faults);
};
template <>
struct JsonCodec<Scopes> {
  static JsonValue write(Scopes value);
  static bool read(const JsonValue& value, const JsonPath& path, Scopes& out, Faults& faults);
};
/// A value as it is: for details whose shape another member names.
template <>
struct JsonCodec<JsonValue> {
  static JsonValue write(const JsonValue& value) { return value; }
  static bool read(const JsonValue& value, const JsonPath& path, JsonValue& out, Faults& faults);
};

template <class Tag>
struct JsonCodec<Quantity<Tag>> {
  static JsonValue write(Quantity<Tag> value) { return JsonValue(value.value()); }
  static bool read(const JsonValue& value, const JsonPath& path, Quantity<Tag>& out, Faults& faults) {
    std::int64_t number = 0;
    if (!JsonCodec<std::int64_t>::read(value, path, number, faults)) return false;
    out = Quantity<Tag>(number);
    return true;
  }
};

/// Reads the digits of an id with that prefix; null is none.
bool json_read_id(const JsonValue& value, std::string_view prefix, const JsonPath& path, std::int64_t& out,
                  Faults& faults);

template <class Tag>
struct JsonCodec<Id<Tag>> {
  static JsonValue write(Id<Tag> value) { return value.is_none() ? JsonValue(nullptr) : JsonValue(to_text(value)); }
  static bool read(const JsonValue& value, const JsonPath& path, Id<Tag>& out, Faults& faults) {
    std::int64_t number = 0;
    if (!json_read_id(value, Id<Tag>::prefix(), path, number, faults)) return false;
    out = Id<Tag>(number);
    return true;
  }
};

/// The position of a word among `words`; the fault lists them.
bool json_read_word(const JsonValue& value, const std::string_view* words, std::size_t count, const JsonPath& path,
                    std::size_t& out, Faults& faults);

template <WordedEnum Enum>
struct JsonCodec<Enum> {
  static JsonValue write(Enum value) { return JsonValue(to_text(value)); }
  static bool read(const JsonValue& value, const JsonPath& path, Enum& out, Faults& faults) {
    constexpr const auto& words = EnumWords<Enum>::words;
    std::size_t position = 0;
    if (!json_read_word(value, words.data(), words.size(), path, position, faults)) return false;
    out = static_cast<Enum>(position);
    return true;
  }
};

template <class T>
struct JsonCodec<std::optional<T>> {
  static JsonValue write(const std::optional<T>& value) {
    return value.has_value() ? JsonCodec<T>::write(*value) : JsonValue(nullptr);
  }
  static bool read(const JsonValue& value, const JsonPath& path, std::optional<T>& out, Faults& faults) {
    if (value.is_null()) {
      out.reset();
      return true;
    }
    return JsonCodec<T>::read(value, path, out.emplace(), faults);
  }
};

template <class T>
struct JsonCodec<std::vector<T>> {
  static JsonValue write(const std::vector<T>& values) {
    JsonArray array;
    array.reserve(values.size());
    for (const T& each : values) array.push_back(JsonCodec<T>::write(each));
    return JsonValue(std::move(array));
  }
  static bool read(const JsonValue& value, const JsonPath& path, std::vector<T>& out, Faults& faults) {
    if (!value.is_array()) return json_wrong_type(value, path, "a list", faults);
    const JsonArray& array = value.get_array();
    out.clear();
    out.reserve(array.size());
    bool good = true;
    for (std::size_t i = 0; i < array.size() && faults.size() < json_faults_max; ++i) {
      good = JsonCodec<T>::read(array[i], JsonPath{&path, {}, i}, out.emplace_back(), faults) && good;
    }
    return good;
  }
};

/// One fault for each member of `object` that `names` does not list. Returns false when there is one.
bool json_refuse_unknown(const JsonObject& object, const std::string_view* names, std::size_t count,
                         const JsonPath& path, Faults& faults);

template <Reflected T>
struct JsonCodec<T> {
  static JsonValue write(const T& value) {
    JsonObject object;
    for_each_field<T>([&](const auto& each) {
      object.emplace(each.name, JsonCodec<std::decay_t<decltype(value.*each.member)>>::write(value.*each.member));
    });
    return JsonValue(std::move(object));
  }
  static bool read(const JsonValue& value, const JsonPath& path, T& out, Faults& faults) {
    if (!value.is_object()) return json_wrong_type(value, path, "an object", faults);
    const JsonObject& object = value.get_object();
    bool good = true;
    std::size_t found = 0;
    for_each_field<T>([&](const auto& each) {
      const JsonValue* member = object.if_contains(each.name);
      if (member == nullptr) return;
      ++found;
      using Member = std::decay_t<decltype(out.*each.member)>;
      good = JsonCodec<Member>::read(*member, JsonPath{&path, each.name}, out.*each.member, faults) && good;
    });
    if (found == object.size()) return good;
    const auto names = std::apply([](const auto&... each) { return std::array{each.name...}; }, T::fields());
    return json_refuse_unknown(object, names.data(), names.size(), path, faults) && good;
  }
};

template <class T>
concept JsonCoded = requires(const T& value, const JsonValue& json, T& out, const JsonPath& path, Faults& faults) {
  JsonCodec<T>::write(value);
  JsonCodec<T>::read(json, path, out, faults);
};

template <JsonCoded T>
[[nodiscard]] JsonValue to_json(const T& value) {
  return JsonCodec<T>::write(value);
}
/// Reads into `out`, over its defaults; false when faults were added. `path` names the value in the faults.
template <JsonCoded T>
[[nodiscard]] bool from_json(const JsonValue& value, std::string_view path, T& out, Faults& faults) {
  return JsonCodec<T>::read(value, JsonPath{nullptr, path}, out, faults);
}

/// The members of an event, by the names of its fields.
[[nodiscard]] JsonValue to_json(const Event& event);
/// The inverse, by the event's name; the first fault when it is not such an event.
[[nodiscard]] Result<Event> event_from_json(std::string_view name, const JsonValue& detail);
/// The members of a row, without its table.
[[nodiscard]] JsonValue to_json(const Row& row);

/// The canonical text of a nested value in one column. Equal values have equal texts.
template <JsonCoded T>
[[nodiscard]] std::string nested_text(const T& value) {
  return json_text(to_json(value));
}
/// The inverse. What is stored was written by us: a fault is `corrupt`.
template <JsonCoded T>
[[nodiscard]] Result<T> parse_nested(std::string_view text) {
  auto value = parse_json(text);
  if (!value.has_value()) {
    value.error().code = ErrorCode::corrupt;
    return fail(std::move(value).error());
  }
  T out{};
  Faults faults;
  if (from_json(*value, "", out, faults)) return out;
  faults.front().code = ErrorCode::corrupt;
  return fail(std::move(faults.front()));
}

}  // namespace dayan
