#include "cli/fetch.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "cli/display.h"
#include "cli/documents.h"
#include "cli/download.h"
#include "cli/progress.h"
#include "cli/watch.h"

namespace dayan::cli {
namespace {

/// How often content is asked for again that an ended job has named and the hub has not got yet.
constexpr int late_content_polls_max = 20;

class Fetcher {
 public:
  Fetcher(Session& session, const FetchOptions& options, Progress& progress)
      : session_(session),
        options_(options),
        progress_(progress),
        folder_(options.folder.empty() ? options.job : options.folder) {}

  /// One look at all outputs; fetches what is new.
  [[nodiscard]] Answer<void> pass();
  /// Outputs whose content the hub has not got (yet).
  [[nodiscard]] const Faults& missing() const { return missing_; }
  [[nodiscard]] std::string sum_text() const;
  void show_sum();
  [[nodiscard]] Answer<void> fail_for_missing() const;

 private:
  [[nodiscard]] Answer<std::vector<OutputRow>> latest_outputs();
  [[nodiscard]] Answer<void> fetch(const OutputRow& output);

  Session& session_;
  const FetchOptions& options_;
  Progress& progress_;
  const std::string folder_;
  std::set<std::tuple<std::int32_t, std::int32_t, std::string>> done_;
  Faults missing_;  ///< by output, in the hub's words
  std::size_t fetched_ = 0;
  std::size_t were_there_ = 0;
  Bytes bytes_;
};

Answer<std::vector<OutputRow>> Fetcher::latest_outputs() {
  TRY(JsonArray items, session_.api.list("/v1/jobs/" + percent_encoded(options_.job) + "/outputs"));
  std::vector<OutputRow> outputs;
  std::map<std::int32_t, std::int32_t> latest;
  for (JsonValue& item : items) {
    TRY(auto output, read_as<OutputRow>(std::move(item)));
    if (options_.task && output.task != *options_.task) continue;
    std::int32_t& number = latest[output.task];
    number = std::max(number, output.number);
    outputs.push_back(std::move(output));
  }
  std::erase_if(outputs, [&](const OutputRow& output) { return output.number != latest[output.task]; });
  return outputs;
}

Answer<void> Fetcher::pass() {
  TRY(const std::vector<OutputRow> outputs, latest_outputs());
  missing_.clear();
  for (const OutputRow& output : outputs) {
    if (!done_.contains({output.task, output.number, output.path})) TRY_VOID(fetch(output));
  }
  return {};
}

Answer<void> Fetcher::fetch(const OutputRow& output) {
  const std::string shown = std::to_string(output.task) + '/' + output.path;
  // The path is a centre's word: it must not lead out of the folder.
  if (!is_safe_relative_path(output.path)) {
    return failed_here("the centre gave a path that leads elsewhere", "tell the hub's operator", shown);
  }
  const auto on_bytes = [&](Bytes at) {
    progress_.show_fine("fetching " + shown + ": " + readable(at) + " of " + readable(output.size));
  };
  const auto done = download(session_.api, output.digest, output.size, folder_ + '/' + shown, on_bytes);
  if (!done.has_value()) {
    const Faults& faults = done.error().faults;
    const bool is_late = !faults.empty() && faults.front().code == ErrorCode::not_found;
    if (!is_late) return tl::unexpected<Failure>(done.error());
    missing_.push_back({ErrorCode::not_found, shown, "the hub does not have its content: " + faults.front().wrong,
                        "fetch again later if the task has only just ended"});
    return {};
  }
  done_.insert({output.task, output.number, output.path});
  if (*done == Downloaded::was_there) {
    ++were_there_;
  } else {
    ++fetched_;
    bytes_ += output.size;
  }
  return {};
}

std::string Fetcher::sum_text() const {
  return "fetched " + counted(fetched_, "file") + " (" + readable(bytes_) + ") to " + folder_ +
         "; already there: " + std::to_string(were_there_);
}

void Fetcher::show_sum() {
  progress_.finish();
  if (!session_.out.as_json()) return session_.out.line(sum_text());
  JsonObject sum;
  sum.emplace("job", options_.job);
  sum.emplace("folder", folder_);
  sum.emplace("fetched", fetched_);
  sum.emplace("fetched_bytes", bytes_.value());
  sum.emplace("were_there", were_there_);
  session_.out.json(JsonValue(std::move(sum)));
}

Answer<void> Fetcher::fail_for_missing() const {
  if (missing_.empty()) return {};
  return end_with(Exit::refused, missing_);
}

/// What changes with every output that appears.
auto moves_of(const JobRow& job) {
  return std::tuple{job.state, job.next_task, job.live, job.retrying, job.succeeded, job.failed};
}

Answer<void> follow(Session& session, const FetchOptions& options, Fetcher& fetcher, Progress& progress) {
  std::optional<decltype(moves_of(JobRow()))> seen_moves;
  for (int late_polls = 0;;) {
    TRY(const SeenJob seen, see_job(session, options.job));
    const JobRow& job = seen.view.job;
    if (seen_moves != moves_of(job) || !fetcher.missing().empty()) TRY_VOID(fetcher.pass());
    seen_moves = moves_of(job);
    progress.show(progress_text(job) + "; " + fetcher.sum_text());
    if (is_final(job.state) && (fetcher.missing().empty() || ++late_polls > late_content_polls_max)) {
      fetcher.show_sum();
      TRY_VOID(fetcher.fail_for_missing());
      return judge(job);
    }
    session.api.be_patient([&] { progress.show(lost_text); });
    session.api.pause(poll_pause);
  }
}

}  // namespace

Answer<void> fetch_outputs(Session& session, const FetchOptions& options) {
  Progress progress(session.host);
  Fetcher fetcher(session, options, progress);
  if (options.follow) return follow(session, options, fetcher, progress);
  TRY_VOID(fetcher.pass());
  fetcher.show_sum();
  return fetcher.fail_for_missing();
}

}  // namespace dayan::cli
