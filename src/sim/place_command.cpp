#include "sim/place_command.h"

#include <algorithm>

#include "model/rack.h"
#include "place/evaluation.h"
#include "sim/platform.h"

namespace dayan::sim {
namespace {

PlacedShare& share_of(PlacedJob& job, const std::string& centre, const std::string& pool) {
  const auto same = [&](const PlacedShare& share) { return share.centre == centre && share.pool == pool; };
  const auto found = std::ranges::find_if(job.shares, same);
  if (found != job.shares.end()) return *found;
  PlacedShare share;
  share.centre = centre;
  share.pool = pool;
  return job.shares.emplace_back(std::move(share));
}

void add(PlacedJob& job, const Platform& platform, const LeaseRow& lease) {
  const CentreRow* centre = platform.state().centres.find({lease.centre});
  const PlacementRow* placement = platform.placement(lease.attempt());
  ASSERT(centre != nullptr && placement != nullptr);
  PlacedShare& share = share_of(job, centre->name, lease.pool);
  ++share.tasks;
  share.task_cost = placement->task_cost;
  // The microseconds that the planning itself takes are not told: who is asked now starts now.
  const Duration start = std::max(placement->expected_start - lease.granted_at, Duration());
  share.start = std::max(share.start, start);
  share.finish = std::max(share.finish, start + (placement->expected_finish - placement->expected_start));
  const JobRow* other = platform.state().jobs.find({placement->exchanged_with});
  if (other != nullptr && std::ranges::find(share.exchanged_with, other->name) == share.exchanged_with.end())
    share.exchanged_with.push_back(other->name);
}

Error within(Error error, const std::string& what) {
  error.field = error.field.empty() ? what : what + ": " + error.field;
  return error;
}

/// The centre as it stands when all begins: without the nodes that are out then.
jobfile::CentreFile at_the_beginning(jobfile::CentreFile centre) {
  for (const jobfile::Outage& outage : centre.outages) {
    if (outage.from > Duration() || outage.span <= Duration()) continue;
    const auto pool = std::ranges::find(centre.pools, outage.pool, &PoolRow::name);
    if (pool != centre.pools.end()) *pool = with_nodes_left(*pool, std::max(pool->nodes - outage.nodes, 0));
  }
  return centre;
}

PlacedJob placed_of(const JobSpec& spec) {
  PlacedJob job;
  job.name = spec.name;
  job.as_of = jobfile::platform_beginning;
  job.tasks = spec.count;
  job.nodes = spec.requirements.resources.nodes;
  return job;
}

/// A job that the core refuses since its price cap pays for no task of it anywhere.
PlacedJob not_taken(const Platform& platform, const JobSpec& spec) {
  PlacedJob job = placed_of(spec);
  job.quotes = platform.quotes(spec);
  place::Waiting& waiting = job.waiting.emplace();
  waiting.tasks = spec.count;
  waiting.hopeless = true;
  const auto is_nearer = [](const Quote& a, const Quote& b) {
    return place::distance_of(a.reasons) < place::distance_of(b.reasons);
  };
  const auto nearest = std::min_element(job.quotes.begin(), job.quotes.end(), is_nearer);
  if (nearest != job.quotes.end()) {
    waiting.nearest = nearest->centre;
    waiting.nearest_name = nearest->centre_name;
    waiting.nearest_pool = nearest->pool;
    waiting.reasons = nearest->reasons;
  }
  return job;
}

}  // namespace

Result<std::vector<PlacedJob>> place_jobs(const jobfile::PlatformFile& file) {
  Platform platform(jobfile::platform_beginning, std::span(&file.customer, 1));
  for (const jobfile::CentreFile& centre : file.centres) {
    const auto added = platform.add_centre(at_the_beginning(centre));
    if (!added) return fail(within(added.error(), "centre " + centre.name));
  }
  std::vector<PlacedJob> placed;
  std::map<JobId, std::size_t> index;
  for (const jobfile::JobFile& job : file.jobs) {
    const auto id = platform.submit(job.spec);
    if (!id && id.error().field == "requirements.price_cap") {
      placed.push_back(not_taken(platform, job.spec));
      continue;
    }
    if (!id) return fail(within(id.error(), "job " + job.spec.name));
    index[*id] = placed.size();
    placed.push_back(placed_of(job.spec));
  }
  for (const LeaseRow& lease : platform.place_all())
    add(placed[index.at(lease.job)], platform, lease);
  const auto answers = platform.engine().answers(platform.now(), place::Times::spans);
  for (const auto& [id, at] : index) {
    placed[at].waiting = answers->waiting(id);
    if (placed[at].waiting && placed[at].waiting->tasks == 0) placed[at].waiting.reset();
    placed[at].quotes =
        placed[at].waiting ? answers->quotes(id) : answers->quotes(platform.as_much_again(id));
  }
  return placed;
}

}  // namespace dayan::sim
