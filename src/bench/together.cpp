#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include "base/prng.h"
#include "bench/clp_costs.h"
#include "bench/command.h"
#include "bench/cost.h"
#include "place/engine.h"

/// dayan-bench together: jobs that one organisation sends at once, placed by one plan of the engine, beside the linear
/// bound by CLP for those that start, and beside the same jobs sent by as many organisations: turns alone.

namespace dayan::bench {
namespace {

namespace cost = place::cost;

constexpr UnixTime now{1'800'000'000'000'000};
constexpr std::int64_t cards_per_node = 8;
constexpr std::int64_t jobs_max = 100'000;
const std::vector<std::string> chips{"a800", "h800", "t4", "v100"};

struct Options {
  Output output;
  std::int64_t pools = 30;
  std::int64_t share = 90;  ///< of all cards, percent
  std::string objective = "balanced";
  bool is_at_last_call = false;
  std::uint64_t seed = 1;
};

struct Pool {
  PoolRow row;
  OfferRow offer;
};

/// Pools of 2 to 12 nodes of eight cards of one of four chips, 0.5 to 4 yuan a card hour; jobs of one to eight cards for 1
/// to 8 hours, for one to three of the chips.
struct Load {
  std::vector<Pool> pools;
  std::vector<JobRow> jobs;
  CostInstance instance;
};

Pool drawn_pool(Prng& random, std::int64_t number) {
  Pool pool;
  pool.row.centre = CentreId(number);
  pool.row.name = "cards";
  pool.row.nodes = static_cast<std::int32_t>(random.between(2, 12));
  pool.row.cores_per_node = Cores(64);
  pool.row.memory_per_node = Bytes(512'000'000'000);
  pool.row.cards_per_node = MilliCards(cards_per_node * 1'000);
  pool.row.chip = chips[random.below(chips.size())];
  pool.row.wall_time_max = Duration::hours(24);
  pool.offer.id = OfferId(number);
  pool.offer.centre = CentreId(number);
  pool.offer.version = 1;
  pool.offer.card_hour = Cny::micro(random.between(5, 40) * 100'000);
  return pool;
}

JobRow drawn_job(Prng& random, const Options& options, JobId id) {
  JobRow job;
  job.id = id;
  job.name = "job";
  job.submitted_at = now;
  Requirements& asked = job.requirements;
  const std::int64_t cards = std::int64_t{1} << random.between(0, 3);
  asked.resources = {Cores(1), Bytes(), MilliCards(cards * 1'000)};
  asked.run_time = Duration::hours(std::int64_t{1} << random.between(0, 3));
  asked.wall_time = asked.run_time;
  const std::int64_t count = random.between(1, 3);
  while (std::ssize(asked.chips) < count) {
    const std::string& chip = chips[random.below(chips.size())];
    if (std::ranges::find(asked.chips, chip) == asked.chips.end()) asked.chips.push_back(chip);
  }
  std::ranges::sort(asked.chips);
  asked.objective = parse_word<Objective>(options.objective).value();
  if (options.is_at_last_call) asked.finish_by = now + lease_start_allowance + asked.run_time + Duration::minutes(5);
  return job;
}

Load drawn(const Options& options) {
  Prng random(options.seed);
  Load load;
  std::int64_t all = 0;
  std::int64_t dearest = 0;
  for (std::int64_t i = 1; i <= options.pools; ++i) {
    load.pools.push_back(drawn_pool(random, i));
    load.instance.capacities.push_back(load.pools.back().row.nodes * cards_per_node);
    all += load.instance.capacities.back();
    dearest = std::max(dearest, load.pools.back().offer.card_hour.micro());
  }
  for (std::int64_t asked = 0; asked * 100 < all * options.share && std::ssize(load.jobs) < jobs_max;) {
    load.jobs.push_back(drawn_job(random, options, JobId(std::ssize(load.jobs) + 1)));
    const Requirements& needs = load.jobs.back().requirements;
    cost::Job& same = load.instance.jobs.emplace_back();
    same.demand = needs.resources.cards.value() / 1'000;
    const std::int64_t card_hours = same.demand * (needs.run_time.microseconds() / Duration::hours(1).microseconds());
    same.reject_cost = Cny::micro(dearest * card_hours * 3);
    for (std::size_t i = 0; i < load.pools.size(); ++i) {
      if (std::ranges::find(needs.chips, load.pools[i].row.chip) == needs.chips.end()) continue;
      const Cny whole = Cny::micro(load.pools[i].offer.card_hour.micro() * card_hours);
      same.options.push_back({static_cast<cost::PoolIndex>(i), whole});
    }
    asked += same.demand;
  }
  return load;
}

struct Placed {
  Decisions decisions;
  double seconds = 0;
};

/// What one plan does with them, sent by one organisation or each by its own.
Placed placed(const Load& load, bool is_one_purse) {
  const auto engine = place::make_engine();
  const auto put = [&](const Row& row) { engine->apply({row, RowFate::live}); };
  const std::int64_t purses = is_one_purse ? 1 : std::ssize(load.jobs);
  constexpr OrganisationId provider{1'000'000};
  for (std::int64_t i = 0; i <= purses; ++i) {
    OrganisationRow row;
    row.id = i == 0 ? provider : OrganisationId(i);
    row.name = "organisation-" + std::to_string(i);
    put(row);
    AccountRow wallet;
    wallet.kind = AccountKind::customer_wallet;
    wallet.owner = row.id;
    wallet.credits_posted = Cny::yuan(1'000'000'000);
    put(wallet);
  }
  for (const Pool& pool : load.pools) {
    CentreRow centre;
    centre.id = pool.row.centre;
    centre.provider = provider;
    centre.name = "centre-" + std::to_string(centre.id.value());
    centre.region = "guizhou";
    put(centre);
    put(pool.offer);
    put(pool.row);
    engine->observe({centre.id, now, {}});
  }
  for (JobRow job : load.jobs) {
    job.organisation = OrganisationId(is_one_purse ? 1 : job.id.value());
    put(job);
  }
  Placed found;
  found.decisions.resize(load.jobs.size());
  const double begin = cpu_seconds();
  for (const Assignment& each : engine->plan(now, load.jobs.size()))
    found.decisions[static_cast<std::size_t>(each.job.value()) - 1] =
        static_cast<cost::PoolIndex>(each.placement.centre.value() - 1);
  found.seconds = cpu_seconds() - begin;
  return found;
}

/// What those that start come to, and the least that they could.
struct Judged {
  Recount counted;
  Cny cost;  ///< of those that start
  LinearBound bound;
  std::size_t started = 0;
};

Result<Judged> judged(const Load& load, const Decisions& decisions) {
  Judged found;
  found.counted = recount(load.instance.capacities, load.instance.jobs, decisions);
  std::vector<cost::Job> started;
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    if (!decisions[i]) continue;
    started.push_back(load.instance.jobs[i]);
    found.cost += std::ranges::find(started.back().options, *decisions[i], &cost::Option::pool)->cost;
  }
  found.started = started.size();
  TRY(found.bound, linear_bound(load.instance.capacities, started));
  return found;
}

Result<void> write_out(const Options& options, const Load& load, const Decisions& decisions) {
  if (options.output.decisions_path.empty()) return {};
  return write_decisions(options.output.decisions_path, [&](std::ostream& out) {
    out << "job,pool,cards,cost\n";
    for (std::size_t i = 0; i < decisions.size(); ++i) {
      const cost::Job& job = load.instance.jobs[i];
      out << i << ',';
      if (decisions[i]) out << *decisions[i];
      out << ',' << job.demand << ',';
      if (decisions[i]) out << to_text(std::ranges::find(job.options, *decisions[i], &cost::Option::pool)->cost);
      out << '\n';
    }
  });
}

Result<void> run_together(const Options& options) {
  const Load load = drawn(options);
  const Placed ours = placed(load, true);
  const Placed alone = placed(load, false);
  TRY(const Judged together, judged(load, ours.decisions));
  TRY(const Judged one_by_one, judged(load, alone.decisions));
  const double gap = gap_percent(together.cost, together.bound.yuan);
  const double gap_alone = gap_percent(one_by_one.cost, one_by_one.bound.yuan);
  if (options.output.json) {
    std::printf(
        "{\"jobs\":%zu,\"pools\":%zu,\"started\":%zu,\"cost\":%s,\"bound\":%.6f,\"bound_by\":\"CLP\","
        "\"gap_percent\":%.4f,\"seconds\":%.4f,\"violations\":%lld,\"turns_alone_started\":%zu,\"turns_alone_gap_percent\":%.4f,"
        "\"turns_alone_seconds\":%.4f}\n",
        load.jobs.size(), load.pools.size(), together.started, to_text(together.cost).c_str(), together.bound.yuan, gap,
        ours.seconds, static_cast<long long>(together.counted.violations), one_by_one.started, gap_alone,
        alone.seconds);
  } else {
    std::printf("%zu jobs, %zu pools\n", load.jobs.size(), load.pools.size());
    std::printf("  of one organisation  %zu start, %s yuan, %.4f %% above the bound by CLP  %.4f s  violations %lld\n",
                together.started, to_text(together.cost).c_str(), gap, ours.seconds,
                static_cast<long long>(together.counted.violations));
    std::printf("  each of its own      %zu start, %s yuan, %.4f %% above the bound by CLP  %.4f s\n",
                one_by_one.started, to_text(one_by_one.cost).c_str(), gap_alone, alone.seconds);
  }
  return write_out(options, load, ours.decisions);
}

}  // namespace

Command together_command(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand(
      "together", "Jobs that one organisation sends at once, by one plan of the engine, beside the bound by CLP");
  command->add_option("--pools", options->pools, "of 2 to 12 nodes of eight cards")->check(CLI::Range(1, 4'000));
  command->add_option("--share", options->share, "of all cards that is asked for, percent")
      ->check(CLI::Range(1, 1'000));
  command->add_option("--objective", options->objective, "of every job")
      ->capture_default_str()
      ->check(CLI::IsMember({"cheapest", "fastest", "balanced"}));
  command->add_flag("--last-call", options->is_at_last_call, "deadlines that let jobs start now or never");
  command->add_option("--seed", options->seed, "of what is drawn");
  add_output_options(*command, options->output, true);
  return {command, [options] { return run_together(*options); }};
}

}  // namespace dayan::bench
