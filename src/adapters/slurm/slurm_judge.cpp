#include "adapters/slurm/slurm_judge.h"

#include <algorithm>

#include "adapters/slurm/slurm_hosts.h"
#include "adapters/slurm/slurm_script.h"

namespace dayan::adapters {
namespace {

/// The wrapper refuses at once; what ran for longer has only chosen that exit code and hidden its end.
constexpr Duration refusal_max = Duration::seconds(5);
/// By so much the wrapper's stamps may make a run shorter than Slurm counts it, in whole seconds from and to.
constexpr Duration stamps_finer = Duration::seconds(2);

Duration not_negative(Duration duration) { return std::max(duration, Duration()); }

void end_as(EngineJob& job, Outcome outcome, std::string failure) {
  job.state = AttemptState::ended;
  job.outcome = outcome;
  job.failure = std::move(failure);
}

bool tells_of_memory(const SlurmEvidence& evidence) {
  const std::string& text = evidence.stderr_tail;
  const std::size_t line = text.find("slurmstepd");  // "slurmstepd: error: …", "slurmstepd-gu1: error: …"
  return line != std::string::npos &&
         (text.find("memory limit", line) != std::string::npos || text.find("oom-kill", line) != std::string::npos ||
          text.find("oom_kill", line) != std::string::npos);
}

/// `timeout` ended it, rather than the job happening to choose that exit code.
bool was_timed_out(const SlurmEvidence& evidence, const EngineJob& job) {
  return (job.exit_code == 124 || job.exit_code == 137) && evidence.wall_time.microseconds() > 0 &&
         (job.wrapper_run > Duration() ? job.wrapper_run + stamps_finer : job.engine_run) >= evidence.wall_time;
}

/// An ending by exit code has more than one meaning.
void refine_exit(const SlurmEvidence& evidence, EngineJob& job) {
  const bool has_end = evidence.stamps.exit_code.has_value();
  const bool may_be_refusal = !has_end && job.engine_run <= refusal_max + evidence.overhead;
  if (may_be_refusal && job.exit_code == wrapper_too_late) {
    return evidence.asked_to_stop ? end_as(job, Outcome::stopped, "stopped before it started")
                                  : end_as(job, Outcome::expired, "Slurm started it too late");
  }
  if (may_be_refusal && job.exit_code == wrapper_second_start) {
    // A job may have itself requeued: what ran before is not undone by that.
    const bool ran = !evidence.stamps.started_at.is_none() || (evidence.job && evidence.job->restarts > 0);
    return end_as(job, ran ? Outcome::stopped : Outcome::lost, "Slurm started it a second time, which was refused");
  }
  if (may_be_refusal && job.exit_code == wrapper_cannot_write)
    return end_as(job, Outcome::start_refused, "the job's user cannot write in the agent's control folder");
  if (was_timed_out(evidence, job))
    return end_as(job, Outcome::timed_out, "ran longer than " + to_text(evidence.wall_time));
  // Without control groups Slurm calls it a failure by signal 9 and tells the reason in the job's error output.
  if (!has_end && job.exit_code == 137 && tells_of_memory(evidence))
    return end_as(job, Outcome::out_of_memory, "used more memory than it asked for");
  if (job.exit_code > 128) job.failure = "ended by signal " + std::to_string(job.exit_code - 128);
}

void judge_ended(const SlurmEvidence& evidence, Outcome outcome, EngineJob& job) {
  const SlurmJob& slurm = *evidence.job;
  const bool ran = !evidence.stamps.started_at.is_none();
  // A job that Slurm's daemon killed for its memory is called a failure to launch too; one that has begun was
  // launched.
  if (outcome == Outcome::start_refused && slurm.state == "FAILED" && ran) outcome = Outcome::exited;
  end_as(job, outcome, "");
  switch (outcome) {
    case Outcome::exited: return refine_exit(evidence, job);
    case Outcome::timed_out: job.failure = "ran longer than Slurm's time limit"; return;
    case Outcome::out_of_memory: job.failure = "used more memory than it asked for"; return;
    case Outcome::stopped:
      job.failure = "stopped on order";
      if (!evidence.has_control || evidence.asked_to_stop) return;
      // Someone at the centre may cancel too, and then a task that waited deserves another try elsewhere. One that
      // ran may have cancelled itself to go uncharged: it ends here, with what it used.
      if (!ran && job.started_at.is_none()) job.outcome = Outcome::lost;
      job.failure = ran || !job.started_at.is_none() ? "cancelled while it ran, not by order"
                                                     : "cancelled at the centre, not by order";
      return;
    case Outcome::expired:
      if (ran) return end_as(job, Outcome::timed_out, "ended at Slurm's deadline");
      job.failure = "Slurm could not start it in time";
      return;
    default: job.failure = "Slurm says " + slurm.state + (slurm.reason.empty() ? "" : ": " + slurm.reason); return;
  }
}

/// What the stamps say between themselves, as far as it is believed. The job's user can write them, and Slurm counts
/// whole seconds: they make its figure finer, by a second at each end and what the site's own prologue takes, and never
/// by more than half.
Duration believed(Duration stamped, Duration engine, Duration overhead) {
  const Duration finer = std::max(stamps_finer, overhead);
  const Duration half = Duration::microseconds(engine.microseconds() / 2);
  return std::max(stamped, std::max(engine - finer, half));
}

/// Until when a job's time counts that Slurm knows. It runs until its end, not until Slurm has cleaned up behind it;
/// the end of a job in any other state is a forecast.
UnixTime counted_until(const SlurmEvidence& evidence, AttemptState state) {
  const SlurmJob& slurm = *evidence.job;
  if (state == AttemptState::ended) return slurm.ended_at;
  const bool has_ended = slurm.state == "COMPLETING" && !slurm.ended_at.is_none();
  return has_ended ? std::min(slurm.ended_at, evidence.now) : evidence.now;
}

/// Times of a job that Slurm knows.
void add_times(const SlurmEvidence& evidence, AttemptState state, EngineJob& job) {
  const SlurmJob& slurm = *evidence.job;
  const SlurmStamps& stamps = evidence.stamps;
  if (state == AttemptState::queued) return;
  const bool is_over = state == AttemptState::ended;
  job.ended_at = is_over ? slurm.ended_at : UnixTime();
  // Slurm gives a job that never ran its end as its start.
  const bool never_ran = is_over && stamps.started_at.is_none() && slurm.started_at >= slurm.ended_at;
  job.started_at = never_ran ? UnixTime() : slurm.started_at;
  const UnixTime until = counted_until(evidence, state);
  if (!job.started_at.is_none() && !until.is_none()) job.engine_run = not_negative(until - job.started_at);
  // Reported counters never fall, so a figure is given once, when it can be judged: an early small one would stand
  // after the job has spoilt its stamps.
  if (!is_over || stamps.started_at.is_none()) return;
  // Killed wrappers leave no end stamp: then the engine's end is the best that is known.
  const UnixTime stamped_end = stamps.ended_at.is_none() ? until : stamps.ended_at;
  job.wrapper_run = believed(not_negative(stamped_end - stamps.started_at), job.engine_run, evidence.overhead);
}

std::optional<EngineJob> judge_known(const SlurmEvidence& evidence, EngineJob job) {
  const SlurmJob& slurm = *evidence.job;
  job.engine_id = slurm.id;
  job.memory_peak = slurm.memory_peak;
  const auto verdict = verdict_on(slurm.state, slurm.reason);
  job.state = verdict.has_value() ? verdict->state : AttemptState::queued;
  if (!verdict.has_value()) job.failure = "Slurm says " + slurm.state;
  add_times(evidence, job.state, job);
  if (job.state == AttemptState::running) job.nodes = host_names(slurm.nodes);
  if (job.state == AttemptState::ended) {
    job.exit_code = slurm.exit_code;
    judge_ended(evidence, verdict->outcome, job);
  } else if (job.state == AttemptState::queued && slurm.reason != "None") {
    job.failure = "waits: " + slurm.reason;
  }
  return job;
}

/// Nothing was heard of it: it is as far as its stamps show that it came, and has not ended.
std::optional<EngineJob> judge_silent(const SlurmEvidence& evidence, EngineJob job) {
  const bool has_begun = !evidence.stamps.started_at.is_none();
  if (!has_begun && evidence.engine_id.empty()) return std::nullopt;
  job.state = has_begun ? AttemptState::running : AttemptState::queued;
  job.failure = "Slurm cannot be asked as its user";
  return job;
}

/// The controller has answered, and does not know it.
std::optional<EngineJob> judge_unknown(const SlurmEvidence& evidence, EngineJob job) {
  const SlurmStamps& stamps = evidence.stamps;
  const bool was_submitted = !evidence.engine_id.empty() || !stamps.started_at.is_none();
  job.started_at = stamps.started_at;
  job.ended_at = stamps.ended_at;
  if (stamps.exit_code.has_value()) {
    // Slurm has forgotten its own figure. What it told before counts if it was more: reported counters never fall.
    job.engine_run = not_negative(stamps.ended_at - stamps.started_at);
    job.exit_code = *stamps.exit_code;
    end_as(job, Outcome::exited, "");
    refine_exit(evidence, job);
    if (evidence.asked_to_stop && job.outcome == Outcome::exited && job.exit_code > 128)
      end_as(job, Outcome::stopped, "stopped on order");
    return job;
  }
  job.ended_at = evidence.now;
  if (stamps.expired) {
    end_as(job, Outcome::expired, "Slurm started it too late");
  } else if (evidence.asked_to_stop && stamps.started_at.is_none()) {
    end_as(job, Outcome::stopped, "stopped before it started");
  } else if (was_submitted) {
    end_as(job, Outcome::lost, "Slurm no longer knows it, and it left no end");
  } else if (evidence.now > evidence.starts_by) {
    end_as(job, Outcome::expired, "Slurm never got it in time");  // the wrapper would refuse by now
  } else {
    return std::nullopt;
  }
  return job;
}

}  // namespace

std::optional<EngineJob> judge(const SlurmEvidence& evidence) {
  EngineJob job;
  job.attempt = evidence.attempt;
  job.engine_id = evidence.engine_id;
  if (evidence.is_silent) return judge_silent(evidence, std::move(job));
  return evidence.job.has_value() ? judge_known(evidence, std::move(job)) : judge_unknown(evidence, std::move(job));
}

bool matters_more(const SlurmJob& a, const SlurmJob& b) {
  const auto rank = [](const SlurmJob& job) {
    const auto verdict = verdict_on(job.state, job.reason);
    if (!verdict.has_value() || verdict->state == AttemptState::queued) return 2;
    if (verdict->state == AttemptState::running) return 3;
    return job.exit_code == wrapper_second_start ? 0 : 1;
  };
  return rank(a) > rank(b);
}

std::optional<SlurmJob> job_that_matters(const std::vector<SlurmJob>& jobs, const std::string& name) {
  std::optional<SlurmJob> found;
  for (const SlurmJob& job : jobs) {
    if (job.name == name && (!found.has_value() || matters_more(job, *found))) found = job;
  }
  return found;
}

}  // namespace dayan::adapters
