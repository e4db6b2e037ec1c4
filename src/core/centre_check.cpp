#include "core/centre_check.h"

#include <algorithm>
#include <set>

#include "base/scan.h"
#include "model/energy.h"

namespace dayan::core {
namespace {

constexpr std::int32_t nodes_max = 1'000'000;
constexpr std::int64_t cores_per_node_max = 100'000;
constexpr std::int64_t cards_per_node_max = 1'000'000;
constexpr std::size_t software_max = 1'000;
/// Of the words that an agent tells of its pools: the model of a card, a program's name and its version.
constexpr std::size_t pool_word_bytes_max = 64;
constexpr Duration latency_max = Duration::hours(1);

bool fits_times(std::int64_t per_node, std::int32_t nodes) {
  std::int64_t product = 0;
  return !__builtin_mul_overflow(per_node, std::int64_t{nodes}, &product) && product <= bytes_max.value();
}

void check_number(const char* field, std::optional<std::int64_t> number, std::int64_t low, std::int64_t high,
                  const char* right, Faults& faults) {
  if (number.has_value() && (*number < low || *number > high))
    faults.push_back({ErrorCode::invalid, field, std::to_string(*number) + " is out of range", right});
}

/// A list in which each element has a name of its own. `part`: where in an element that stands.
template <class List, class NameOf>
void check_names(const std::string& field, const char* part, std::size_t most, const List& list,
                 const NameOf& name_of, Faults& faults) {
  const auto fault = [&](std::string at, std::string wrong, std::string right) {
    faults.push_back({ErrorCode::invalid, std::move(at), std::move(wrong), std::move(right)});
  };
  if (list.size() > most) return fault(field, "too many", "at most " + std::to_string(most));
  std::set<std::string> seen;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string& name = name_of(list[i]);
    const std::string at = field + '[' + std::to_string(i) + ']' + part;
    if (!is_plain_name(name))
      fault(at, "not a name", "1 to 64 of letters, digits, '.', '_' and '-'");
    else if (!seen.insert(name).second)
      fault(at, "'" + name + "' is given twice", "each name once");
  }
}

const std::string& itself(const std::string& name) { return name; }

/// Collects the faults of one pool.
class PoolCheck {
 public:
  PoolCheck(std::size_t index, Faults& faults) : path_("pools[" + std::to_string(index) + "]."), faults_(faults) {}

  void fault(const std::string& field, std::string wrong, std::string right) {
    faults_.push_back({ErrorCode::invalid, path_ + field, std::move(wrong), std::move(right)});
  }
  template <class Value, class Show>
  void range(const char* field, Value value, Value low, Value high, Show show) {
    if (value < low || value > high) fault(field, show(value) + " is out of range", show(low) + " to " + show(high));
  }
  void power(const char* field, std::optional<Milliwatts> drawn, Milliwatts most) {
    if (!drawn.has_value() || (*drawn >= Milliwatts(1) && *drawn <= most)) return;
    fault(field, std::to_string(drawn->value()) + " is out of range",
          "1 to " + std::to_string(most.value()) + " thousandths of a watt, or null when it is not known");
  }
  void word(const std::string& field, const std::string& text, bool may_be_empty) {
    if (text.empty() && !may_be_empty) return fault(field, "is empty", "a word");
    if (text.size() <= pool_word_bytes_max) return;
    fault(field, "a text of " + std::to_string(text.size()) + " bytes is too long",
          "at most " + std::to_string(pool_word_bytes_max) + " bytes");
  }

 private:
  const std::string path_;
  Faults& faults_;
};

void check_racks(const PoolRow& pool, PoolCheck& check) {
  std::int64_t racks = 0;
  std::int64_t nodes = 0;
  for (std::size_t i = 0; i < pool.racks.size(); ++i) {
    const Racks& each = pool.racks[i];
    const std::string field = "racks[" + std::to_string(i) + "]";
    if (each.nodes < 1 || each.count < 1)
      return check.fault(field, "is no rack with nodes in it", "nodes and count of at least 1");
    if (i > 0 && each.nodes >= pool.racks[i - 1].nodes)
      return check.fault(field, "is not smaller than the one before", "the largest racks first, each size once");
    racks += each.count;
    nodes += std::int64_t{each.nodes} * each.count;
  }
  if (racks > pool_racks_max)
    check.fault("racks", std::to_string(racks) + " racks are too many",
                "the " + std::to_string(pool_racks_max) + " largest");
  if (nodes > pool.nodes)
    check.fault("racks", "they have " + std::to_string(nodes) + " nodes, the pool has " + std::to_string(pool.nodes),
                "no more nodes in racks than there are");
}

}  // namespace

