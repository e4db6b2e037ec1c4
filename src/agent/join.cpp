#include <cstdio>

#include "agent/folder.h"
#include "agent/hub_api.h"
#include "agent/run.h"
#include "edge/http_client.h"
#include "edge/signing.h"

namespace dayan::agent {

namespace {

/// A folder knows the leases of one hub; those of another would be mixed up with them.
Result<void> check_same_hub(const AgentFolder& folder, const std::string& hub_url) {
  const Result<Identity> known = folder.identity();
  if (!known || known->hub_url == hub_url) return {};
  return fail(ErrorCode::conflict, "this folder belongs to an agent of " + known->hub_url,
              "give the new agent a folder of its own", "--folder");
}

tl::unexpected<AgentFailure> failed(AgentFailure::Of of, Error fault) {
  return tl::unexpected<AgentFailure>(AgentFailure(of, {std::move(fault)}));
}

}  // namespace

tl::expected<std::string, AgentFailure> agent_join(const AgentJoinOptions& options) {
  auto http = edge::make_http_client(options.hub_url);
  if (!http) return failed(AgentFailure::Of::configuration, std::move(http).error());
  TRY(const AgentFolder folder, AgentFolder::open(options.folder));
  if (auto same = check_same_hub(folder, options.hub_url); !same)
    return failed(AgentFailure::Of::configuration, std::move(same).error());
  TRY(const edge::SigningKey key, edge::SigningKey::load_or_create(folder.key_file()));
  HubApi hub(*std::move(http), "");
  auto enrolled = hub.enrol(options.join_token, key.public_key());
  if (!enrolled) return failed(AgentFailure::Of::hub, std::move(enrolled).error());
  const Result<Identity> before = folder.identity();
  if (before && before->centre != enrolled->centre.id) {
    // Leases of another centre are not ours to report; their attempts end by their own time limits.
    const std::string journal = folder.file("journal.json");
    ::rename(journal.c_str(), (journal + ".old").c_str());
  }
  Identity identity;
  identity.hub_url = options.hub_url;
  identity.token = enrolled->token;
  identity.centre_name = enrolled->centre.name;
  identity.centre = enrolled->centre.id;
  identity.agent_epoch = enrolled->centre.agent_epoch;
  identity.report_sequence = enrolled->centre.report_sequence;
  TRY_VOID(folder.keep_identity(identity));
  return enrolled->centre.name;
}

}  // namespace dayan::agent
