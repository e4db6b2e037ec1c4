#include "trace/gavel.h"

#include <charconv>
#include <map>

#include "model/json.h"

namespace dayan::trace {
namespace {

/// "('NAME', n)", NAME without an end quote followed by a comma inside. Nothing when the text is not of that form.
std::optional<GavelKind> kind_of(std::string_view text) {
  constexpr std::string_view begin = "('";
  constexpr std::string_view middle = "', ";
  if (!text.starts_with(begin) || !text.ends_with(')')) return std::nullopt;
  const std::size_t end = text.rfind(middle);
  if (end == std::string_view::npos || end <= begin.size()) return std::nullopt;
  const std::string_view number = text.substr(end + middle.size(), text.size() - end - middle.size() - 1);
  GavelKind kind{std::string(text.substr(begin.size(), end - begin.size())), 0};
  const auto [rest, error] = std::from_chars(number.data(), number.data() + number.size(), kind.scale);
  if (error != std::errc() || rest != number.data() + number.size()) return std::nullopt;
  if (kind.scale < 1 || kind.scale > gavel_scale_max) return std::nullopt;
  return kind;
}

class Reader {
 public:
  explicit Reader(Faults& faults) : faults_(faults) {}

  GavelTable read(const JsonValue& root) {
    const JsonObject* cards = object_at(root, {nullptr, "table"}, "an object of types of cards");
    if (cards == nullptr) return {};
    if (cards->empty() || cards->size() > gavel_cards_max)
      json_fault({nullptr, "table"}, std::to_string(cards->size()) + " types of cards",
                 "1 to " + std::to_string(gavel_cards_max), faults_);
    // All kinds first: a pair may name one that comes later.
    for (const auto& [name, kinds] : *cards) read_kinds(kinds, {nullptr, name});
    if (!faults_.empty()) return {};
    for (const auto& [name, kinds] : *cards) read_card(name, kinds.get_object());
    return std::move(table_);
  }

 private:
  const JsonObject* object_at(const JsonValue& value, const JsonPath& path, std::string_view wanted) {
    if (value.is_object()) return &value.get_object();
    json_wrong_type(value, path, wanted, faults_);
    return nullptr;
  }
  bool read_rate(const JsonValue& value, const JsonPath& path, double& rate) {
    if (!value.is_number()) return json_wrong_type(value, path, "steps per second, a number", faults_);
    rate = value.to_number<double>();
    if (rate >= 0 && rate <= gavel_rate_max) return true;
    return json_fault(path, std::to_string(rate) + " steps per second", "0 to 1e12", faults_);
  }

  void read_kinds(const JsonValue& value, const JsonPath& path) {
    const JsonObject* kinds = object_at(value, path, "an object of kinds of work");
    if (kinds == nullptr) return;
    for (const auto& member : *kinds) {
      const JsonPath here{&path, member.key()};
      const auto kind = kind_of(member.key());
      if (!kind) {
        json_fault(here, "it is not the name of a kind", "a name and a number of cards as in \"('A3C', 1)\"",
                   faults_);
        continue;
      }
      if (!indexes_.contains(std::string(member.key()))) {
        if (table_.kinds.size() == gavel_kinds_max) {
          json_fault(here, "too many kinds", "at most " + std::to_string(gavel_kinds_max), faults_);
          return;
        }
        indexes_.emplace(member.key(), static_cast<int>(table_.kinds.size()));
        table_.kinds.push_back(*kind);
      }
      const JsonObject* rates = object_at(member.value(), here, "an object of throughputs");
      if (rates != nullptr && !rates->contains("null"))
        json_fault(here, "no throughput alone", "a member \"null\" with steps per second", faults_);
    }
  }

  void read_card(std::string_view name, const JsonObject& kinds) {
    GavelTable::Card card{std::string(name), std::vector<std::optional<double>>(table_.kinds.size()), {}};
    const JsonPath path{nullptr, name};
    for (const auto& member : kinds) {
      const int kind = indexes_.find(member.key())->second;
      const JsonPath here{&path, member.key()};
      for (const auto& [other, value] : member.value().get_object()) {
        const JsonPath there{&here, other};
        if (other == "null") {
          double rate = 0;
          if (read_rate(value, there, rate)) card.rates[static_cast<std::size_t>(kind)] = rate;
        } else {
          read_pair(kind, other, value, there, card.pairs);
        }
      }
    }
    table_.cards.push_back(std::move(card));
  }

  void read_pair(int kind, std::string_view other, const JsonValue& value, const JsonPath& path,
                 std::vector<GavelPair>& pairs) {
    const auto index = indexes_.find(other);
    if (index == indexes_.end()) {
      json_fault(path, "no kind of that name in the table", "\"null\" or a kind that some type of cards has",
                 faults_);
      return;
    }
    if (!value.is_array() || value.get_array().size() != 2) {
      json_wrong_type(value, path, "two numbers, of this kind and of the other", faults_);
      return;
    }
    GavelPair pair{kind, index->second, 0, 0};
    const JsonArray& rates = value.get_array();
    if (read_rate(rates[0], {&path, {}, 0}, pair.rate) && read_rate(rates[1], {&path, {}, 1}, pair.other_rate))
      pairs.push_back(pair);
  }

  Faults& faults_;
  GavelTable table_;
  std::map<std::string, int, std::less<>> indexes_;  ///< kinds by the text of the table
};

}  // namespace

std::string to_text(const GavelKind& kind) { return "('" + kind.name + "', " + std::to_string(kind.scale) + ")"; }

tl::expected<GavelTable, Faults> parse_gavel(std::string_view text) {
  const auto root = parse_json(text);
  if (!root) return tl::make_unexpected(Faults{root.error()});
  Faults faults;
  GavelTable table = Reader(faults).read(*root);
  if (!faults.empty()) return tl::make_unexpected(std::move(faults));
  return table;
}

}  // namespace dayan::trace
