#include "hub/listing.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/scan.h"

namespace dayan::hub {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t cursor_max = 1'024;

/// base64url without padding (RFC 4648, section 5).
std::string encode(std::string_view bytes) {
  std::string text;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char byte : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(byte);
    count += 8;
    while (count >= 6) {
      count -= 6;
      text += alphabet[(bits >> count) & 63];
    }
  }
  if (count > 0) text += alphabet[(bits << (6 - count)) & 63];
  return text;
}

std::optional<std::string> decode(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char digit : text) {
    const std::size_t value = alphabet.find(digit);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>((bits >> count) & 255);
    }
  }
  // One text for each value: what is left over must be nothing.
  if (encode(bytes) != text) return std::nullopt;
  return bytes;
}

tl::unexpected<Error> not_a_cursor() {
  return fail(ErrorCode::invalid, "not a cursor of this list", "give next_cursor of the page before, unchanged",
              "cursor");
}

}  // namespace

std::string to_cursor(const std::vector<ColumnValue>& key) {
  JsonArray values;
  for (const ColumnValue& each : key) {
    if (const auto* number = std::get_if<std::int64_t>(&each)) {
      values.push_back(*number);
    } else {
      values.push_back(JsonValue(std::string_view(std::get<std::string>(each))));
    }
  }
  return encode(json_text(JsonValue(std::move(values))));
}

Result<std::vector<ColumnValue>> parse_cursor(std::string_view cursor, const std::vector<ColumnValue>& like) {
  if (cursor.empty() || cursor.size() > cursor_max) return not_a_cursor();
  const std::optional<std::string> text = decode(cursor);
  if (!text) return not_a_cursor();
  const auto parsed = parse_json(*text);
  if (!parsed.has_value() || !parsed->is_array() || parsed->get_array().size() != like.size()) return not_a_cursor();
  std::vector<ColumnValue> key;
  for (std::size_t i = 0; i < like.size(); ++i) {
    const JsonValue& value = parsed->get_array()[i];
    Faults faults;
    if (std::holds_alternative<std::int64_t>(like[i])) {
      std::int64_t number = 0;
      if (!from_json(value, "", number, faults)) return not_a_cursor();
      key.emplace_back(number);
    } else {
      std::string word;
      if (!from_json(value, "", word, faults)) return not_a_cursor();
      key.emplace_back(std::move(word));
    }
  }
  return key;
}

Result<std::int64_t> query_number(const Call& call, std::string_view name, std::int64_t otherwise, std::int64_t least,
                                  std::int64_t most) {
  const auto given = call.query_value(name);
  if (!given) return otherwise;
  const bool is_number = !given->empty() && std::all_of(given->begin(), given->end(), is_digit);
  const std::optional<std::int64_t> number = is_number ? number_of(*given) : std::nullopt;
  if (number && *number >= least && *number <= most) return *number;
  return fail(ErrorCode::invalid, quote(*given) + " is not such a number",
              "a whole number from " + std::to_string(least) + " to " + std::to_string(most), std::string(name));
}

Result<Page> page_of(const Call& call, const std::vector<ColumnValue>& like) {
  Page page;
  TRY(const std::int64_t limit, query_number(call, "limit", page_default, 1, page_max));
  page.limit = static_cast<std::int32_t>(limit);
  if (const auto cursor = call.query_value("cursor")) {
    TRY(page.after, parse_cursor(*cursor, like));
  }
  return page;
}

HttpResponse list_answer(JsonArray items, const std::vector<ColumnValue>* last_key) {
  JsonObject list;
  list.emplace("items", std::move(items));
  list.emplace("next_cursor", last_key == nullptr ? JsonValue(nullptr) : JsonValue(to_cursor(*last_key)));
  return json_answer(200, JsonValue(std::move(list)));
}

}  // namespace dayan::hub
