#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "depot/file.h"
#include "depot/names.h"
#include "depot/usage.h"
#include "model/ids.h"

/// The live logs of attempts: a file for each stream, which grows from the start up to log_bytes_max.

namespace dayan::depot {

/// Safe from any thread. A log is charged to the organisation whose job writes it; whose it is stands in the name of
/// its folder, so that a start learns it from a scan. Folders of before that, without an owner, are counted in the
/// total alone until something is added to them.
class LogShelf {
 public:
  LogShelf(std::string folder, Usage& usage) : folder_(std::move(folder)), usage_(usage) {}

  /// Counts the logs that are there. Once, before anything else.
  [[nodiscard]] Result<void> scan();
  /// As Depot::append_log, read_log, drop_log and drop_logs.
  [[nodiscard]] Result<Bytes> append(OrganisationId owner, const AttemptKey& attempt, std::string_view stream,
                                     Bytes offset, std::string_view bytes);
  [[nodiscard]] Result<std::string> read(const AttemptKey& attempt, std::string_view stream, Bytes offset,
                                         Bytes length);
  [[nodiscard]] std::vector<AttemptKey> attempts();
  [[nodiscard]] Result<void> drop(const AttemptKey& attempt, std::string_view stream);
  [[nodiscard]] Result<void> drop_all(const AttemptKey& attempt);

 private:
  [[nodiscard]] std::string path_of(const LogFolder& folder) const { return folder_ + '/' + log_folder_name(folder); }
  // With `mutex_`:
  /// The attempt's folder, which is made when it is not there, and given its owner when it has none.
  [[nodiscard]] Result<LogFolder> folder_for(OrganisationId owner, const AttemptKey& attempt);
  [[nodiscard]] Result<void> give_owner(const LogFolder& nobodys, OrganisationId owner);
  [[nodiscard]] Result<void> drop_stream(const LogFolder& folder, std::string_view stream);

  [[nodiscard]] Result<File> open_log(const AttemptKey& attempt, std::string_view stream);

  const std::string folder_;
  Usage& usage_;
  std::mutex mutex_;
  std::map<AttemptKey, OrganisationId> owners_;  ///< of every attempt that has a folder
};

}  // namespace dayan::depot
