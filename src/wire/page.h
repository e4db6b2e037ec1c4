#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/fields.h"

namespace dayan::wire {

/// One page of a list. `next_cursor` is given back as ?cursor= for the next; null on the last page.
template <class T>
struct Page {
  std::vector<T> items;
  std::optional<std::string> next_cursor;

  static constexpr auto fields() {
    return std::tuple{field("items", &Page::items), field("next_cursor", &Page::next_cursor)};
  }
};

}  // namespace dayan::wire