void check_maps(const std::vector<std::string>& maps, Faults& faults) {
  check_names("maps", "", accepts_max, maps, itself, faults);
}

Faults description_faults(const UpdateCentre& told) {
  Faults faults;
  const auto fault = [&](std::string field, std::string wrong, std::string right) {
    faults.push_back({ErrorCode::invalid, std::move(field), std::move(wrong), std::move(right)});
  };
  check_names("accepts", "", accepts_max, told.accepts, itself, faults);
  check_names(
      "latency", ".city", cities_max, told.latency,
      [](const CityLatency& each) -> const std::string& { return each.city; }, faults);
  for (std::size_t i = 0; i < std::min(told.latency.size(), cities_max); ++i) {
    const Duration round_trip = told.latency[i].round_trip;
    if (round_trip < Duration::microseconds(1) || round_trip > latency_max)
      fault("latency[" + std::to_string(i) + "].round_trip", to_text(round_trip) + " is out of range", "1us to 1h");
  }
  check_number("pue", told.pue, pue_min, pue_max, "thousandths of power drawn over power used: 1,000 to 10,000",
               faults);
  check_number("carbon", told.carbon, 0, carbon_intensity_max, "grams of CO2 per kWh: 0 to 5,000", faults);
  if (told.bandwidth && (*told.bandwidth < Bandwidth(1) || *told.bandwidth > bandwidth_max))
    fault("bandwidth", std::to_string(told.bandwidth->value()) + " is out of range",
          "bytes a second: 1 to " + to_text(bandwidth_max));
  check_hours("carbon_hours", told.carbon_hours, faults);
  if (!told.carbon_hours.empty() && !told.carbon)
    fault("carbon", "is not known, though hours are at which it is another percentage of it",
          "give it in grams of CO2 per kWh, or no hours");
  return faults;
}

void check_pool(const PoolRow& pool, std::size_t index, Faults& faults) {
  PoolCheck check(index, faults);
  const auto number = [](auto value) { return std::to_string(value); };
  const auto count = [](auto value) { return std::to_string(value.value()); };
  if (!is_plain_name(pool.name)) {
    check.fault("name", quote(pool.name) + " is not a name", "1 to 64 of letters, digits, '.', '_' and '-'");
  }
  check.range("nodes", pool.nodes, std::int32_t{1}, nodes_max, number);
  check.range("cores_per_node", pool.cores_per_node, Cores(1), Cores(cores_per_node_max), count);
  check.range("memory_per_node", pool.memory_per_node, Bytes(1), bytes_max, count);
  check.range("cards_per_node", pool.cards_per_node, MilliCards(0), MilliCards(cards_per_node_max),
              [](MilliCards cards) { return decimal_text(cards.value(), 3); });
  if (pool.wall_time_max < wall_time_limit_min) {
    check.fault("wall_time_max", to_text(pool.wall_time_max) + " is too short",
                "at least " + to_text(wall_time_limit_min));
  }
  // Zero: not known. The reference core has 10,000, and so has the reference card.
  check.range("core_capability", pool.core_capability, Capability(0), core_capability_max, count);
  check.range("card_capability", pool.card_capability, Capability(0), card_capability_max, count);
  if (!pool.card_capability.is_zero() && pool.cards_per_node.is_zero())
    check.fault("card_capability", "is given, and the pool has no cards", "zero, or the number of cards");
  check.power("core_power", pool.core_power, core_power_max);
  check.power("card_power", pool.card_power, card_power_max);
  // Sums over a pool are taken without a second thought elsewhere: they must fit.
  if (!fits_times(pool.memory_per_node.value(), pool.nodes) || !fits_times(pool.cores_per_node.value(), pool.nodes) ||
      !fits_times(pool.cards_per_node.value(), pool.nodes)) {
    check.fault("nodes", std::to_string(pool.nodes) + " nodes of that size are more than can be counted",
                "a pool of at most 1 EB of memory");
  }
  check_racks(pool, check);
  check.word("chip", pool.chip, true);
  if (pool.software.size() > software_max) {
    return check.fault("software", std::to_string(pool.software.size()) + " programs are too many",
                       "at most " + std::to_string(software_max));
  }
  for (std::size_t i = 0; i < pool.software.size(); ++i) {
    const std::string field = "software[" + std::to_string(i) + "]";
    check.word(field + ".name", pool.software[i].name, false);
    check.word(field + ".version", pool.software[i].version, true);
  }
}

}  // namespace dayan::core
