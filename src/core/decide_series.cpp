#include <algorithm>

#include "base/id_maker.h"
#include "core/draft.h"

/// Series: what rounds there are, and when (model/series.h). A round is decided by the tick that finds its time come,
/// from the series' row alone; its id comes of that time and of a count in the core's own row.

namespace dayan::core {
namespace {

/// The last round whose time has come.
std::int32_t due_round(const SeriesRow& series, UnixTime now) {
  const std::int64_t passed = (now - series.first_at).microseconds() / series.every.microseconds();
  return static_cast<std::int32_t>(std::min<std::int64_t>(passed + 1, series.times));
}

bool has_live_round(const State& state, JobId series) {
  bool found = false;
  state.live_rounds.visit_from({series, JobId()}, [&](const LiveRound& row) {
    found = row.series == series;
    return false;
  });
  return found;
}

JobRow round_of(const State& state, const SeriesRow& series, std::int32_t number, UnixTime now) {
  JobRow job;
  job.id = JobId(counted_id(now, state.counters().rounds + 1));
  job.organisation = series.organisation;
  job.project = series.project;
  job.user = series.user;
  job.name = series.name;
  job.count = series.count;
  job.throttle = series.throttle;
  job.requirements = series.requirements;
  job.input_bytes = series.input_bytes;
  const Duration later = series.every * (number - 1);
  if (!job.requirements.not_before.is_none()) job.requirements.not_before = job.requirements.not_before + later;
  if (!job.requirements.finish_by.is_none()) job.requirements.finish_by = job.requirements.finish_by + later;
  job.series = series.id;
  job.round = number;
  job.rounds = series.times;
  set_times(state, job, series.wait_max, now);
  return job;
}

}  // namespace

void check_series(const JobSpec& spec, UnixTime now, Faults& faults) {
  const UnixTime begin = spec.requirements.not_before;
  if (spec.every <= Duration() || begin.is_none() || begin + spec.every > now) return;
  faults.push_back({ErrorCode::invalid, "requirements.not_before",
                    to_text(begin) + " lies " + to_text(now - begin) + " back: the time of the second round, " +
                        to_text(spec.every) + " later, is over too",
                    "give the first round a start that is to come, or none"});
}

void start_series(Draft& draft, const JobSpec& spec, const JobRow& first) {
  SeriesRow series;
  series.id = first.id;
  series.organisation = first.organisation;
  series.project = first.project;
  series.user = first.user;
  series.name = first.name;
  series.count = first.count;
  series.throttle = first.throttle;
  series.wait_max = spec.wait_max;
  series.requirements = first.requirements;
  series.input_bytes = first.input_bytes;
  series.every = spec.every;
  series.times = spec.times;
  series.overlap = spec.overlap;
  series.first_at = spec.requirements.not_before.is_none() ? draft.now() : spec.requirements.not_before;
  series.newest = first.id;
  series.next_at = series.due(2);
  series.submitted_at = draft.now();
  draft.emit(SeriesStarted{std::move(series)});
}

void submit_round(Draft& draft, JobId id) {
  const SeriesRow* found = draft.state().series.find({id});
  ASSERT(found != nullptr);
  const SeriesRow series = *found;
  const std::int32_t number = due_round(series, draft.now());
  ASSERT(number > series.round);
  const bool is_left_out = series.overlap == Overlap::skip && has_live_round(draft.state(), id);
  const std::int32_t skipped_up_to = is_left_out ? number : number - 1;
  if (skipped_up_to > series.round) draft.emit(RoundsSkipped{id, skipped_up_to});
  if (!is_left_out) draft.emit(RoundSubmitted{round_of(draft.state(), series, number, draft.now())});
  if (number == series.times) draft.emit(SeriesEnded{id, SeriesEnd::complete});
}

Decided<void> end_series(Draft& draft, const JobRow& job) {
  if (job.series.is_none()) {
    return refuse(RefusalReason::wrong_state, to_text(job.id) + " is no round of a series",
                  "cancel the job itself: leave 'series' out", "series");
  }
  if (!draft.state().series.contains({job.series})) {
    return refuse(RefusalReason::wrong_state, "the series has ended already: no further round comes of it",
                  "cancel rounds that still run one by one: leave 'series' out", "series");
  }
  draft.emit(SeriesEnded{job.series, SeriesEnd::cancelled});
  std::vector<JobId> live;
  draft.state().live_rounds.visit_from({job.series, JobId()}, [&](const LiveRound& row) {
    if (row.series == job.series) live.push_back(row.job);
    return row.series == job.series;
  });
  for (const JobId each : live) cancel(draft, each);
  return {};
}

}  // namespace dayan::core
