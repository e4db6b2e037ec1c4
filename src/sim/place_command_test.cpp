#include "sim/place_command.h"

#include <gtest/gtest.h>

#include "place/evaluation.h"
#include "sim/platform.h"
#include "sim/scenario.h"

namespace dayan::sim {
namespace {

constexpr std::string_view centres = R"(
centres:
  - name: cheap
    prices: {core_hour: "0.36", gb_hour: "0"}
    pools: [{name: batch, nodes: 2, cpus: 2, memory: 8GB}]
  - name: large
    prices: {core_hour: "0.72", gb_hour: "0", card_hour: "10"}
    pools: [{name: cards, nodes: 1, cpus: 16, memory: 64GB, cards: 4, chip: a100}]
)";

std::vector<PlacedJob> placed(const std::string& jobs) {
  const auto file = jobfile::parse_platform_yaml(std::string(centres) + jobs);
  EXPECT_TRUE(file.has_value()) << (file ? "" : to_text(file.error().front()));
  const auto answer = place_jobs(*file);
  EXPECT_TRUE(answer.has_value()) << (answer ? "" : to_text(answer.error()));
  return *answer;
}

// Shows that an array fills the cheapest centre, and that what does not fit is told to wait for it.
TEST(PlaceCommand, TheCheapestIsFilledFirst) {
  const auto jobs = placed("jobs: [{name: shot, tasks: 6, wall_time: 1h, objective: cheapest}]");
  ASSERT_EQ(jobs.size(), 1U);
  ASSERT_EQ(jobs[0].shares.size(), 1U);
  EXPECT_EQ(jobs[0].shares[0].centre, "cheap");
  EXPECT_EQ(jobs[0].shares[0].tasks, 4);
  EXPECT_EQ(jobs[0].shares[0].task_cost, Cny::micro(360'000));
  ASSERT_TRUE(jobs[0].waiting.has_value());
  EXPECT_EQ(jobs[0].waiting->tasks, 2);
  EXPECT_FALSE(jobs[0].waiting->hopeless);
}

// Shows that a centre which names its customers takes the jobs of those alone.
TEST(PlaceCommand, AChoosyCentreTakesItsOwnCustomersOnly) {
  const std::string choosy =
      "centres: [{name: c, accepts: [film-studio], prices: {core_hour: \"1\", gb_hour: \"0\"}, "
      "pools: [{name: batch, nodes: 1, cpus: 4, memory: 8GB}]}]\n"
      "jobs: [{name: shot, wall_time: 1h}]\n";
  for (const bool is_theirs : {true, false}) {
    const auto file = jobfile::parse_platform_yaml((is_theirs ? "customer: film-studio\n" : "") + choosy);
    ASSERT_TRUE(file.has_value()) << to_text(file.error().front());
    const auto jobs = place_jobs(*file);
    ASSERT_TRUE(jobs.has_value()) << to_text(jobs.error());
    EXPECT_EQ(jobs->at(0).shares.size(), is_theirs ? 1U : 0U);
    const bool could_run = Scenario(*file).sites().at(0).could_run(file->jobs[0].spec.requirements, Duration::hours(1));
    EXPECT_EQ(could_run, is_theirs);
  }
}

// Shows that gangs find racks as they are described: of three of six nodes two, of two of three one beside them, though
// eight nodes are left; and that nodes that are out are missing in a rack.
TEST(PlaceCommand, GangsLieInOneRack) {
  const auto file_with = [](const std::string& outage) {
    return jobfile::parse_platform_yaml(
        "centres: [{name: c, prices: {core_hour: \"1\", gb_hour: \"0\"}, pools: [{name: batch, nodes: 20, racks: 8, "
        "cpus: 4, memory: 8GB" + outage + "}]}]\n"
        "jobs: [{name: wide, tasks: 3, resources: {nodes: 6, within: rack, cpus: 4}, wall_time: 1h}, "
        "{name: narrow, tasks: 2, resources: {nodes: 3, within: rack, cpus: 4}, wall_time: 1h}]\n");
  };
  const auto jobs = place_jobs(*file_with(""));
  ASSERT_TRUE(jobs.has_value()) << to_text(jobs.error());
  ASSERT_EQ(jobs->at(0).shares.size(), 1U);
  EXPECT_EQ(jobs->at(0).shares[0].tasks, 2);
  ASSERT_TRUE(jobs->at(0).waiting.has_value());
  EXPECT_EQ(jobs->at(0).waiting->tasks, 1);
  ASSERT_EQ(jobs->at(1).shares.size(), 1U);
  EXPECT_EQ(jobs->at(1).shares[0].tasks, 1);  // four, two and two nodes are left
  const auto fewer = place_jobs(*file_with(", outages: [{from: 0s, for: 1h, nodes: 8}]"));
  ASSERT_TRUE(fewer.has_value()) << to_text(fewer.error());
  EXPECT_EQ(fewer->at(0).shares[0].tasks, 1);
}

// Shows that jobs with a lot of data go where data are cheap and near enough, that those with none go as before, that
// the quotes say what it takes, and that the bills of all of it add up.
TEST(PlaceCommand, DataGoWhereTheSumIsBest) {
  const std::string text = R"(
centres:
  - {name: cheap, prices: {core_hour: "0.30", gb_hour: "0", transfer_gb: "0.10"}, bandwidth: 100 MB/s,
     pools: [{name: p, nodes: 4, cpus: 8, memory: 64GB}]}
  - {name: far, prices: {core_hour: "0.31", gb_hour: "0", transfer_gb: "0"}, bandwidth: 1 MB/s,
     pools: [{name: p, nodes: 4, cpus: 8, memory: 64GB}]}
  - {name: near, prices: {core_hour: "0.35", gb_hour: "0", transfer_gb: "0"}, bandwidth: 1 GB/s,
     pools: [{name: p, nodes: 4, cpus: 8, memory: 64GB}]}
jobs:
  - {name: none-cheap, wall_time: 2h, run_time: 1h, objective: cheapest}
  - {name: data-cheap, wall_time: 2h, run_time: 1h, objective: cheapest, input_bytes: 100GB}
  - {name: data-fast, tasks: 3, wall_time: 2h, run_time: 1h, objective: fastest, input_bytes: 100GB}
  - {name: data-balanced, wall_time: 2h, run_time: 1h, objective: balanced, input_bytes: 100GB}
)";
  const auto file = jobfile::parse_platform_yaml(text);
  ASSERT_TRUE(file.has_value()) << to_text(file.error().front());
  const auto jobs = place_jobs(*file);
  ASSERT_TRUE(jobs.has_value()) << to_text(jobs.error());
  const char* const where[] = {"cheap", "far", "near", "near"};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(jobs->at(i).shares.at(0).centre, where[i]) << jobs->at(i).name;
  EXPECT_EQ(jobs->at(2).shares.at(0).start.seconds_up(), 100);
  EXPECT_EQ(jobs->at(0).quotes.front().transfer, Transfer{});
  for (const Quote& quote : jobs->at(2).quotes) {
    EXPECT_EQ(quote.transfer.cost, quote.centre_name == "cheap" ? Cny::yuan(10) : Cny());
    EXPECT_EQ(quote.job_cost, quote.task_cost + quote.task_cost + quote.task_cost + quote.transfer.cost);
  }
}

// Shows that the inputs of an array are charged once, by what crossed, and that everything that was held is charged or
// given back.
TEST(PlaceCommand, ABillHasItsInputsOnce) {
  const auto file = jobfile::parse_platform_yaml(R"(
centres:
  - {name: only, prices: {core_hour: "1", gb_hour: "0", transfer_gb: "0.10"}, bandwidth: 100 MB/s,
     pools: [{name: p, nodes: 1, cpus: 2, memory: 8GB}]}
jobs: [{name: shot, tasks: 4, wall_time: 2h, run_time: 1h, input_bytes: 100GB}]
)");
  ASSERT_TRUE(file.has_value()) << to_text(file.error().front());
  Platform platform(jobfile::platform_beginning, std::span(&file->customer, 1));
  ASSERT_TRUE(platform.add_centre(file->centres[0]));
  ASSERT_TRUE(platform.submit(file->jobs[0].spec));
  Cny charged;
  for (int wave = 0; wave < 2; ++wave) {
    platform.advance(platform.now() + Duration::seconds(1));  // its agent is heard of
    const std::vector<LeaseRow> leases = platform.place_all();
    ASSERT_EQ(leases.size(), 2U);
    EXPECT_EQ(leases[0].held + leases[1].held, wave == 0 ? Cny::yuan(14) : Cny::yuan(4));
    EXPECT_EQ(leases[0].starts_by - leases[0].granted_at,
              lease_start_allowance + Duration::seconds(wave == 0 ? 1'000 : 0));
    Ran ran{Duration::hours(1)};
    if (wave == 0) ran.fetched = {Bytes(100'000'000'000), ran.staged = Duration::seconds(1'000)};
    for (const LeaseRow& lease : leases) {
      platform.end_attempt(lease.attempt(), ran, Outcome::exited, 0);
      ran.fetched = {};
    }
    for (const Platform::Settled& settled : platform.take_settled()) charged += settled.charged;
  }
  EXPECT_EQ(charged, Cny::yuan(14));
  EXPECT_EQ(platform.spent(), charged);
  EXPECT_EQ(core::broken_invariant(platform.state()), std::nullopt);
}

// Shows that a pool which is about to be closed takes what ends before, that what a job's times rule out is told, and
// that its deadline sends it where it ends in time.
TEST(PlaceCommand, TimesAreKept) {
  const std::string times =
      "centres:\n"
      "  - {name: cheap, prices: {core_hour: \"1\", gb_hour: \"0\"}, "
      "reservations: [{from: 1h, for: 2h, note: new switches}], pools: [{name: batch, nodes: 1, cpus: 4, memory: 8GB}]}\n"
      "  - {name: dear, prices: {core_hour: \"2\", gb_hour: \"0\"}, "
      "pools: [{name: batch, nodes: 1, cpus: 4, memory: 8GB}]}\n"
      "jobs:\n"
      "  - {name: short, wall_time: 45m, objective: cheapest}\n"
      "  - {name: long, wall_time: 2h, objective: cheapest}\n"
      "  - {name: due, wall_time: 2h, run_time: 1h, objective: cheapest, deadline: +3h}\n"
      "  - {name: later, wall_time: 45m, begin: +5h}\n";
  const auto file = jobfile::parse_platform_yaml(times);
  ASSERT_TRUE(file.has_value()) << to_text(file.error().front());
  const auto jobs = place_jobs(*file);
  ASSERT_TRUE(jobs.has_value()) << to_text(jobs.error());
  ASSERT_EQ(jobs->at(0).shares.size(), 1U);
  EXPECT_EQ(jobs->at(0).shares[0].centre, "cheap");
  ASSERT_TRUE(jobs->at(1).waiting.has_value());
  EXPECT_EQ(jobs->at(1).waiting->reasons.at(0).constraint, Constraint::preference);  // the dear one has room
  EXPECT_EQ(jobs->at(1).waiting->reasons.at(1).constraint, Constraint::closed);
  ASSERT_EQ(jobs->at(2).shares.size(), 1U);
  EXPECT_EQ(jobs->at(2).shares[0].centre, "dear");
  ASSERT_TRUE(jobs->at(3).waiting.has_value());
  EXPECT_EQ(jobs->at(3).waiting->reasons.at(0).constraint, Constraint::not_before);
}

// Shows that a job which no pool can run is told so, pool by pool, by how much; and that it does not stop the next.
TEST(PlaceCommand, WhatCannotRunIsToldWhy) {
  const auto jobs = placed(
      "jobs:\n"
      "  - {name: huge, resources: {cpus: 64}, wall_time: 1h}\n"
      "  - {name: train, resources: {cpus: 4, cards: 4, chip: a100}, wall_time: 1h}\n");
  ASSERT_EQ(jobs.size(), 2U);
  EXPECT_TRUE(jobs[0].shares.empty());
  ASSERT_TRUE(jobs[0].waiting.has_value());
  EXPECT_TRUE(jobs[0].waiting->hopeless);
  ASSERT_EQ(jobs[0].quotes.size(), 2U);
  for (const Quote& quote : jobs[0].quotes) {
    EXPECT_FALSE(quote.feasible);
    ASSERT_FALSE(quote.reasons.empty());
    EXPECT_EQ(quote.reasons[0].required, 64);
  }
  ASSERT_EQ(jobs[1].shares.size(), 1U);
  EXPECT_EQ(jobs[1].shares[0].pool, "cards");
  EXPECT_FALSE(jobs[1].waiting.has_value());
}

// Shows that a short job first in the file does not keep the cheap core from the long one behind it, and that each says
// with whom it was placed.
TEST(PlaceCommand, JobsOfOneCustomerArePlacedTogether) {
  const auto file = jobfile::parse_platform_yaml(R"(
centres:
  - {name: cheap, prices: {core_hour: "0.1", gb_hour: "0"}, pools: [{name: p, nodes: 1, cpus: 1, memory: 4GB}]}
  - {name: dear, prices: {core_hour: "0.3", gb_hour: "0"}, pools: [{name: p, nodes: 1, cpus: 1, memory: 4GB}]}
jobs:
  - {name: short, run_time: 10m, wall_time: 20m}
  - {name: long, run_time: 10h, wall_time: 20h}
)");
  ASSERT_TRUE(file.has_value()) << to_text(file.error().front());
  const auto jobs = place_jobs(*file);
  ASSERT_TRUE(jobs.has_value()) << to_text(jobs.error());
  const PlacedShare& brief = jobs->at(0).shares.at(0);
  const PlacedShare& lengthy = jobs->at(1).shares.at(0);
  EXPECT_EQ(brief.centre, "dear");
  EXPECT_EQ(brief.exchanged_with, std::vector<std::string>{"long"});
  EXPECT_EQ(lengthy.centre, "cheap");
  EXPECT_EQ(lengthy.exchanged_with, std::vector<std::string>{"short"});
}

std::vector<PlacedJob> placed_of(const std::string& platform) {
  const auto file = jobfile::parse_platform_yaml(platform);
  EXPECT_TRUE(file.has_value()) << (file ? "" : to_text(file.error().front()));
  const auto answer = place_jobs(*file);
  EXPECT_TRUE(answer.has_value()) << (answer ? "" : to_text(answer.error()));
  return *answer;
}

// Shows that quotes are of the platform with all that has been placed: what the first job has filled is not "now".
TEST(PlaceCommand, QuotesCountWhatHasBeenPlaced) {
  const auto jobs = placed_of(R"(
centres:
  - {name: a, prices: {core_hour: "1", gb_hour: "0"}, pools: [{name: p, nodes: 1, cpus: 4, memory: 8GB}]}
jobs:
  - {name: first, resources: {cpus: 4}, wall_time: 2h, run_time: 1h}
  - {name: second, resources: {cpus: 4}, wall_time: 2h, run_time: 1h, wait_max: 30m}
)");
  // The command begins a few microseconds before it asks.
  EXPECT_EQ(jobs[1].quotes.at(0).wait.seconds_up(), 3'600);
  EXPECT_EQ(jobs[1].waiting->wait->seconds_up(), 3'600);
  EXPECT_FALSE(jobs[1].waiting->gives_up_at.is_none());
  // As much again: the second, which would stand before it, is given up by then.
  EXPECT_EQ(jobs[0].quotes.at(0).wait.seconds_up(), 3'600);
  EXPECT_EQ(jobs[0].quotes.at(0).jobs_before, 0);
}

// Shows that whom room is made for is told of one time, of the centre by its name, and of the task that is told to end;
// and that who stands behind it waits for the job that has the room then.
TEST(PlaceCommand, RoomThatIsTakenBackIsToldOnce) {
  const auto jobs = placed_of(R"(
centres:
  - {name: b, prices: {core_hour: "0.10", gb_hour: "0", reclaimable_percent: 50},
     pools: [{name: p, nodes: 1, cpus: 10, memory: 100GB}]}
jobs:
  - {name: low, resources: {cpus: 10}, wall_time: 10h, reclaimable: true}
  - {name: high, resources: {cpus: 10}, wall_time: 1h}
  - {name: behind, resources: {cpus: 4}, wall_time: 1h}
)");
  const place::Waiting& high = jobs[1].waiting.value();
  EXPECT_EQ(high.taken_back, 1);
  EXPECT_EQ(high.promised_name, "b");
  EXPECT_EQ(high.nearest_name, "b");
  EXPECT_LE(*high.wait, reclaim_notice);
  EXPECT_NE(high.reasons.at(0).text.find("room is expected in " + to_text(reclaim_notice)), std::string::npos)
      << high.reasons.at(0).text;
  const place::Waiting& behind = jobs[2].waiting.value();
  EXPECT_EQ(behind.jobs_before, 1);
  EXPECT_GE(*behind.wait, Duration::hours(1));
  EXPECT_LE(*behind.wait, Duration::hours(1) + reclaim_notice);
}

// Shows that the pool of the reasons is named, that times count from the beginning, that room there is told apart from
// the whole wait, and that who is too late at every pool is told so.
TEST(PlaceCommand, TheReasonsAreOfOnePoolAndTimesOfNoCalendar) {
  const auto jobs = placed_of(R"(
centres:
  - {name: a, prices: {core_hour: "1", gb_hour: "0"}, reservations: [{from: 90m, for: 4h}],
     pools: [{name: p, nodes: 2, cpus: 8, memory: 64GB}]}
jobs:
  - {name: first, tasks: 2, resources: {cpus: 8}, wall_time: 1h}
  - {name: later, resources: {cpus: 8}, wall_time: 2h, run_time: 1h, begin: +3h}
  - {name: due, resources: {cpus: 8}, wall_time: 1h, deadline: +90m}
)");
  const place::Waiting& later = jobs[1].waiting.value();
  EXPECT_EQ(later.nearest_name + '/' + later.nearest_pool, "a/p");
  EXPECT_EQ(later.reasons.at(0).text, "the job lets no task start before +3h: in 3h");
  const auto text_of = [](const place::Waiting& waiting, Constraint constraint) {
    const auto found = std::ranges::find(waiting.reasons, constraint, &Reason::constraint);
    return found == waiting.reasons.end() ? std::string() : found->text;
  };
  EXPECT_NE(text_of(later, Constraint::closed).find("from +1h30m until +5h30m"), std::string::npos)
      << text_of(later, Constraint::closed);
  EXPECT_NE(text_of(later, Constraint::capacity).find("room is expected in 1h to 1h10m"), std::string::npos)
      << text_of(later, Constraint::capacity);
  EXPECT_EQ(later.wait->seconds_up(), 5 * 3'600 + 1'800);  // when it is open again
  const place::Waiting& due = jobs[2].waiting.value();
  EXPECT_NE(text_of(due, Constraint::deadline).find("; the deadline is in 1h30m: "), std::string::npos)
      << text_of(due, Constraint::deadline);
}

// Shows that who will be given up before the room comes stands before nobody, and that an array is done as room comes.
TEST(PlaceCommand, WhoIsGivenUpStandsBeforeNobody) {
  const auto jobs = placed_of(R"(
centres:
  - {name: a, prices: {core_hour: "1", gb_hour: "0"}, pools: [{name: p, nodes: 1, cpus: 10, memory: 64GB}]}
jobs:
  - {name: first, resources: {cpus: 10}, wall_time: 2h}
  - {name: givesup, resources: {cpus: 10}, wall_time: 24h, wait_max: 1h}
  - {name: third, tasks: 25, wall_time: 1h}
)");
  EXPECT_FALSE(jobs[1].waiting->gives_up_at.is_none());
  EXPECT_EQ(jobs[2].waiting->wait->seconds_up(), 2 * 3'600);
  EXPECT_EQ(jobs[2].quotes.at(0).finish.seconds_up(), 5 * 3'600);
}

// Shows that a centre which is silent when all begins, and nodes that are out then, take nothing, and say so.
TEST(PlaceCommand, WhatIsSilentOrOutTakesNothing) {
  const auto jobs = placed_of(R"(
centres:
  - name: silent
    prices: {core_hour: "0.05", gb_hour: "0"}
    pools: [{name: p, nodes: 1, cpus: 10, memory: 100GB}]
    silent: [{from: 0s, for: 10h}]
  - name: out
    prices: {core_hour: "0.10", gb_hour: "0"}
    pools: [{name: p, nodes: 2, cpus: 10, memory: 100GB, outages: [{from: 0s, for: 10h, nodes: 1}]}]
jobs:
  - {name: a, tasks: 3, resources: {cpus: 10}, wall_time: 1h, objective: cheapest}
)");
  ASSERT_EQ(jobs[0].shares.size(), 1U);
  EXPECT_EQ(jobs[0].shares[0].centre, "out");
  EXPECT_EQ(jobs[0].shares[0].tasks, 1);
  const auto silent = std::ranges::find(jobs[0].quotes, "silent", &Quote::centre_name);
  ASSERT_NE(silent, jobs[0].quotes.end());
  EXPECT_EQ(silent->wait, place::wait_unknown);
  EXPECT_FALSE(silent->wait_longest);
  EXPECT_EQ(silent->reasons.at(0).constraint, Constraint::reachable);
}

// Shows that a job which counts carbon is told where it is not known, and what is missing.
TEST(PlaceCommand, UnknownCarbonIsTold) {
  const auto jobs = placed_of(R"(
centres:
  - {name: dirty, carbon: 700, pue: 1.5, prices: {core_hour: "0.05", gb_hour: "0"},
     pools: [{name: p, nodes: 4, cpus: 10, memory: 100GB, core_power: 5W}]}
  - {name: clean, carbon: 100, prices: {core_hour: "0.10", gb_hour: "0"},
     pools: [{name: p, nodes: 1, cpus: 10, memory: 100GB, core_power: 5W}]}
  - {name: blank, prices: {core_hour: "0.10", gb_hour: "0"}, pools: [{name: p, nodes: 1, cpus: 10, memory: 100GB}]}
jobs:
  - {name: green, wall_time: 1h, objective: greenest}
  - {name: cheap, wall_time: 1h, objective: cheapest}
)");
  const auto told = [&](std::size_t job, const std::string& centre) {
    return std::ranges::find(jobs[job].quotes, centre, &Quote::centre_name)->carbon_unknown;
  };
  EXPECT_EQ(jobs[0].shares.at(0).centre, "dirty");
  EXPECT_EQ(told(0, "dirty"), "");
  EXPECT_EQ(told(0, "clean"), "carbon unknown: the centre tells no PUE");
  EXPECT_EQ(told(0, "blank"), "carbon unknown: the centre tells no PUE and no carbon of its grid");
  EXPECT_EQ(told(1, "clean"), "");
}

}  // namespace
}  // namespace dayan::sim
