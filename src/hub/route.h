#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "hub/directory.h"
#include "hub/lease_watch.h"
#include "hub/metrics.h"
#include "hub/planner.h"
#include "hub/workers.h"
#include "hub/writer.h"
#include "ports/clock.h"
#include "ports/depot.h"
#include "ports/http.h"
#include "ports/store.h"

/// The route table: every operation of api/openapi.yaml, in one list, with who may call it. A route without a policy
/// does not compile; the tests walk the table.

namespace dayan::hub {

/// What handlers work with.
struct Services {
  Store& store;
  Depot& depot;
  Clock& clock;
  Directory& directory;
  Planner& planner;
  Writer& writer;
  LeaseWatch& watch;
  Workers& workers;
  Metrics& metrics;
  Duration depot_retention;
};

/// One request on its way through a handler, authenticated and with its path and query taken apart.
struct Call {
  Services& hub;
  HttpRequest request;
  std::vector<std::string> path;                           ///< the values of {…}, in order
  std::vector<std::pair<std::string, std::string>> query;  ///< decoded; each name is one of the route's, and once
  Actor actor;                                             ///< who asks; of an open route: nobody
  Digest token_hash;
  std::string key;  ///< the Idempotency-Key where the route wants one
  std::shared_ptr<HttpResponder> responder;

  [[nodiscard]] std::optional<std::string_view> query_value(std::string_view name) const;
};

/// An answer; nothing when the handler has handed the responder on (to the writer, to a watch); or one fault.
using Handled = Result<std::optional<HttpResponse>>;
using Handler = Handled (*)(Call&);

enum class Access {
  open,    ///< no token: service routes, and enrolment, which has a join token of its own
  bearer,  ///< a live token with one of the scopes; without scopes any live token
};

struct Policy {
  Access access;
  Scopes any_of;           ///< empty: any live token
  bool needs_key = false;  ///< the request changes rows on behalf of a person
};

struct Route {
  std::string_view method;
  std::string_view pattern;
  Policy policy;
  std::vector<std::string_view> query;  ///< names that may stand in the query
  Handler handler;
};

[[nodiscard]] std::span<const Route> route_table();

/// The route of a method and a path, and the values of its {…}; nullptr when there is none. `allowed` gets the
/// methods that the path has.
[[nodiscard]] const Route* find_route(std::string_view method, std::string_view path,
                                      std::vector<std::string>& values, std::string& allowed);

/// Before the body of a request is read: an answer when its token is none of ours.
[[nodiscard]] std::optional<HttpResponse> judge_head(const Services& services, const HttpRequest& head);

/// Takes one request through the table: finds the route, authenticates, checks scope, key and query, and runs the
/// handler on a worker. Never blocks; answers in every case.
void serve(Services& services, HttpRequest request, std::shared_ptr<HttpResponder> responder);

}  // namespace dayan::hub
