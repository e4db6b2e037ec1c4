#include <array>

#include "hub/handlers.h"

/// The table. Keep it in the order of api/openapi.yaml.

namespace dayan::hub {

namespace {

constexpr Policy anyone{Access::open, {}, false};
constexpr Policy any_token{Access::bearer, {}, false};
constexpr Policy any_token_keyed{Access::bearer, {}, true};
constexpr Policy reader{Access::bearer, {Scope::read}, false};
constexpr Policy submitter{Access::bearer, {Scope::submit}, true};
constexpr Policy project_owner{Access::bearer, {Scope::submit}, false};
constexpr Policy provider{Access::bearer, {Scope::provide}, false};
constexpr Policy provider_keyed{Access::bearer, {Scope::provide}, true};
constexpr Policy operators{Access::bearer, {Scope::operate}, false};
constexpr Policy operators_keyed{Access::bearer, {Scope::operate}, true};
constexpr Policy agent{Access::bearer, {Scope::agent}, false};
constexpr Policy blob_reader{Access::bearer, {Scope::read, Scope::submit, Scope::agent}, false};
constexpr Policy blob_writer{Access::bearer, {Scope::submit, Scope::agent}, false};

}  // namespace

std::span<const Route> route_table() {
  static const std::vector<std::string_view> page{"cursor", "limit"};
  static const std::array table{
      Route{"GET", "/healthz", anyone, {}, get_health},
      Route{"GET", "/metrics", anyone, {}, get_metrics},
      Route{"GET", "/v1/me", any_token, {}, get_me},
      Route{"POST", "/v1/tokens", any_token_keyed, {}, create_token},
      Route{"GET", "/v1/tokens", any_token, page, list_tokens},
      Route{"DELETE", "/v1/tokens/{hash}", any_token_keyed, {}, revoke_token},
      Route{"POST", "/v1/organisations", operators_keyed, {}, create_organisation},
      Route{"GET", "/v1/organisations", operators, page, list_organisations},
      Route{"POST", "/v1/organisations/{name}/tokens", operators_keyed, {}, reissue_token},
      Route{"PUT", "/v1/organisations/{name}/weight", operators, {}, weigh_organisation},
      Route{"POST", "/v1/projects", submitter, {}, create_project},
      Route{"GET", "/v1/projects", reader, page, list_projects},
      Route{"PUT", "/v1/projects/{name}/weight", project_owner, {}, weigh_project},
      Route{"GET", "/v1/shares", reader, {}, get_shares},
      Route{"POST", "/v1/wallet/top-ups", operators_keyed, {}, top_up_wallet},
      Route{"GET", "/v1/wallet", reader, {"organisation"}, get_wallet},
      Route{"GET", "/v1/wallet/entries", reader, page, list_wallet_entries},
      Route{"POST", "/v1/centres", provider_keyed, {}, create_centre},
      Route{"GET", "/v1/centres", reader, page, list_centres},
      Route{"PUT", "/v1/centres/{name}", provider, {}, update_centre},
      Route{"POST", "/v1/centres/{name}/join-tokens", provider_keyed, {}, create_join_token},
      Route{"POST", "/v1/centres/{name}/offers", provider_keyed, {}, publish_offer},
      Route{"POST", "/v1/centres/{name}/reservations", provider_keyed, {}, add_reservation},
      Route{"DELETE", "/v1/reservations/{id}", provider_keyed, {}, remove_reservation},
      Route{"GET", "/v1/offers", reader, page, list_offers},
      Route{"POST", "/v1/quotes", reader, {"limit"}, quote_job},
      Route{"POST", "/v1/jobs", submitter, {"limit"}, submit_job},
      Route{"GET", "/v1/jobs", reader, page, list_jobs},
      Route{"GET", "/v1/jobs/{id}", reader, {}, get_job},
      Route{"GET", "/v1/jobs/{id}/tasks", reader, page, list_tasks},
      Route{"GET", "/v1/jobs/{id}/explanation", reader, {"limit"}, explain_job},
      Route{"GET", "/v1/jobs/{id}/outputs", reader, page, list_outputs},
      Route{"GET", "/v1/jobs/{id}/charges", reader, page, list_charges},
      Route{"GET", "/v1/jobs/{id}/entries", reader, page, list_entries},
      Route{"GET", "/v1/jobs/{id}/tasks/{task}/log", reader, {"stream", "offset", "number"}, get_log},
      Route{"POST", "/v1/jobs/{id}/cancel", submitter, {"series"}, cancel_job},
      Route{"GET", "/v1/depot", reader, {}, get_depot},
      Route{"GET", "/v1/blobs/{digest}", blob_reader, {"attempt"}, get_blob},
      Route{"PUT", "/v1/blobs/{digest}", blob_writer, {"size", "offset", "attempt"}, put_blob},
      Route{"GET", "/v1/blobs/{digest}/content", blob_reader, {"offset", "length", "attempt"}, get_blob_content},
      Route{"GET", "/v1/provider/earnings", provider, {}, get_earnings},
      Route{"GET", "/v1/provider/charges", provider, page, list_provider_charges},
      Route{"GET", "/v1/operator/ledger", operators, {}, get_ledger},
      Route{"GET", "/v1/operator/events", operators, {"after", "limit"}, list_events},
      Route{"POST", "/v1/agent/enrol", anyone, {}, enrol_agent},
      Route{"POST", "/v1/agent/token", agent, {}, renew_agent_token},
      Route{"PUT", "/v1/agent/pools", agent, {}, put_pools},
      Route{"GET", "/v1/agent/leases", agent, {"after", "wait", "foreign_cores_busy"}, watch_leases},
      Route{"GET", "/v1/agent/jobs/{job}/payload", agent, {}, get_payload},
      Route{"POST", "/v1/agent/reports", agent, {}, take_reports},
      Route{"PUT", "/v1/agent/logs/{engine_name}/{stream}", agent, {"offset"}, put_log},
  };
  return table;
}

}  // namespace dayan::hub
