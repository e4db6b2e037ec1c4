#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "ports/store.h"
#include "store/columns.h"

/// For tests: a value of every kind of row in which no field has its default.

namespace dayan::store {

/// Fills every field from one counter, so that no two of a row are equal and a mixed-up column shows.
class SampleFiller {
 public:
  explicit SampleFiller(std::int64_t seed) : next_(seed * 1000) {}

  template <class T>
  void fill(T& value) {
    ++next_;
    if constexpr (std::same_as<T, bool>) {
      value = true;
    } else if constexpr (WordedEnum<T>) {
      value = static_cast<T>(EnumWords<T>::words.size() - 1);
    } else if constexpr (std::same_as<T, Scopes>) {
      value = Scopes{Scope::submit, Scope::agent};
    } else if constexpr (std::same_as<T, BasisPoints>) {
      value = BasisPoints{static_cast<std::int32_t>(next_ % 9'999 + 1)};
    } else if constexpr (std::same_as<T, DayTime>) {
      value = DayTime::minutes(static_cast<std::int32_t>(next_ % DayTime::day));
    } else if constexpr (IntegerColumn<T>) {
      value = *IntegerForm<T>::from(next_);
    } else if constexpr (std::same_as<T, Digest>) {
      value = sha256(std::to_string(next_));
    } else if constexpr (std::same_as<T, std::string>) {
      value = "文本 'quoted' \"" + std::to_string(next_) + '"';
    } else if constexpr (is_optional<T>) {
      fill(value.emplace());
    } else if constexpr (Reflected<T>) {
      for_each_field<T>([&](const auto& field) { fill(value.*(field.member)); });
    } else {
      value.resize(2);
      for (auto& each : value) fill(each);
    }
  }

 private:
  std::int64_t next_;
};

template <class T>
[[nodiscard]] T sample(std::int64_t seed) {
  T value;
  SampleFiller(seed).fill(value);
  return value;
}

template <std::size_t... Index>
[[nodiscard]] std::vector<Row> all_samples(std::int64_t seed, std::index_sequence<Index...>) {
  return {Row(sample<std::variant_alternative_t<Index, Row>>(seed))...};
}
/// One row of each kind.
[[nodiscard]] inline std::vector<Row> sample_rows(std::int64_t seed) {
  return all_samples(seed, std::make_index_sequence<std::variant_size_v<Row>>());
}

/// The query that finds exactly this row.
[[nodiscard]] inline RowQuery query_by_key(const Row& row) {
  RowQuery query;
  std::visit(
      [&](const auto& each) {
        using RowType = std::remove_cvref_t<decltype(each)>;
        query.table = std::string(RowType::table);
        for_each_field<RowType>([&](const auto& field) {
          using T = std::remove_cvref_t<decltype(each.*(field.member))>;
          if constexpr (IntegerColumn<T> || std::same_as<T, Digest> || std::same_as<T, std::string>) {
            if (field.is_key) query.where.push_back({std::string(field.name), column_value(each.*(field.member))});
          }
        });
      },
      row);
  return query;
}

/// Three events of different kinds, from a sequence on.
[[nodiscard]] inline std::vector<EventRecord> sample_events(std::int64_t first) {
  const UnixTime at(1'700'000'000'000'000 + first);
  return {{first, at, OrganisationCreated{sample<OrganisationRow>(first)}},
          {first + 1, at + Duration::seconds(1), LeaseStopRequested{{JobId(first), 2, 3}}},
          {first + 2, at + Duration::seconds(2), EntryPosted{sample<EntryRow>(first + 2)}}};
}

}  // namespace dayan::store
