#include "hub/depot_keeper.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <set>
#include <string>

#include "hub/hub.h"
#include "hub/listing.h"

namespace dayan::hub {

DepotKeeper::~DepotKeeper() { stop(); }

void DepotKeeper::start() {
  thread_ = std::thread([this] { run(); });
}

void DepotKeeper::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  change_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void DepotKeeper::run() {
  for (auto wait = std::chrono::milliseconds(first_round_after); pause(wait); wait = round_every) {
    const Result<void> done = round();
    const bool is_stopped = !pause(std::chrono::milliseconds(0));
    if (done || is_stopped) continue;
    std::fprintf(stderr, "hub: the depot could not be cleared of what nobody needs: %s\n",
                 to_text(done.error()).c_str());
  }
}

bool DepotKeeper::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !change_.wait_for(lock, time, [this] { return stopping_; });
}

Result<void> DepotKeeper::next_step() {
  if (pause(step_pause)) return {};
  return fail(ErrorCode::unavailable, "the hub is stopping");
}

Result<void> DepotKeeper::round() {
  const UnixTime began = parts_.clock.now();
  TRY(const std::size_t abandoned, parts_.depot.drop_abandoned_uploads());
  parts_.metrics.depot_dropped += static_cast<std::int64_t>(abandoned);
  TRY(const Named kept, named(began));
  TRY_VOID(drop_unnamed(kept, began - unnamed_kept));
  return drop_logs(began);
}

bool DepotKeeper::is_kept(const JobRow& job, UnixTime now) const {
  return !is_final(job.state) || now - job.ended_at < parts_.retention;
}

Result<DepotKeeper::Named> DepotKeeper::named(UnixTime now) {
  Named all;
  std::set<JobId> series;
  RowQuery query{std::string(JobRow::table), {}, {}, true, jobs_per_step};
  while (true) {
    TRY(const auto jobs, query_rows<JobRow>(parts_.store, query));
    for (const JobRow& job : jobs) {
      if (!is_kept(job, now)) continue;
      // All rounds of a series have one payload: it is read once.
      if (job.series.is_none() || series.insert(job.series).second)
        TRY_VOID(add_inputs(payload_of(job), job.organisation, all));
      TRY_VOID(add_outputs(job, all));
    }
    // Newest first: what was submitted so long ago has ended, and before `retention`.
    const bool is_last = jobs.size() < static_cast<std::size_t>(jobs_per_step) ||
                         now - jobs.back().submitted_at > job_life_max + parts_.retention;
    if (is_last) break;
    query.after_key = cursor_key(jobs.back());
    TRY_VOID(next_step());
  }
  TRY_VOID(add_series(now, all));
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

Result<void> DepotKeeper::add_outputs(const JobRow& job, Named& all) {
  RowQuery query{std::string(OutputRow::table), {{"job", job.id.value()}}, {}, false, outputs_per_step};
  while (true) {
    TRY(const auto outputs, query_rows<OutputRow>(parts_.store, query));
    for (const OutputRow& output : outputs) all.push_back({output.digest, job.organisation});
    if (outputs.size() < static_cast<std::size_t>(outputs_per_step)) return {};
    query.after_key = cursor_key(outputs.back());
    TRY_VOID(next_step());
  }
}

Result<void> DepotKeeper::add_inputs(JobId payload, OrganisationId organisation, Named& all) {
  TRY(const auto row, query_row<PayloadRow>(parts_.store, {{"job", payload.value()}}));
  if (!row) return {};
  for (const InputFile& input : row->payload.inputs) all.push_back({input.digest, organisation});
  return {};
}

Result<void> DepotKeeper::add_series(UnixTime now, Named& all) {
  RowQuery query{std::string(SeriesRow::table), {}, {}, true, jobs_per_step};
  while (true) {
    TRY(const auto series, query_rows<SeriesRow>(parts_.store, query));
    for (const SeriesRow& each : series) {
      if (each.end == SeriesEnd::not_yet) TRY_VOID(add_inputs(each.id, each.organisation, all));
    }
    const bool is_last = series.size() < static_cast<std::size_t>(jobs_per_step) ||
                         now - series.back().submitted_at > series_life_max;
    if (is_last) return {};
    query.after_key = cursor_key(series.back());
    TRY_VOID(next_step());
  }
}

Result<void> DepotKeeper::drop_unnamed(const Named& named, UnixTime since) {
  StoredContent after;
  while (true) {
    const auto unused = parts_.depot.unused_since(since, after, drops_per_step);
    for (const StoredContent& each : unused) {
      if (std::ranges::binary_search(named, each)) continue;
      TRY(const bool dropped, parts_.depot.drop(each, since));
      if (dropped) parts_.metrics.depot_dropped += 1;
    }
    if (unused.size() < drops_per_step) return {};
    after = unused.back();
    TRY_VOID(next_step());
  }
}

Result<void> drop_superseded_logs(Store& store, Depot& depot, const AttemptKey& attempt) {
  TRY(const auto job, query_row<JobRow>(store, {{"id", attempt.job.value()}}));
  if (!job) return {};
  for (const std::string_view stream : log_streams) {
    TRY(const auto kept, query_row<OutputRow>(store, {{"job", attempt.job.value()},
                                                      {"task", std::int64_t{attempt.task}},
                                                      {"number", std::int64_t{attempt.number}},
                                                      {"path", std::string(stream)}}));
    if (!kept) continue;
    const auto size = depot.size(job->organisation, kept->digest);
    if (size && *size == kept->size) TRY_VOID(depot.drop_log(attempt, stream));
  }
  return {};
}

Result<void> DepotKeeper::drop_logs(UnixTime now) {
  std::optional<JobRow> job;
  std::size_t seen = 0;
  for (const AttemptKey& attempt : parts_.depot.attempts_with_logs()) {
    if (!job || job->id != attempt.job) {
      TRY(job, query_row<JobRow>(parts_.store, {{"id", attempt.job.value()}}));
    }
    // Logs come only for attempts that have a row, so that a job that is not there is not ours to judge.
    if (job && !is_kept(*job, now)) TRY_VOID(parts_.depot.drop_logs(attempt));
    TRY_VOID(drop_superseded_logs(parts_.store, parts_.depot, attempt));
    if (++seen % drops_per_step == 0) TRY_VOID(next_step());
  }
  return {};
}

}  // namespace dayan::hub
