#include "trace/swf.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>

#include "base/scan.h"

namespace dayan::trace {
namespace {

constexpr std::size_t columns = 18;
constexpr std::array<std::string_view, columns> column_names{
    "job number",  "submit time",          "wait time",      "run time",         "processors",    "CPU time used",
    "memory used", "processors requested", "time requested", "memory requested", "status",        "user",
    "group",       "executable",           "queue",          "partition",        "preceding job", "think time"};
constexpr std::size_t digits_max = 18;
/// A thousand years: sums of times stay far from the ends of the integers.
constexpr std::int64_t seconds_max = 31'557'600'000;

/// A number in millionths, digits beyond the sixth of the fraction cut off.
struct Number {
  std::int64_t whole = 0;
  std::int64_t millionths = 0;
  bool negative = false;
};

std::optional<Number> read_number(std::string_view& text) {
  Number number;
  number.negative = take(text, '-');
  if (!number.negative) (void)take(text, '+');
  const std::string_view digits = take_digits(text);
  std::string_view fraction;
  if (take(text, '.')) fraction = take_digits(text);
  if ((digits.empty() && fraction.empty()) || digits.size() > digits_max) return std::nullopt;
  if (!digits.empty()) number.whole = number_of(digits).value_or(0);
  number.millionths = fraction.empty() ? 0 : fraction_of(fraction.substr(0, 6), 6);
  return number;
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

void skip_spaces(std::string_view& text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
}

std::string_view word_at(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && !is_space(text[length])) ++length;
  return text.substr(0, length);
}

Error fault(std::size_t line, std::size_t column, std::string wrong, std::string right) {
  std::string field = "line " + std::to_string(line);
  if (column < columns) {
    field += ", column " + std::to_string(column + 1) + " (" + std::string(column_names[column]) + ")";
  }
  return {ErrorCode::invalid, std::move(field), std::move(wrong), std::move(right)};
}

class Reader {
 public:
  explicit Reader(SwfUnit unit) : millisecond_(unit == SwfUnit::millisecond) {}

  void read_header(std::string_view comment, SwfLog& log) const {
    skip_spaces(comment);
    const std::size_t colon = comment.find(':');
    if (colon == std::string_view::npos) return;
    const std::string_view name = comment.substr(0, colon);
    std::string_view rest = comment.substr(colon + 1);
    skip_spaces(rest);
    const std::string_view digits = take_digits(rest);
    if (digits.empty() || digits.size() > digits_max) return;  // a header is a remark: what cannot be read is none
    const std::int64_t value = number_of(digits).value_or(0);
    if (name == "MaxProcs") log.processors_max = value;
    if (name == "MaxNodes" && !log.processors_max) log.processors_max = value;
    if (name == "UnixStartTime") log.unix_start = value;
  }

  /// Fills `job`, or says what is wrong with the line.
  std::optional<Error> read_line(std::string_view text, std::size_t line, SwfJob& job) const {
    std::array<Number, columns> numbers;
    for (std::size_t column = 0; column < columns; ++column) {
      skip_spaces(text);
      if (text.empty())
        return fault(line, column, "the line ends after " + std::to_string(column) + " columns", "18 columns");
      const std::string_view word = word_at(text);
      const std::optional<Number> number = read_number(text);
      if (!number || (!text.empty() && !is_space(text.front())))
        return fault(line, column, quote(word) + " is not a number", "a number, or -1 for unknown");
      numbers[column] = *number;
      if (is_time(column) && number->whole > (millisecond_ ? seconds_max * 1000 : seconds_max))
        return fault(line, column, quote(word) + " is more than a thousand years", "a shorter time");
      if (number->negative && (column == 0 || column == 1))
        return fault(line, column, quote(word) + " is negative", "a number from 0 up: this column is never unknown");
    }
    skip_spaces(text);
    if (!text.empty())
      return fault(line, columns, quote(word_at(text)) + " stands behind the last column", "18 columns");
    fill(numbers, job);
    return std::nullopt;
  }

