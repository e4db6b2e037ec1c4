#include "model/json.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "base/scan.h"

namespace dayan {
namespace {

/// A number of any JSON form as a double; nothing when it is none.
std::optional<double> number_in(const JsonValue& value) {
  if (value.is_int64()) return static_cast<double>(value.get_int64());
  if (value.is_uint64()) return static_cast<double>(value.get_uint64());
  if (value.is_double()) return value.get_double();
  return std::nullopt;
}

/// Reads a number of `unit` things into integer parts of 1/scale: exact for integers, rounded to the part otherwise.
bool read_scaled(const JsonValue& value, std::int64_t scale, double fraction_max, std::string_view wanted,
                 const JsonPath& path, std::int64_t& out, Faults& faults) {
  if (value.is_int64()) {
    if (__builtin_mul_overflow(value.get_int64(), scale, &out))
      return json_fault(path, std::to_string(value.get_int64()) + " is too large", "give a smaller number", faults);
    return true;
  }
  const auto number = number_in(value);
  if (!number.has_value()) return json_wrong_type(value, path, wanted, faults);
  if (std::abs(*number) > fraction_max)
    return json_fault(path, json_text(value) + " is too large", "give a smaller number", faults);
  out = std::llround(*number * static_cast<double>(scale));
  return true;
}

/// An integer where it is whole, else a decimal.
JsonValue write_scaled(std::int64_t parts, std::int64_t scale) {
  if (parts % scale == 0) return JsonValue(parts / scale);
  return JsonValue(static_cast<double>(parts) / static_cast<double>(scale));
}

/// Reads a text by a parser of base, whose error keeps its words and gets the path.
template <class T, class Parse>
bool read_text(const JsonValue& value, const JsonPath& path, std::string_view wanted, const Parse& parse_text, T& out,
               Faults& faults) {
  if (!value.is_string()) return json_wrong_type(value, path, wanted, faults);
  const boost::json::string& text = value.get_string();
  auto parsed = parse_text(std::string_view(text.data(), text.size()));
  if (!parsed.has_value())
    return json_fault(path, std::move(parsed.error().wrong), std::move(parsed.error().right), faults);
  out = *parsed;
  return true;
}

constexpr std::int64_t microseconds_per_second = 1'000'000;
constexpr std::int64_t thousandths_per_card = 1'000;

}  // namespace

std::string JsonPath::text() const {
  std::string around = parent != nullptr ? parent->text() : std::string();
  if (index != npos) return around + '[' + std::to_string(index) + ']';
  if (!around.empty() && !name.empty()) around += '.';
  around += name;
  return around;
}

bool json_fault(const JsonPath& path, std::string wrong, std::string right, Faults& faults) {
  if (faults.size() < json_faults_max)
    faults.push_back({ErrorCode::invalid, path.text(), std::move(wrong), std::move(right)});
  return false;
}

std::string_view json_kind(const JsonValue& value) {
  switch (value.kind()) {
    case boost::json::kind::null: return "null";
    case boost::json::kind::bool_: return value.get_bool() ? "true" : "false";
    case boost::json::kind::int64:
    case boost::json::kind::uint64: return "an integer";
    case boost::json::kind::double_: return "a decimal number";
    case boost::json::kind::string: return "a text";
    case boost::json::kind::array: return "a list";
    case boost::json::kind::object: return "an object";
  }
  return "something else";
}

bool json_wrong_type(const JsonValue& value, const JsonPath& path, std::string_view wanted, Faults& faults) {
  std::string wrong = "is ";
  wrong += json_kind(value);
  if (value.is_string()) wrong += ' ' + quote(std::string_view(value.get_string().data(), value.get_string().size()));
  return json_fault(path, std::move(wrong), "give " + std::string(wanted), faults);
}

bool JsonCodec<bool>::read(const JsonValue& value, const JsonPath& path, bool& out, Faults& faults) {
  if (!value.is_bool()) return json_wrong_type(value, path, "true or false", faults);
  out = value.get_bool();
  return true;
}

bool JsonCodec<std::int64_t>::read(const JsonValue& value, const JsonPath& path, std::int64_t& out, Faults& faults) {
  if (value.is_uint64())
    return json_fault(path, std::to_string(value.get_uint64()) + " is too large", "give an integer of 64 bits", faults);
  if (!value.is_int64()) return json_wrong_type(value, path, "an integer", faults);
  out = value.get_int64();
  return true;
}

bool JsonCodec<std::int32_t>::read(const JsonValue& value, const JsonPath& path, std::int32_t& out, Faults& faults) {
  std::int64_t wide = 0;
  if (!JsonCodec<std::int64_t>::read(value, path, wide, faults)) return false;
  constexpr std::int64_t low = std::numeric_limits<std::int32_t>::min();
  constexpr std::int64_t high = std::numeric_limits<std::int32_t>::max();
  if (wide < low || wide > high)
    return json_fault(path, std::to_string(wide) + " is out of range", "give an integer of 32 bits", faults);
  out = static_cast<std::int32_t>(wide);
  return true;
}

bool JsonCodec<std::string>::read(const JsonValue& value, const JsonPath& path, std::string& out, Faults& faults) {
  if (!value.is_string()) return json_wrong_type(value, path, "a text", faults);
  out.assign(value.get_string().data(), value.get_string().size());
  return true;
}

bool JsonCodec<Cny>::read(const JsonValue& value, const JsonPath& path, Cny& out, Faults& faults) {
  return read_text(value, path, "yuan as a text, e.g. \"12.5\"", parse_balance, out, faults);
}

JsonValue JsonCodec<UnixTime>::write(UnixTime value) {
  return value.is_none() ? JsonValue(nullptr) : JsonValue(to_text(value));
}

bool JsonCodec<UnixTime>::read(const JsonValue& value, const JsonPath& path, UnixTime& out, Faults& faults) {
  if (value.is_null()) {
    out = UnixTime();
    return true;
  }
  return read_text(value, path, "a time like \"2026-11-22T08:30:00Z\", or null", parse_time, out, faults);
}

JsonValue JsonCodec<Duration>::write(Duration value) {
  if (value > json_fraction_max || value < Duration() - json_fraction_max)
    return JsonValue(value.microseconds() / microseconds_per_second);
  return write_scaled(value.microseconds(), microseconds_per_second);
}

bool JsonCodec<Duration>::read(const JsonValue& value, const JsonPath& path, Duration& out, Faults& faults) {
  std::int64_t microseconds = 0;
  constexpr double seconds_max = static_cast<double>(json_fraction_max.microseconds() / microseconds_per_second);
  if (!read_scaled(value, microseconds_per_second, seconds_max, "a number of seconds", path, microseconds, faults))
    return false;
  out = Duration::microseconds(microseconds);
  return true;
}

bool JsonCodec<DayTime>::read(const JsonValue& value, const JsonPath& path, DayTime& out, Faults& faults) {
  return read_text(value, path, "a time of the day like \"23:00\"", parse_day_time, out, faults);
}

JsonValue JsonCodec<MilliCards>::write(MilliCards value) { return write_scaled(value.value(), thousandths_per_card); }

bool JsonCodec<MilliCards>::read(const JsonValue& value, const JsonPath& path, MilliCards& out, Faults& faults) {
  constexpr double cards_max = 1e12;
  std::int64_t milli = 0;
  if (!read_scaled(value, thousandths_per_card, cards_max, "a number of cards", path, milli, faults)) return false;
  if (value.is_double() && std::abs(value.get_double() * thousandths_per_card - static_cast<double>(milli)) > 1e-3)
    return json_fault(path, json_text(value) + " is finer than a thousandth of a card", "give at most three decimals",
                      faults);
  out = MilliCards(milli);
  return true;
}

bool JsonCodec<BasisPoints>::read(const JsonValue& value, const JsonPath& path, BasisPoints& out, Faults& faults) {
  std::int64_t number = 0;
  if (!JsonCodec<std::int64_t>::read(value, path, number, faults)) return false;
  if (number < 0 || number > 10'000)
    return json_fault(path, std::to_string(number) + " is out of range", "give basis points from 0 to 10000", faults);
  out = BasisPoints{static_cast<std::int32_t>(number)};
  return true;
}

bool JsonCodec<Digest>::read(const JsonValue& value, const JsonPath& path, Digest& out, Faults& faults) {
  return read_text(value, path, "64 hexadecimal digits", parse_digest, out, faults);
}

JsonValue JsonCodec<Scopes>::write(Scopes value) {
  JsonArray words;
  for (std::size_t i = 0; i < EnumWords<Scope>::words.size(); ++i) {
    if (value.has(static_cast<Scope>(i))) words.push_back(JsonValue(EnumWords<Scope>::words[i]));
  }
  return JsonValue(std::move(words));
}

bool JsonCodec<Scopes>::read(const JsonValue& value, const JsonPath& path, Scopes& out, Faults& faults) {
  std::vector<Scope> scopes;
  if (!JsonCodec<std::vector<Scope>>::read(value, path, scopes, faults)) return false;
  std::int64_t bits = 0;
  for (const Scope scope : scopes) bits |= Scopes{scope}.bits();
  out = Scopes(bits);
  return true;
}

bool JsonCodec<JsonValue>::read(const JsonValue& value, const JsonPath&, JsonValue& out, Faults&) {
  out = value;
  return true;
}

bool json_read_id(const JsonValue& value, std::string_view prefix, const JsonPath& path, std::int64_t& out,
                  Faults& faults) {
  if (value.is_null()) {
    out = 0;
    return true;
  }
  const std::string wanted = "an id like \"" + std::string(prefix) + "_" + id_digits(1) + '"';
  return read_text(
      value, path, wanted, [prefix](std::string_view text) { return parse_id(text, prefix); }, out, faults);
}

bool json_read_word(const JsonValue& value, const std::string_view* words, std::size_t count, const JsonPath& path,
                    std::size_t& out, Faults& faults) {
  std::string wanted = "one of ";
  for (std::size_t i = 0; i < count; ++i) wanted += (i > 0 ? ", " : "") + std::string(words[i]);
  if (!value.is_string()) return json_wrong_type(value, path, wanted, faults);
  const std::string_view word(value.get_string().data(), value.get_string().size());
  for (std::size_t i = 0; i < count; ++i) {
    if (words[i] != word) continue;
    out = i;
    return true;
  }
  return json_fault(path, quote(word) + " is not a word for this", "give " + wanted, faults);
}

bool json_refuse_unknown(const JsonObject& object, const std::string_view* names, std::size_t count,
                         const JsonPath& path, Faults& faults) {
  bool good = true;
  for (const auto& member : object) {
    const std::string_view name(member.key().data(), member.key().size());
    if (std::find(names, names + count, name) != names + count) continue;
    std::string known;
    for (std::size_t i = 0; i < count; ++i) known += (i > 0 ? ", " : "") + std::string(names[i]);
    good = json_fault(JsonPath{&path, name}, "is not a member here", "give only: " + known, faults);
  }
  return good;
}

JsonValue to_json(const Event& event) {
  return std::visit([](const auto& each) { return to_json(each); }, event);
}

JsonValue to_json(const Row& row) {
  return std::visit([](const auto& each) { return to_json(each); }, row);
}

namespace {

template <std::size_t position = 0>
Result<Event> read_event(std::string_view name, const JsonValue& detail) {
  if constexpr (position == std::variant_size_v<Event>) {
    return fail(ErrorCode::invalid, quote(name) + " is not the name of an event");
  } else {
    if (event_name(Event(std::in_place_index<position>)) != name) return read_event<position + 1>(name, detail);
    std::variant_alternative_t<position, Event> event;
    Faults faults;
    if (!from_json(detail, name, event, faults)) return fail(std::move(faults.front()));
    return Event(std::move(event));
  }
}

}  // namespace

Result<Event> event_from_json(std::string_view name, const JsonValue& detail) { return read_event(name, detail); }

}  // namespace dayan
