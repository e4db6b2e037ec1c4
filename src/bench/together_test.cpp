#include <gtest/gtest.h>

#include "bench/command.h"

namespace dayan::bench {
namespace {

// Shows that an objective is told and taken by its word, and by nothing else.
TEST(Together, ObjectivesAreWords) {
  const auto parse = [](const std::string& line) {
    CLI::App program{"bench"};
    (void)together_command(program);
    program.parse(line);
  };
  EXPECT_NO_THROW(parse("together --objective cheapest"));
  EXPECT_THROW(parse("together --objective 2"), CLI::ValidationError);
  try {
    parse("together --objective soon");
    ADD_FAILURE();
  } catch (const CLI::ValidationError& wrong) {
    const std::string told = wrong.what();
    for (const char* word : {"cheapest", "fastest", "balanced"}) EXPECT_NE(told.find(word), std::string::npos) << told;
    EXPECT_EQ(told.find("->"), std::string::npos) << told;
  }
}

}  // namespace
}  // namespace dayan::bench
