#include <algorithm>
#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>
#include <exception>
#include <optional>

#include "base/scan.h"
#include "model/json.h"

/// JSON text in and out.

namespace dayan {
namespace {

/// Builds the value and refuses what plain parsing lets pass: a member given twice, and numbers beyond a double.
struct JsonBuilder {
  using Code = boost::json::error_code;
  using Text = boost::json::string_view;
  static constexpr std::size_t max_object_size = boost::json::object::max_size();
  static constexpr std::size_t max_array_size = boost::json::array::max_size();
  static constexpr std::size_t max_key_size = boost::json::string::max_size();
  static constexpr std::size_t max_string_size = boost::json::string::max_size();

  boost::json::value_stack stack;
  std::string key_part;
  std::string number_part;
  std::vector<std::string> keys;          ///< of all objects that are open, the innermost last
  std::vector<std::size_t> objects;       ///< where the keys of each open object begin
  std::optional<std::string> repeated;    ///< the member that was given twice
  bool is_infinite = false;

  bool on_document_begin(Code&) {
    stack.reset();
    return true;
  }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) {
    objects.push_back(keys.size());
    return true;
  }
  bool on_object_end(std::size_t count, Code& code) {
    const auto begin = keys.begin() + static_cast<std::ptrdiff_t>(objects.back());
    std::sort(begin, keys.end());
    const auto twice = std::adjacent_find(begin, keys.end());
    if (twice != keys.end()) {
      repeated = *twice;
      code = boost::json::error::syntax;
      return false;
    }
    keys.erase(begin, keys.end());
    objects.pop_back();
    stack.push_object(count);
    return true;
  }
  bool on_array_begin(Code&) { return true; }
  bool on_array_end(std::size_t count, Code&) {
    stack.push_array(count);
    return true;
  }
  bool on_key_part(Text text, std::size_t, Code&) {
    stack.push_chars(text);
    key_part += text;
    return true;
  }
  bool on_key(Text text, std::size_t, Code&) {
    stack.push_key(text);
    key_part += text;
    keys.push_back(std::move(key_part));
    key_part.clear();
    return true;
  }
  bool on_string_part(Text text, std::size_t, Code&) {
    stack.push_chars(text);
    return true;
  }
  bool on_string(Text text, std::size_t, Code&) {
    stack.push_string(text);
    return true;
  }
  bool on_number_part(Text text, Code&) {
    number_part += text;
    return true;
  }
  bool on_int64(std::int64_t value, Text, Code&) {
    number_part.clear();
    stack.push_int64(value);
    return true;
  }
  bool on_uint64(std::uint64_t value, Text, Code&) {
    number_part.clear();
    stack.push_uint64(value);
    return true;
  }
  bool on_double(double value, Text text, Code& code) {
    // Boost 1.81 rounds long decimals up to a few units wrong in the last place; from_chars is exact.
    number_part += text;
    double exact = 0;
    const char* end = number_part.data() + number_part.size();
    const auto read = std::from_chars(number_part.data(), end, exact);
    if (read.ec == std::errc() && read.ptr == end) value = exact;
    number_part.clear();
    if (!std::isfinite(value)) {
      is_infinite = true;
      code = boost::json::error::syntax;
      return false;
    }
    stack.push_double(value);
    return true;
  }
  bool on_bool(bool value, Code&) {
    stack.push_bool(value);
    return true;
  }
  bool on_null(Code&) {
    stack.push_null();
    return true;
  }
  bool on_comment_part(Text, Code&) { return true; }
  bool on_comment(Text, Code&) { return true; }
};

void append_number(double number, std::string& text) {
  if (!std::isfinite(number)) {
    text += "null";  // JSON has no other word for it; no value of ours is infinite
    return;
  }
  if (number == 0) number = 0;  // never "-0": it would read back as the integer
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  ASSERT(end.ec == std::errc());
  text.append(digits.data(), end.ptr);
}

void append_json(const JsonValue& value, std::string& text) {
  if (value.is_object()) {
    text += '{';
    bool first = true;
    for (const auto& [name, member] : value.get_object()) {
      if (!first) text += ',';
      first = false;
      text += boost::json::serialize(boost::json::string_view(name));
      text += ':';
      append_json(member, text);
    }
    text += '}';
  } else if (value.is_array()) {
    text += '[';
    bool first = true;
    for (const JsonValue& each : value.get_array()) {
      if (!first) text += ',';
      first = false;
      append_json(each, text);
    }
    text += ']';
  } else if (value.is_double()) {
    append_number(value.get_double(), text);
  } else {
    text += boost::json::serialize(value);
  }
}

}  // namespace

Result<JsonValue> parse_json(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = json_depth_max;
  try {
    boost::json::basic_parser<JsonBuilder> parser(options);
    boost::json::error_code code;
    const std::size_t read = parser.write_some(false, text.data(), text.size(), code);
    const JsonBuilder& builder = parser.handler();
    if (builder.repeated.has_value())
      return fail(ErrorCode::invalid, "the member " + quote(*builder.repeated) + " is given twice", "give it once");
    if (builder.is_infinite)
      return fail(ErrorCode::invalid, "a number near byte " + std::to_string(read) + " is too large",
                  "give one within the range of a double");
    if (code.failed())
      return fail(ErrorCode::invalid, "is not JSON: " + code.message() + " near byte " + std::to_string(read),
                  "give one JSON value in UTF-8, at most " + std::to_string(json_depth_max) + " deep");
    if (read < text.size())
      return fail(ErrorCode::invalid, "something follows the JSON value at byte " + std::to_string(read),
                  "give one JSON value");
    return parser.handler().stack.release();
  } catch (const std::exception& failure) {
    return fail(ErrorCode::exhausted, std::string("the JSON could not be read: ") + failure.what());
  }
}

std::string json_text(const JsonValue& value) {
  std::string text;
  append_json(value, text);
  return text;
}

}  // namespace dayan
