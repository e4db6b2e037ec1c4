#include <algorithm>
#include <set>

#include "model/checker.h"

/// What a job asks for: every fault of its requirements, tasks and rounds.

namespace dayan {
namespace {

/// Beyond any machine there is, and far below where a product with a price would leave 128 bits.
constexpr Cores cores_max{100'000};
// Without a bound a task could take the whole node, and pay for nothing of it.
constexpr Bytes memory_min{1'000'000};
constexpr Bytes memory_max{1'000'000'000'000'000};
constexpr MilliCards cards_max{1'000'000};

std::string show_number(std::int64_t value) { return std::to_string(value); }

std::string show_cards(MilliCards cards) { return decimal_text(cards.value(), 3) + " cards"; }

/// Digits, letters and the punctuation of versions: "3.7.0.10", "12.0~rc1".
bool is_version(std::string_view text) {
  if (text.size() > name_length_max || text.empty() || (!is_digit(text.front()) && !is_letter(text.front())))
    return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_digit(c) || is_letter(c) || std::string_view(".+~-_").find(c) != std::string_view::npos;
  });
}

void check_resources(const Requirements& wanted, Checker& checker) {
  const Resources& resources = wanted.resources;
  const std::string prefix = "requirements.resources.";
  checker.range(prefix + "cores", resources.cores, Cores(1), cores_max,
                [](Cores cores) { return show_number(cores.value()) + " cores"; });
  checker.range(prefix + "memory", resources.memory, memory_min, memory_max, show_size(memory_min, memory_max));
  checker.range(prefix + "cards", resources.cards, MilliCards(0), cards_max, show_cards);
  checker.range(prefix + "nodes", resources.nodes, std::int32_t{1}, task_nodes_max, [](std::int32_t nodes) {
    return std::to_string(nodes) + " nodes";
  });
  if (resources.memory <= memory_max && resources.nodes > 0 &&
      resources.memory.value() > bytes_max.value() / resources.nodes)
    checker.fault(prefix + "nodes",
                  "so many nodes with " + readable(resources.memory) + " each are more than there are",
                  "give at most " + to_text(bytes_max) + " of memory in all");
  checker.plain_names("requirements.chips", wanted.chips);
  // Silence would place it on a machine without any card.
  if (!wanted.chips.empty() && resources.cards.is_zero())
    checker.fault(prefix + "cards", "is zero, though a chip is named", "give the number of cards, or name no chip");
}

void check_weights(const Requirements& wanted, Checker& checker) {
  const Weights& weights = wanted.weights;
  const auto weight = [&](const char* field, std::int32_t value) {
    checker.range(std::string("requirements.weights.") + field, value, std::int32_t{0}, weight_max,
                  [](std::int32_t number) { return std::to_string(number); });
  };
  weight("cost", weights.cost);
  weight("time", weights.time);
  weight("carbon", weights.carbon);
  const bool is_weighted = wanted.objective == Objective::weighted;
  if (is_weighted && weights == Weights{})
    checker.fault("requirements.weights", "are all zero", "give a weight to cost, time or carbon");
  if (!is_weighted && weights != Weights{})
    checker.fault("requirements.weights", "count only under the objective weighted",
                  "give that objective, or no weights");
}

void check_latency(const std::vector<LatencyBound>& latency, Checker& checker) {
  if (!checker.at_most("requirements.latency", latency.size(), Checker::list_max, "cities")) return;
  std::set<std::string_view> cities;
  for (std::size_t i = 0; i < latency.size(); ++i) {
    const std::string field = Checker::member("requirements.latency", i);
    checker.plain_name(field + ".city", latency[i].city);
    if (!cities.insert(latency[i].city).second)
      checker.fault(field + ".city", quote(latency[i].city) + " is given twice", "give each city once");
    checker.range(field + ".at_most", latency[i].at_most, Duration::microseconds(1), Duration::seconds(3'600),
                  [](Duration time) { return to_text(time); });
  }
}

void check_requirements(const Requirements& wanted, Checker& checker) {
  check_resources(wanted, checker);
  check_weights(wanted, checker);
  check_latency(wanted.latency, checker);
  checker.range("requirements.core_capability_min", wanted.core_capability_min, Capability(0), core_capability_max,
                [](Capability capability) { return show_number(capability.value()) + "/10000 of the reference core"; });
  if (wanted.priority > 0) {
    checker.fault("requirements.priority", std::to_string(wanted.priority) + " would go before the work of others",
                  "give 0, or less for what can wait: your other jobs then go before it");
  } else {
    checker.range("requirements.priority", wanted.priority, -priority_steps_max, std::int32_t{0},
                  [](std::int32_t priority) { return std::to_string(priority); });
  }
  if (checker.at_most("requirements.software", wanted.software.size(), Checker::list_max, "programs")) {
    for (std::size_t i = 0; i < wanted.software.size(); ++i) {
      const SoftwareNeed& need = wanted.software[i];
      const std::string field = Checker::member("requirements.software", i);
      checker.plain_name(field + ".name", need.name);
      if (!need.version_min.empty() && !is_version(need.version_min))
        checker.fault(field + ".version_min", quote(need.version_min) + " is not a version", "give one like 3.7");
    }
  }
  if (!wanted.finish_by.is_none() && wanted.finish_by <= wanted.not_before)
    checker.fault("requirements.finish_by",
                  to_text(wanted.finish_by) + " does not lie after the earliest start, " + to_text(wanted.not_before),
                  "give a later deadline, or an earlier start");
  const auto show = [](Duration time) { return to_text(time); };
  checker.range("requirements.wall_time", wanted.wall_time, wall_time_limit_min, wall_time_limit_max, show);
  checker.range("requirements.run_time", wanted.run_time, Duration(), wall_time_limit_max, show);
  checker.range("requirements.tasks_per_centre_max", wanted.tasks_per_centre_max, std::int32_t{0}, array_count_max,
                [](std::int32_t tasks) { return std::to_string(tasks) + " tasks at one centre"; });
  checker.range("requirements.tasks_per_node_max", wanted.tasks_per_node_max, std::int32_t{0}, array_count_max,
                [](std::int32_t tasks) { return std::to_string(tasks) + " tasks on one node"; });
  checker.plain_names("requirements.regions", wanted.regions);
  checker.plain_names("requirements.providers", wanted.providers);
  if (wanted.price_cap.has_value())
    checker.range("requirements.price_cap", *wanted.price_cap, Cny::micro(1), amount_max,
                  [](Cny amount) { return to_text(amount) + " yuan"; });
}

void check_rounds(const JobSpec& spec, Checker& checker) {
  const auto show = [](std::int32_t times) { return std::to_string(times) + " rounds"; };
  if (spec.every == Duration()) {
    if (spec.times != 0)
      checker.fault("times", show(spec.times) + " are wanted, and no period", "say how often: every, or leave it out");
    if (spec.overlap != Overlap::both)
      checker.fault("overlap", "says what becomes of rounds, and there is one alone",
                    "say how often: every, or leave it out");
    return;
  }
  const std::size_t before = checker.count();
  checker.range("every", spec.every, every_min, every_max, [](Duration every) { return to_text(every); });
  if (spec.times == 0)
    checker.fault("times", "is missing", "say how many rounds there are, the first counted: " +
                                             std::to_string(times_min) + " to " + std::to_string(times_max));
  else
    checker.range("times", spec.times, times_min, times_max, show);
  if (checker.count() > before || spec.every * (spec.times - 1) <= series_length_max) return;
  const std::int64_t most = series_length_max.microseconds() / spec.every.microseconds() + 1;
  checker.fault("times", show(spec.times) + " take longer than " + to_text(series_length_max),
                "give at most " + std::to_string(most) + " every " + to_text(spec.every));
}

}  // namespace

Faults check(const JobSpec& spec) {
  Faults faults;
  Checker checker(faults);
  checker.plain_name("name", spec.name);
  const auto tasks = [](std::int32_t count) { return std::to_string(count) + " tasks"; };
  checker.range("count", spec.count, std::int32_t{1}, array_count_max, tasks);
  checker.range("wait_max", spec.wait_max, wait_limit_min, wait_limit_max,
                [](Duration wait) { return to_text(wait); });
  checker.range("throttle", spec.throttle, std::int32_t{0}, array_count_max, tasks);
  check_rounds(spec, checker);
  check_requirements(spec.requirements, checker);
  check_payload(spec.payload, checker);
  return faults;
}

}  // namespace dayan
