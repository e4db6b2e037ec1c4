#include "core/apply.h"

#include <variant>

namespace dayan::core {

void apply(State& state, const Event& event, UnixTime now) {
  MetaRow meta = state.counters();
  meta.last_now = now;
  ++meta.events;
  state.meta.put(meta);
  std::visit([&](const auto& each) { on(state, each, now); }, event);
}

}  // namespace dayan::core
