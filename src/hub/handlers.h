#pragma once

#include <functional>
#include <string>
#include <utility>

#include "hub/answer.h"
#include "hub/listing.h"
#include "hub/route.h"
#include "wire/money.h"

/// What handlers share, and the handlers by audience (routes_*.cpp).

namespace dayan::hub {

using Render = std::function<Rendered(const View&, const core::Decision&)>;

[[nodiscard]] Handled answer_later();
/// Hands a command of the caller's to the writer, which answers.
[[nodiscard]] Handled submit(Call& call, CommandBody body, Render render);
/// The problem of a body that is not there where none belongs, or that cannot be read.
[[nodiscard]] std::optional<HttpResponse> refuse_body(const Call& call);
/// The JSON of the body, read strictly; an answer when it has faults.
template <JsonCoded T>
[[nodiscard]] std::optional<HttpResponse> read_body(const Call& call, T& out) {
  const auto parsed = parse_json(call.request.body);
  if (!parsed.has_value()) return problem_answer(parsed.error());
  Faults faults;
  if (from_json(*parsed, "", out, faults)) return std::nullopt;
  return problem_answer(faults);
}

[[nodiscard]] Rendered rendered(int status, const JsonValue& value);
template <Reflected T>
[[nodiscard]] Rendered rendered(int status, const T& value) {
  return rendered(status, to_json(value));
}
/// An answer that shows a secret, the member of that name, once: what is kept has null in its place.
[[nodiscard]] Rendered rendered_once(JsonObject object, std::string_view secret);
template <Reflected T>
[[nodiscard]] Rendered rendered_once(const T& value, std::string_view secret) {
  return rendered_once(to_json(value).get_object(), secret);
}

/// A path value as an id; `not_found` when it is none, as for a thing that is not there.
[[nodiscard]] Result<JobId> job_in_path(const Call& call);
[[nodiscard]] Result<Digest> digest_in_path(const Call& call);
/// The job in the path if it is the caller's organisation's, else `not_found`.
[[nodiscard]] Result<JobRow> own_job(const Call& call);
[[nodiscard]] tl::unexpected<Error> no_such(std::string_view what);

[[nodiscard]] std::string centre_name(const Services& hub, CentreId centre);
[[nodiscard]] wire::WalletView wallet_view(const std::string& organisation, const AccountRow& account);

// Service and identity.
[[nodiscard]] Handled get_health(Call& call);
[[nodiscard]] Handled get_metrics(Call& call);
[[nodiscard]] Handled get_me(Call& call);
[[nodiscard]] Handled create_token(Call& call);
[[nodiscard]] Handled list_tokens(Call& call);
[[nodiscard]] Handled revoke_token(Call& call);
// Customers.
[[nodiscard]] Handled create_project(Call& call);
[[nodiscard]] Handled list_projects(Call& call);
[[nodiscard]] Handled weigh_project(Call& call);
[[nodiscard]] Handled get_shares(Call& call);
[[nodiscard]] Handled get_wallet(Call& call);
[[nodiscard]] Handled list_wallet_entries(Call& call);
[[nodiscard]] Handled quote_job(Call& call);
[[nodiscard]] Handled submit_job(Call& call);
[[nodiscard]] Handled list_jobs(Call& call);
[[nodiscard]] Handled get_job(Call& call);
[[nodiscard]] Handled list_tasks(Call& call);
[[nodiscard]] Handled explain_job(Call& call);
[[nodiscard]] Handled list_outputs(Call& call);
[[nodiscard]] Handled list_charges(Call& call);
[[nodiscard]] Handled list_entries(Call& call);
[[nodiscard]] Handled get_log(Call& call);
[[nodiscard]] Handled cancel_job(Call& call);
// Providers and the market.
[[nodiscard]] Handled create_centre(Call& call);
[[nodiscard]] Handled list_centres(Call& call);
[[nodiscard]] Handled update_centre(Call& call);
[[nodiscard]] Handled create_join_token(Call& call);
[[nodiscard]] Handled add_reservation(Call& call);
[[nodiscard]] Handled remove_reservation(Call& call);
[[nodiscard]] Handled publish_offer(Call& call);
[[nodiscard]] Handled list_offers(Call& call);
[[nodiscard]] Handled get_earnings(Call& call);
[[nodiscard]] Handled list_provider_charges(Call& call);
// Operators.
[[nodiscard]] Handled create_organisation(Call& call);
[[nodiscard]] Handled list_organisations(Call& call);
[[nodiscard]] Handled reissue_token(Call& call);
[[nodiscard]] Handled weigh_organisation(Call& call);
[[nodiscard]] Handled top_up_wallet(Call& call);
[[nodiscard]] Handled get_ledger(Call& call);
[[nodiscard]] Handled list_events(Call& call);
// Bytes.
[[nodiscard]] Handled get_depot(Call& call);
[[nodiscard]] Handled get_blob(Call& call);
[[nodiscard]] Handled put_blob(Call& call);
[[nodiscard]] Handled get_blob_content(Call& call);
// Agents.
[[nodiscard]] Handled enrol_agent(Call& call);
[[nodiscard]] Handled renew_agent_token(Call& call);
[[nodiscard]] Handled put_pools(Call& call);
[[nodiscard]] Handled watch_leases(Call& call);
[[nodiscard]] Handled get_payload(Call& call);
[[nodiscard]] Handled take_reports(Call& call);
[[nodiscard]] Handled put_log(Call& call);

}  // namespace dayan::hub
