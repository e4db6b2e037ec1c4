#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/prng.h"
#include "place/engine.h"

/// A platform of any size, drawn by a seed: centres with their pools and
/// offers, customers with money, work of many kinds that runs and waits. It
/// feeds an engine with rows as a core would commit them, and commits its
/// plans.
///
/// The figures follow what is known of such platforms: nodes of 32 to 128 cores
/// with 2 to 8 GB a core, one pool in three with 8 cards a node of one of eight
/// models, prices over a factor of six, cores of half to two and a half times
/// the reference, queues that take 1 to 30 days. Jobs ask for one of some
/// thousand sets of requirements, few sets often and many seldom, each with an
/// estimate of its own and a wall time of 1 to 10 times the estimate. Those that
/// wait came evenly over the last day, so that nearly all have waited long enough
/// for a promise: on a platform where a million wait, most have waited long.

namespace dayan::bench {

struct PlatformSize {
  std::int64_t centres = 0;
  std::int64_t pools = 0;
  std::int64_t waiting = 0;
  std::int64_t kinds = 0;  ///< sets of requirements
  std::uint64_t seed = 1;
};

class PlatformLoad {
 public:
  PlatformLoad(const PlatformSize& size, place::Engine& engine);

  [[nodiscard]] UnixTime now() const { return now_; }
  [[nodiscard]] std::size_t pools() const { return pools_.size(); }
  [[nodiscard]] std::size_t running() const { return running_.size(); }
  [[nodiscard]] std::int64_t submitted() const { return last_job_; }

  /// Feeds centres, pools and money; then work that runs: pools with cards, and
  /// those of the busy regions, are filled as far as they go, the others to six
  /// tenths.
  void feed_platform();
  void feed_running();
  /// A job that only the full part of the platform can take.
  void submit_waiting();
  /// A job that the part with room can take, and a job of any kind.
  JobId submit_placeable();
  JobId submit_any();
  /// How many kinds the part with room can take, and a job of one of them.
  [[nodiscard]] std::size_t free_kinds() const { return free_kinds_.size(); }
  void submit_free_kind(std::size_t kind) { (void)submit(free_kinds_[kind]); }

  /// Plans at most `limit` assignments, and commits them all. Returns them.
  std::vector<Assignment> plan(std::size_t limit);
  /// Feeds the rows of an assignment that the core takes.
  void commit(const Assignment& assignment);
  /// Ends a lease drawn at random: its pool has room again, its job is over.
  void end_one();
  /// Time passes; every centre speaks once in half a minute.
  void pass(Duration time);

  /// A question like that of a job of any kind.
  [[nodiscard]] place::Question draw_question();

 private:
  static constexpr std::int64_t customers = 496;

  struct Pool {
    PoolRow row;
    OfferRow offer;
    bool is_busy = false;
  };
  struct Kind {
    Requirements requirements;
    bool is_busy = false;  ///< only the full part can take it
  };
  struct Job {
    std::uint32_t kind = 0;
    std::uint32_t customer = 0;
    std::int32_t count = 1;
    std::int32_t next_task = 0;
    std::int32_t live = 0;
    std::int32_t succeeded = 0;
    std::int64_t run_seconds = 0;
    std::int64_t wall_seconds = 0;
    std::int64_t cap = -1;  ///< micro-yuan
    Cny held;
    UnixTime submitted_at;
  };
  struct Running {
    AttemptKey attempt;
    CentreId centre;
    std::uint32_t pool = 0;
    Cny held;
  };

  void draw_kinds();
  void draw_chips(Requirements& needs);
  [[nodiscard]] std::uint32_t draw_kind(bool is_busy);
  JobId submit(std::uint32_t kind, Duration ago = Duration());
  void fill(std::uint32_t pool);
  [[nodiscard]] JobRow row_of(JobId id, const Job& job) const;
  void put(const Row& row, RowFate fate = RowFate::live) { engine_.apply({row, fate}); }
  void put_wallet(std::uint32_t customer);
  void lease(JobId id, Job& job, std::int32_t task, std::uint32_t pool, Duration ago);
  void hear(std::size_t centre);

  PlatformSize size_;
  place::Engine& engine_;
  Prng random_;
  UnixTime now_{1'800'000'000'000'000};
  std::vector<CentreRow> centres_;
  std::vector<Pool> pools_;
  std::map<std::pair<CentreId, std::string>, std::uint32_t> pool_index_;
  std::vector<Kind> kinds_;
  std::vector<std::uint32_t> busy_kinds_, free_kinds_;
  std::vector<AccountRow> wallets_;
  std::map<JobId, Job> jobs_;
  std::vector<Running> running_;
  std::int64_t last_job_ = 0;
  std::int64_t waiting_submitted_ = 0;
  std::size_t speaks_next_ = 0;
};

}  // namespace dayan::bench
