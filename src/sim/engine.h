#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/engine_job.h"
#include "model/lease.h"
#include "sim/processes.h"
#include "sim/trial.h"

/// The scripted engine of one centre. It keeps jobs by their name and obeys its own limits whoever is down: what is
/// still queued at starts_by is not started, what has run for its wall time is ended.

namespace dayan::sim {

/// The clock of a centre: the engine and the agent share it.
struct CentreClock {
  const Trial& trial;
  Duration skew;
  [[nodiscard]] UnixTime now() const { return trial.now() + skew; }
};

class Engine {
 public:
  Engine(Trial& trial, Processes& processes, const CentreClock& clock, const std::vector<PoolRow>& pools, Prng prng)
      : trial_(trial), processes_(processes), clock_(clock), pools_(pools), prng_(prng) {}

  /// A start order, on any nodes of the lease's pool but these. One of a name that it knows already finds that job.
  [[nodiscard]] Result<std::string> order(const LeaseRow& lease, const std::vector<std::string>& nodes_to_avoid);
  void stop(const AttemptKey& attempt);
  /// Tells a program that it will be ended: some save what they have and go, some do not listen.
  [[nodiscard]] Result<void> give_notice(const AttemptKey& attempt);
  void forget(const AttemptKey& attempt);
  [[nodiscard]] Result<std::vector<EngineJob>> look();
  /// Its controller answers nothing for a while; what runs runs on.
  void go_down(Duration pause);
  void go_up() { down_until_ = trial_.now(); }

 private:
  struct Job {
    LeaseRow lease;
    std::vector<std::string> nodes_to_avoid;
    std::vector<LaidNode> nodes;  ///< once it has begun
    std::string engine_id;
    AttemptState state = AttemptState::queued;
    Outcome outcome = Outcome::none;
    std::int32_t exit_code = 0;
    UnixTime started_at;  ///< by the centre's clock
    UnixTime ended_at;
    UnixTime began;       ///< in truth
    Duration run;         ///< when ended
  };

  [[nodiscard]] bool is_down() const { return trial_.now() < down_until_; }
  [[nodiscard]] const Job* named(const AttemptKey& attempt) const;
  void land(const LeaseRow& lease, const std::vector<std::string>& nodes_to_avoid);
  [[nodiscard]] bool lay(Job& job);
  void keep_one_rack(std::vector<LaidNode>& free, std::int32_t nodes);
  void begin(std::int64_t id);
  void finish(std::int64_t id, Duration wanted);
  void end(Job& job, Outcome outcome, std::int32_t exit_code);
  [[nodiscard]] EngineJob shown(const Job& job) const;

  Trial& trial_;
  Processes& processes_;
  const CentreClock& clock_;
  const std::vector<PoolRow>& pools_;
  Prng prng_;
  UnixTime down_until_;
  std::int64_t last_id_ = 0;
  std::map<std::int64_t, Job> jobs_;  ///< by an id of its own: a late order may make a second one of a name
};

/// The id under which engines report an attempt: another attempt's in its row shows that two were mixed up.
[[nodiscard]] std::string engine_id_of(const AttemptKey& attempt);

}  // namespace dayan::sim
