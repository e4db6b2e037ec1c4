#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/core.h"
#include "ports/store.h"
#include "sim/trial.h"

/// What clients were told, kept where no crash of the hub reaches it: every acknowledged effect must be found again.

namespace dayan::sim {

class Journal {
 public:
  explicit Journal(Trial& trial) : trial_(trial) {}

  void submitted(OrganisationId organisation, const std::string& key, const std::string& body, JobId job) {
    keep(organisation, key, body);
    jobs_.push_back(job);
  }
  void cancelled(OrganisationId organisation, const std::string& key, const std::string& body, JobId job) {
    keep(organisation, key, body);
    cancelled_.push_back(job);
  }
  void top_up_sent(OrganisationId organisation, Cny amount) { sent_[organisation] += amount; }
  void top_up_done(OrganisationId organisation, Cny amount) { done_[organisation] += amount; }
  void report_taken(CentreId centre, const ReportAttempts& report);

  /// Everything acknowledged is in the State or in the store.
  void check(const core::State& state, Store& store) const;
  /// Money came in only as it was sent, and all that was acknowledged did; nothing is lost between the accounts.
  void check_money(const core::State& state) const;

 private:
  void keep(OrganisationId organisation, const std::string& key, const std::string& body) {
    replies_[{organisation, key}] = body;
  }
  [[nodiscard]] std::optional<std::string> missing_job(const core::State& state, Store& store) const;
  [[nodiscard]] std::optional<std::string> missing_reply(Store& store) const;
  [[nodiscard]] std::optional<std::string> missing_report(const core::State& state) const;

  Trial& trial_;
  std::vector<JobId> jobs_;
  std::vector<JobId> cancelled_;
  std::map<std::pair<OrganisationId, std::string>, std::string> replies_;
  std::map<OrganisationId, Cny> sent_;
  std::map<OrganisationId, Cny> done_;
  std::map<CentreId, std::pair<std::int64_t, std::int64_t>> reports_;  ///< newest agent epoch and its last sequence
  std::vector<AttemptKey> ended_;                                      ///< final reports that were acknowledged
};

/// The job in the store, live or retired.
[[nodiscard]] std::optional<JobRow> stored_job(Store& store, JobId id);

}  // namespace dayan::sim
