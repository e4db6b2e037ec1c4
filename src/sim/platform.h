#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/core.h"
#include "jobfile/platform_file.h"
#include "place/engine.h"
#include "sim/ran.h"

/// A platform in memory and virtual time: the real core and the real engine, without store, agents or faults. What is
/// described in a file is enrolled, priced and submitted by the same commands as on a hub.

namespace dayan::sim {

/// What each of so many customers has: more than it can spend, and less than that all of it together were no number.
[[nodiscard]] Cny funds_of(std::size_t customers);

class Platform {
 public:
  /// `now`: when it begins. Each of its customers, one at least, has funds without a practical bound.
  Platform(UnixTime now, std::span<const std::string> customers);

  /// Enrols providers that are not known yet. Of many centres all providers first: the engine looks through the centres
  /// that it knows for those of a new name.
  [[nodiscard]] Result<void> add_provider(const std::string& name);
  /// Enrols the centre with its pools and prices, and its provider. An error names what the core refused.
  [[nodiscard]] Result<CentreId> add_centre(const jobfile::CentreFile& centre);
  /// For the customer of this number.
  [[nodiscard]] Result<JobId> submit(const JobSpec& spec, std::size_t customer = 0);
  /// Plans until the engine proposes nothing more, and takes back the room that it would; returns the leases that were
  /// granted, in order.
  std::vector<LeaseRow> place_all();
  /// Attempts whose room was taken back since the last look.
  [[nodiscard]] std::vector<AttemptKey> take_reclaimed() { return std::exchange(reclaimed_, {}); }
  /// The attempt runs since then.
  void begin_attempt(const AttemptKey& attempt, UnixTime since);
  /// The attempt has ended: it is settled, and its room is free again.
  void end_attempt(const AttemptKey& attempt, const Ran& ran, Outcome outcome, std::int32_t exit_code);
  /// Attempts that were settled since the last look: those that ended, and those that a timer gave up.
  struct Settled {
    AttemptKey attempt;
    Outcome outcome = Outcome::none;
    Cny charged;
    bool is_retried = false;
    UnixTime not_before;  ///< when it is retried
  };
  [[nodiscard]] std::vector<Settled> take_settled() { return std::exchange(settled_, {}); }
  /// The centre's agent reports its pools, all of them.
  void report_pools(CentreId centre, std::vector<PoolRow> pools);
  /// Its last word before a silence, or the first after it.
  void hear(CentreId centre);
  void pass_to(UnixTime time) { now_ = std::max(now_, time); }
  /// The same, and fires the core's timers.
  void advance(UnixTime to);

  [[nodiscard]] UnixTime now() const { return now_; }
  /// What the customers have paid so far.
  [[nodiscard]] Cny spent() const;
  [[nodiscard]] const core::State& state() const { return state_; }
  [[nodiscard]] const place::Engine& engine() const { return *engine_; }
  /// Of a job of the first customer that is not submitted.
  [[nodiscard]] std::vector<Quote> quotes(const JobSpec& spec) const {
    return engine_->answers(now_, place::Times::spans)
        ->quotes({customers_.front().organisation, spec.requirements, spec.count, spec.throttle});
  }
  /// For as much again of a job that is submitted, beside all that is placed and waits.
  [[nodiscard]] place::Question as_much_again(JobId id) const {
    const JobRow* job = state_.jobs.find({id});
    ASSERT(job != nullptr);
    return {job->organisation, job->requirements, job->count, job->throttle, job->input_bytes};
  }
  /// The placement of an attempt, as the core kept it.
  [[nodiscard]] const PlacementRow* placement(const AttemptKey& attempt) const;

 private:
  Decided<core::Decision> decide(const Actor& actor, CommandBody body);
  [[nodiscard]] Result<core::Decision> must(const Actor& actor, CommandBody body);
  void send(CentreId centre, AttemptReport report);
  [[nodiscard]] Actor bearer(const std::string& token) const;

  core::State state_;
  std::vector<Actor> customers_;
  std::unique_ptr<place::Engine> engine_;
  UnixTime began_;
  UnixTime now_;
  std::int64_t last_id_;
  std::set<std::string> providers_;
  struct Agent {
    Actor actor;
    std::int64_t sequence = 0;  ///< of its last report
    std::vector<jobfile::Silence> silences;
  };
  std::map<CentreId, Agent> agents_;
  std::map<AttemptKey, PlacementRow> placements_;  ///< of live leases
  std::vector<LeaseRow> granted_;                  ///< since the last look
  std::vector<AttemptKey> reclaimed_;              ///< since the last look
  std::vector<Settled> settled_;                   ///< since the last look
};

}  // namespace dayan::sim
