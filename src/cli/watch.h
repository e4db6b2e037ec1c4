#pragma once

#include <string>

#include "cli/session.h"
#include "wire/job.h"

namespace dayan::cli {

/// How often the hub is asked while something is waited for.
/// What a follower shows while the hub does not answer.
inline constexpr const char* lost_text = "the hub does not answer; trying again for a few minutes";
inline constexpr Duration poll_pause = Duration::milliseconds(500);

/// Job by id; the document beside, for --json.
struct SeenJob {
  JsonValue document;
  wire::JobView view;
};
[[nodiscard]] Answer<SeenJob> see_job(Session& session, const std::string& id);

/// "running: 12 of 48 done, 16 running, 20 waiting; charged 0.12"
[[nodiscard]] std::string progress_text(const JobRow& job);
/// `job_failed` when the job ended in any other way than well.
[[nodiscard]] Answer<void> judge(const JobRow& job);

/// Tells how the job comes along until it has ended, then shows it.
[[nodiscard]] Answer<void> watch_job(Session& session, const std::string& id);

}  // namespace dayan::cli
