#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/rows.h"

/// What can be asked of the core, as plain values. Ids and token hashes come in with the command: the host makes them.

namespace dayan {

/// For whom a command is done, as resolved from its token by core::authenticate.
struct Actor {
  OrganisationId organisation;
  UserId user;
  CentreId centre;  ///< of an agent
  Scopes scopes;
  bool is_host = false;  ///< the hub itself: bootstrap, ticks and plans
};

/// Makes the first operator. Refused once there is one.
struct Bootstrap {
  OrganisationId organisation;
  UserId user;
  ProjectId project;
  std::string organisation_name;
  std::string user_name;
  Digest token_hash;
};

struct CreateOrganisation {
  OrganisationId id;
  ProjectId project;  ///< its first project, "default"
  UserId user;        ///< its first user
  std::string name;
  std::string user_name;
  bool is_customer = false;
  bool is_provider = false;
  Digest token_hash;  ///< of its first user's token
};

struct CreateProject {
  ProjectId id;
  std::string name;
};

/// What an organisation is due beside the others; by an operator.
struct WeighOrganisation {
  std::string organisation;  ///< name
  std::int64_t weight = share_weight_usual;  ///< in thousandths, 1 to share_weight_max
};

/// What a project is due beside the others of the acting organisation.
struct WeighProject {
  std::string project;  ///< name
  std::int64_t weight = share_weight_usual;  ///< in thousandths, 1 to share_weight_max
};

/// A further token for the acting user; its scopes must be within the actor's own.
struct CreateToken {
  Digest token_hash;
  std::string label;
  Scopes scopes;
  Duration lifetime;
};
inline constexpr Duration token_lifetime_max = Duration::hours(24 * 90);

struct RevokeToken {
  Digest token_hash;
};

/// A new token for the first user of an organisation that has lost its own, with all that its roles allow. By an
/// operator; or by the host, whose machine's owner may let an operator in again.
struct ReissueToken {
  std::string organisation;  ///< name
  Digest token_hash;
};

/// By an agent, before its own token ends: a token like it.
struct RenewAgentToken {
  Digest token_hash;
};

/// Money from outside into a customer's wallet; by an operator.
struct TopUpWallet {
  std::string organisation;  ///< name
  Cny amount;
  std::string reference;  ///< the payment's own: one is credited once
};

struct CreateCentre {
  CentreId id;
  std::string name;
  std::string region;
};

/// What a provider has told of its centre.
struct CentreDescription {
  std::vector<std::string> accepts;
  std::vector<CityLatency> latency;
  std::optional<std::int64_t> pue;
  std::optional<std::int64_t> carbon;
  std::vector<DayHours> carbon_hours;
  std::optional<Bandwidth> bandwidth;

