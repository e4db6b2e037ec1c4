#include "jobfile/yaml_values.h"

#include <algorithm>

#include "base/scan.h"
#include "model/centre.h"

namespace dayan::jobfile {
namespace {

void wrong_kind(const YamlNode& node, const std::string& field, std::string right, FaultList& faults) {
  std::string wrong = "is " + std::string(node.what());
  if (node.kind == YamlNode::Kind::text) wrong += ' ' + quote(node.text);
  faults.add(field, std::move(wrong), std::move(right));
}

/// Reads a text by a parser of base, whose error keeps its words.
template <class Parse, class T>
void read_parsed(const YamlNode& node, const std::string& field, const char* right, const Parse& parse, T& out,
                 FaultList& faults) {
  if (node.kind != YamlNode::Kind::text) return wrong_kind(node, field, right, faults);
  auto parsed = parse(node.text);
  if (parsed.has_value()) out = *parsed;
  else faults.add(field, std::move(parsed.error().wrong), std::move(parsed.error().right));
}

}  // namespace

void read_text(const YamlNode& node, const std::string& field, std::string& out, FaultList& faults) {
  if (node.kind != YamlNode::Kind::text) return wrong_kind(node, field, "give a text", faults);
  if (node.text.find('\0') != std::string::npos) return faults.add(field, "holds a NUL character", "leave it out");
  out = node.text;
}

void read_count(const YamlNode& node, const std::string& field, std::int64_t low, std::int64_t high, std::int64_t& out,
                FaultList& faults) {
  const std::string range = "give a whole number from " + std::to_string(low) + " to " + std::to_string(high);
  if (node.kind != YamlNode::Kind::text || node.quoted) return wrong_kind(node, field, range, faults);
  std::string_view rest = node.text;
  const std::string_view digits = take_digits(rest);
  if (digits.empty() || !rest.empty()) return faults.add(field, quote(node.text) + " is not a whole number", range);
  const auto number = number_of(digits);
  if (!number.has_value() || *number > high) return faults.add(field, quote(node.text) + " is too much", range);
  if (*number < low) return faults.add(field, quote(node.text) + " is too small", range);
  out = *number;
}

void read_size(const YamlNode& node, const std::string& field, Bytes& out, FaultList& faults) {
  read_parsed(node, field, "give a size with its unit, e.g. 500MB", parse_bytes, out, faults);
}

void read_duration(const YamlNode& node, const std::string& field, Duration& out, FaultList& faults) {
  read_parsed(node, field, "give a length of time with its unit, e.g. 2m", parse_duration, out, faults);
}

void read_time(const YamlNode& node, const std::string& field, const TimeBase& base, UnixTime& out, FaultList& faults) {
  std::string text;
  read_text(node, field, text, faults);
  if (faults.covers(field)) return;
  const auto time = parse_moment(text, base);
  if (time.has_value()) out = *time;
  else faults.add(field, time.error().wrong, time.error().right);
}

void read_money(const YamlNode& node, const std::string& field, std::optional<Cny>& out, FaultList& faults) {
  read_parsed(node, field, "give yuan, e.g. \"12.5\"", parse_cny, out, faults);
}

std::optional<MilliCards> parse_cards(std::string_view text) {
  const std::string_view whole = take_digits(text);
  std::string_view decimals;
  if (take(text, '.')) {
    decimals = take_digits(text);
    if (decimals.empty()) return std::nullopt;
  }
  if (whole.empty() || !text.empty() || decimals.size() > 3) return std::nullopt;
  const auto cards = number_of(whole);
  std::int64_t milli = 0;
  if (!cards.has_value() || __builtin_mul_overflow(*cards, 1'000, &milli) ||
      __builtin_add_overflow(milli, fraction_of(decimals, 3), &milli))
    return std::nullopt;
  return MilliCards(milli);
}

void read_cards(const YamlNode& node, const std::string& field, MilliCards& out, FaultList& faults) {
  constexpr const char* right = "give a number with at most three decimals, e.g. 1 or 0.5";
  if (node.kind != YamlNode::Kind::text || node.quoted) return wrong_kind(node, field, right, faults);
  const auto cards = parse_cards(node.text);
  if (cards.has_value()) out = *cards;
  else faults.add(field, quote(node.text) + " is not a number of cards", right);
}

namespace {

void read_capability(const YamlNode& node, const std::string& field, const char* right, Capability most,
                     Capability& out, FaultList& faults) {
  constexpr std::int64_t parts = 10;  // of a thousandth, in 1/10,000
  if (node.kind != YamlNode::Kind::text || node.quoted) return wrong_kind(node, field, right, faults);
  const auto thousandths = parse_cards(node.text);  // a number to the thousandth
  if (!thousandths.has_value()) return faults.add(field, quote(node.text) + " is not a capability", right);
  if (thousandths->is_zero() || thousandths->value() > most.value() / parts)
    return faults.add(field, quote(node.text) + " is out of range", right);
  out = Capability(thousandths->value() * parts);
}

}  // namespace

void read_core_capability(const YamlNode& node, const std::string& field, Capability& out, FaultList& faults) {
  read_capability(node, field, "give how fast a core is beside the reference core, e.g. 1.25", core_capability_max, out,
                  faults);
}

void read_card_capability(const YamlNode& node, const std::string& field, Capability& out, FaultList& faults) {
  read_capability(node, field, "give how fast a card is beside the reference card (an A100), e.g. 0.9",
                  card_capability_max, out, faults);
}

void read_power(const YamlNode& node, const std::string& field, Milliwatts most, std::optional<Milliwatts>& out,
                FaultList& faults) {
  constexpr const char* right = "give a power with its unit, e.g. 4.5W";
  if (node.kind != YamlNode::Kind::text) return wrong_kind(node, field, right, faults);
  std::string_view text = node.text;
  std::int64_t per_thousandth = 1;
  if (text.ends_with("kW")) per_thousandth = 1'000;
  const bool is_small = text.ends_with("mW");
  if (!text.ends_with('W')) return faults.add(field, quote(node.text) + " is not a power", right);
  text.remove_suffix(is_small || per_thousandth > 1 ? 2 : 1);
  const auto thousandths = parse_cards(text);  // a number to the thousandth
  std::int64_t milliwatts = 0;
  if (!thousandths.has_value() || (is_small && thousandths->value() % 1'000 != 0) ||
      __builtin_mul_overflow(thousandths->value(), per_thousandth, &milliwatts))
    return faults.add(field, quote(node.text) + " is not a power", right);
  if (is_small) milliwatts /= 1'000;
  if (milliwatts < 1 || milliwatts > most.value())
    return faults.add(field, quote(node.text) + " is out of range",
                      "give above 0 and at most " + std::to_string(most.value() / 1'000) + "W");
  out = Milliwatts(milliwatts);
}

void read_latency(const YamlNode& node, const std::string& field,
                  const std::function<void(const std::string& city, Duration)>& add, FaultList& faults) {
  if (node.kind != YamlNode::Kind::map)
    return faults.add(field, "is " + std::string(node.what()), "give each city its round trip, e.g. {shanghai: 20ms}");
  for (const YamlNode& member : node.children) {
    const std::string name = field + '.' + member.key;
    faults.place(name, member.line);
    Duration time = Duration::seconds(1);  // one that cannot be read has its fault already
    read_duration(member, name, time, faults);
    add(member.key, time);
  }
}

void read_flag(const YamlNode& node, const std::string& field, bool& out, FaultList& faults) {
  if (node.kind != YamlNode::Kind::text || node.quoted || (node.text != "true" && node.text != "false"))
    return wrong_kind(node, field, "give true or false", faults);
  out = node.text == "true";
}

void read_texts(const YamlNode& node, const std::string& field, std::vector<std::string>& out, FaultList& faults) {
  if (node.kind != YamlNode::Kind::list) return wrong_kind(node, field, "give a list, e.g. [a, b]", faults);
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    const std::string element = field + '[' + std::to_string(i) + ']';
    faults.place(element, node.children[i].line);
    read_text(node.children[i], element, out.emplace_back(), faults);
  }
}

void read_map(const YamlNode& node, const std::string& field, const std::vector<YamlKey>& keys, FaultList& faults) {
  if (node.kind != YamlNode::Kind::map) return wrong_kind(node, field, "give a map, e.g. {key: value}", faults);
  for (const YamlNode& member : node.children) {
    const std::string name = field.empty() ? member.key : field + '.' + member.key;
    faults.place(name, member.line);
    const auto known =
        std::find_if(keys.begin(), keys.end(), [&](const YamlKey& key) { return key.name == member.key; });
    if (known != keys.end() && known->instead.empty()) {
      known->read(member, name);
      continue;
    }
    std::string right;
    for (const YamlKey& key : keys)
      if (key.instead.empty()) right += (right.empty() ? "one of: " : ", ") + std::string(key.name);
    if (known != keys.end()) right = known->instead;
    // Quoted and cut, since a key may be as long as the file.
    faults.add_at(member.line, field, "has no key " + quote(member.key), "give " + right);
  }
}

bool has_any_key(const YamlNode& node, std::initializer_list<std::string_view> keys) {
  const auto is_asked = [&](const YamlNode& child) { return std::ranges::find(keys, child.key) != keys.end(); };
  return node.kind == YamlNode::Kind::map && std::ranges::any_of(node.children, is_asked);
}

void require_key(const YamlNode& map, const std::string& field, std::string_view key, std::string right,
                 FaultList& faults) {
  if (map.kind != YamlNode::Kind::map) return;
  const auto is_it = [&](const YamlNode& member) { return member.key == key; };
  if (std::ranges::any_of(map.children, is_it)) return;
  faults.add((field.empty() ? "" : field + '.') + std::string(key), "is missing", std::move(right));
}

std::vector<YamlKey> span_keys(Duration& from, Duration& span, FaultList& faults) {
  return {{"from", [&](const YamlNode& member, const std::string& at) { read_duration(member, at, from, faults); }},
          {"for", [&](const YamlNode& member, const std::string& at) {
             read_duration(member, at, span, faults);
             if (!faults.covers(at) && span <= Duration())
               faults.add(at, "lasts no time", "give a length of time above zero, e.g. 30m");
           }}};
}

void read_list(const YamlNode& node, const std::string& field,
               const std::function<void(const YamlNode&, const std::string& field)>& read, FaultList& faults) {
  if (node.kind != YamlNode::Kind::list)
    return wrong_kind(node, field, "give a list, each element after a dash", faults);
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    const std::string element = field + '[' + std::to_string(i) + ']';
    faults.place(element, node.children[i].line);
    read(node.children[i], element);
  }
}

}  // namespace dayan::jobfile
