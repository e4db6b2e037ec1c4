#pragma once

#include <string>

#include "cli/session.h"

/// What work cost, line by line, and the ledger's entries behind it.

namespace dayan::cli {

[[nodiscard]] Answer<void> show_bill(Session& session, const std::string& job);
[[nodiscard]] Answer<void> list_job_entries(Session& session, const std::string& job);
[[nodiscard]] Answer<void> list_wallet_entries(Session& session, std::size_t limit);
/// The charges of all attempts at the provider's centres.
[[nodiscard]] Answer<void> list_provider_charges(Session& session, std::size_t limit);

}  // namespace dayan::cli
