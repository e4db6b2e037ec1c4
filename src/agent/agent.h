#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "agent/collect.h"
#include "agent/config.h"
#include "agent/folder.h"
#include "agent/hub_api.h"
#include "agent/inbox.h"
#include "agent/input_cache.h"
#include "agent/payload_store.h"
#include "agent/workers.h"
#include "edge/signing.h"
#include "execute/reconcile.h"
#include "ports/clock.h"
#include "ports/executor.h"
#include "ports/processes.h"

/// The agent at work: it feeds execute::reconcile with the hub's leases and the engine's answers, stores what was
/// decided, and has it done. One thread decides; others wait for the hub, for the engine and for bytes, and put what
/// they found into the inbox.

namespace dayan::agent {

class Agent {
 public:
  /// All of it outlives the Agent.
  struct Parts {
    const Config& config;
    const AgentFolder& folder;
    HubApi& hub;
    const edge::SigningKey& key;
    Executor& executor;
    Processes& processes;
    Clock& clock;
    std::string work_folder;
    Identity identity;
  };

  Agent(const Parts& parts, execute::AgentState state);
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  /// Works until stop(), or until the hub has cast this agent out (`denied`). Attempts go on without it.
  [[nodiscard]] Result<void> run();
  /// From any thread.
  void stop() { inbox_.stop(); }

 private:
  /// The hub as the cache's source.
  class Depot : public ContentSource {
   public:
    explicit Depot(HubApi& hub) : hub_(hub) {}
    Result<std::string> read(const AttemptKey& attempt, const Digest& digest, Bytes offset,
                             Bytes length) override {
      return hub_.blob_content(attempt, digest, offset, length);
    }

   private:
    HubApi& hub_;
  };

  // agent.cpp: the deciding thread.
  void decide();
  void look_when_due(UnixTime now);
  void clear_cache_when_due(UnixTime now);
  [[nodiscard]] bool store();
  void tell_log();
  void sweep_once();
  [[nodiscard]] std::string folder_of(const AttemptKey& attempt) const;

  // agent_actions.cpp: what is decided gets done, on the workers.
  void act(const execute::StageInputs& action);
  void act(const execute::StartAttempt& action);
  void act(const execute::StopAttempt& action);
  void act(const execute::GiveNotice& action);
  void act(const execute::CollectOutputs& action);
  void act(const execute::SendReport& action);
  void act(const execute::Forget& action);
  void forget_now(const AttemptKey& attempt);
  void begin_work(const AttemptKey& attempt) { ++busy_[attempt]; }
  void end_work(const AttemptKey& attempt);
  [[nodiscard]] Result<void> stage(const LeaseRow& lease, execute::Fetched& fetched);
  [[nodiscard]] Result<std::string> start(const LeaseRow& lease, const std::vector<std::string>& nodes_to_avoid);
  [[nodiscard]] Result<execute::Collected> collect(const AttemptKey& attempt);

  // agent_watch.cpp: threads of their own.
  void watch_leases(std::int64_t sequence);
  void tail_logs();
  void publish_pools();
  void renew_token_when_old(UnixTime now);

  const Parts parts_;
  Identity identity_;  ///< of the thread that publishes pools
  execute::AgentState state_;
  Inbox inbox_;
  Depot depot_;
  InputCache cache_;
  PayloadStore payloads_;
  LogTail tail_;

  // Of the deciding thread alone.
  std::vector<LeaseRow> changes_;
  std::optional<execute::Observation> observed_;
  bool looking_ = false;
  bool engine_silent_ = false;
  bool swept_ = false;
  UnixTime looked_at_;
  UnixTime cache_cleared_at_;
  std::string stored_;
  std::map<AttemptKey, int> busy_;  ///< actions under way that use its work folder
  std::set<AttemptKey> forget_later_;
  std::map<AttemptKey, execute::Phase> logged_;

  std::atomic<std::int64_t> foreign_cores_busy_ = -1;  ///< as last probed; below zero: not known

  std::mutex running_mutex_;
  std::vector<AttemptKey> running_;  ///< whose logs are tailed

  // The last members: they end first.
  Workers engine_workers_;    ///< start, stop, forget: short, but the engine may be slow
  Workers look_worker_;       ///< so that a look never waits behind orders
  Workers transfer_workers_;  ///< staging and collecting
  Workers report_worker_;
  std::vector<std::thread> threads_;
};

}  // namespace dayan::agent