  static constexpr auto fields() {
    using R = CentreDescription;
    return std::tuple{field("accepts", &R::accepts), field("latency", &R::latency), field("pue", &R::pue),
                      field("carbon", &R::carbon), field("carbon_hours", &R::carbon_hours),
                      field("bandwidth", &R::bandwidth)};
  }
  friend bool operator==(const CentreDescription&, const CentreDescription&) = default;
};

/// What a provider tells of its centre, all of it: what is left out is unknown from then on, or open to all.
struct UpdateCentre {
  std::string centre;                ///< name
  std::vector<std::string> accepts;  ///< names of the customers that it serves; empty: all
  std::vector<CityLatency> latency;
  std::optional<std::int64_t> pue;     ///< in thousandths
  std::optional<std::int64_t> carbon;  ///< g/kWh
  std::vector<DayHours> carbon_hours = {};  ///< only where carbon is known
  std::optional<Bandwidth> bandwidth = {};  ///< from the hub's depot to the centre
  /// As the provider saw it: refused when it is another by now, so that of two changes at once none is lost unseen.
  std::optional<CentreDescription> seen = {};
};
inline constexpr std::size_t accepts_max = 1'000;
inline constexpr std::size_t cities_max = 1'000;

struct CreateJoinToken {
  std::string centre;  ///< name
  Digest token_hash;
};
inline constexpr Duration join_token_lifetime = Duration::minutes(30);

/// By the bearer of a join token: binds the agent's key and opaque token to the centre, and fences older agents off.
struct EnrolAgent {
  Digest join_token_hash;
  std::string agent_key;  ///< Ed25519 public key, 64 hexadecimal digits
  Digest token_hash;
};

struct PublishOffer {
  OfferId id;
  std::string centre;  ///< name
  std::optional<Cny> core_hour;  ///< all three are needed: what is not known is not zero
  std::optional<Cny> card_hour;
  std::optional<Cny> gb_hour;
  std::vector<DayHours> hours = {};  ///< at which the prices of an hour are another percentage of these
  std::optional<Cny> transfer_gb = {};  ///< of a GB moved in; what is not said is given away
  std::int64_t reclaimable_part = whole_price;  ///< of these, for reclaimable work: thousandths, 1 to whole_price
};
/// The platform's share of every charge until an operator can set it (docs/decisions/).
inline constexpr BasisPoints commission_default{500};

/// Closes a pool of an own centre, or all of them, to all but the customers named: for maintenance, or in advance for
/// those. It must not overlap one that closes the same pool.
struct AddReservation {
  ReservationId id;
  std::string centre;  ///< name
  std::string pool;    ///< empty: all
  UnixTime from;
  UnixTime until;
  std::vector<std::string> organisations;  ///< names; empty: nobody
  std::string note;
};
inline constexpr Duration reservation_length_min = Duration::minutes(1);
/// Nobody waits longer: whom a centre serves for good is said by UpdateCentre.
inline constexpr Duration reservation_length_max = wait_limit_max;
inline constexpr Duration reservation_ahead_max = Duration::hours(24 * 366);
inline constexpr std::size_t reservations_max = 1'000;  ///< of one centre at once
inline constexpr std::size_t reservation_note_max = 200;

struct RemoveReservation {
  ReservationId id;
};

/// The pools of an agent's centre, all of them: one that is missing has gone.
struct ReportPools {
  std::vector<PoolRow> pools;  ///< the centre is set from the actor
  std::optional<std::vector<std::string>> maps = {};  ///< CentreRow::maps
};
inline constexpr std::size_t pools_max = 1'000;

struct SubmitJob {
  JobId id;
  std::string project = "default";  ///< name
  JobSpec spec;
};

struct CancelJob {
  JobId id;
  bool series = false;  ///< end the series that it is a round of, with all rounds that have not ended
};

/// What an agent saw. `sequence` rises with every report of that agent; a repeated or older one changes nothing.
struct ReportAttempts {
  std::int64_t agent_epoch = 0;
  std::int64_t sequence = 0;
  std::vector<AttemptReport> reports;
};
inline constexpr std::size_t reports_max = 1'000;

/// The planner's proposal. Each assignment, and each lease to take back, is checked against the rows again; a stale one
/// is dropped singly.
struct CommitPlan {
  std::vector<Assignment> assignments;
  std::vector<Reclaim> reclaims = {};
};
inline constexpr std::size_t assignments_max = 1'000;

/// Time passes: fires what is due.
struct Tick {};

using CommandBody =
    std::variant<Bootstrap, CreateOrganisation, CreateProject, CreateToken, RevokeToken, ReissueToken,
                 RenewAgentToken, TopUpWallet, CreateCentre, UpdateCentre, CreateJoinToken, EnrolAgent, PublishOffer,
                 ReportPools, SubmitJob, CancelJob, ReportAttempts, CommitPlan, Tick, AddReservation,
                 RemoveReservation, WeighOrganisation, WeighProject>;

struct Command {
  Actor actor;
  CommandBody body;
};

}  // namespace dayan
