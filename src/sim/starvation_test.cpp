#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "base/prng.h"
#include "place/turn.h"
#include "sim/greedy_dispatch.h"
#include "sim/replay_for_tests.h"

/// Nobody starves: work that needs much room at once, among a stream of work that needs little and leaves none free.

namespace dayan::sim {
namespace {

constexpr Duration narrow_limit = Duration::seconds(400);
/// The stream goes on for longer than a greedy policy has patience.
constexpr std::int64_t stream_seconds = 30 * 3'600;

/// What a stream of narrow jobs keeps busy, and one job that comes when it is.
struct Crowd {
  const char* name;
  std::string centres;
  Resources narrow;
  Resources wide;
  std::int64_t every;  ///< seconds from one narrow job to the next
};
void PrintTo(const Crowd& crowd, std::ostream* out) { *out << crowd.name; }

std::string centre(const std::string& name, const std::string& price, const std::string& nodes) {
  return "  - {name: " + name + ", prices: {core_hour: \"" + price +
         "\", card_hour: \"1\", gb_hour: \"0\"}, pools: [{name: batch, memory: 100GB, " + nodes + "}]}\n";
}

Resources cores(std::int64_t count, std::int32_t nodes = 1, Within within = Within::pool) {
  Resources needs{Cores(count), Bytes(1'000'000), MilliCards()};
  needs.nodes = nodes;
  needs.within = within;
  return needs;
}
Resources cards(std::int64_t thousandths) { return {Cores(1), Bytes(1'000'000), MilliCards(thousandths)}; }

std::vector<Crowd> crowds() {
  return {
      {"all cores of a machine", centre("a", "1", "nodes: 1, cpus: 4"), cores(1), cores(4), 100},
      {"a whole rack", centre("a", "1", "nodes: 8, cpus: 4, racks: [4, 4]"), cores(4), cores(4, 4, Within::rack), 39},
      {"whole cards among fractions", centre("a", "1", "nodes: 1, cpus: 64, cards: 8, chip: a100"), cards(500),
       cards(4'000), 19},
      {"any of three pools",
       centre("a", "1", "nodes: 1, cpus: 4") + centre("b", "1.01", "nodes: 1, cpus: 4") +
           centre("c", "1.02", "nodes: 1, cpus: 4"),
       cores(1), cores(4), 26},
  };
}

/// The stream, and from a quarter of an hour on the wide job, of a minute.
Load load_of(const Crowd& crowd) {
  Load load;
  KindList kinds(load.kinds);
  Requirements needs;
  needs.resources = crowd.narrow;
  const std::uint32_t narrow = kinds.find_or_add(needs);
  needs.resources = crowd.wide;
  const std::uint32_t wide = kinds.find_or_add(needs);
  Prng prng(11);
  for (std::int64_t at = 0; at < stream_seconds; at += crowd.every) {
    if (at >= 900 && at - crowd.every < 900)
      load.jobs.push_back({"wide", Duration::seconds(at), Duration::minutes(1), Duration::minutes(2), {}, 1, wide, {}});
    const Duration run = Duration::seconds(prng.between(250, 390));
    const std::string name = "narrow-" + std::to_string(at);
    load.jobs.push_back({name, Duration::seconds(at), run, narrow_limit, {}, 1, narrow, {}});
  }
  return load;
}

class Starvation : public testing::TestWithParam<Crowd> {};

// Shows how long the wide job waits at most under each policy. Ours and the engine let others overtake it for
// promised_after, and then keep room that is there when all leases of then have ended, start allowance and all. A queue
// keeps it from the beginning (nothing waits before it), until what runs has ended. A greedy policy has its patience,
// and then keeps a pool free.
TEST_P(Starvation, EndsWithinItsBound) {
  const Scenario scenario = scenario_of("centres:\n" + GetParam().centres);
  const Load load = load_of(GetParam());
  for (const PolicyKind policy : all_policies) {
    const Schedule schedule = clean(scenario, load, policy);
    EXPECT_EQ(schedule.unfinished, 0) << to_text(policy);
    const bool is_greedy = policy == PolicyKind::cheapest || policy == PolicyKind::random;
    const bool is_ours = policy == PolicyKind::ours || policy == PolicyKind::engine;
    Duration before;
    if (is_greedy) before = greedy_patience;
    if (is_ours) before = place::promised_after + lease_start_allowance;
    for (const TaskRun& run : schedule.runs) {
      const LoadJob& job = load.jobs[run.job];
      if (job.name != "wide") continue;
      const Duration wait = run.start - job.submit;
      EXPECT_LE(wait, before + narrow_limit) << to_text(policy) << ": " << to_text(wait);
      EXPECT_TRUE(!is_greedy || wait >= greedy_patience) << "it was not starved: the test shows too little";
      EXPECT_GT(wait, Duration()) << to_text(policy) << ": there was room, and the test shows too little";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Crowds, Starvation, testing::ValuesIn(crowds()));

}  // namespace
}  // namespace dayan::sim
