#include "trace/openb.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "base/scan.h"

namespace dayan::trace {
namespace {

/// Takes the next line off `text`, without its end.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> fields;
  for (;;) {
    const std::size_t end = text.find(separator);
    fields.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return fields;
    text.remove_prefix(end + 1);
  }
}

struct Column {
  std::string_view name;
  bool required = true;
};

/// Walks over the rows of one list and collects its faults.
class Rows {
 public:
  Rows(std::string_view text, std::span<const Column> columns) : rest_(text), columns_(columns) { read_header(); }

  /// On to the next row that is not empty; false at the end, or when enough faults were found.
  bool next() {
    while (usable_ && !rest_.empty() && faults_.size() < openb_faults_max) {
      const std::string_view line = take_line(rest_);
      ++line_;
      if (line.empty()) continue;
      fields_ = split(line, ',');
      if (line.find('"') != std::string_view::npos) {
        fault({}, "a quoted value", "values without quotes, separated by commas");
      } else if (fields_.size() != width_) {
        fault({}, std::to_string(fields_.size()) + " values", std::to_string(width_) + " as in the first line");
      } else {
        return true;
      }
    }
    return false;
  }

  /// The value of a column of this row; empty when the list lacks it.
  [[nodiscard]] std::string_view text(std::size_t column) const {
    const std::optional<std::size_t>& at = at_[column];
    return at ? fields_[*at] : std::string_view{};
  }

  /// A whole number of at most `most`; a fault, and zero, for anything else.
  std::int64_t number(std::size_t column, std::int64_t most, std::int64_t least = 0) {
    const std::string_view value = text(column);
    std::string_view rest = value;
    const std::string_view digits = take_digits(rest);
    if (!digits.empty() && rest.empty()) {
      const std::optional<std::int64_t> number = number_of(digits);
      if (number && *number >= least && *number <= most) return *number;
    }
    fault(columns_[column].name, quote(value) + " does not fit",
          "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return 0;
  }

  void fault(std::string_view column, std::string wrong, std::string right) {
    std::string field = "line " + std::to_string(line_);
    if (!column.empty()) field += ", " + std::string(column);
    faults_.push_back({ErrorCode::invalid, std::move(field), std::move(wrong), std::move(right)});
  }

  [[nodiscard]] bool failed() const { return !faults_.empty(); }
  [[nodiscard]] Faults take_faults() { return std::move(faults_); }

 private:
  void read_header() {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);  // a byte-order mark
    const std::vector<std::string_view> names = split(take_line(rest_), ',');
    line_ = 1;
    width_ = names.size();
    at_.resize(columns_.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const auto found = std::ranges::find(names, columns_[i].name);
      if (found != names.end()) at_[i] = static_cast<std::size_t>(found - names.begin());
      if (std::ranges::count(names, columns_[i].name) > 1)
        fault(columns_[i].name, "twice", "one column of each name");
      if (!at_[i] && columns_[i].required) fault(columns_[i].name, "missing", "a column of this name");
    }
    usable_ = faults_.empty();
  }

  std::string_view rest_;
  std::span<const Column> columns_;
  std::vector<std::optional<std::size_t>> at_;
  std::vector<std::string_view> fields_;
  std::size_t width_ = 0;
  std::int64_t line_ = 0;
  bool usable_ = false;
  Faults faults_;
};

constexpr std::string_view model_right = "the name of a model";

/// "A|B" as a sorted set.
std::vector<std::string> models_of(Rows& rows, std::size_t column) {
  std::vector<std::string> models;
  if (rows.text(column).empty()) return models;
  for (const std::string_view model : split(rows.text(column), '|')) {
    if (model.empty()) {
      rows.fault("gpu_spec", quote(rows.text(column)) + " has an empty name", "names of models with | between them");
      return {};
    }
    models.emplace_back(model);
  }
  std::ranges::sort(models);
  models.erase(std::ranges::unique(models).begin(), models.end());
  return models;
}

}  // namespace

tl::expected<std::vector<OpenbNode>, Faults> parse_openb_nodes(std::string_view text) {
  static constexpr std::array<Column, 5> columns{{{"sn"}, {"cpu_milli"}, {"memory_mib"}, {"gpu"}, {"model"}}};
  Rows rows(text, columns);
  std::vector<OpenbNode> nodes;
  while (rows.next()) {
    OpenbNode node;
    node.name = rows.text(0);
    node.cpu_milli = rows.number(1, openb_cpu_milli_max);
    node.memory_mib = rows.number(2, openb_memory_mib_max);
    node.cards = static_cast<int>(rows.number(3, openb_cards_max));
    node.model = rows.text(4);
    if (node.name.empty()) rows.fault("sn", "empty", "the name of a node");
    if (node.cards > 0 && node.model.empty()) rows.fault("model", "empty", std::string(model_right));
    nodes.push_back(std::move(node));
  }
  if (rows.failed()) return tl::make_unexpected(rows.take_faults());
  return nodes;
}

tl::expected<std::vector<OpenbPod>, Faults> parse_openb_pods(std::string_view text) {
  static constexpr std::array<Column, 6> columns{
      {{"name"}, {"cpu_milli"}, {"memory_mib"}, {"num_gpu"}, {"gpu_milli"}, {"gpu_spec", false}}};
  Rows rows(text, columns);
  std::vector<OpenbPod> pods;
  while (rows.next()) {
    OpenbPod pod;
    pod.name = rows.text(0);
    pod.cpu_milli = rows.number(1, openb_cpu_milli_max);
    pod.memory_mib = rows.number(2, openb_memory_mib_max);
    pod.cards = static_cast<int>(rows.number(3, openb_cards_max));
    if (pod.cards == 1) pod.card_milli = static_cast<int>(rows.number(4, 1000, 1));
    pod.models = models_of(rows, 5);
    if (pod.name.empty()) rows.fault("name", "empty", "the name of a pod");
    pods.push_back(std::move(pod));
  }
  if (rows.failed()) return tl::make_unexpected(rows.take_faults());
  return pods;
}

}  // namespace dayan::trace
