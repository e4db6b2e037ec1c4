#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/readable.h"
#include "base/result.h"
#include "base/scan.h"
#include "model/job.h"

/// What the checks of a job's fields share. Inside the room only.

namespace dayan {

/// Collects faults under one prefix of field names.
class Checker {
 public:
  static constexpr std::size_t list_max = 100;  ///< of names, programs and cities

  explicit Checker(Faults& faults) : faults_(faults) {}

  void fault(std::string field, std::string wrong, std::string right) {
    faults_.push_back({ErrorCode::invalid, std::move(field), std::move(wrong), std::move(right)});
  }
  /// A number between `low` and `high`, both included; `text` shows one in the field's unit.
  template <class T, class Show>
  void range(std::string field, const T& value, const T& low, const T& high, const Show& show) {
    if (value < low)
      fault(std::move(field), show(value) + " is too small", "give at least " + show(low));
    else if (value > high)
      fault(std::move(field), show(value) + " is too much", "give at most " + show(high));
  }
  bool at_most(const std::string& field, std::size_t count, std::size_t count_max, std::string_view what) {
    if (count <= count_max) return true;
    fault(field, std::to_string(count) + ' ' + std::string(what) + " are too many",
          "give at most " + std::to_string(count_max));
    return false;
  }
  void plain_names(const std::string& field, const std::vector<std::string>& names) {
    if (!at_most(field, names.size(), list_max, "names")) return;
    for (std::size_t i = 0; i < names.size(); ++i) plain_name(member(field, i), names[i]);
  }
  void plain_name(std::string field, std::string_view name) {
    if (is_plain_name(name)) return;
    fault(std::move(field), name.empty() ? "is missing" : quote(name) + " is not a name",
          "give 1 to 64 letters, digits, dots, dashes or underscores, a letter or digit first");
  }
  [[nodiscard]] std::size_t count() const { return faults_.size(); }
  [[nodiscard]] static std::string member(const std::string& field, std::size_t index) {
    return field + '[' + std::to_string(index) + ']';
  }

 private:
  Faults& faults_;
};

/// As people read it, but exact where it would read like a bound that it is not.
inline auto show_size(Bytes low, Bytes high) {
  return [low, high](Bytes size) {
    std::string text = readable(size);
    return text == readable(low) || text == readable(high) ? to_text(size) : text;
  };
}

/// Every fault of what a job runs: its program, environment, inputs and outputs.
void check_payload(const Payload& payload, Checker& checker);

}  // namespace dayan
