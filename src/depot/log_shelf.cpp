#include "depot/log_shelf.h"

#include <algorithm>

#include "base/scan.h"
#include "depot/file.h"

namespace dayan::depot {
namespace {

/// The streams that an attempt has; nothing else becomes a file's name.
Result<void> check_stream(std::string_view stream) {
  if (stream == "stdout" || stream == "stderr") return {};
  return fail(ErrorCode::invalid, quote(stream) + " is not a log", "stdout or stderr", "stream");
}

}  // namespace

Result<void> LogShelf::scan() {
  return for_each_name(folder_, [&](const std::string& attempt) -> Result<void> {
    if (!parse_engine_name(attempt)) return {};
    return for_each_name(folder_ + '/' + attempt, [&](const std::string& stream) -> Result<void> {
      TRY(const Bytes size, size_of(folder_ + '/' + attempt + '/' + stream));
      usage_.count(OrganisationId(), size);
      return {};
    });
  });
}

Result<Bytes> LogShelf::append(const AttemptKey& attempt, std::string_view stream, Bytes offset,
                               std::string_view bytes) {
  TRY_VOID(check_stream(stream));
  TRY_VOID(check_range(offset, bytes_of(bytes), log_bytes_max));
  const std::lock_guard lock(mutex_);
  TRY_VOID(make_folder(folder_of(attempt)));
  TRY(File file, File::write(folder_of(attempt) + '/' + std::string(stream)));
  TRY(const Bytes length, file.size());
  if (length >= log_bytes_max) return length;
  if (offset > length) {
    return fail(ErrorCode::invalid, "a gap: the log has " + std::to_string(length.value()) + " bytes",
                "go on at byte " + std::to_string(length.value()), "offset");
  }
  const auto known = static_cast<std::size_t>((length - offset).value());
  if (known >= bytes.size()) return length;
  const std::string_view fresh = bytes.substr(known, static_cast<std::size_t>((log_bytes_max - length).value()));
  TRY_VOID(usage_.take(OrganisationId(), bytes_of(fresh)));
  auto written = file.write_at(length, fresh);
  if (!written) {
    usage_.give_back(OrganisationId(), bytes_of(fresh));
    return fail(std::move(written).error());
  }
  return length + bytes_of(fresh);
}

Result<std::string> LogShelf::read(const AttemptKey& attempt, std::string_view stream, Bytes offset, Bytes length) {
  TRY_VOID(check_stream(stream));
  TRY_VOID(check_range(offset, length, log_bytes_max));
  const auto file = File::read(folder_of(attempt) + '/' + std::string(stream));
  if (file) return file->read_at(offset, length);
  if (file.error().code == ErrorCode::not_found) return std::string();
  return fail(file.error());
}

Result<std::vector<AttemptKey>> LogShelf::attempts() const {
  std::vector<AttemptKey> found;
  TRY_VOID(for_each_name(folder_, [&](const std::string& name) -> Result<void> {
    if (const auto attempt = parse_engine_name(name)) found.push_back(*attempt);
    return {};
  }));
  std::ranges::sort(found);
  return found;
}

Result<void> LogShelf::drop(const AttemptKey& attempt) {
  const std::lock_guard lock(mutex_);
  const std::string folder = folder_of(attempt);
  for (const char* stream : {"/stdout", "/stderr"}) {
    const auto size = size_of(folder + stream);
    TRY_VOID(remove_file(folder + stream));
    if (size) usage_.give_back(OrganisationId(), *size);
  }
  return remove_folder(folder);
}

}  // namespace dayan::depot
