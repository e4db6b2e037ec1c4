#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "model/fields.h"
#include "model/party.h"

/// Organisations, projects, people and tokens on the wire (api/openapi.yaml).

namespace dayan::wire {

/// GET /v1/me
struct MeView {
  OrganisationRow organisation;
  std::optional<UserRow> user;  ///< none for an agent
  Scopes scopes;

  static constexpr auto fields() {
    return std::tuple{field("organisation", &MeView::organisation), field("user", &MeView::user),
                      field("scopes", &MeView::scopes)};
  }
};

/// POST /v1/tokens
struct CreateTokenRequest {
  std::string label;
  Scopes scopes;
  Duration lifetime;

  static constexpr auto fields() {
    using R = CreateTokenRequest;
    return std::tuple{field("label", &R::label), field("scopes", &R::scopes), field("lifetime", &R::lifetime)};
  }
};
struct CreateTokenReply {
  std::optional<std::string> token;  ///< shown once, null in a repeated answer; the hub keeps only its hash
  Digest hash;

  static constexpr auto fields() {
    return std::tuple{field("token", &CreateTokenReply::token), field("hash", &CreateTokenReply::hash)};
  }
};

enum class Role { customer, provider };

/// POST /v1/organisations
struct CreateOrganisationRequest {
  std::string name;
  std::string user;  ///< name of its first user
  std::vector<Role> roles;

  static constexpr auto fields() {
    using R = CreateOrganisationRequest;
    return std::tuple{field("name", &R::name), field("user", &R::user), field("roles", &R::roles)};
  }
};
struct CreateOrganisationReply {
  OrganisationRow organisation;
  std::optional<std::string> token;  ///< of its first user, shown once, null in a repeated answer

  static constexpr auto fields() {
    using R = CreateOrganisationReply;
    return std::tuple{field("organisation", &R::organisation), field("token", &R::token)};
  }
};

/// POST /v1/projects; the reply is the ProjectRow.
struct CreateProjectRequest {
  std::string name;

  static constexpr auto fields() { return std::tuple{field("name", &CreateProjectRequest::name)}; }
};

}  // namespace dayan::wire

template <>
struct dayan::EnumWords<dayan::wire::Role> {
  static constexpr std::array<std::string_view, 2> words{"customer", "provider"};
};
