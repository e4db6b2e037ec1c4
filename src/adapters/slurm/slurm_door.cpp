#include "adapters/slurm/slurm_door.h"

#include "adapters/files.h"

namespace dayan::adapters {
namespace {

/// How long slurmrestd is left alone after a failure, before it is tried again.
constexpr Duration aside_time = Duration::seconds(60);

}  // namespace

bool SlurmDoor::rest_is_ready(const std::string& user) {
  if (rest_ == nullptr) return false;
  const UnixTime now = time_of_day();
  if (now < aside_until_ && aside_until_ <= now + aside_time) return false;
  if (is_proven_) return true;
  const auto answered = rest_->ping(user);
  is_proven_ = answered.has_value();
  if (!is_proven_) put_aside(answered.error());
  return is_proven_;
}

void SlurmDoor::put_aside(const Error& why) {
  is_proven_ = false;
  aside_until_ = time_of_day() + aside_time;
  why_aside_ = to_text(why);
}

Result<std::string> SlurmDoor::submit(const StartOrder& order, const std::string& chip, const std::string& script,
                                      UnixTime now) {
  // slurmrestd lets nobody ask for switches ("Disabled key", 22.05).
  if (!order.resources.is_in_rack() && rest_is_ready(order.user)) {
    auto id = rest_->submit(order, chip, script, now);
    if (id.has_value()) return id;
    const ErrorCode code = id.error().code;
    if (code == ErrorCode::unavailable || code == ErrorCode::unknown_outcome) put_aside(id.error());
    // Only when nothing was asked of Slurm may it be asked again without a look.
    if (code != ErrorCode::unavailable) return id;
  }
  return commands_.submit(order, chip, script, now);
}

Result<std::vector<SlurmJob>> SlurmDoor::jobs(const std::string& user) {
  if (rest_is_ready(user) && !rest_->is_crowded()) {
    auto jobs = rest_->jobs(user);
    if (jobs.has_value()) return jobs;
    put_aside(jobs.error());
  }
  return commands_.jobs(user);
}

Result<void> SlurmDoor::cancel(const std::string& name, const std::string& user) {
  if (rest_is_ready(user) && !rest_->is_crowded()) {
    auto cancelled = rest_->cancel(name, user);
    if (cancelled.has_value()) return cancelled;
    put_aside(cancelled.error());
  }
  return commands_.cancel(name, user);
}

Result<void> SlurmDoor::cancel_number(const std::string& id, const std::string& user) {
  if (rest_is_ready(user)) {
    auto cancelled = rest_->cancel_number(id, user);
    if (cancelled.has_value()) return cancelled;
    put_aside(cancelled.error());
  }
  return commands_.cancel_number(id, user);
}

std::string SlurmDoor::describe(const std::string& user) {
  if (rest_ == nullptr) return "by its commands";
  if (rest_is_ready(user)) return "through slurmrestd at " + rest_->address();
  return "by its commands, since slurmrestd at " + rest_->address() + " cannot be used: " + why_aside_;
}

}  // namespace dayan::adapters
