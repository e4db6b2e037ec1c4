#pragma once

#include <type_traits>

#include "cli/failure.h"
#include "model/json.h"

/// Reads the hub's answers into the types of wire and model, and is more lenient than the hub is with us: members
/// that this program does not know are passed over, so that a newer hub does not end an older CLI.

namespace dayan::cli {

template <class T>
struct Pruned {
  static void prune(JsonValue&) {}
};
template <class T>
struct Pruned<std::vector<T>> {
  static void prune(JsonValue& value) {
    if (!value.is_array()) return;
    for (JsonValue& each : value.get_array()) Pruned<T>::prune(each);
  }
};
template <class T>
struct Pruned<std::optional<T>> {
  static void prune(JsonValue& value) { Pruned<T>::prune(value); }
};
template <Reflected T>
struct Pruned<T> {
  static void prune(JsonValue& value) {
    if (!value.is_object()) return;
    JsonObject known;
    for_each_field<T>([&](const auto& each) {
      JsonValue* member = value.get_object().if_contains(each.name);
      // Null is "none": the default of the member says the same.
      if (member == nullptr || member->is_null()) return;
      Pruned<std::remove_cvref_t<decltype(std::declval<T&>().*each.member)>>::prune(*member);
      known.emplace(each.name, std::move(*member));
    });
    value = std::move(known);
  }
};

template <class T>
[[nodiscard]] Answer<T> read_as(JsonValue document) {
  Pruned<T>::prune(document);
  T out{};
  Faults faults;
  if (from_json(document, "", out, faults)) return out;
  Error fault = faults.empty() ? Error{} : std::move(faults.front());
  fault.code = ErrorCode::corrupt;
  fault.wrong = "the hub's answer is not understood: " + fault.wrong;
  return end_with(Exit::refused, {std::move(fault)});
}

}  // namespace dayan::cli
