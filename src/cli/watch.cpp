#include "cli/watch.h"

#include "cli/documents.h"
#include "cli/jobs.h"
#include "cli/progress.h"

namespace dayan::cli {

Answer<SeenJob> see_job(Session& session, const std::string& id) {
  TRY(JsonValue document, session.api.get("/v1/jobs/" + percent_encoded(id)));
  TRY(wire::JobView view, read_as<wire::JobView>(document));
  return SeenJob{std::move(document), std::move(view)};
}

std::string progress_text(const JobRow& job) {
  const std::int32_t done = job.succeeded + job.failed + job.cancelled;
  std::string text =
      std::string(to_text(job.state)) + ": " + std::to_string(done) + " of " + std::to_string(job.count) + " done";
  if (job.failed > 0) text += " (" + std::to_string(job.failed) + " failed)";
  if (job.cancelled > 0) text += " (" + std::to_string(job.cancelled) + " cancelled)";
  if (job.live > 0) text += ", " + std::to_string(job.live) + " at work";
  const std::int32_t waiting = job.count - done - job.live;
  if (waiting > 0 && !is_final(job.state)) text += ", " + std::to_string(waiting) + " waiting";
  return text + "; charged " + to_text(job.charged) + " yuan";
}

Answer<void> judge(const JobRow& job) {
  if (job.state == JobState::succeeded) return {};
  return end_with(Exit::job_failed, {{ErrorCode::invalid, to_text(job.id), progress_text(job),
                                      "dayan job attempts " + to_text(job.id) + " tells more"}});
}

Answer<void> watch_job(Session& session, const std::string& id) {
  Progress progress(session.host);
  while (true) {
    TRY(const SeenJob seen, see_job(session, id));
    std::string text = progress_text(seen.view.job);
    std::string news = text;
    const auto& waiting = seen.view.waiting;
    const bool is_stuck = waiting && waiting->tasks > 0 && seen.view.job.live == 0 && !waiting->reasons.empty();
    if (is_stuck) {
      text += (waiting->hopeless ? "; can never run: " : "; waits: ") + waiting->reasons.front().text;
      news += to_text(waiting->reasons.front().constraint);  // its text counts down
    }
    progress.show(text, news);
    if (is_final(seen.view.job.state)) {
      progress.finish();
      show_seen(session.out, seen);
      return judge(seen.view.job);
    }
    session.api.be_patient([&] { progress.show(lost_text); });
    session.api.pause(poll_pause);
  }
}

}  // namespace dayan::cli
