#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/fields.h"
#include "model/job.h"
#include "model/lease.h"
#include "model/placement.h"
#include "model/series.h"
#include "place/engine.h"
#include "place/quote_list.h"

/// Jobs, their quotes, attempts and bytes on the wire (api/openapi.yaml).

namespace dayan::wire {

/// POST /v1/jobs and POST /v1/quotes
struct SubmitRequest {
  std::string project = "default";  ///< name
  JobSpec spec;

  static constexpr auto fields() {
    return std::tuple{field("project", &SubmitRequest::project), field("spec", &SubmitRequest::spec)};
  }
};
struct SubmitReply {
  JobRow job;
  std::vector<Quote> quotes;
  place::QuoteRest rest;  ///< what `quotes` does not show

  static constexpr auto fields() {
    return std::tuple{field("job", &SubmitReply::job), field("quotes", &SubmitReply::quotes),
                      field("rest", &SubmitReply::rest)};
  }
};

struct QuotesReply {
  UnixTime as_of;
  std::vector<Quote> quotes;
  place::QuoteRest rest;

  static constexpr auto fields() {
    return std::tuple{field("as_of", &QuotesReply::as_of), field("quotes", &QuotesReply::quotes),
                      field("rest", &QuotesReply::rest)};
  }
};

/// GET /v1/jobs/{id}; also the reply of a cancel, where `waiting` and `series` are null.
struct JobView {
  JobRow job;
  std::optional<place::Waiting> waiting;
  std::optional<SeriesRow> series = {};  ///< of which it is a round

  static constexpr auto fields() {
    return std::tuple{field("job", &JobView::job), field("waiting", &JobView::waiting),
                      field("series", &JobView::series)};
  }
};

/// GET /v1/jobs/{id}/explanation. Of a job that has ended there is nothing to rank: what was kept of its placements
/// stands with its attempts.
struct ExplanationView {
  UnixTime as_of;
  UnixTime ended_at;  ///< none while it lives
  std::vector<Quote> quotes;
  place::QuoteRest rest;
  std::optional<place::Waiting> waiting;

  static constexpr auto fields() {
    using R = ExplanationView;
    return std::tuple{field("as_of", &R::as_of), field("ended_at", &R::ended_at), field("quotes", &R::quotes),
                      field("rest", &R::rest), field("waiting", &R::waiting)};
  }
};

/// GET /v1/jobs/{id}/tasks: one item, of every attempt.
struct AttemptView {
  AttemptRow attempt;
  std::optional<PlacementRow> placement;
  std::string centre;  ///< name

  static constexpr auto fields() {
    using R = AttemptView;
    return std::tuple{field("attempt", &R::attempt), field("placement", &R::placement), field("centre", &R::centre)};
  }
};

/// GET /v1/depot: the own organisation's files.
struct DepotView {
  Bytes used;
  Bytes limit;
  Duration kept_after_end;  ///< of a job: its inputs, outputs and logs
  Duration kept_unnamed;    ///< since the last use: what no job names

  static constexpr auto fields() {
    using R = DepotView;
    return std::tuple{field("used", &R::used), field("limit", &R::limit), field("kept_after_end", &R::kept_after_end),
                      field("kept_unnamed", &R::kept_unnamed)};
  }
};

/// GET and PUT /v1/blobs/{digest}
struct BlobProgress {
  Bytes received;
  bool complete = false;

  static constexpr auto fields() {
    return std::tuple{field("received", &BlobProgress::received), field("complete", &BlobProgress::complete)};
  }
};

}  // namespace dayan::wire
