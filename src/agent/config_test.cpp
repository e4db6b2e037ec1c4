#include "agent/config.h"

#include <gtest/gtest.h>

namespace dayan::agent {
namespace {

constexpr const char* whole = R"(executor: slurm
slurm: {conf: /etc/slurm/slurm.conf, partitions: [batch, long], run_as: [sudo, -n]}
local: {cores: 2, memory: 4GB, sandbox: false}
software: [povray, {name: own-solver, version: "2.1"}]
organisations:
  film-studio: {account: film, user: alice}
  "*":
work_folder: /srv/dayan
)";

// Every key of the file arrives where it belongs.
TEST(AgentConfig, ReadsEveryKey) {
  const auto config = parse_config(whole);
  ASSERT_TRUE(config.has_value()) << to_text(config.error().front());
  EXPECT_EQ(config->engine, Engine::slurm);
  EXPECT_EQ(config->slurm.partitions, (std::vector<std::string>{"batch", "long"}));
  EXPECT_EQ(config->slurm.run_as, (std::vector<std::string>{"sudo", "-n"}));
  EXPECT_EQ(config->local.cores, Cores(2));
  EXPECT_EQ(config->local.memory, Bytes(4'000'000'000));
  EXPECT_FALSE(config->local.sandbox);
  ASSERT_EQ(config->software.size(), 2U);
  EXPECT_EQ(config->software[1].version, "2.1");
  EXPECT_EQ(config->organisations.at("film-studio").account, "film");
  EXPECT_EQ(config->work_folder, "/srv/dayan");
}

// An organisation runs as the file says, any other as "*" says; without "*" it is denied with the remedy.
TEST(AgentConfig, MapsOrganisations) {
  const auto any = parse_config(whole);
  ASSERT_TRUE(any.has_value());
  EXPECT_EQ(mapping_of(*any, "film-studio")->user, "alice");
  EXPECT_TRUE(mapping_of(*any, "weather-office").has_value());
  const auto one = parse_config("executor: local\norganisations: {ai-lab: {}}\n");
  ASSERT_TRUE(one.has_value());
  const Result<Mapping> denied = mapping_of(*one, "film-studio");
  ASSERT_FALSE(denied.has_value());
  EXPECT_EQ(denied.error().code, ErrorCode::denied);
  EXPECT_EQ(to_text(denied.error()),
            "organisation film-studio is not mapped at this centre: add it under organisations: in agent.yaml");
}

// run_as makes one user of all organisations: a mapping to any other is refused, each by itself, and never ignored.
TEST(AgentConfig, RefusesUsersItCannotBe) {
  const auto config = parse_config(
      "executor: slurm\nslurm: {run_as: [sudo, -n, -u, alice]}\n"
      "organisations: {ai-lab: {user: bob}, film-studio: {user: alice}, weather: {user: carol}, any: {}}\n");
  ASSERT_TRUE(config.has_value());
  const Faults faults = check_users(*config, "bob");
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_EQ(faults[0].field, "organisations.ai-lab.user");
  EXPECT_EQ(faults[1].field, "organisations.weather.user");
  Config without = *config;
  without.slurm.run_as.clear();
  const Faults own = check_users(without, "bob");
  ASSERT_EQ(own.size(), 2U);
  EXPECT_EQ(own[0].field, "organisations.film-studio.user");
}

// Who lets Slurm jobs run as the agent's own user is told what that means.
TEST(AgentConfig, WarnsOfJobsThatCouldReadTheKey) {
  const auto config = parse_config("executor: slurm\norganisations: {\"*\": {}}\n");
  ASSERT_TRUE(config.has_value());
  ASSERT_EQ(config_warnings(*config).size(), 1U);
  EXPECT_NE(config_warnings(*config).front().find("run_as"), std::string::npos);
  EXPECT_TRUE(config_warnings(*parse_config(whole)).empty());
}

// Each fault is told once, with its field, and all of them together.
TEST(AgentConfig, TellsEveryFault) {
  const auto config = parse_config(R"(executor: pbs
local: {cores: many}
software: [own-solver]
organisations: {"film studio": {}}
work_folder: here
colour: red
)");
  ASSERT_FALSE(config.has_value());
  std::vector<std::string> fields;
  for (const Error& fault : config.error()) fields.push_back(fault.field);
  ASSERT_EQ(config.error().size(), 6U);
  EXPECT_NE(fields[0].find("executor"), std::string::npos);
  EXPECT_NE(fields[1].find("local.cores"), std::string::npos);
  EXPECT_NE(fields[2].find("software[0]"), std::string::npos);
  EXPECT_NE(fields[3].find("organisations.film studio"), std::string::npos);
  EXPECT_NE(fields[4].find("work_folder"), std::string::npos);
  EXPECT_NE(to_text(config.error()[5]).find("colour"), std::string::npos) << to_text(config.error()[5]);
}

// What is not there, and what is not YAML, is one clear fault each.
TEST(AgentConfig, RefusesWhatIsNoConfig) {
  EXPECT_EQ(parse_config("").error().size(), 1U);
  EXPECT_EQ(parse_config("executor: local\n").error().front().field, "organisations");
  EXPECT_FALSE(parse_config("executor: [local\n").has_value());
  EXPECT_FALSE(parse_config("- a\n- b\n").has_value());
}

}  // namespace
}  // namespace dayan::agent
