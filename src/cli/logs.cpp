#include "cli/logs.h"

#include "cli/progress.h"
#include "cli/watch.h"

namespace dayan::cli {
namespace {

bool is_not_found(const Failure& failure) {
  return !failure.faults.empty() && failure.faults.front().code == ErrorCode::not_found;
}

std::string target_of(const LogOptions& options, const std::string& number, std::size_t offset) {
  std::string target = "/v1/jobs/" + percent_encoded(options.job) + "/tasks/" + std::to_string(options.task) +
                       "/log?stream=" + (options.from_stderr ? "stderr" : "stdout") +
                       "&offset=" + std::to_string(offset);
  if (!number.empty()) target += "&number=" + number;
  return target;
}

}  // namespace

Answer<void> show_log(Session& session, const LogOptions& options) {
  // Once an attempt has answered, the log of just that one is followed: a later one begins anew.
  std::string number = options.number > 0 ? std::to_string(options.number) : "";
  std::size_t offset = 0;
  Progress progress(session.host);
  while (true) {
    auto answer = session.api.get_bytes(target_of(options, number, offset));
    if (!answer.has_value()) {
      if (!options.follow || !is_not_found(answer.error())) return tl::unexpected<Failure>(std::move(answer).error());
      // No attempt yet, or no such job; only the first is worth waiting for.
      TRY(const SeenJob seen, see_job(session, options.job));
      if (is_final(seen.view.job.state) || options.task >= seen.view.job.count) {
        return tl::unexpected<Failure>(std::move(answer).error());
      }
      session.api.pause(poll_pause);
      continue;
    }
    session.out.raw(answer->body);
    session.out.flush();
    offset += answer->body.size();
    if (number.empty()) number = std::string(answer->header("x-attempt-number"));
    if (answer->header("x-log-complete") == "true") return {};
    if (!answer->body.empty()) continue;
    if (!options.follow) return {};
    session.api.be_patient([&] { progress.show(lost_text); });
    session.api.pause(poll_pause);
  }
}

}  // namespace dayan::cli
