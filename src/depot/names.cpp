#include "depot/names.h"

namespace dayan::depot {
namespace {

constexpr std::size_t folder_digits = 2;
constexpr std::size_t digest_digits = 2 * Digest::size;
constexpr std::string_view part_suffix = ".part";

template <class IdType>
std::optional<IdType> parse_digits(std::string_view digits) {
  const auto id = parse<IdType>(std::string(IdType::prefix()) + '_' + std::string(digits));
  if (!id) return std::nullopt;
  return *id;
}

/// "<64 digits>.<owner>" or "<64 digits>.<owner>.<centre>"
std::optional<Holding> parse_holding(std::string_view text) {
  if (text.size() <= digest_digits || text[digest_digits] != '.') return std::nullopt;
  const auto digest = parse_digest(text.substr(0, digest_digits));
  const std::string_view ids = text.substr(digest_digits + 1);
  const std::size_t dot = ids.find('.');
  const auto owner = parse_digits<OrganisationId>(ids.substr(0, dot));
  if (!digest || !owner) return std::nullopt;
  if (dot == std::string_view::npos) return Holding{*digest, *owner, {}};
  const auto centre = parse_digits<CentreId>(ids.substr(dot + 1));
  if (!centre || centre->is_none()) return std::nullopt;
  return Holding{*digest, *owner, *centre};
}

std::string ids_of(const Holding& holding) {
  const std::string owner = '.' + id_digits(holding.owner.value());
  return holding.centre.is_none() ? owner : owner + '.' + id_digits(holding.centre.value());
}

}  // namespace

std::string blob_folder(const Digest& digest) { return to_text(digest).substr(0, folder_digits); }

std::string blob_name(const Holding& holding) {
  return to_text(holding.digest).substr(folder_digits) + ids_of(holding);
}

std::optional<Holding> parse_blob_name(std::string_view folder, std::string_view name) {
  if (folder.size() != folder_digits) return std::nullopt;
  return parse_holding(std::string(folder) + std::string(name));
}

std::string upload_name(const Holding& holding) {
  return to_text(holding.digest) + ids_of(holding) + std::string(part_suffix);
}

std::optional<Holding> parse_upload_name(std::string_view name) {
  if (!name.ends_with(part_suffix)) return std::nullopt;
  return parse_holding(name.substr(0, name.size() - part_suffix.size()));
}

std::string log_folder_name(const LogFolder& folder) {
  std::string name = engine_name(folder.attempt);
  if (!folder.owner.is_none()) name += '.' + id_digits(folder.owner.value());
  return name;
}

std::optional<LogFolder> parse_log_folder_name(std::string_view name) {
  const std::size_t dot = name.find('.');
  const auto attempt = parse_engine_name(name.substr(0, dot));
  if (!attempt) return std::nullopt;
  if (dot == std::string_view::npos) return LogFolder{*attempt, {}};
  const auto owner = parse_digits<OrganisationId>(name.substr(dot + 1));
  if (!owner || owner->is_none()) return std::nullopt;
  return LogFolder{*attempt, *owner};
}

}  // namespace dayan::depot
