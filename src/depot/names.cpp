#include "depot/names.h"

namespace dayan::depot {
namespace {

constexpr std::size_t folder_digits = 2;
constexpr std::size_t digest_digits = 2 * Digest::size;
constexpr std::string_view part_suffix = ".part";

/// "<64 digits>.<owner>"
std::optional<Holding> parse_holding(std::string_view text) {
  if (text.size() <= digest_digits || text[digest_digits] != '.') return std::nullopt;
  const auto digest = parse_digest(text.substr(0, digest_digits));
  const auto owner = parse<OrganisationId>(std::string(OrganisationId::prefix()) + '_' +
                                           std::string(text.substr(digest_digits + 1)));
  if (!digest || !owner) return std::nullopt;
  return Holding{*digest, *owner};
}

}  // namespace

std::string blob_folder(const Digest& digest) { return to_text(digest).substr(0, folder_digits); }

std::string blob_name(const Holding& holding) {
  return to_text(holding.digest).substr(folder_digits) + '.' + id_digits(holding.owner.value());
}

std::optional<Holding> parse_blob_name(std::string_view folder, std::string_view name) {
  if (folder.size() != folder_digits) return std::nullopt;
  return parse_holding(std::string(folder) + std::string(name));
}

std::string upload_name(const Holding& holding) {
  return to_text(holding.digest) + '.' + id_digits(holding.owner.value()) + std::string(part_suffix);
}

std::optional<Holding> parse_upload_name(std::string_view name) {
  if (!name.ends_with(part_suffix)) return std::nullopt;
  return parse_holding(name.substr(0, name.size() - part_suffix.size()));
}

}  // namespace dayan::depot
