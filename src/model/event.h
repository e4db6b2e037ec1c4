#pragma once

#include <string>
#include <variant>
#include <vector>

#include "model/rows.h"

/// What happened, in the past tense. An event carries all that `apply` needs; events are the tale beside the rows.

namespace dayan {

struct OrganisationCreated {
  OrganisationRow organisation;
  static constexpr auto fields() { return std::tuple{field("organisation", &OrganisationCreated::organisation)}; }
};
struct ProjectCreated {
  ProjectRow project;
  static constexpr auto fields() { return std::tuple{field("project", &ProjectCreated::project)}; }
};
struct OrganisationWeighed {
  OrganisationId organisation;
  std::int64_t weight = share_weight_usual;
  static constexpr auto fields() {
    using E = OrganisationWeighed;
    return std::tuple{field("organisation", &E::organisation), field("weight", &E::weight)};
  }
};
struct ProjectWeighed {
  ProjectId project;
  std::int64_t weight = share_weight_usual;
  static constexpr auto fields() {
    using E = ProjectWeighed;
    return std::tuple{field("project", &E::project), field("weight", &E::weight)};
  }
};
struct UserCreated {
  UserRow user;
  static constexpr auto fields() { return std::tuple{field("user", &UserCreated::user)}; }
};
struct TokenIssued {
  TokenRow token;
  static constexpr auto fields() { return std::tuple{field("token", &TokenIssued::token)}; }
};
struct TokenRevoked {
  Digest hash;
  static constexpr auto fields() { return std::tuple{field("hash", &TokenRevoked::hash)}; }
};
struct CentreCreated {
  CentreRow centre;
  static constexpr auto fields() { return std::tuple{field("centre", &CentreCreated::centre)}; }
};
/// What its provider tells of a centre from now on, in place of what it told before.
struct CentreUpdated {
  CentreId centre;
  std::vector<std::string> accepts;
  std::vector<CityLatency> latency;
  std::optional<std::int64_t> pue;
  std::optional<std::int64_t> carbon;
  std::vector<DayHours> carbon_hours = {};
  std::optional<Bandwidth> bandwidth = {};
  static constexpr auto fields() {
    using E = CentreUpdated;
    return std::tuple{field("centre", &E::centre), field("accepts", &E::accepts), field("latency", &E::latency),
                      field("pue", &E::pue), field("carbon", &E::carbon), field("carbon_hours", &E::carbon_hours),
                      field("bandwidth", &E::bandwidth)};
  }
};
/// Inputs that crossed to a centre took so long that its link is another than was measured before.
struct LinkMeasured {
  CentreId centre;
  Bandwidth bandwidth;
  static constexpr auto fields() {
    return std::tuple{field("centre", &LinkMeasured::centre), field("bandwidth", &LinkMeasured::bandwidth)};
  }
};
/// Its agent tells that other organisations than before have a local account there.
struct CentreMapped {
  CentreId centre;
  std::optional<std::vector<std::string>> maps;  ///< as in CentreRow
  static constexpr auto fields() {
    return std::tuple{field("centre", &CentreMapped::centre), field("maps", &CentreMapped::maps)};
  }
};
struct JoinTokenIssued {
  JoinTokenRow join_token;
  static constexpr auto fields() { return std::tuple{field("join_token", &JoinTokenIssued::join_token)}; }
};
struct AgentEnrolled {
  CentreId centre;
  Digest join_token;
  std::string agent_key;
  TokenRow token;
  static constexpr auto fields() {
    using E = AgentEnrolled;
    return std::tuple{field("centre", &E::centre),
                      field("join_token", &E::join_token),
                      field("agent_key", &E::agent_key),
                      field("token", &E::token)};
  }
};
struct OfferPublished {
  OfferRow offer;
  static constexpr auto fields() { return std::tuple{field("offer", &OfferPublished::offer)}; }
};
struct PoolReported {
  PoolRow pool;
  static constexpr auto fields() { return std::tuple{field("pool", &PoolReported::pool)}; }
};
struct PoolGone {
  CentreId centre;
  std::string name;
  static constexpr auto fields() {
    using E = PoolGone;
    return std::tuple{field("centre", &E::centre),
                      field("name", &E::name)};
  }
};
struct EntryPosted {
  EntryRow entry;
  static constexpr auto fields() { return std::tuple{field("entry", &EntryPosted::entry)}; }
};
struct JobSubmitted {
  JobRow job;
  Payload payload;
  static constexpr auto fields() {
    using E = JobSubmitted;
    return std::tuple{field("job", &E::job),
                      field("payload", &E::payload)};
  }
};
struct JobCancelRequested {
  JobId job;
  static constexpr auto fields() { return std::tuple{field("job", &JobCancelRequested::job)}; }
};
/// What still waits of the job has failed: it is not waited for any more.
struct JobGaveUp {
  JobId job;
  GaveUp why = GaveUp::no;
  static constexpr auto fields() {
    return std::tuple{field("job", &JobGaveUp::job), field("why", &JobGaveUp::why)};
  }
};
struct LeaseGranted {
  LeaseRow lease;  ///< its sequence is set by apply
  OfferId offer;
  PlacementRow placement;
  static constexpr auto fields() {
    using E = LeaseGranted;
    return std::tuple{field("lease", &E::lease),
                      field("offer", &E::offer),
                      field("placement", &E::placement)};
  }
};
struct LeaseStopRequested {
  AttemptKey attempt;
  static constexpr auto fields() { return std::tuple{field("attempt", &LeaseStopRequested::attempt)}; }
};
/// Its room is taken back for another job's work: the task is told, and ended with its notice.
struct LeaseReclaimed {
  AttemptKey attempt;
  JobId by;
  UnixTime ends_at;  ///< of the notice
  static constexpr auto fields() {
    using E = LeaseReclaimed;
    return std::tuple{field("attempt", &E::attempt), field("by", &E::by), field("ends_at", &E::ends_at)};
  }
};
struct ReportTaken {
  CentreId centre;
  std::int64_t sequence = 0;
  static constexpr auto fields() {
    using E = ReportTaken;
    return std::tuple{field("centre", &E::centre),
                      field("sequence", &E::sequence)};
  }
};
struct AttemptObserved {
  AttemptReport report;
  static constexpr auto fields() { return std::tuple{field("report", &AttemptObserved::report)}; }
};
struct LateReportKept {
  LateReportRow report;
  static constexpr auto fields() { return std::tuple{field("report", &LateReportKept::report)}; }
};
/// The attempt is final: money is settled by the entries before it, its lease ends, its rows retire.
struct AttemptSettled {
  AttemptKey attempt;
  Outcome outcome = Outcome::none;
  Duration billed_run;
  std::vector<ChargeRow> charges;
  TaskState task_becomes = TaskState::succeeded;  ///< waiting: it will be tried again
  UnixTime not_before;                            ///< when waiting
  static constexpr auto fields() {
    using E = AttemptSettled;
    return std::tuple{field("attempt", &E::attempt),
                      field("outcome", &E::outcome),
                      field("billed_run", &E::billed_run),
                      field("charges", &E::charges),
                      field("task_becomes", &E::task_becomes),
                      field("not_before", &E::not_before)};
  }
};
struct JobEnded {
  JobId job;
  JobState state = JobState::succeeded;
  static constexpr auto fields() {
    using E = JobEnded;
    return std::tuple{field("job", &E::job),
                      field("state", &E::state)};
  }
};
struct ReservationAdded {
  ReservationRow reservation;
  static constexpr auto fields() { return std::tuple{field("reservation", &ReservationAdded::reservation)}; }
};
/// By the provider, before it was over.
struct ReservationRemoved {
  ReservationId reservation;
  static constexpr auto fields() { return std::tuple{field("reservation", &ReservationRemoved::reservation)}; }
};
struct ReservationEnded {
  ReservationId reservation;
  static constexpr auto fields() { return std::tuple{field("reservation", &ReservationEnded::reservation)}; }
};
/// Pools or run times have changed: a later start than was known before can still meet the job's deadline.
struct JobLatestStartMoved {
  JobId job;
  UnixTime latest_start;
  static constexpr auto fields() {
    using E = JobLatestStartMoved;
    return std::tuple{field("job", &E::job), field("latest_start", &E::latest_start)};
  }
};

/// Its first round has been submitted.
struct SeriesStarted {
  SeriesRow series;
  static constexpr auto fields() { return std::tuple{field("series", &SeriesStarted::series)}; }
};
/// The time of a further round has come: it is a job like any other, with the payload of the first.
struct RoundSubmitted {
  JobRow job;
  static constexpr auto fields() { return std::tuple{field("job", &RoundSubmitted::job)}; }
};
/// Rounds up to this one were not submitted: one before had not ended, or nobody told the time when theirs came.
struct RoundsSkipped {
  JobId series;
  std::int32_t up_to = 0;  ///< number of the last
  static constexpr auto fields() {
    return std::tuple{field("series", &RoundsSkipped::series), field("up_to", &RoundsSkipped::up_to)};
  }
};
/// No further round comes.
struct SeriesEnded {
  JobId series;
  SeriesEnd why = SeriesEnd::not_yet;
  static constexpr auto fields() {
    return std::tuple{field("series", &SeriesEnded::series), field("why", &SeriesEnded::why)};
  }
};

using Event = std::variant<OrganisationCreated, ProjectCreated, UserCreated, TokenIssued, TokenRevoked, CentreCreated,
                           JoinTokenIssued, AgentEnrolled, OfferPublished, PoolReported, PoolGone, EntryPosted,
                           JobSubmitted, JobCancelRequested, JobGaveUp, LeaseGranted, LeaseStopRequested, ReportTaken,
                           AttemptObserved, LateReportKept, AttemptSettled, JobEnded, CentreUpdated, ReservationAdded,
                           ReservationRemoved, ReservationEnded, JobLatestStartMoved, OrganisationWeighed,
                           ProjectWeighed, SeriesStarted, RoundSubmitted, RoundsSkipped, SeriesEnded,
                           LinkMeasured, LeaseReclaimed, CentreMapped>;

/// The event's name on the wire and in the store: "lease_granted".
[[nodiscard]] std::string_view event_name(const Event& event);

/// An event as it is stored: in order, at a time, about something.
struct EventRecord {
  std::int64_t sequence = 0;  ///< from one, without gaps
  UnixTime at;
  Event event;
};

}  // namespace dayan
