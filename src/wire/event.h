#pragma once

#include <string>

#include "base/time.h"
#include "model/fields.h"
#include "model/json.h"

namespace dayan::wire {

/// GET /v1/operator/events: one item. `detail` is read by event_from_json (model/json.h) under its name.
struct EventView {
  std::int64_t sequence = 0;
  UnixTime at;
  std::string event;
  JsonValue detail;

  static constexpr auto fields() {
    using R = EventView;
    return std::tuple{field("sequence", &R::sequence), field("at", &R::at), field("event", &R::event),
                      field("detail", &R::detail)};
  }
};

}  // namespace dayan::wire
