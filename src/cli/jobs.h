#pragma once

#include <optional>
#include <string>

#include "cli/session.h"
#include "cli/watch.h"

/// Jobs: the list, one of them, and why it is where it is.

namespace dayan::cli {

[[nodiscard]] Answer<void> list_jobs(Session& session, std::size_t limit);
[[nodiscard]] Answer<void> show_job(Session& session, const std::string& id);
void show_seen(Output& out, const SeenJob& seen);
/// `series`: the series that it is a round of, with it.
[[nodiscard]] Answer<void> cancel_job(Session& session, const std::string& id, bool series);
/// `limit`: of quotes shown; nothing: as many as the hub thinks fit.
[[nodiscard]] Answer<void> explain_job(Session& session, const std::string& id, std::optional<std::int64_t> limit);
[[nodiscard]] Answer<void> list_attempts(Session& session, const std::string& id);
/// Of what was kept of its placements: why it went where it went, pool by pool.
[[nodiscard]] Answer<void> show_placements(Session& session, const std::string& id);
[[nodiscard]] Answer<void> list_outputs(Session& session, const std::string& id);

}  // namespace dayan::cli
