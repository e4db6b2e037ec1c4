#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>

#include "base/digest.h"
#include "base/result.h"
#include "base/units.h"
#include "execute/reconcile.h"
#include "model/job.h"

/// Inputs by content hash: each crosses to the centre once, in chunks, goes on where it stopped, and is checked
/// before anyone uses it. May be used from several threads.

namespace dayan::agent {

/// Where content comes from: the hub (HubApi), or a test.
class ContentSource {
 public:
  virtual ~ContentSource() = default;
  /// Of an input of that attempt's job.
  [[nodiscard]] virtual Result<std::string> read(const AttemptKey& attempt, const Digest& digest, Bytes offset,
                                                 Bytes length) = 0;
};

class InputCache {
 public:
  /// What nothing has asked for in that time is removed, so often.
  static constexpr Duration kept_unused = Duration::hours(24 * 7);
  static constexpr Duration cleared_every = Duration::hours(24);

  /// `folder` is made when it is not there.
  InputCache(std::string folder, ContentSource& source) : folder_(std::move(folder)), source_(source) {}

  /// The path of a file with exactly that content; fetched for that attempt when it is not there. `corrupt`: the
  /// source gave other bytes than the hash says, or another length. What had to cross is added to `fetched`, also
  /// where it fails.
  [[nodiscard]] Result<std::string> fetch(const AttemptKey& attempt, const Digest& digest, Bytes size,
                                          execute::Fetched& fetched);

  /// Removes what nothing has asked for in that time.
  void remove_unused(Duration age);

 private:
  [[nodiscard]] Result<void> download(const AttemptKey& attempt, const Digest& digest, Bytes size,
                                      const std::string& part, execute::Fetched& fetched);

  std::string folder_;
  ContentSource& source_;
  std::mutex mutex_;
  std::condition_variable done_;
  std::set<Digest> under_way_;
};

}  // namespace dayan::agent
