#include "trace/gap.h"

#include <algorithm>
#include <optional>

#include "base/scan.h"

namespace dayan::trace {
namespace {

constexpr std::size_t micro_digits = 6;

/// Takes the text apart into lines and words and keeps the faults.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  /// False at the end of the text.
  bool next_line() {
    if (text_.empty()) return false;
    const std::size_t end = text_.find('\n');
    line_ = text_.substr(0, end);
    text_.remove_prefix(end == std::string_view::npos ? text_.size() : end + 1);
    ++number_;
    return true;
  }

  std::string_view next_word() {
    const std::size_t begin = line_.find_first_not_of(blanks);
    if (begin == std::string_view::npos) {
      line_ = {};
      return {};
    }
    line_.remove_prefix(begin);
    const std::size_t end = std::min(line_.find_first_of(blanks), line_.size());
    const std::string_view word = line_.substr(0, end);
    line_.remove_prefix(end);
    return word;
  }

  std::optional<std::int64_t> integer(const char* what, std::int64_t least, std::int64_t most) {
    const std::string_view word = next_word();
    std::string_view rest = word;
    const std::string_view digits = take_digits(rest);
    const std::optional<std::int64_t> value = digits.empty() || !rest.empty() ? std::nullopt : number_of(digits);
    if (value && *value >= least && *value <= most) return value;
    refuse(word, what, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return std::nullopt;
  }

  std::optional<Cny> cost(const char* what) {
    const std::string_view word = next_word();
    std::string_view rest = word;
    const std::string_view whole = take_digits(rest);
    std::string_view decimals;
    if (take(rest, '.')) decimals = take_digits(rest);
    const std::optional<std::int64_t> yuan = whole.empty() ? std::nullopt : number_of(whole);
    if (!rest.empty() || !yuan || *yuan > gap_cost_max.micro() / 1'000'000) {
      refuse(word, what, "yuan from 0 to " + dayan::to_text(gap_cost_max) + ", as 12.5");
      return std::nullopt;
    }
    const bool round_up = decimals.size() > micro_digits && decimals[micro_digits] >= '5';
    const std::int64_t micro = fraction_of(decimals.substr(0, micro_digits), micro_digits) + (round_up ? 1 : 0);
    return Cny::micro(*yuan * 1'000'000 + micro);
  }

  void end_line() {
    const std::string_view word = next_word();
    if (!word.empty()) fault(quote(word) + " is more than the line should hold", "the end of the line");
  }

  void fault(std::string wrong, std::string right) {
    faults_.push_back({ErrorCode::invalid, "line " + std::to_string(number_), std::move(wrong), std::move(right)});
  }
  [[nodiscard]] bool has_enough_faults() const { return faults_.size() >= gap_faults_max; }
  [[nodiscard]] std::size_t fault_count() const { return faults_.size(); }
  [[nodiscard]] bool is_blank() const { return line_.find_first_not_of(blanks) == std::string_view::npos; }
  Faults take_faults() { return std::move(faults_); }

 private:
  static constexpr const char* blanks = " \t\r";

  void refuse(std::string_view word, const char* what, std::string right) {
    fault(word.empty() ? std::string("it ends before ") + what : what + std::string(" is ") + quote(word),
          std::move(right));
  }

  std::string_view text_;
  std::string_view line_;
  std::size_t number_ = 0;
  Faults faults_;
};

void read_options(Reader& reader, std::int64_t count, std::size_t pools, GapJob& job) {
  std::vector<std::uint32_t> seen;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto pool = reader.integer("the number of a pool", 0, static_cast<std::int64_t>(pools) - 1);
    if (!pool) return;
    const auto cost = reader.cost("the cost in a pool");
    if (!cost) return;
    job.options.push_back({static_cast<std::uint32_t>(*pool), *cost});
    seen.push_back(job.options.back().pool);
  }
  std::ranges::sort(seen);
  const auto twice = std::ranges::adjacent_find(seen);
  if (twice != seen.end())
    reader.fault("pool " + std::to_string(*twice) + " is named twice", "each pool at most once");
  else
    reader.end_line();
}

void read_job(Reader& reader, std::size_t pools, GapInstance& instance) {
  GapJob job;
  const auto demand = reader.integer("the demand", 1, gap_units_max);
  if (!demand) return;
  const auto reject_cost = reader.cost("the reject cost");
  if (!reject_cost) return;
  const auto count = reader.integer("the number of options", 0, static_cast<std::int64_t>(pools));
  if (!count) return;
  job.demand = *demand;
  job.reject_cost = *reject_cost;
  read_options(reader, *count, pools, job);
  instance.jobs.push_back(std::move(job));
}

/// The first two lines. The number of jobs, or nothing when they are faulty.
std::optional<std::int64_t> read_head(Reader& reader, GapInstance& instance) {
  if (!reader.next_line()) {
    reader.fault("it is empty", "a first line `jobs pools`");
    return std::nullopt;
  }
  const auto jobs = reader.integer("the number of jobs", 0, gap_jobs_max);
  if (!jobs) return std::nullopt;
  const auto pools = reader.integer("the number of pools", 1, gap_pools_max);
  if (!pools) return std::nullopt;
  reader.end_line();
  if (!reader.next_line()) {
    reader.fault("it ends before the capacities", "a line of " + std::to_string(*pools) + " capacities");
    return std::nullopt;
  }
  for (std::int64_t i = 0; i < *pools; ++i) {
    const auto capacity = reader.integer("the capacity of a pool", 0, gap_units_max);
    if (!capacity) return std::nullopt;
    instance.capacities.push_back(*capacity);
  }
  reader.end_line();
  return jobs;
}

}  // namespace

tl::expected<GapInstance, Faults> parse_gap(std::string_view text) {
  Reader reader(text);
  GapInstance instance;
  if (const auto jobs = read_head(reader, instance)) {
    std::int64_t read = 0;
    for (; read < *jobs && !reader.has_enough_faults() && reader.next_line(); ++read)
      read_job(reader, instance.capacities.size(), instance);
    if (read < *jobs && !reader.has_enough_faults())
      reader.fault("it ends after " + std::to_string(read) + " jobs", "a line for each of " + std::to_string(*jobs));
    while (!reader.has_enough_faults() && reader.next_line()) {
      if (reader.is_blank()) continue;
      reader.fault("there are more lines than jobs", "the end after " + std::to_string(*jobs) + " jobs");
      break;
    }
  }
  if (reader.fault_count() > 0) return tl::make_unexpected(reader.take_faults());
  return instance;
}

std::string to_text(const GapInstance& instance) {
  std::string text = std::to_string(instance.jobs.size()) + ' ' + std::to_string(instance.capacities.size()) + '\n';
  for (std::size_t i = 0; i < instance.capacities.size(); ++i)
    text += (i == 0 ? "" : " ") + std::to_string(instance.capacities[i]);
  text += '\n';
  for (const GapJob& job : instance.jobs) {
    text +=
        std::to_string(job.demand) + ' ' + dayan::to_text(job.reject_cost) + ' ' + std::to_string(job.options.size());
    for (const GapOption& option : job.options)
      text += ' ' + std::to_string(option.pool) + ' ' + dayan::to_text(option.cost);
    text += '\n';
  }
  return text;
}

}  // namespace dayan::trace
