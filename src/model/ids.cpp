#include "model/ids.h"

#include <limits>

#include "base/scan.h"

namespace dayan {
namespace {

constexpr std::string_view engine_prefix = "dayan-";
constexpr std::size_t id_digits_size = 13;

/// Takes a number written the one way that engine_name writes it: no sign, no zeros in front, within int32.
bool take_number(std::string_view& text, std::int32_t& value) {
  const std::string_view digits = take_digits(text);
  if (digits.empty() || (digits.size() > 1 && digits.front() == '0')) return false;
  const auto number = number_of(digits);
  if (!number.has_value() || *number > std::numeric_limits<std::int32_t>::max()) return false;
  value = static_cast<std::int32_t>(*number);
  return true;
}

}  // namespace

std::string engine_name(const AttemptKey& key) {
  std::string name(engine_prefix);
  name += id_digits(key.job.value());
  name += '-' + std::to_string(key.task) + '-' + std::to_string(key.number);
  return name;
}

Result<AttemptKey> parse_engine_name(std::string_view name) {
  const auto refuse = [name] {
    return fail(ErrorCode::invalid, quote(name) + " is not the name of an attempt",
                "give one like dayan-0000000000001-0-1");
  };
  std::string_view rest = name;
  if (!rest.starts_with(engine_prefix)) return refuse();
  rest.remove_prefix(engine_prefix.size());
  if (rest.size() < id_digits_size) return refuse();
  std::string job(JobTag::prefix);
  job += '_';
  job += rest.substr(0, id_digits_size);
  rest.remove_prefix(id_digits_size);
  const auto id = parse<JobId>(job);
  AttemptKey key;
  if (!id.has_value() || !take(rest, '-') || !take_number(rest, key.task) || !take(rest, '-') ||
      !take_number(rest, key.number) || key.number < 1 || !rest.empty())
    return refuse();
  key.job = *id;
  return key;
}

}  // namespace dayan
