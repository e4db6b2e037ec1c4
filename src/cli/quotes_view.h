#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/output.h"
#include "model/placement.h"
#include "place/engine.h"
#include "place/quote_list.h"

namespace dayan::cli {

/// A moment in words.
using TellTime = std::function<std::string(UnixTime)>;
/// "2026-11-22 08:30:00 UTC"
[[nodiscard]] std::string told_as_date(UnixTime at);
/// "+2h": where the clock is of no calendar.
[[nodiscard]] TellTime told_from(UnixTime beginning);

/// Each pool: its rank and figures, and below the table, pool by pool, what rules it out or what it waits for; last,
/// how many are not shown, and what rules those out.
void show_quotes(Output& out, const std::vector<Quote>& quotes, const place::QuoteRest& rest = {},
                 const TellTime& tell = told_as_date);
/// Pools of which the carbon that the objective counts is not known, and why; nothing where there are none.
void show_carbon_unknown(Output& out, const std::vector<Quote>& quotes);
/// What a waiting job waits for; nothing when it does not wait.
void show_waiting(Output& out, const std::optional<place::Waiting>& waiting,
                  const TellTime& tell = told_as_date);
/// It waits for room that is expected too late for its deadline, everywhere.
[[nodiscard]] bool is_too_late(const place::Waiting& waiting);
/// What becomes of it where its wait_max, zero for the longest, is over before room is expected; empty where it is not.
[[nodiscard]] std::string wait_max_note(Duration wait_max, const std::vector<Quote>& quotes);

}  // namespace dayan::cli
