#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "depot/usage.h"
#include "model/ids.h"

/// The live logs of attempts: a file for each stream, which grows from the start up to log_bytes_max.

namespace dayan::depot {

/// Safe from any thread. Logs belong to no organisation's quota: each is small, and only the total counts them.
class LogShelf {
 public:
  LogShelf(std::string folder, Usage& usage) : folder_(std::move(folder)), usage_(usage) {}

  /// Counts the logs that are there.
  [[nodiscard]] Result<void> scan();
  /// As Depot::append_log and Depot::read_log.
  [[nodiscard]] Result<Bytes> append(const AttemptKey& attempt, std::string_view stream, Bytes offset,
                                     std::string_view bytes);
  [[nodiscard]] Result<std::string> read(const AttemptKey& attempt, std::string_view stream, Bytes offset,
                                         Bytes length);
  [[nodiscard]] Result<std::vector<AttemptKey>> attempts() const;
  [[nodiscard]] Result<void> drop(const AttemptKey& attempt);

 private:
  [[nodiscard]] std::string folder_of(const AttemptKey& attempt) const {
    return folder_ + '/' + engine_name(attempt);
  }

  const std::string folder_;
  Usage& usage_;
  std::mutex mutex_;  ///< of appends and drops
};

}  // namespace dayan::depot
