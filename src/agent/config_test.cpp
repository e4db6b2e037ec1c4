#include "agent/config.h"

#include <gtest/gtest.h>

namespace dayan::agent {
namespace {

constexpr const char* whole = R"(executor: slurm
slurm: {conf: /etc/slurm/slurm.conf, partitions: [batch, long], slurmrestd: 'unix:/run/x.socket'}
local: {cores: 2, memory: 4GB, sandbox: false}
software: [povray, {name: own-solver, version: "2.1"}]
organisations:
  film-studio: {account: film, user: alice}
  "*":
pools:
  batch: {core_power: 4.5W, card_power: 0.35kW, capability: 1.2, card_capability: 0.9}
  "*": {core_power: 900mW}
work_folder: /srv/dayan
)";

// Every key of the file arrives where it belongs.
TEST(AgentConfig, ReadsEveryKey) {
  const auto config = parse_config(whole);
  ASSERT_TRUE(config.has_value()) << to_text(config.error().front());
  EXPECT_EQ(config->engine, Engine::slurm);
  EXPECT_EQ(config->slurm.partitions, (std::vector<std::string>{"batch", "long"}));
  EXPECT_EQ(config->slurm.slurmrestd, "unix:/run/x.socket");
  EXPECT_EQ(config->local.cores, Cores(2));
  EXPECT_EQ(config->local.memory, Bytes(4'000'000'000));
  EXPECT_FALSE(config->local.sandbox);
  ASSERT_EQ(config->software.size(), 2U);
  EXPECT_EQ(config->software[1].version, "2.1");
  EXPECT_EQ(config->organisations.at("film-studio").account, "film");
  EXPECT_EQ(config->work_folder, "/srv/dayan");
  EXPECT_EQ(config->pools.at("batch").core_power, Milliwatts(4'500));
  EXPECT_EQ(config->pools.at("batch").card_power, Milliwatts(350'000));
  EXPECT_EQ(config->pools.at("batch").core_capability, Capability(12'000));
  EXPECT_EQ(config->pools.at("batch").card_capability, Capability(9'000));
  EXPECT_EQ(config->pools.at("*").core_power, Milliwatts(900));
  EXPECT_FALSE(config->pools.at("*").card_power.has_value());
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

// Local jobs run as the agent's own user alone, and no Slurm job as root: each organisation that asks for it is told.
TEST(AgentConfig, RefusesUsersItCannotBe) {
  const auto config =
      parse_config("executor: local\norganisations: {ai-lab: {user: bob}, film-studio: {user: alice}, any: {}}\n");
  ASSERT_TRUE(config.has_value());
  const Faults local = check_users(*config, "bob");
  ASSERT_EQ(local.size(), 1U);
  EXPECT_EQ(local[0].field, "organisations.film-studio.user");
  Config slurm = *config;
  slurm.engine = Engine::slurm;
  EXPECT_TRUE(check_users(slurm, "bob").empty());
  const Faults root = check_users(slurm, "root");
  ASSERT_EQ(root.size(), 1U);
  EXPECT_EQ(root[0].field, "organisations.any.user");
  slurm.organisations["ai-lab"].user = "root";
  EXPECT_EQ(check_users(slurm, "bob").size(), 1U);
}

// A user's name becomes a word of a command line: what is no name is refused with its field.
TEST(AgentConfig, RefusesWhatIsNoUserName) {
  for (const char* name : {"-u", "a b", "a,b", "#0", "../x", "1000"}) {
    const auto config =
        parse_config(std::string("executor: slurm\norganisations: {lab: {user: \"") + name + "\"}}\n");
    ASSERT_FALSE(config.has_value()) << name;
    EXPECT_NE(config.error().front().field.find("organisations.lab.user"), std::string::npos);
  }
}

// A token goes to slurmrestd: only where nobody can listen in between.
TEST(AgentConfig, RefusesASlurmrestdElsewhere) {
  for (const char* where : {"http://10.0.0.1:6820", "https://127.0.0.1:6820", "unix:run", "on"}) {
    const auto config = parse_config(std::string("executor: slurm\nslurm: {slurmrestd: '") + where +
                                     "'}\norganisations: {lab: {}}\n");
    ASSERT_FALSE(config.has_value()) << where;
    EXPECT_NE(config.error().front().field.find("slurm.slurmrestd"), std::string::npos);
  }
}

// Whom the hub is told that this centre has an account for: those that are named, or (a star) all. More than it
// takes is a fault here already.
TEST(AgentConfig, TellsWhomItMaps) {
  const auto mapped = [](const std::string& organisations) {
    return mapped_names(*parse_config("executor: local\norganisations: {" + organisations + "}\n"));
  };
  EXPECT_EQ(mapped("lab: {}, film: {user: bob}"), (std::vector<std::string>{"film", "lab"}));
  EXPECT_EQ(mapped("lab: {}, \"*\": {}"), std::nullopt);
  std::string many;
  for (int i = 0; i <= 1'000; ++i) many += "o" + std::to_string(i) + ": {}, ";
  const auto refused = parse_config("executor: local\norganisations: {" + many + "}\n");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().front().field, "organisations");
}

// Who lets Slurm jobs run as the agent's own user is told what that means, for each such organisation.
TEST(AgentConfig, WarnsOfJobsThatCouldReadTheKey) {
  const auto config = parse_config("executor: slurm\norganisations: {\"*\": {}, lab: {user: bob}}\n");
  ASSERT_TRUE(config.has_value());
  ASSERT_EQ(config_warnings(*config, "ann").size(), 1U);
  EXPECT_EQ(config_warnings(*config, "bob").size(), 2U);
}

// Local jobs are what the agent is: as root it says so.
TEST(AgentConfig, WarnsOfLocalJobsAsRoot) {
  const auto config = parse_config("executor: local\norganisations: {lab: {}}\n");
  ASSERT_TRUE(config.has_value());
  EXPECT_TRUE(config_warnings(*config, "ann").empty());
  EXPECT_EQ(config_warnings(*config, "root").size(), 1U);
}

// A centre that serves nobody is a mistake, told with its line.
TEST(AgentConfig, NamesSomebody) {
  const auto config = parse_config("executor: local\norganisations: {}\n");
  ASSERT_FALSE(config.has_value());
  ASSERT_EQ(config.error().size(), 1U);
  EXPECT_NE(to_text(config.error().front()).find("organisations"), std::string::npos)
      << to_text(config.error().front());
  EXPECT_EQ(config.error().front().wrong, "line 2: names nobody");
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
