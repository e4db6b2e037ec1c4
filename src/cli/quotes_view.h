#pragma once

#include <optional>
#include <vector>

#include "cli/output.h"
#include "model/placement.h"
#include "place/engine.h"
#include "place/quote_list.h"

namespace dayan::cli {

/// Each pool: its rank and figures, and below the table, pool by pool, what rules it out or what it waits for; last,
/// how many are not shown, and what rules those out.
void show_quotes(Output& out, const std::vector<Quote>& quotes, const place::QuoteRest& rest = {});
/// Pools of which the carbon that the objective counts is not known, and why; nothing where there are none.
void show_carbon_unknown(Output& out, const std::vector<Quote>& quotes);
/// What a waiting job waits for; nothing when it does not wait.
void show_waiting(Output& out, const std::optional<place::Waiting>& waiting);

}  // namespace dayan::cli
