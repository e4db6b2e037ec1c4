#include "adapters/processes/real_processes.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>

#include "adapters/descriptor.h"

namespace dayan::adapters {
namespace {

ProcessSpec shell(const std::string& script) {
  ProcessSpec spec;
  spec.argv = {"/bin/sh", "-c", script};
  spec.environment = {{"PATH", "/usr/bin:/bin"}};
  return spec;
}

// Shows that input, both outputs and the exit code pass, with more input than a pipe holds.
TEST(RealProcesses, PassesStreamsAndExitCode) {
  RealProcesses processes;
  ProcessSpec spec = shell("cat; echo bad >&2; exit 3");
  spec.input = std::string(300'000, 'x');
  const auto result = processes.run(spec);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->exit_code, 3);
  EXPECT_EQ(result->out, spec.input);
  EXPECT_EQ(result->err, "bad\n");
}

// Shows that words reach the program untouched: there is no shell in between.
TEST(RealProcesses, LeavesWordsAlone) {
  RealProcesses processes;
  ProcessSpec spec;
  spec.argv = {"printf", "%s|", "; rm -rf /", "$(id)", "a\nb", "'\"`", "--option", ""};
  spec.environment = {{"PATH", "/usr/bin:/bin"}};
  const auto result = processes.run(spec);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->out, "; rm -rf /|$(id)|a\nb|'\"`|--option||");
}

// Shows that neither our environment nor our files reach the program.
TEST(RealProcesses, InheritsNothing) {
  ASSERT_EQ(::setenv("DAYAN_SECRET", "canary", 1), 0);
  const Descriptor ours(::open("/etc/hostname", O_RDONLY));  // without O_CLOEXEC, as careless libraries do
  RealProcesses processes;
  const auto result = processes.run(shell("env | grep -c canary; ls -l /proc/self/fd | grep -c hostname"));
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->out, "0\n0\n");
}

// Shows that a program that takes too long is ended with its children, and that this is an unknown outcome.
TEST(RealProcesses, EndsTheGroupWhenTimeIsOver) {
  RealProcesses processes;
  ProcessSpec spec = shell("sleep 61.5 & echo $! >\"$FILE\"; wait");
  const std::string file = testing::TempDir() + "real_processes_test." + std::to_string(::getpid());
  spec.environment.push_back({"FILE", file});
  spec.timeout = Duration::seconds(2);  // for the shell to come to its second command on a busy machine
  const auto began = std::chrono::steady_clock::now();
  const auto result = processes.run(spec);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::unknown_outcome);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
  FILE* stream = std::fopen(file.c_str(), "r");
  ASSERT_NE(stream, nullptr);
  int child = 0;
  ASSERT_EQ(std::fscanf(stream, "%d", &child), 1);
  std::fclose(stream);
  ::unlink(file.c_str());
  for (int i = 0; i < 100 && ::kill(child, 0) == 0; ++i) ::usleep(20'000);
  // A killed orphan may stay a zombie for a moment where nobody reaps it: then it has no command line any more.
  const std::string line = "/proc/" + std::to_string(child) + "/cmdline";
  FILE* left = std::fopen(line.c_str(), "r");
  EXPECT_TRUE(left == nullptr || std::fgetc(left) == EOF);
  if (left != nullptr) std::fclose(left);
}

// Shows the other refusals, each by its own code.
TEST(RealProcesses, SaysWhatItCouldNotDo) {
  RealProcesses processes;
  ProcessSpec chatty = shell("yes");
  chatty.output_max = 100'000;
  EXPECT_EQ(processes.run(chatty).error().code, ErrorCode::exhausted);
  ProcessSpec missing;
  missing.argv = {"there-is-no-such-program"};
  EXPECT_EQ(processes.run(missing).error().code, ErrorCode::not_found);
  ProcessSpec nul = shell(std::string("echo a\0b", 8));
  EXPECT_EQ(processes.run(nul).error().code, ErrorCode::invalid);
  const auto killed = processes.run(shell("kill -9 $$"));
  ASSERT_TRUE(killed.has_value());
  EXPECT_EQ(killed->exit_code, 137);
}

}  // namespace
}  // namespace dayan::adapters
