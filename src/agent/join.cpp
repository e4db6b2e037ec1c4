#include <unistd.h>

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
              "give the new agent a folder of its own");
}

}  // namespace

Result<std::string> agent_join(const AgentJoinOptions& options) {
  TRY(const AgentFolder folder, AgentFolder::open(options.folder));
  TRY_VOID(check_same_hub(folder, options.hub_url));
  TRY(const edge::SigningKey key, edge::SigningKey::load_or_create(folder.key_file()));
  TRY(std::unique_ptr<HttpClient> http, edge::make_http_client(options.hub_url));
  HubApi hub(std::move(http), "");
  TRY(const wire::EnrolReply enrolled, hub.enrol(options.join_token, key.public_key()));
  const Result<Identity> before = folder.identity();
  if (before && before->centre != enrolled.centre.id) {
    // Leases of another centre are not ours to report; their attempts end by their own time limits.
    const std::string journal = folder.file("journal.json");
    ::rename(journal.c_str(), (journal + ".old").c_str());
  }
  Identity identity;
  identity.hub_url = options.hub_url;
  identity.token = enrolled.token;
  identity.centre_name = enrolled.centre.name;
  identity.centre = enrolled.centre.id;
  identity.agent_epoch = enrolled.centre.agent_epoch;
  identity.report_sequence = enrolled.centre.report_sequence;
  TRY_VOID(folder.keep_identity(identity));
  return enrolled.centre.name;
}

int agent_join_main(const AgentJoinOptions& options) {
  const Result<std::string> centre = agent_join(options);
  if (!centre) {
    std::fprintf(stderr, "dayan agent join: %s\n", to_text(centre.error()).c_str());
    return 1;
  }
  std::fprintf(stderr, "joined as the agent of centre %s; start it with: dayan agent run\n", centre->c_str());
  return 0;
}

}  // namespace dayan::agent
