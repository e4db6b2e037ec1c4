#pragma once

#include <cstdint>
#include <string>

#include "cli/session.h"

/// Fair share: who has had how much, and what everybody is due.

namespace dayan::cli {

/// "62.5%", of millionths.
[[nodiscard]] std::string percent_text(std::int64_t millionths);

/// Of every organisation for operators, of one's own for everybody else.
[[nodiscard]] Answer<void> show_shares(Session& session);
/// `weight` is a number, 1 being the usual one: "2", "0.5".
[[nodiscard]] Answer<void> weigh_project(Session& session, const std::string& project, const std::string& weight);
[[nodiscard]] Answer<void> weigh_organisation(Session& session, const std::string& organisation,
                                              const std::string& weight);

}  // namespace dayan::cli
