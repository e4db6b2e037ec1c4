#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/centre.h"
#include "model/command.h"
#include "model/fields.h"

/// What agents and the hub say to each other (api/openapi.yaml). Leases travel as LeaseRow, one a line.

namespace dayan::wire {

/// POST /v1/agent/enrol
struct EnrolRequest {
  std::string join_token;
  std::string public_key;  ///< Ed25519, 64 hexadecimal digits

  static constexpr auto fields() {
    return std::tuple{field("join_token", &EnrolRequest::join_token), field("public_key", &EnrolRequest::public_key)};
  }
};
struct EnrolReply {
  std::string token;  ///< the agent's, shown this once
  CentreRow centre;
  std::string provider;  ///< name

  static constexpr auto fields() {
    using R = EnrolReply;
    return std::tuple{field("token", &R::token), field("centre", &R::centre), field("provider", &R::provider)};
  }
};

/// PUT /v1/agent/pools. The centre of each is the agent's own and may be left out.
struct PoolsRequest {
  std::vector<PoolRow> pools;
  std::optional<std::vector<std::string>> maps = {};  ///< organisations with a local account; null: all, or not told

  static constexpr auto fields() {
    return std::tuple{field("pools", &PoolsRequest::pools), field("maps", &PoolsRequest::maps)};
  }
};

/// POST /v1/agent/reports, signed.
struct ReportsRequest {
  std::int64_t agent_epoch = 0;
  std::int64_t sequence = 0;
  std::vector<AttemptReport> reports;

  static constexpr auto fields() {
    using R = ReportsRequest;
    return std::tuple{field("agent_epoch", &R::agent_epoch), field("sequence", &R::sequence),
                      field("reports", &R::reports)};
  }
};
[[nodiscard]] ReportAttempts to_command(ReportsRequest request);
[[nodiscard]] ReportsRequest from_command(ReportAttempts command);

/// What an agent signs: this, with its closing zero byte, then the body as sent. A signature made for another purpose
/// then never passes for a report.
[[nodiscard]] std::string report_signed_bytes(std::string_view body);
inline constexpr std::string_view signature_header = "dayan-signature";

/// PUT /v1/agent/logs/{engine_name}/{stream}
struct LogProgress {
  Bytes length;

  static constexpr auto fields() { return std::tuple{field("length", &LogProgress::length)}; }
};

}  // namespace dayan::wire
