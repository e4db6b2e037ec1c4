#include "adapters/record.h"

#include "base/scan.h"

namespace dayan::adapters {

void Record::add(std::string_view name, std::string_view value) {
  fields_.emplace_back(std::string(name), std::string(value));
}

void Record::add(std::string_view name, std::int64_t value) { add(name, std::to_string(value)); }

std::string Record::text(std::string_view name) const {
  for (const auto& [field, value] : fields_) {
    if (field == name) return value;
  }
  return {};
}

std::int64_t Record::number(std::string_view name) const {
  const std::string value = text(name);
  std::string_view rest = value;
  const bool negative = take(rest, '-');
  const std::string_view digits = take_digits(rest);
  if (digits.empty() || !rest.empty()) return 0;
  const std::int64_t amount = number_of(digits).value_or(0);
  return negative ? -amount : amount;
}

std::vector<std::string> Record::texts(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [field, value] : fields_) {
    if (field == name) values.push_back(value);
  }
  return values;
}

std::string Record::encode() const {
  std::string text;
  for (const auto& [name, value] : fields_) {
    text += name;
    text += ' ';
    text += std::to_string(value.size());
    text += '\n';
    text += value;
    text += '\n';
  }
  text += "end 0\n\n";
  return text;
}

Result<Record> Record::decode(std::string_view text) {
  const auto corrupt = [] { return fail(ErrorCode::corrupt, "a control file is damaged or cut short"); };
  Record record;
  while (true) {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos || space == 0) return corrupt();
    const std::string_view name = text.substr(0, space);
    text.remove_prefix(space + 1);
    const std::string_view digits = take_digits(text);
    const auto size = digits.empty() ? std::nullopt : number_of(digits);
    if (!size.has_value() || !take(text, '\n')) return corrupt();
    const auto length = static_cast<std::size_t>(*size);
    if (length >= text.size() || text[length] != '\n') return corrupt();
    if (name == "end") return text.size() == 1 ? Result<Record>(std::move(record)) : Result<Record>(corrupt());
    record.add(name, text.substr(0, length));
    text.remove_prefix(length + 1);
  }
}

}  // namespace dayan::adapters
