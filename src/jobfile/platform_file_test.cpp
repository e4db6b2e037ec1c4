#include "jobfile/platform_file.h"

#include <gtest/gtest.h>

namespace dayan::jobfile {
namespace {

constexpr std::string_view two_centres = R"(
centres:
  - name: guian
    provider: guizhou-power
    region: guizhou
    pue: 1.2
    carbon: 410
    bandwidth: 1.5 GB/s
    latency: {shanghai: 28ms, guiyang: 900us}
    accepts: [film-studio]
    prices: {core_hour: "0.36", gb_hour: "0", card_hour: "12.5"}
    pools:
      - {name: batch, nodes: 4, cpus: 64, memory: 256GB, software: [povray 3.7.0.10], capability: 1.25}
      - {name: a100, nodes: 2, cpus: 96, memory: 1TB, cards: 8, chip: a100, wall_time_max: 3d, card_capability: 0.95,
         core_power: 4.5W, card_power: 0.4kW}
  - name: shanghai
    prices: {core_hour: "0.72", gb_hour: "0"}
    pools:
      - {name: batch, nodes: 1, cpus: 8, memory: 32GB}
jobs:
  - {name: shot, tasks: 48, resources: {cpus: 1, memory: 1GB}, wall_time: 2m}
  - {name: train, resources: {cpus: 8, memory: 64GB, cards: 8, chip: a100}, wall_time: 12h,
     command: [python3, train.py]}
)";

// Shows that a platform is read whole: what is not said has the value that the format promises.
TEST(PlatformFile, ReadsCentresAndJobs) {
  const auto file = parse_platform_yaml(two_centres);
  ASSERT_TRUE(file.has_value()) << to_text(file.error().front());
  ASSERT_EQ(file->centres.size(), 2U);
  const CentreFile& guian = file->centres[0];
  EXPECT_EQ(guian.provider, "guizhou-power");
  EXPECT_EQ(guian.card_hour, Cny::micro(12'500'000));
  ASSERT_EQ(guian.pools.size(), 2U);
  EXPECT_EQ(guian.pools[0].core_capability, Capability(12'500));
  EXPECT_EQ(guian.pools[0].software[0].version, "3.7.0.10");
  EXPECT_EQ(guian.pools[0].card_capability_source, CapabilitySource::unknown);
  EXPECT_EQ(guian.pools[1].cards_per_node, MilliCards(8'000));
  EXPECT_EQ(guian.pools[1].card_capability, Capability(9'500));
  EXPECT_EQ(guian.pools[1].card_capability_source, CapabilitySource::nominal);
  EXPECT_EQ(guian.pools[1].wall_time_max, Duration::hours(72));
  EXPECT_EQ(guian.pue, 1'200);
  EXPECT_EQ(guian.carbon, 410);
  EXPECT_EQ(guian.bandwidth, Bandwidth(1'500'000'000));
  EXPECT_EQ(guian.latency, (std::vector<CityLatency>{{"shanghai", Duration::milliseconds(28)},
                                                     {"guiyang", Duration::microseconds(900)}}));
  EXPECT_EQ(guian.accepts, std::vector<std::string>{"film-studio"});
  EXPECT_FALSE(guian.pools[0].core_power.has_value());
  EXPECT_EQ(guian.pools[1].core_power, Milliwatts(4'500));
  EXPECT_EQ(guian.pools[1].card_power, Milliwatts(400'000));
  EXPECT_FALSE(file->centres[1].pue.has_value());
  EXPECT_EQ(file->centres[1].provider, "shanghai") << "a centre is its own provider";
  EXPECT_EQ(file->centres[1].region, "nowhere");
  ASSERT_EQ(file->jobs.size(), 2U);
  EXPECT_EQ(file->jobs[0].spec.count, 48);
  EXPECT_EQ(file->jobs[0].spec.payload.command, std::vector<std::string>{"true"})
      << "what is only placed runs nothing";
  EXPECT_EQ(file->jobs[1].spec.requirements.chips, std::vector<std::string>{"a100"});
}

// Shows that faults and hours are read, hours over midnight and of another zone among them.
TEST(PlatformFile, ReadsFaultsAndHours) {
  const auto file = parse_platform_yaml(R"(
centres:
  - name: guian
    prices:
      core_hour: "0.36"
      gb_hour: "0"
      hours:
        - {from: "22:00", until: "06:00", percent: 11}
        - {from: 18:30, until: "03:00+05:00", percent: 120}
    silent: [{from: 90m, for: 5m}]
    reservations:
      - {from: 2h, for: 3h, note: new switches}
      - {pool: fat, from: 8h, for: 1h, organisations: [weather, lab]}
    pools:
      - {name: batch, nodes: 4, cpus: 64, memory: 256GB}
      - {name: fat, nodes: 8, cpus: 64, memory: 1TB,
         outages: [{from: 2h, for: 30m, nodes: 3}, {from: 0s, for: 1h, nodes: 8}]}
)");
  ASSERT_TRUE(file.has_value()) << to_text(file.error().front());
  const CentreFile& centre = file->centres[0];
  ASSERT_EQ(centre.outages.size(), 2U);
  EXPECT_EQ(centre.outages[0].pool, "fat");
  EXPECT_EQ(centre.outages[0].from, Duration::hours(2));
  EXPECT_EQ(centre.outages[0].span, Duration::minutes(30));
  EXPECT_EQ(centre.outages[0].nodes, 3);
  ASSERT_EQ(centre.silences.size(), 1U);
  EXPECT_EQ(centre.silences[0].from, Duration::minutes(90));
  ASSERT_EQ(centre.reservations.size(), 2U);
  EXPECT_EQ(centre.reservations[0].pool, "");
  EXPECT_EQ(centre.reservations[0].from, Duration::hours(2));
  EXPECT_EQ(centre.reservations[0].span, Duration::hours(3));
  EXPECT_EQ(centre.reservations[0].note, "new switches");
  EXPECT_EQ(centre.reservations[1].pool, "fat");
  EXPECT_EQ(centre.reservations[1].organisations, (std::vector<std::string>{"weather", "lab"}));
  const std::vector<DayHours> hours{{DayTime::minutes(22 * 60), DayTime::minutes(6 * 60), 11},
                                    {DayTime::minutes(18 * 60 + 30), DayTime::minutes(22 * 60), 120}};
  EXPECT_EQ(centre.hours, hours);
}

// Shows both ways to tell racks: of one size with what is left, and one by one, of all nodes or some.
TEST(PlatformFile, TellsRacks) {
  const auto racks = [](const std::string& told) {
    const auto file = parse_platform_yaml(
        "centres: [{name: c, prices: {core_hour: \"1\", gb_hour: \"0\"}, pools: [{name: p, nodes: 20, " + told +
        "cpus: 4, memory: 8GB}]}]\njobs: [{name: j, wall_time: 1h}]\n");
    return file.has_value() ? file->centres[0].pools[0].racks : std::vector<Racks>{{-1, 1}};
  };
  EXPECT_EQ(racks("racks: 8, "), (std::vector<Racks>{{8, 2}, {4, 1}}));
  EXPECT_EQ(racks("racks: 30, "), (std::vector<Racks>{{20, 1}}));
  EXPECT_EQ(racks("racks: [2, 8, 2], "), (std::vector<Racks>{{8, 1}, {2, 2}}));
  EXPECT_EQ(racks(""), std::vector<Racks>{});
}

struct Case {
  const char* from;
  const char* to;
  const char* field;
};

// Shows one fault for each thing that is wrong, naming its field.
TEST(PlatformFile, NamesEachFault) {
  const Case cases[] = {
      {"name: guian", "name: Gui An", "centres[0].name"},
      {"name: shanghai", "name: guian", "centres[1].name"},
      {"core_hour: \"0.36\", ", "", "centres[0].prices.core_hour"},
      {", card_hour: \"12.5\"", "", "centres[0].prices.card_hour"},
      {", gb_hour: \"0\"", "", "centres[0].prices.gb_hour"},
      {"core_hour: \"0.72\"", "core_hour: \"-1\"", "centres[1].prices.core_hour"},
      {"nodes: 4", "nodes: 0", "centres[0].pools[0].nodes"},
      {"nodes: 4", "nodes: 99999999999999999999", "centres[0].pools[0].nodes"},
      {"memory: 256GB", "memory: 256", "centres[0].pools[0].memory"},
      {"memory: 256GB, ", "", "centres[0].pools[0].memory"},
      {"capability: 1.25", "capability: 0", "centres[0].pools[0].capability"},
      {"capability: 1.25", "card_capability: 1.25", "centres[0].pools[0].card_capability"},
      {"card_capability: 0.95", "card_capability: 101", "centres[0].pools[1].card_capability"},
      {"centres:", "customer: guizhou-power\ncentres:", "customer"},
      {"pue: 1.2", "pue: 0.9", "centres[0].pue"},
      {"pue: 1.2", "pue: abc", "centres[0].pue"},
      {"pue: 1.2", "pue: 10.001", "centres[0].pue"},
      {"carbon: 410", "carbon: 4.1", "centres[0].carbon"},
      {"bandwidth: 1.5 GB/s", "bandwidth: 100Mbit/s", "centres[0].bandwidth"},
      {"bandwidth: 1.5 GB/s", "bandwidth: fast", "centres[0].bandwidth"},
      {"shanghai: 28ms", "shanghai: 28", "centres[0].latency.shanghai"},
      {"core_power: 4.5W", "core_power: 4.5", "centres[0].pools[1].core_power"},
      {"core_power: 4.5W", "core_power: 0W", "centres[0].pools[1].core_power"},
      {"core_power: 4.5W", "core_power: 2kW", "centres[0].pools[1].core_power"},
      {"card_power: 0.4kW", "card_power: 1.5mW", "centres[0].pools[1].card_power"},
      {"chip: a100, wall", "wall", "centres[0].pools[1].chip"},
      {"name: a100,", "name: batch,", "centres[0].pools[1].name"},
      {"regio", "regoi", "centres[0]"},
      {"tasks: 48", "tasks: 10000000", "jobs[0].tasks"},
      {"name: train", "name: shot", "jobs[1].name"},
      {"wall_time: 12h", "wall_time: 900d", "jobs[1].wall_time"},
      {"chip: a100}, wall", "chip: a100, colour: red}, wall", "jobs[1].resources"},
      {"nodes: 4,", "nodes: 4, outages: [{from: 2h, for: 30m, nodes: 5}],", "centres[0].pools[0].outages[0].nodes"},
      {"nodes: 4,", "nodes: 4, outages: [{from: 2h, nodes: 3}],", "centres[0].pools[0].outages[0].for"},
      {"nodes: 4,", "nodes: 4, outages: [{from: 2h, for: 0s, nodes: 3}],", "centres[0].pools[0].outages[0].for"},
      {"nodes: 4,", "nodes: 4, outages: 3,", "centres[0].pools[0].outages"},
      {"nodes: 4,", "nodes: 4, racks: [2, 3],", "centres[0].pools[0].racks"},
      {"nodes: 4,", "nodes: 4, racks: 0,", "centres[0].pools[0].racks"},
      {"nodes: 4,", "nodes: 600, racks: 1,", "centres[0].pools[0].racks"},
      {"nodes: 4,", "nodes: 4, racks: [2, many],", "centres[0].pools[0].racks[1]"},
      {"region: guizhou", "silent: [{from: 2h, for: 30}]", "centres[0].silent[0].for"},
      {"region: guizhou", "reservations: [{from: 2h}]", "centres[0].reservations[0].for"},
      {"region: guizhou", "reservations: [{for: 2h}]", "centres[0].reservations[0].from"},
      {"region: guizhou", "reservations: [{from: 1h, for: 2h, pool: none}]", "centres[0].reservations[0].pool"},
      {"region: guizhou", "reservations: [{from: 1h, for: 2h, organisations: lab}]",
       "centres[0].reservations[0].organisations"},
      {"wall_time: 12h", "wall_time: 12h, deadline: 2027-01-16T06:00:00Z", "jobs[1].deadline"},
      {"\"12.5\"}", "\"12.5\", hours: [{from: 22:00, percent: 60}]}", "centres[0].prices.hours[0].until"},
      {"\"12.5\"}", "\"12.5\", hours: [{from: 22:00, until: 06:00}]}", "centres[0].prices.hours[0].percent"},
      {"\"12.5\"}", "\"12.5\", hours: [{from: 25:00, until: 06:00, percent: 60}]}", "centres[0].prices.hours[0].from"},
      {"\"12.5\"}", "\"12.5\", hours: [{from: 22:00, until: 22:00, percent: 60}]}", "centres[0].prices.hours[0]"},
  };
  for (const Case& each : cases) {
    std::string text(two_centres);
    const std::size_t at = text.find(each.from);
    ASSERT_NE(at, std::string::npos) << each.from;
    text.replace(at, std::string_view(each.from).size(), each.to);
    const auto file = parse_platform_yaml(text);
    ASSERT_FALSE(file.has_value()) << each.to;
    EXPECT_EQ(file.error().size(), 1U) << each.to;
    EXPECT_EQ(file.error().front().field.substr(0, std::string_view(each.field).size()), each.field);
    EXPECT_FALSE(file.error().front().right.empty());
  }
  EXPECT_FALSE(parse_platform_yaml("").has_value());
  EXPECT_FALSE(parse_platform_yaml("jobs: []").has_value());
  EXPECT_FALSE(parse_platform_yaml("- a").has_value());
}

// Shows that a key that was there once is told what it is called now, and is not among those to choose from.
TEST(PlatformFile, TellsWhatATariffIsCalledNow) {
  const auto told = [](const char* key) {
    std::string text(two_centres);
    text.replace(text.find("region: guizhou"), 15, key);
    const auto file = parse_platform_yaml(text);
    EXPECT_FALSE(file.has_value());
    if (file.has_value()) return Error{};
    EXPECT_EQ(file.error().size(), 1U);
    EXPECT_EQ(file.error().front().field, "centres[0]");
    return file.error().front();
  };
  const Error gone = told("tariff: [{from: 22:00, to: 06:00, core_hour: \"0.1\"}]");
  EXPECT_NE(gone.wrong.find("has no key 'tariff'"), std::string::npos) << gone.wrong;
  EXPECT_NE(gone.right.find("give hours in prices"), std::string::npos) << gone.right;
  EXPECT_EQ(told("tarif: []").right.find("tariff"), std::string::npos);
}

// Shows that a job file in the place of a platform file is one fault that says so, and the other way round.
TEST(PlatformFile, AJobFileIsNone) {
  const std::string job = "name: film\ncommand: [blender]\nresources: {cpus: 2}\nwall_time: 1h\ntasks: 4\n";
  const std::string platform =
      "centres:\n"
      "  - {name: a, prices: {core_hour: \"1\", gb_hour: \"0\"}, pools: [{name: p, nodes: 1, cpus: 1, memory: 1GB}]}\n";
  const auto as_platform = parse_platform_yaml(job);
  ASSERT_FALSE(as_platform.has_value());
  ASSERT_EQ(as_platform.error().size(), 1U);
  EXPECT_NE(as_platform.error()[0].wrong.find("this is a job file"), std::string::npos) << as_platform.error()[0].wrong;
  const auto as_job = parse_job_yaml(platform);
  ASSERT_FALSE(as_job.has_value());
  ASSERT_EQ(as_job.error().size(), 1U);
  EXPECT_NE(as_job.error()[0].wrong.find("this is a platform file"), std::string::npos) << as_job.error()[0].wrong;
  EXPECT_TRUE(parse_platform_yaml(platform).has_value());
  EXPECT_TRUE(parse_job_yaml(job).has_value());
}

// Shows that what moving data in costs must be known everywhere as soon as a job brings some, and not before.
TEST(PlatformFile, APriceOfMovingDataThatIsNotKnownIsNoZero) {
  const std::string centres =
      "centres:\n"
      "  - {name: a, prices: {core_hour: \"1\", gb_hour: \"0\", transfer_gb: \"0\"},"
      " pools: [{name: p, nodes: 1, cpus: 1, memory: 1GB}]}\n"
      "  - {name: b, prices: {core_hour: \"1\", gb_hour: \"0\"}, pools: [{name: p, nodes: 1, cpus: 1, memory: 1GB}]}\n";
  EXPECT_TRUE(parse_platform_yaml(centres + "jobs: [{name: j, wall_time: 1h}]\n").has_value());
  const auto file = parse_platform_yaml(centres + "jobs: [{name: j, wall_time: 1h, input_bytes: 1GB}]\n");
  ASSERT_FALSE(file.has_value());
  ASSERT_EQ(file.error().size(), 1U);
  EXPECT_EQ(file.error()[0].field, "centres[1].prices.transfer_gb");
  EXPECT_EQ(file.error()[0].wrong, "line 3: is missing, though job 'j' brings data that it would have to move there");
}

}  // namespace
}  // namespace dayan::jobfile
