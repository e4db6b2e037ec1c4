#include "depot/log_shelf.h"

#include <algorithm>

#include "base/scan.h"

namespace dayan::depot {
namespace {

/// The streams that an attempt has; nothing else becomes a file's name.
Result<void> check_stream(std::string_view stream) {
  if (std::ranges::find(log_streams, stream) != log_streams.end()) return {};
  return fail(ErrorCode::invalid, quote(stream) + " is not a log", "stdout or stderr", "stream");
}

std::string stream_path(const std::string& folder, std::string_view stream) {
  return folder + '/' + std::string(stream);
}

}  // namespace

Result<void> LogShelf::scan() {
  return for_each_name(folder_, [&](const std::string& name) -> Result<void> {
    const auto folder = parse_log_folder_name(name);
    if (!folder) return {};
    TRY_VOID(for_each_name(path_of(*folder), [&](const std::string& stream) -> Result<void> {
      TRY(const Bytes size, size_of(stream_path(path_of(*folder), stream)));
      usage_.count(folder->owner, size);
      return {};
    }));
    owners_.emplace(folder->attempt, folder->owner);
    return {};
  });
}

Result<void> LogShelf::give_owner(const LogFolder& nobodys, OrganisationId owner) {
  const LogFolder owned{nobodys.attempt, owner};
  TRY_VOID(rename_durably(path_of(nobodys), path_of(owned)));
  owners_[nobodys.attempt] = owner;
  for (const std::string_view stream : log_streams) {
    const auto size = size_of(stream_path(path_of(owned), stream));
    if (!size) continue;
    usage_.give_back(OrganisationId(), *size);
    usage_.count(owner, *size);
  }
  return {};
}

Result<LogFolder> LogShelf::folder_for(OrganisationId owner, const AttemptKey& attempt) {
  const auto known = owners_.find(attempt);
  if (known == owners_.end()) {
    const LogFolder made{attempt, owner};
    TRY_VOID(make_folder(path_of(made)));
    owners_.emplace(attempt, owner);
    return made;
  }
  const LogFolder there{attempt, known->second};
  if (there.owner.is_none()) TRY_VOID(give_owner(there, owner));
  return LogFolder{attempt, owners_.at(attempt)};
}

Result<Bytes> LogShelf::append(OrganisationId owner, const AttemptKey& attempt, std::string_view stream, Bytes offset,
                               std::string_view bytes) {
  TRY_VOID(check_stream(stream));
  TRY_VOID(check_range(offset, bytes_of(bytes), log_bytes_max));
  if (owner.is_none()) return fail(ErrorCode::invalid, "nobody owns the log", "an organisation", "owner");
  const std::lock_guard lock(mutex_);
  TRY(const LogFolder folder, folder_for(owner, attempt));
  TRY(File file, File::write(stream_path(path_of(folder), stream)));
  TRY(const Bytes length, file.size());
  if (length >= log_bytes_max) return length;
  if (offset > length) {
    return fail(ErrorCode::invalid, "a gap: the log has " + std::to_string(length.value()) + " bytes",
                "go on at byte " + std::to_string(length.value()), "offset");
  }
  const auto known = static_cast<std::size_t>((length - offset).value());
  if (known >= bytes.size()) return length;
  const std::string_view fresh = bytes.substr(known, static_cast<std::size_t>((log_bytes_max - length).value()));
  TRY_VOID(usage_.take(folder.owner, bytes_of(fresh)));
  auto written = file.write_at(length, fresh);
  if (!written) {
    usage_.give_back(folder.owner, bytes_of(fresh));
    return fail(std::move(written).error());
  }
  return length + bytes_of(fresh);
}

Result<File> LogShelf::open_log(const AttemptKey& attempt, std::string_view stream) {
  const std::lock_guard lock(mutex_);
  const auto owner = owners_.find(attempt);
  if (owner == owners_.end()) return fail(ErrorCode::not_found, "the log has not begun", "a later look", "attempt");
  return File::read(stream_path(path_of({attempt, owner->second}), stream));
}

Result<std::string> LogShelf::read(const AttemptKey& attempt, std::string_view stream, Bytes offset, Bytes length) {
  TRY_VOID(check_stream(stream));
  TRY_VOID(check_range(offset, length, log_bytes_max));
  const auto file = open_log(attempt, stream);
  if (file) return file->read_at(offset, length);
  if (file.error().code == ErrorCode::not_found) return std::string();
  return fail(file.error());
}

std::vector<AttemptKey> LogShelf::attempts() {
  const std::lock_guard lock(mutex_);
  std::vector<AttemptKey> found;
  for (const auto& [attempt, owner] : owners_) found.push_back(attempt);
  return found;
}

Result<void> LogShelf::drop_stream(const LogFolder& folder, std::string_view stream) {
  const std::string path = stream_path(path_of(folder), stream);
  const auto size = size_of(path);
  TRY_VOID(remove_file(path));
  if (size) usage_.give_back(folder.owner, *size);
  return {};
}

Result<void> LogShelf::drop(const AttemptKey& attempt, std::string_view stream) {
  TRY_VOID(check_stream(stream));
  const std::lock_guard lock(mutex_);
  const auto owner = owners_.find(attempt);
  if (owner == owners_.end()) return {};
  return drop_stream({attempt, owner->second}, stream);
}

Result<void> LogShelf::drop_all(const AttemptKey& attempt) {
  const std::lock_guard lock(mutex_);
  const auto owner = owners_.find(attempt);
  if (owner == owners_.end()) return {};
  const LogFolder folder{attempt, owner->second};
  for (const std::string_view stream : log_streams) TRY_VOID(drop_stream(folder, stream));
  TRY_VOID(remove_folder(path_of(folder)));
  owners_.erase(owner);
  return {};
}

}  // namespace dayan::depot
