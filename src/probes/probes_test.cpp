#include <gtest/gtest.h>

#include "probes/core_benchmark.h"
#include "probes/software.h"

namespace dayan::probes {
namespace {

// The definition: a core that does the reference's rounds in its time is 10,000; twice as fast is twice as much.
TEST(CoreBenchmark, IsMeasuredAgainstTheReference) {
  const std::int64_t reference_us = benchmark_rounds / (reference_rounds_per_second / 1'000'000);
  EXPECT_EQ(capability_of(Duration::microseconds(reference_us)), Capability(10'000));
  EXPECT_EQ(capability_of(Duration::microseconds(reference_us / 2)), Capability(20'000));
  EXPECT_EQ(capability_of(Duration()), Capability());
}

// The real measurement on this machine gives a figure of the right order: from a tenth to ten times the reference.
TEST(CoreBenchmark, MeasuresThisMachine) {
  const Capability measured = measure_core();
  RecordProperty("capability", std::to_string(measured.value()));
  EXPECT_GT(measured, Capability(1'000));
  EXPECT_LT(measured, Capability(100'000));
}

// Versions are found in what programs really print, and words without one give none.
TEST(Software, FindsVersions) {
  EXPECT_EQ(version_in("POV-Ray 3.7.0.10.unofficial\n"), "3.7.0.10");
  EXPECT_EQ(version_in("ffmpeg version 5.1.6-0+deb12u1 Copyright (c) 2000-2024"), "5.1.6");
  EXPECT_EQ(version_in("Python 3.11.2"), "3.11.2");
  EXPECT_EQ(version_in("gcc (Debian 12.2.0-14) 12.2.0"), "12.2.0");
  EXPECT_EQ(version_in("build 42, since 2003."), std::nullopt);
  EXPECT_EQ(version_in(""), std::nullopt);
}

/// Answers every program with the same words.
class OneAnswer : public Processes {
 public:
  explicit OneAnswer(Result<ProcessResult> answer) : answer_(std::move(answer)) {}
  Result<ProcessResult> run(const ProcessSpec& spec) override {
    asked = spec.argv;
    return answer_;
  }
  std::vector<std::string> asked;

 private:
  Result<ProcessResult> answer_;
};

// A program is asked for its version by its own option; standard error counts too; what is not there is said.
TEST(Software, AsksTheProgram) {
  OneAnswer povray(ProcessResult{1, "", "POV-Ray 3.7.0.10.unofficial\n"});
  EXPECT_EQ(installed_version(povray, "povray").value_or(""), "3.7.0.10");
  EXPECT_EQ(povray.asked, (std::vector<std::string>{"povray", "--version"}));
  OneAnswer missing(fail(ErrorCode::not_found, "no such program"));
  EXPECT_EQ(installed_version(missing, "ffmpeg").error().code, ErrorCode::not_found);
  EXPECT_EQ(installed_version(povray, "own-solver").error().code, ErrorCode::invalid);
}

}  // namespace
}  // namespace dayan::probes
