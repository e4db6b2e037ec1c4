#include <gtest/gtest.h>

#include <functional>

#include "model/account.h"
#include "model/job.h"

namespace dayan {
namespace {

JobSpec good_spec() {
  JobSpec spec;
  spec.name = "film-1";
  spec.count = 48;
  spec.requirements.resources = {Cores(2), Bytes(500'000'000), MilliCards(0)};
  spec.requirements.software = {{"povray", "3.7"}};
  spec.requirements.wall_time = Duration::minutes(2);
  spec.requirements.price_cap = Cny::yuan(10);
  spec.payload.command = {"povray", "scene.ini"};
  spec.payload.environment = {{"LANG", "C"}};
  spec.payload.inputs = {{"scene.pov", sha256("x"), Bytes(1), false}};
  spec.payload.outputs = {"frames/*.png"};
  return spec;
}

// Shows that a full specification in order has no fault, so that the cases below fail for their own reason.
TEST(JobCheck, AGoodSpecificationPasses) { EXPECT_EQ(check(good_spec()), Faults{}); }

struct BadSpec {
  std::string field;
  std::function<void(JobSpec&)> spoil;
};

std::vector<BadSpec> bad_specs() {
  using S = JobSpec;
  return {
      {"name", [](S& s) { s.name.clear(); }},
      {"name", [](S& s) { s.name = "a b"; }},
      {"name", [](S& s) { s.name = std::string(65, 'a'); }},
      {"count", [](S& s) { s.count = 0; }},
      {"count", [](S& s) { s.count = 10'000'000; }},
      {"count", [](S& s) { s.count = -1; }},
      {"throttle", [](S& s) { s.throttle = -1; }},
      {"requirements.resources.cores", [](S& s) { s.requirements.resources.cores = Cores(0); }},
      {"requirements.resources.cores", [](S& s) { s.requirements.resources.cores = Cores(INT64_MAX); }},
      {"requirements.resources.memory", [](S& s) { s.requirements.resources.memory = Bytes(-1); }},
      {"requirements.resources.memory", [](S& s) { s.requirements.resources.memory = Bytes(INT64_MAX); }},
      {"requirements.resources.cards", [](S& s) { s.requirements.resources.cards = MilliCards(INT64_MIN); }},
      {"requirements.resources.cards", [](S& s) { s.requirements.chips = {"a100"}; }},
      {"requirements.chips[0]", [](S& s) {
         s.requirements.resources.cards = MilliCards(500);
         s.requirements.chips = {"a/100"};
       }},
      {"requirements.software[0].name", [](S& s) { s.requirements.software[0].name.clear(); }},
      {"requirements.software[0].version_min", [](S& s) { s.requirements.software[0].version_min = "3 7"; }},
      {"requirements.wall_time", [](S& s) { s.requirements.wall_time = Duration(); }},
      {"requirements.wall_time", [](S& s) { s.requirements.wall_time = Duration::hours(24 * 31); }},
      {"requirements.run_time", [](S& s) { s.requirements.run_time = Duration::seconds(-1); }},
      {"requirements.regions[1]", [](S& s) { s.requirements.regions = {"guizhou", ""}; }},
      {"requirements.providers[0]", [](S& s) { s.requirements.providers = {"../x"}; }},
      {"requirements.price_cap", [](S& s) { s.requirements.price_cap = Cny(); }},
      {"requirements.priority", [](S& s) { s.requirements.priority = 1; }},
      {"requirements.tasks_per_centre_max", [](S& s) { s.requirements.tasks_per_centre_max = -1; }},
      {"requirements.tasks_per_centre_max", [](S& s) { s.requirements.tasks_per_centre_max = array_count_max + 1; }},
      {"requirements.tasks_per_node_max", [](S& s) { s.requirements.tasks_per_node_max = -1; }},
      {"requirements.tasks_per_node_max", [](S& s) { s.requirements.tasks_per_node_max = array_count_max + 1; }},
      {"requirements.finish_by",
       [](S& s) { s.requirements.finish_by = s.requirements.not_before = UnixTime(1'800'000'000'000'000); }},
      {"requirements.priority", [](S& s) { s.requirements.priority = -101; }},
      {"requirements.price_cap", [](S& s) { s.requirements.price_cap = Cny::micro(INT64_MAX); }},
      {"payload.command", [](S& s) { s.payload.command.clear(); }},
      {"payload.command[0]", [](S& s) { s.payload.command = {"", "x"}; }},
      {"payload.command[1]", [](S& s) { s.payload.command[1] = std::string("a\0b", 3); }},
      {"payload.script", [](S& s) { s.payload.script = "echo"; }},
      {"payload.environment[0].name", [](S& s) { s.payload.environment[0].name = "1A"; }},
      {"payload.environment[1].name", [](S& s) { s.payload.environment.push_back({"LANG", "D"}); }},
      {"payload.environment[0].value", [](S& s) { s.payload.environment[0].value = std::string(1, '\0'); }},
      {"payload.inputs[0].path", [](S& s) { s.payload.inputs[0].path = "../etc/passwd"; }},
      {"payload.inputs[0].digest", [](S& s) { s.payload.inputs[0].digest = Digest(); }},
      {"payload.inputs[0].size", [](S& s) { s.payload.inputs[0].size = Bytes(-1); }},
      {"payload.inputs[1].path", [](S& s) { s.payload.inputs.push_back(s.payload.inputs[0]); }},
      {"payload.inputs[1].path", [](S& s) { s.payload.inputs.push_back({"scene.pov/a", sha256("y"), Bytes(1)}); }},
      {"payload.outputs[0]", [](S& s) { s.payload.outputs = {"/etc/*"}; }},
      {"payload.outputs", [](S& s) { s.payload.outputs.assign(output_patterns_max + 1, "a"); }},
      {"payload.environment", [](S& s) { s.payload.environment.assign(environment_max + 1, {"A", ""}); }},
      {"payload.inputs", [](S& s) { s.payload.inputs.resize(input_files_max + 1); }},
  };
}

// Shows that each way to spoil a good specification gives exactly one fault, which names the field and what is right.
TEST(JobCheck, EachFaultIsOneErrorThatNamesItsField) {
  for (const BadSpec& each : bad_specs()) {
    JobSpec spec = good_spec();
    each.spoil(spec);
    const Faults faults = check(spec);
    ASSERT_EQ(faults.size(), 1U) << each.field;
    EXPECT_EQ(faults[0].field, each.field);
    EXPECT_FALSE(faults[0].wrong.empty());
    EXPECT_FALSE(faults[0].right.empty()) << each.field;
  }
}

// Shows that the faults of one specification come all at once.
TEST(JobCheck, AllFaultsAtOnce) { EXPECT_EQ(check(JobSpec()).size(), 3U); }  // name, wall_time, command

// Shows which paths stay inside a folder, by the known ways to climb out of one.
TEST(JobCheck, SafeRelativePaths) {
  for (const std::string_view good : {"a", "a/b", "a b/大.txt", "...", ".hidden", "a..b", "*.png", "-x"})
    EXPECT_TRUE(is_safe_relative_path(good)) << good;
  const std::string longest(255, 'x');
  EXPECT_TRUE(is_safe_relative_path(longest));
  EXPECT_FALSE(is_safe_relative_path(longest + "x"));
  for (const std::string_view bad :
       std::initializer_list<std::string_view>{"", "/", "/a", ".", "..", "../a", "a/..", "a/../b", "./a", "a/.",
                                               "a//b", "a/", "a\nb", "a\x7f", std::string_view("a\0b", 3)})
    EXPECT_FALSE(is_safe_relative_path(bad)) << bad;
}

// Shows that versions compare by numbers, that missing parts are zero, and that a release is newer than its candidate.
TEST(JobCheck, Versions) {
  EXPECT_TRUE(version_at_least("3.7.0.10", "3.7"));
  EXPECT_TRUE(version_at_least("3.10", "3.7"));
  EXPECT_TRUE(version_at_least("3.7", "3.7.0"));
  EXPECT_TRUE(version_at_least("", ""));
  EXPECT_TRUE(version_at_least("3.7", ""));
  EXPECT_TRUE(version_at_least("12.0", "12.0~rc1"));
  EXPECT_TRUE(version_at_least("99999999999999999999999999", "99999999999999999999999998"));
  EXPECT_TRUE(version_at_least("007", "7"));
  EXPECT_FALSE(version_at_least("3.6.9", "3.7"));
  EXPECT_FALSE(version_at_least("", "1"));
  EXPECT_FALSE(version_at_least("12.0~rc1", "12.0"));
  EXPECT_FALSE(version_at_least("3.7", "3.7.1"));
}

// Shows that a fault says a size as people read it, and in full where that would read like the bound.
TEST(JobCheck, SizesInFaultsAreReadable) {
  JobSpec spec = good_spec();
  spec.requirements.resources.memory = Bytes(41'943'040'000'000'123);
  const std::string bound = "; give at most 1PB";
  EXPECT_EQ(to_text(check(spec).at(0)), "requirements.resources.memory: 41.9PB is too much" + bound);
  spec.requirements.resources.memory = Bytes(1'000'000'000'000'001);
  EXPECT_EQ(to_text(check(spec).at(0)), "requirements.resources.memory: 1000000000000001B is too much" + bound);
}

// Shows that an attempt's name at the engines reads back, and that no other text passes for one.
TEST(EngineName, RoundTripAndRefusals) {
  const AttemptKey key{JobId(123'456'789), 99'999, 3};
  const auto back = parse_engine_name(engine_name(key));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(*back, key);
  EXPECT_EQ(engine_name({JobId(1), 0, 1}), "dayan-0000000000001-0-1");
  for (const std::string_view bad :
       {"", "dayan-", "dayan-0000000000001-0", "dayan-0000000000001-0-0", "dayan-0000000000001-00-1",
        "dayan-0000000000001--1-1", "dayan-0000000000001-0-1 ", "dayan-0000000000000-0-1",
        "dayan-0000000000001-2147483648-1", "slurm-0000000000001-0-1"})
    EXPECT_FALSE(parse_engine_name(bad).has_value()) << bad;
}

// Shows how an account is named, with and without an owner.
TEST(AccountKey, Text) {
  EXPECT_EQ(to_text(AccountKey{AccountKind::clearing, {}}), "clearing");
  EXPECT_EQ(to_text(AccountKey{AccountKind::customer_wallet, OrganisationId(1)}), "customer_wallet/org_0000000000001");
}

}  // namespace
}  // namespace dayan
