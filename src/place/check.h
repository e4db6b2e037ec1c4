#pragma once

#include <optional>
#include <string>

#include "place/agenda.h"

/// The checker of the engine: what is kept between two plans against a fresh computation from the rows.

namespace dayan::place {

/// The first difference found, in words; nothing when all agree. Slow: it looks at all of everything.
[[nodiscard]] std::optional<std::string> broken_invariant(const World& world, const Agenda& agenda);

}  // namespace dayan::place
