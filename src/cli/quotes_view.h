#pragma once

#include <optional>
#include <vector>

#include "cli/output.h"
#include "model/placement.h"
#include "place/engine.h"

namespace dayan::cli {

/// Every pool: its rank and figures, and below the table, pool by pool, what rules it out or what it waits for.
void show_quotes(Output& out, const std::vector<Quote>& quotes);
/// What a waiting job waits for; nothing when it does not wait.
void show_waiting(Output& out, const std::optional<place::Waiting>& waiting);

}  // namespace dayan::cli
