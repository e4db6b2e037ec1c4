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
