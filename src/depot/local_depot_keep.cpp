#include <chrono>

#include "depot/local_depot_parts.h"

/// What a start finds in the folder, and what is dropped from it.

namespace dayan::depot {

Result<void> LocalDepot::scan() {
  TRY_VOID(scan_blobs());
  TRY_VOID(scan_uploads());
  return logs_.scan();
}

Result<void> LocalDepot::scan_blobs() {
  const std::string root = folder_ + "/blobs";
  return for_each_name(root, [&](const std::string& folder) -> Result<void> {
    return for_each_name(root + '/' + folder, [&](const std::string& name) -> Result<void> {
      const std::string path = root + '/' + folder + '/' + name;
      const auto holding = parse_blob_name(folder, name);
      if (!holding) return {};
      TRY(const Bytes size, size_of(path));
      if (!owned_blob(holding->digest, holding->owner)) usage_.count(holding->owner, size);
      TRY(const UnixTime used_at, written_at(path));
      blobs_.emplace(*holding, Kept{size, used_at});
      return {};
    });
  });
}

namespace {

/// Both times are this machine's.
Result<bool> is_abandoned(const std::string& path) {
  using std::chrono::microseconds;
  const auto now = std::chrono::duration_cast<microseconds>(std::chrono::system_clock::now().time_since_epoch());
  TRY(const UnixTime at, written_at(path));
  return UnixTime(now.count()) - at > upload_patience;
}

}  // namespace

Result<void> LocalDepot::scan_uploads() {
  return for_each_name(folder_ + "/uploads", [&](const std::string& name) -> Result<void> {
    const auto holding = parse_upload_name(name);
    if (!holding) return {};
    const std::string path = upload_path(*holding);
    if (known_blob(*holding)) return remove_file(path);
    TRY(const bool abandoned, is_abandoned(path));
    if (abandoned) return remove_file(path);
    TRY(const Bytes size, size_of(path));
    usage_.count(holding->owner, size);
    uploads_.emplace(*holding, std::make_shared<Upload>(*holding, path, size, usage_));
    return {};
  });
}

std::vector<StoredContent> LocalDepot::unused_since(UnixTime since, const StoredContent& after, std::size_t count) {
  std::vector<StoredContent> found;
  const std::lock_guard lock(mutex_);
  for (auto each = blobs_.lower_bound({after.digest, after.owner, CentreId()}); each != blobs_.end(); ++each) {
    if (found.size() == count) break;
    const StoredContent content{each->first.digest, each->first.owner};
    const bool is_new = found.empty() ? after < content : found.back() < content;
    if (is_new && each->second.used_at < since) found.push_back(content);
  }
  return found;
}

Result<bool> LocalDepot::drop(const StoredContent& content, UnixTime since) {
  // Under the mutex to its end: an upload of the same content would otherwise take a name that is about to go.
  const std::lock_guard lock(mutex_);
  const auto first = blobs_.lower_bound({content.digest, content.owner, CentreId()});
  auto end = first;
  for (; end != blobs_.end() && StoredContent{end->first.digest, end->first.owner} == content; ++end) {
    if (end->second.used_at >= since) return false;
  }
  if (first == end) return false;
  const Bytes size = first->second.size;
  for (auto each = first; each != end;) {
    TRY_VOID(remove_file(blob_path(each->first)));
    each = blobs_.erase(each);
  }
  usage_.give_back(content.owner, size);
  return true;
}

bool LocalDepot::is_whole(const Holding& holding) {
  const std::lock_guard lock(mutex_);
  return known_blob(holding).has_value();
}

Result<std::size_t> LocalDepot::drop_abandoned_uploads() {
  std::vector<std::shared_ptr<Upload>> uploads;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [holding, upload] : uploads_) uploads.push_back(upload);
  }
  std::size_t dropped = 0;
  for (const auto& upload : uploads) {
    const std::lock_guard lock(upload->mutex);
    if (upload->is_over || upload->received().is_zero()) continue;
    TRY(const bool abandoned, is_abandoned(upload_path(upload->holding())));
    if (!abandoned && !is_whole(upload->holding())) continue;
    end(*upload);
    ++dropped;
  }
  return dropped;
}

}  // namespace dayan::depot
