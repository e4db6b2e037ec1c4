#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

#include "agent/agent.h"
#include "agent/pool_probe.h"
#include "base/readable.h"

namespace dayan::agent {

namespace {

using std::chrono::milliseconds;

/// Shorter than the hub allows, so that an agent that is told to stop need not wait long for its own poll.
constexpr Duration watch_wait = Duration::seconds(5);
constexpr milliseconds watch_pause{200};
constexpr milliseconds backoff_min{500};
constexpr milliseconds backoff_max{30'000};
constexpr milliseconds tail_interval{1'000};
constexpr milliseconds pools_interval{60'000};
constexpr milliseconds pools_retry{10'000};
constexpr Duration pools_republish = Duration::minutes(10);
/// A third of a token's life: an agent that is away for a month still comes back with a good one.
constexpr Duration token_age_max = Duration::hours(24 * 30);
static_assert(token_age_max + token_age_max < token_lifetime_max);

}  // namespace

void Agent::watch_leases(std::int64_t sequence) {
  milliseconds backoff = backoff_min;
  bool caught_up = false;
  while (!inbox_.is_stopping() && !parts_.hub.is_cast_out()) {
    const auto asked_at = std::chrono::steady_clock::now();
    const std::int64_t busy = foreign_cores_busy_;
    Result<LeasesAnswer> answer = parts_.hub.leases_after(sequence, caught_up ? watch_wait : Duration(),
                                                          busy < 0 ? std::nullopt : std::optional(Cores(busy)));
    if (!answer) {
      if (backoff == backoff_min) spdlog::warn("the hub does not tell its leases: {}", to_text(answer.error()));
      if (inbox_.sleep(backoff)) return;
      backoff = std::min(backoff * 2, backoff_max);
      continue;
    }
    if (backoff != backoff_min) spdlog::info("the hub tells its leases again");
    backoff = backoff_min;
    if (answer->full_list_needed) {
      if (sequence == 0 && inbox_.sleep(backoff_max)) return;  // a hub that cannot even begin at zero
      spdlog::warn("the hub does not know lease sequence {}: asking for the full list", sequence);
      sequence = 0;
      caught_up = false;
      inbox_.add([this](UnixTime) {
        changes_.clear();  // they are of the list that means nothing any more
        on_full_list_needed(state_);
      });
      continue;
    }
    if (answer->leases.empty()) {
      if (!caught_up) inbox_.add([this](UnixTime) { on_caught_up(state_); });
      caught_up = true;
      // A hub that does not wait must not be asked without pause.
      const bool was_quick = std::chrono::steady_clock::now() - asked_at < watch_pause;
      if (was_quick && inbox_.sleep(watch_pause)) return;
      continue;
    }
    for (const LeaseRow& lease : answer->leases) sequence = std::max(sequence, lease.sequence);
    inbox_.add([this, leases = std::move(answer->leases)](UnixTime) {
      changes_.insert(changes_.end(), leases.begin(), leases.end());
    });
  }
}

void Agent::tail_logs() {
  while (!inbox_.sleep(tail_interval)) {
    std::vector<AttemptKey> running;
    {
      const std::lock_guard lock(running_mutex_);
      running = running_;
    }
    for (const AttemptKey& attempt : running) {
      if (inbox_.is_stopping()) return;
      tail_.send_news(attempt, folder_of(attempt));
    }
  }
}

void Agent::renew_token_when_old(UnixTime now) {
  if (!identity_.token_since.is_none() && now - identity_.token_since < token_age_max) return;
  const Result<std::string> token = parts_.hub.renew_token();
  if (!token) return spdlog::warn("the hub gave no new token: {}", to_text(token.error()));
  identity_.token = *token;
  identity_.token_since = now;
  const Result<void> kept = parts_.folder.keep_identity(identity_);
  // The former token is good for a while yet: the next start goes on with it.
  if (!kept) return spdlog::error("the new token cannot be written down: {}", to_text(kept.error()));
  spdlog::info("the hub gave a new token");
}

void Agent::publish_pools() {
  PoolProbe probe(parts_.config, parts_.executor, parts_.processes, parts_.folder.file("capability.json"));
  std::vector<PoolRow> published;
  UnixTime published_at;
  std::vector<std::string> told;
  while (!inbox_.is_stopping()) {
    const UnixTime now = parts_.clock.now();
    std::vector<std::string> notes;
    const Result<std::vector<PoolRow>> pools = probe.probe(now, notes);
    if (notes != told) {
      for (const std::string& note : notes) spdlog::warn("{}", note);
      told = notes;
    }
    if (!pools) {
      spdlog::warn("the pools cannot be probed: {}", to_text(pools.error()));
      if (inbox_.sleep(pools_retry)) return;
      continue;
    }
    const Result<std::optional<Cores>> busy = parts_.executor.foreign_cores_busy();
    foreign_cores_busy_ = busy && *busy ? (*busy)->value() : -1;
    const bool is_due = published_at.is_none() || *pools != published || now - published_at >= pools_republish;
    if (is_due) {
      const Result<void> put = parts_.hub.put_pools(*pools, mapped_names(parts_.config));
      if (!put) {
        spdlog::warn("the hub did not take the pools: {}", to_text(put.error()));
        if (inbox_.sleep(pools_retry)) return;
        continue;
      }
      if (*pools != published) {
        for (const PoolRow& pool : *pools) {
          spdlog::info("pool {}: {} nodes of {} cores, {} memory, capability {}", pool.name, pool.nodes,
                       pool.cores_per_node.value(), readable(pool.memory_per_node), pool.core_capability.value());
        }
      }
      published = *pools;
      published_at = now;
    }
    renew_token_when_old(now);
    if (inbox_.sleep(pools_interval)) return;
  }
}

}  // namespace dayan::agent
