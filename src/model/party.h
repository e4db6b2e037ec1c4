#pragma once

#include <string>

#include "base/digest.h"
#include "base/time.h"
#include "model/fields.h"
#include "model/ids.h"
#include "model/usage.h"

/// Who takes part: organisations with roles, their projects and people, and the tokens that speak for them.

namespace dayan {

struct OrganisationRow {
  OrganisationId id;
  std::string name;  ///< unique, 1 to 64 characters of [a-z0-9-]
  bool is_customer = false;
  bool is_provider = false;
  bool is_operator = false;
  UnixTime created_at;
  std::int64_t weight = share_weight_usual;  ///< its due beside other organisations, in thousandths

  static constexpr std::string_view table = "organisation";
  [[nodiscard]] auto key() const { return std::tuple{id}; }
  static constexpr auto fields() {
    using R = OrganisationRow;
    return std::tuple{dayan::key("id", &R::id),
                      field("name", &R::name),
                      field("is_customer", &R::is_customer),
                      field("is_provider", &R::is_provider),
                      field("is_operator", &R::is_operator),
                      field("created_at", &R::created_at),
                      field("weight", &R::weight)};
  }
  friend bool operator==(const OrganisationRow&, const OrganisationRow&) = default;
};

/// What a budget belongs to. Every job is submitted in one.
struct ProjectRow {
  ProjectId id;
  OrganisationId organisation;
  std::string name;  ///< unique in its organisation
  std::int64_t weight = share_weight_usual;  ///< its due beside other projects of its organisation, in thousandths

  static constexpr std::string_view table = "project";
  [[nodiscard]] auto key() const { return std::tuple{id}; }
  static constexpr auto fields() {
    using R = ProjectRow;
    return std::tuple{dayan::key("id", &R::id), field("organisation", &R::organisation), field("name", &R::name),
                      field("weight", &R::weight)};
  }
  friend bool operator==(const ProjectRow&, const ProjectRow&) = default;
};

/// A person.
struct UserRow {
  UserId id;
  OrganisationId organisation;
  std::string name;  ///< unique in its organisation

  static constexpr std::string_view table = "user";
  [[nodiscard]] auto key() const { return std::tuple{id}; }
  static constexpr auto fields() {
    using R = UserRow;
    return std::tuple{dayan::key("id", &R::id), field("organisation", &R::organisation), field("name", &R::name)};
  }
  friend bool operator==(const UserRow&, const UserRow&) = default;
};

/// What a token lets its bearer do, on top of the organisation's roles.
enum class Scope { read, submit, money, provide, operate, agent };
template <>
struct EnumWords<Scope> {
  static constexpr std::array<std::string_view, 6> words{"read", "submit", "money", "provide", "operate", "agent"};
};

/// A set of scopes, a bit each, by position of the enumeration.
class Scopes {
 public:
  constexpr Scopes() = default;
  constexpr explicit Scopes(std::int64_t bits) : bits_(bits) {}
  constexpr Scopes(std::initializer_list<Scope> scopes) {
    for (const Scope scope : scopes) bits_ |= bit(scope);
  }
  [[nodiscard]] constexpr bool has(Scope scope) const { return (bits_ & bit(scope)) != 0; }
  [[nodiscard]] constexpr bool covers(Scopes other) const { return (other.bits_ & ~bits_) == 0; }
  [[nodiscard]] constexpr std::int64_t bits() const { return bits_; }
  friend constexpr bool operator==(Scopes, Scopes) = default;

 private:
  [[nodiscard]] static constexpr std::int64_t bit(Scope scope) { return std::int64_t{1} << static_cast<int>(scope); }
  std::int64_t bits_ = 0;
};

/// A bearer token, kept only as its SHA-256. It speaks for a user, or for the agent of a centre.
struct TokenRow {
  Digest hash;
  OrganisationId organisation;
  UserId user;      ///< none for an agent's token
  CentreId centre;  ///< none for a user's token
  Scopes scopes;
  std::string label;  ///< what its owner calls it
  UnixTime created_at;
  UnixTime expires_at;
  bool revoked = false;

  static constexpr std::string_view table = "token";
  [[nodiscard]] auto key() const { return std::tuple{hash}; }
  static constexpr auto fields() {
    using R = TokenRow;
    return std::tuple{dayan::key("hash", &R::hash),
                      field("organisation", &R::organisation),
                      field("user", &R::user),
                      field("centre", &R::centre),
                      field("scopes", &R::scopes),
                      field("label", &R::label),
                      field("created_at", &R::created_at),
                      field("expires_at", &R::expires_at),
                      field("revoked", &R::revoked)};
  }
  friend bool operator==(const TokenRow&, const TokenRow&) = default;
};

/// Lets one agent enrol at one centre, once, for a short time. Kept only as its SHA-256.
struct JoinTokenRow {
  Digest hash;
  CentreId centre;
  UnixTime expires_at;
  bool used = false;

  static constexpr std::string_view table = "join_token";
  [[nodiscard]] auto key() const { return std::tuple{hash}; }
  static constexpr auto fields() {
    using R = JoinTokenRow;
    return std::tuple{dayan::key("hash", &R::hash), field("centre", &R::centre), field("expires_at", &R::expires_at),
                      field("used", &R::used)};
  }
  friend bool operator==(const JoinTokenRow&, const JoinTokenRow&) = default;
};

}  // namespace dayan
