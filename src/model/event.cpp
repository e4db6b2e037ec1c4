#include "model/event.h"

#include <array>

namespace dayan {
namespace {

/// By position in Event; json_test.cpp holds each to the name of its type.
constexpr std::array<std::string_view, 36> names{
    "organisation_created", "project_created",      "user_created",     "token_issued",     "token_revoked",
    "centre_created",       "join_token_issued",    "agent_enrolled",   "offer_published",  "pool_reported",
    "pool_gone",            "entry_posted",         "job_submitted",    "job_cancel_requested", "job_gave_up",
    "lease_granted",        "lease_stop_requested", "report_taken",     "attempt_observed", "late_report_kept",
    "attempt_settled",      "job_ended",            "centre_updated",   "reservation_added", "reservation_removed",
    "reservation_ended",    "job_latest_start_moved", "organisation_weighed", "project_weighed",
    "series_started",       "round_submitted",      "rounds_skipped",   "series_ended",
    "link_measured",        "lease_reclaimed",  "centre_mapped"};
static_assert(names.size() == std::variant_size_v<Event>);

}  // namespace

std::string_view event_name(const Event& event) {
  ASSERT(!event.valueless_by_exception());
  return names[event.index()];
}

}  // namespace dayan