 private:
  static bool is_time(std::size_t column) {
    return column == 1 || column == 2 || column == 3 || column == 5 || column == 8 || column == 17;
  }
  [[nodiscard]] Duration time_of(const Number& number) const {
    if (millisecond_) return Duration::microseconds(number.whole * 1000 + number.millionths / 1000);
    return Duration::microseconds(number.whole * 1'000'000 + number.millionths);
  }
  void fill(const std::array<Number, columns>& numbers, SwfJob& job) const {
    const auto time = [&](std::size_t column) -> std::optional<Duration> {
      if (numbers[column].negative) return std::nullopt;
      return time_of(numbers[column]);
    };
    const auto count = [&](std::size_t column) -> std::optional<std::int64_t> {
      if (numbers[column].negative) return std::nullopt;
      return numbers[column].whole;
    };
    job = {numbers[0].whole, time_of(numbers[1]),
           time(2),          time(3),
           count(4),         time(5),
           count(6),         count(7),
           time(8),          count(9),
           count(10),        count(11),
           count(12),        count(13),
           count(14),        count(15),
           count(16),        time(17)};
  }

  bool millisecond_;
};

constexpr std::size_t column_preceding = 16;

/// Jobs by number; of two with one number the first.
std::unordered_map<std::int64_t, std::size_t> by_number(const SwfLog& log) {
  std::unordered_map<std::int64_t, std::size_t> index;
  index.reserve(log.jobs.size());
  for (std::size_t job = 0; job < log.jobs.size(); ++job) index.try_emplace(log.jobs[job].number, job);
  return index;
}

/// Circles of jobs each of which waits for the next. Who waits for a job that the log does not have waits for nothing.
Faults circles_of(const SwfLog& log, const std::vector<std::size_t>& lines) {
  Faults faults;
  const auto index = by_number(log);
  std::vector<std::size_t> walk_of(log.jobs.size());  // the walk that came by a job; 0: none yet
  for (std::size_t first = 0; first < log.jobs.size() && faults.size() < swf_faults_max; ++first) {
    for (std::size_t at = first; walk_of[at] == 0;) {
      walk_of[at] = first + 1;
      const auto next = log.jobs[at].preceding_job ? index.find(*log.jobs[at].preceding_job) : index.end();
      if (next == index.end()) break;
      at = next->second;
      if (walk_of[at] != first + 1) continue;
      faults.push_back(fault(lines[at], column_preceding,
                             "job " + std::to_string(log.jobs[at].number) + " waits for its own end, by way of job " +
                                 std::to_string(*log.jobs[at].preceding_job),
                             "a job that does not wait for it, or -1"));
    }
  }
  return faults;
}

}  // namespace

tl::expected<SwfLog, Faults> parse_swf(std::string_view text, SwfUnit unit) {
  SwfLog log;
  std::vector<std::size_t> lines;  ///< of the jobs
  Faults faults;
  const Reader reader(unit);
  for (std::size_t line = 1; !text.empty() && faults.size() < swf_faults_max; ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view content = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    skip_spaces(content);
    if (content.empty()) continue;
    if (take(content, ';')) {
      reader.read_header(content, log);
      continue;
    }
    SwfJob job;
    if (std::optional<Error> wrong = reader.read_line(content, line, job)) {
      faults.push_back(std::move(*wrong));
    } else {
      log.jobs.push_back(job);
      lines.push_back(line);
    }
  }
  if (faults.empty()) faults = circles_of(log, lines);
  if (!faults.empty()) return tl::make_unexpected(std::move(faults));
  return log;
}

RigidLog rigid_jobs(const SwfLog& log) {
  RigidLog rigid;
  rigid.jobs.reserve(log.jobs.size());
  for (const SwfJob& job : log.jobs) {
    // 0 requested is written by some logs for "unknown".
    const std::int64_t requested = job.processors_requested.value_or(0);
    const std::int64_t processors = requested > 0 ? requested : job.processors.value_or(0);
    const std::optional<Duration> run = job.run ? job.run : job.cpu_time;
    if (!run || processors <= 0) {
      ++rigid.left_out;
      continue;
    }
    const Duration limit = job.time_requested && *job.time_requested > Duration{}
                               ? *job.time_requested
                               : std::max(*run, Duration::microseconds(1));
    rigid.jobs.push_back({job.number, job.submit, std::min(*run, limit), limit, processors, job.user.value_or(-1),
                          job.preceding_job.value_or(RigidJob::no_job), job.think_time.value_or(Duration())});
  }
  std::stable_sort(rigid.jobs.begin(), rigid.jobs.end(),
                   [](const RigidJob& a, const RigidJob& b) { return a.submit < b.submit; });
  return rigid;
}

}  // namespace dayan::trace
