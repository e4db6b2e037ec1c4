#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "model/ids.h"

/// The names of the depot's files: made from digests, owners and engine names, and read back by the scan at start.

namespace dayan::depot {

/// Content, who is charged for it, and who sent it.
struct Holding {
  Digest digest;
  OrganisationId owner;
  CentreId centre;  ///< none: the owner itself
  friend auto operator<=>(const Holding&, const Holding&) = default;
};

/// "ab": the folder in blobs/ of content whose digest begins so.
[[nodiscard]] std::string blob_folder(const Digest& digest);
/// "<62 digits>.<owner>" or, sent by a centre, "<62 digits>.<owner>.<centre>", in that folder.
[[nodiscard]] std::string blob_name(const Holding& holding);
[[nodiscard]] std::optional<Holding> parse_blob_name(std::string_view folder, std::string_view name);

/// "<64 digits>.<owner>.part", "<64 digits>.<owner>.<centre>.part"
[[nodiscard]] std::string upload_name(const Holding& holding);
[[nodiscard]] std::optional<Holding> parse_upload_name(std::string_view name);

/// Whose log it is. Owner of none: from a time when logs had none, counted in the total alone.
struct LogFolder {
  AttemptKey attempt;
  OrganisationId owner;
};

/// "<engine name>.<owner>", or, without an owner, "<engine name>".
[[nodiscard]] std::string log_folder_name(const LogFolder& folder);
[[nodiscard]] std::optional<LogFolder> parse_log_folder_name(std::string_view name);

}  // namespace dayan::depot
