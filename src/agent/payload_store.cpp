#include "agent/payload_store.h"

#include <unistd.h>

#include <algorithm>

#include "adapters/files.h"
#include "model/json.h"

namespace dayan::agent {

Result<Payload> PayloadStore::get(JobId job) {
  const std::lock_guard lock(mutex_);  // a job of a thousand tasks is fetched once, not a thousand times
  TRY(const std::optional<std::string> kept, adapters::read_file(file_of(job)));
  if (kept) {
    Result<Payload> read = parse_nested<Payload>(*kept);
    if (read) return read;  // a damaged one is fetched again
  }
  TRY(Payload payload, hub_.payload(job));
  TRY_VOID(adapters::make_folder(folder_, 0700));
  TRY_VOID(adapters::write_file(file_of(job), nested_text(payload), 0600));
  return payload;
}

void PayloadStore::forget(JobId job) {
  const std::lock_guard lock(mutex_);
  ::unlink(file_of(job).c_str());
}

void PayloadStore::keep_only(const std::vector<JobId>& jobs) {
  const std::lock_guard lock(mutex_);
  const Result<std::vector<std::string>> names = adapters::names_in(folder_);
  if (!names) return;
  for (const std::string& name : *names) {
    const auto is_its = [&](JobId job) { return name == to_text(job) + ".json"; };
    if (std::none_of(jobs.begin(), jobs.end(), is_its)) ::unlink((folder_ + '/' + name).c_str());
  }
}

}  // namespace dayan::agent
