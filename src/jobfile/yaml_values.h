#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.h"
#include "base/time.h"
#include "base/units.h"
#include "jobfile/moment.h"
#include "jobfile/yaml_tree.h"

/// Typed values of a YAML tree. Each reader adds one fault at `field` and leaves `out` as it was when the node is
/// wrong.

namespace dayan::jobfile {

void read_text(const YamlNode& node, const std::string& field, std::string& out, FaultList& faults);
/// A plain integer from `low` to `high`.
void read_count(const YamlNode& node, const std::string& field, std::int64_t low, std::int64_t high, std::int64_t& out,
                FaultList& faults);
void read_size(const YamlNode& node, const std::string& field, Bytes& out, FaultList& faults);
void read_duration(const YamlNode& node, const std::string& field, Duration& out, FaultList& faults);
void read_time(const YamlNode& node, const std::string& field, const TimeBase& base, UnixTime& out, FaultList& faults);
void read_money(const YamlNode& node, const std::string& field, std::optional<Cny>& out, FaultList& faults);
/// "2" or "0.5", to the thousandth.
void read_cards(const YamlNode& node, const std::string& field, MilliCards& out, FaultList& faults);
/// "1.25": how fast a core or card is beside the reference, above zero.
void read_core_capability(const YamlNode& node, const std::string& field, Capability& out, FaultList& faults);
void read_card_capability(const YamlNode& node, const std::string& field, Capability& out, FaultList& faults);
/// "4.5W", "1.2kW" or "800mW", above zero.
void read_power(const YamlNode& node, const std::string& field, Milliwatts most, std::optional<Milliwatts>& out,
                FaultList& faults);
/// {shanghai: 20ms}: `add` is called for each city, in order.
void read_latency(const YamlNode& node, const std::string& field,
                  const std::function<void(const std::string& city, Duration)>& add, FaultList& faults);
void read_flag(const YamlNode& node, const std::string& field, bool& out, FaultList& faults);
/// A list of texts; each is placed as `field[i]`.
void read_texts(const YamlNode& node, const std::string& field, std::vector<std::string>& out, FaultList& faults);

/// A number of cards as text: digits, at most three decimals.
[[nodiscard]] std::optional<MilliCards> parse_cards(std::string_view text);

/// One key of a map, and what reads its value; or one that is known no more, and what is given in its stead.
struct YamlKey {
  std::string_view name;
  std::function<void(const YamlNode&, const std::string& field)> read;
  std::string_view instead = {};
};
/// Reads a map whose keys are known; an unknown one, and a node that is no map, is a fault. Each key is placed as
/// `field.key`, or `key` when field is empty.
void read_map(const YamlNode& node, const std::string& field, const std::vector<YamlKey>& keys, FaultList& faults);
/// A map with one of these keys.
[[nodiscard]] bool has_any_key(const YamlNode& node, std::initializer_list<std::string_view> keys);
/// A fault where a map lacks a key; none where the node is no map.
void require_key(const YamlNode& map, const std::string& field, std::string_view key, std::string right,
                 FaultList& faults);
/// The keys of a span of time, "from: 2h" and "for: 30m", for `read_map`.
[[nodiscard]] std::vector<YamlKey> span_keys(Duration& from, Duration& span, FaultList& faults);
/// Calls `read` for each element of a list, which is placed as `field[i]`.
void read_list(const YamlNode& node, const std::string& field,
               const std::function<void(const YamlNode&, const std::string& field)>& read, FaultList& faults);

}  // namespace dayan::jobfile
