#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "agent/hub_api.h"
#include "base/result.h"
#include "execute/reconcile.h"

/// What goes up: outputs by content hash, standard output and error while they grow.

namespace dayan::agent {

/// Hashes and uploads what the patterns name, and stdout.log and stderr.log, first, as "stdout" and "stderr". What
/// has gone up already is not sent again. A file that vanishes or changes meanwhile is named in `missing`; and when
/// the hub takes no more for this attempt (its customer's quota is full, its lease is over), so is every file that is
/// left, with the hub's reason: the attempt ends without them, since nothing here can make room.
[[nodiscard]] Result<execute::Collected> collect_outputs(HubApi& hub, const AttemptKey& attempt,
                                                         const std::string& folder,
                                                         const std::vector<std::string>& patterns);

/// Sends what has been added to standard output and error of attempts since the last time. May be used from several
/// threads. Losing it is harmless: the whole files go up as outputs at the end. A stream that the hub does not take
/// (the customer's quota is full, the lease is over) is left alone for a while: the live log ends there, or goes on
/// when there is room again.
class LogTail {
 public:
  static constexpr std::size_t bytes_at_once_max = 1'000'000;  ///< of one stream in one call
  static constexpr int calls_after_refusal = 60;               ///< so many send nothing: about a minute

  explicit LogTail(HubApi& hub) : hub_(hub) {}
  void send_news(const AttemptKey& attempt, const std::string& folder);
  void forget(const AttemptKey& attempt);

 private:
  using Stream = std::pair<AttemptKey, std::string>;
  struct Progress {
    Bytes sent;
    int calls_to_skip = 0;
  };
  void send_stream(const Stream& stream, const std::string& folder, const std::string& file);

  HubApi& hub_;
  std::mutex mutex_;
  std::map<Stream, Progress> sent_;
};

}  // namespace dayan::agent
