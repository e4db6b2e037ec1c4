#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "model/fields.h"
#include "model/party.h"
#include "place/engine.h"

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

/// PUT /v1/organisations/{name}/weight and PUT /v1/projects/{name}/weight; the reply is the row.
struct WeightRequest {
  std::int64_t weight = 0;  ///< in thousandths of the usual one

  static constexpr auto fields() { return std::tuple{field("weight", &WeightRequest::weight)}; }
};

/// GET /v1/shares: how a project stands beside the others of its organisation.
struct ProjectShareView {
  ProjectId id;
  std::string name;
  std::int64_t weight = share_weight_usual;
  Duration time;     ///< for which it would have had the whole platform, what lies back counting less
  Duration setback;  ///< so much later than its organisation's its jobs stand

  static constexpr auto fields() {
    using R = ProjectShareView;
    return std::tuple{field("id", &R::id), field("name", &R::name), field("weight", &R::weight),
                      field("time", &R::time), field("setback", &R::setback)};
  }
};

/// How an organisation stands beside the others (place/engine.h).
struct ShareView {
  OrganisationId id;
  std::string name;
  std::int64_t weight = share_weight_usual;
  bool is_active = false;
  place::ShareResource resource = place::ShareResource::cores;
  Duration time;
  std::int64_t share = 0;
  std::int64_t due = 0;
  Duration setback;
  Duration setback_at_due;
  std::vector<ProjectShareView> projects;

  static constexpr auto fields() {
    using R = ShareView;
    return std::tuple{field("id", &R::id),           field("name", &R::name),
                      field("weight", &R::weight),   field("is_active", &R::is_active),
                      field("resource", &R::resource), field("time", &R::time),
                      field("share", &R::share),     field("due", &R::due),
                      field("setback", &R::setback), field("setback_at_due", &R::setback_at_due),
                      field("projects", &R::projects)};
  }
};
struct SharesView {
  UnixTime as_of;
  std::vector<ShareView> organisations;

  static constexpr auto fields() {
    return std::tuple{field("as_of", &SharesView::as_of), field("organisations", &SharesView::organisations)};
  }
};

}  // namespace dayan::wire

template <>
struct dayan::EnumWords<dayan::wire::Role> {
  static constexpr std::array<std::string_view, 2> words{"customer", "provider"};
};
