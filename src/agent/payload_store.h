#pragma once

#include <mutex>
#include <string>

#include "agent/hub_api.h"
#include "base/result.h"
#include "model/job.h"

namespace dayan::agent {

/// What is to be run, once a job: fetched from the hub, then kept in the agent's folder, so that a start or a
/// collection after a restart needs no hub. May be used from several threads.
class PayloadStore {
 public:
  PayloadStore(std::string folder, HubApi& hub) : folder_(std::move(folder)), hub_(hub) {}

  [[nodiscard]] Result<Payload> get(JobId job);
  void forget(JobId job);
  /// Forgets all jobs but these.
  void keep_only(const std::vector<JobId>& jobs);

 private:
  [[nodiscard]] std::string file_of(JobId job) const { return folder_ + '/' + to_text(job) + ".json"; }

  std::string folder_;
  HubApi& hub_;
  std::mutex mutex_;
};

}  // namespace dayan::agent
