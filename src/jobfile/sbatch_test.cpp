#include <gtest/gtest.h>

#include "jobfile/job_file.h"

namespace dayan::jobfile {
namespace {

std::string all_texts(const Faults& faults) {
  std::string all;
  for (const Error& each : faults) all += to_text(each) + '\n';
  return all;
}

/// A batch script with these lines in its head.
std::string script_of(std::string_view lines) { return "#!/bin/bash\n" + std::string(lines) + "\necho hi\n"; }

// Shows that the common options of a batch script arrive in their place, and that the script is the whole text.
TEST(Sbatch, ACommonScriptIsRead) {
  const std::string text = script_of(
      "#SBATCH --job-name=film  # a comment\n"
      "#SBATCH --array=0-47%16 -c4\n"
      "# a comment\n\n"
      "#SBATCH --ntasks=1 -N 1 --mem=2G\n"
      "#SBATCH -t 1:30:00\n"
      "#SBATCH --gres=gpu:A100:2\n"
      "#SBATCH -o \"out %j.txt\" -p debug");
  const auto file = parse_sbatch(text);
  ASSERT_TRUE(file.has_value()) << all_texts(file.error());
  EXPECT_EQ(file->spec.name, "film");
  EXPECT_EQ(file->spec.count, 48);
  EXPECT_EQ(file->spec.throttle, 16);
  EXPECT_EQ(file->spec.requirements.resources, (Resources{Cores(4), Bytes(std::int64_t{2} << 30), MilliCards(2'000)}));
  EXPECT_EQ(file->spec.requirements.chips, std::vector<std::string>{"a100"});
  EXPECT_EQ(file->spec.requirements.wall_time, Duration::minutes(90));
  EXPECT_EQ(file->spec.payload.script, text);
  ASSERT_EQ(file->notes.size(), 2U);
  EXPECT_TRUE(file->notes[0].starts_with("line 9: --output has no effect here")) << file->notes[0];
  EXPECT_EQ(file->notes[1], "line 9: --partition has no effect here");
}

// Shows that a beginning and a deadline count from now in Slurm's words, and that what hangs on the cluster's time
// zone is a fault that says what would do.
TEST(Sbatch, TimesCountFromNow) {
  const TimeBase base{UnixTime(1'800'000'000'000'000), true};
  const auto file = parse_sbatch(script_of("#SBATCH -t1 -b now+90 --deadline=now+2weeks"), base);
  ASSERT_TRUE(file.has_value()) << all_texts(file.error());
  EXPECT_EQ(file->spec.requirements.not_before, base.now + Duration::seconds(90));
  EXPECT_EQ(file->spec.requirements.finish_by, base.now + Duration::hours(24 * 14));
  const auto at_once = parse_sbatch(script_of("#SBATCH -t1 --begin=now --deadline=now+1hour"), base);
  ASSERT_TRUE(at_once.has_value());
  EXPECT_TRUE(at_once->spec.requirements.not_before.is_none());
  EXPECT_EQ(at_once->spec.requirements.finish_by, base.now + Duration::hours(1));
  for (const char* wrong : {"16:00", "2027-01-16", "2027-01-16T06:00:00", "teatime", "now-1hour", "now+",
                            "now+1fortnight", "now+367days", "now+99999999999999999999", "now+1hourss"}) {
    for (const char* option : {"--begin", "--deadline"}) {
      const auto bad = parse_sbatch(script_of("#SBATCH -t1 " + std::string(option) + "=" + wrong), base);
      ASSERT_FALSE(bad.has_value()) << option << wrong;
      ASSERT_EQ(bad.error().size(), 1U);
      EXPECT_TRUE(bad.error()[0].field.ends_with(option)) << bad.error()[0].field;
      EXPECT_NE(bad.error()[0].right.find("now+8hours"), std::string::npos);
    }
  }
  EXPECT_FALSE(parse_sbatch(script_of("#SBATCH -t1 --deadline=now+1hour")).has_value());
}

// Shows that an array with any first index and step becomes as many tasks, which are told where they stand in it, and
// that the script sees the name that it asked for.
TEST(Sbatch, ArraysKeepTheirIndices) {
  const auto told = [](const JobFile& file) {
    std::string all;
    for (const EnvironmentVariable& each : file.spec.payload.environment) all += each.name + '=' + each.value + ' ';
    return all;
  };
  const auto stepped = parse_sbatch(script_of("#SBATCH -t1 -J render --array=1-10:4%2"));
  ASSERT_TRUE(stepped.has_value()) << all_texts(stepped.error());
  EXPECT_EQ(stepped->spec.count, 3);
  EXPECT_EQ(stepped->spec.throttle, 2);
  EXPECT_EQ(told(*stepped),
            "SLURM_JOB_NAME=render SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_STEP=4 ");
  ASSERT_EQ(stepped->notes.size(), 1U);
  EXPECT_EQ(stepped->notes[0],
            "line 2: tasks are counted from zero here: task 0 is 1 of --array, task 1 is 5");
  const auto one = parse_sbatch(script_of("#SBATCH -t1 --array=7"));
  ASSERT_TRUE(one.has_value());
  EXPECT_EQ(one->spec.count, 1);
  EXPECT_EQ(told(*one), "SLURM_JOB_NAME=sbatch SLURM_ARRAY_TASK_MIN=7 SLURM_ARRAY_TASK_STEP=1 ");
  const auto none = parse_sbatch(script_of("#SBATCH -t1"));
  ASSERT_TRUE(none.has_value());
  EXPECT_EQ(told(*none), "SLURM_JOB_NAME=sbatch ");
}

// Shows that Slurm's ways to write times and sizes mean here what they mean there.
TEST(Sbatch, TimesAndSizesAreSlurms) {
  const std::vector<std::pair<std::string, Duration>> times = {
      {"10", Duration::minutes(10)},   {"1:30", Duration::seconds(90)},     {"1:0:0", Duration::hours(1)},
      {"2-0", Duration::hours(48)},    {"1-1:30", Duration::minutes(1'530)}, {"0-0:0:5", Duration::seconds(5)}};
  for (const auto& [text, time] : times) {
    const auto file = parse_sbatch(script_of("#SBATCH --time=" + text));
    ASSERT_TRUE(file.has_value()) << text << all_texts(file.error());
    EXPECT_EQ(file->spec.requirements.wall_time, time) << text;
  }
  const std::vector<std::pair<std::string, std::int64_t>> sizes = {{"--mem=500", 500 << 20},
                                                                   {"--mem=2000K", 2000 << 10},
                                                                   {"--mem=1g", 1 << 30},
                                                                   {"--mem-per-cpu=100M -c 3", 300 << 20}};
  for (const auto& [text, size] : sizes) {
    const auto file = parse_sbatch(script_of("#SBATCH -t1 " + text));
    ASSERT_TRUE(file.has_value()) << text << all_texts(file.error());
    EXPECT_EQ(file->spec.requirements.resources.memory, Bytes(size)) << text;
  }
}

// Shows the ways to ask for cards.
TEST(Sbatch, Cards) {
  struct Case {
    std::string option;
    std::int64_t milli;
    std::vector<std::string> chips;
  };
  for (const Case& each :
       {Case{"--gpus=2", 2'000, {}}, Case{"-G a100:1", 1'000, {"a100"}}, Case{"--gres gpu", 1'000, {}},
        Case{"--gres=gpu:3", 3'000, {}}, Case{"--gres=gpu:h200", 1'000, {"h200"}}}) {
    const auto file = parse_sbatch(script_of("#SBATCH -t1 " + each.option));
    ASSERT_TRUE(file.has_value()) << each.option << all_texts(file.error());
    EXPECT_EQ(file->spec.requirements.resources.cards, MilliCards(each.milli)) << each.option;
    EXPECT_EQ(file->spec.requirements.chips, each.chips) << each.option;
  }
}

// Shows that nodes, tasks and what each has mean what they mean to sbatch: on each node lie its tasks together, and
// srun is told how many they are.
TEST(Sbatch, TasksLieOnNodesAsInSlurm) {
  struct Case {
    std::string line;
    std::int32_t nodes;
    std::int64_t cores;
    std::int64_t milli;
    std::string told;  ///< of its environment, behind the name
  };
  for (const Case& each : {
           Case{"-N 4", 4, 1, 0, ""},
           Case{"--nodes=2-2 -c 8", 2, 8, 0, ""},
           Case{"-N 4 -n 4 -c 2", 4, 2, 0, ""},
           Case{"-N 4 --ntasks-per-node=3 -c 2", 4, 6, 0,
                "SLURM_NTASKS=12 SLURM_NTASKS_PER_NODE=3 SLURM_CPUS_PER_TASK=2 SRUN_CPUS_PER_TASK=2 "},
           Case{"-N 2 -n 8", 2, 4, 0,
                "SLURM_NTASKS=8 SLURM_NTASKS_PER_NODE=4 SLURM_CPUS_PER_TASK=1 SRUN_CPUS_PER_TASK=1 "},
           Case{"-n 8 --ntasks-per-node=4", 2, 4, 0,
                "SLURM_NTASKS=8 SLURM_NTASKS_PER_NODE=4 SLURM_CPUS_PER_TASK=1 SRUN_CPUS_PER_TASK=1 "},
           Case{"-n 4 --ntasks-per-node=4", 1, 4, 0,
                "SLURM_NTASKS=4 SLURM_NTASKS_PER_NODE=4 SLURM_CPUS_PER_TASK=1 SRUN_CPUS_PER_TASK=1 "},
           Case{"-n 3 -c 2", 1, 6, 0,
                "SLURM_NTASKS=3 SLURM_NTASKS_PER_NODE=3 SLURM_CPUS_PER_TASK=2 SRUN_CPUS_PER_TASK=2 "},
           Case{"-N 2 --gres=gpu:8", 2, 1, 8'000, ""},
           Case{"-N 2 --gpus-per-node=8", 2, 1, 8'000, ""},
           Case{"-N 2 --gpus=16", 2, 1, 8'000, ""},
           Case{"-N 2 --gpus-per-task=2 --ntasks-per-node=4", 2, 4, 8'000,
                "SLURM_NTASKS=8 SLURM_NTASKS_PER_NODE=4 SLURM_CPUS_PER_TASK=1 SRUN_CPUS_PER_TASK=1 "},
       }) {
    const auto file = parse_sbatch(script_of("#SBATCH -t1 --mem-per-cpu=1G " + each.line));
    ASSERT_TRUE(file.has_value()) << each.line << all_texts(file.error());
    EXPECT_EQ(file->spec.requirements.resources,
              (Resources{Cores(each.cores), Bytes(each.cores << 30), MilliCards(each.milli), each.nodes}))
        << each.line;
    std::string told;
    for (const EnvironmentVariable& variable : file->spec.payload.environment)
      told += variable.name + '=' + variable.value + ' ';
    EXPECT_EQ(told, "SLURM_JOB_NAME=sbatch " + each.told) << each.line;
    const bool is_noted = each.line == "-n 3 -c 2";
    EXPECT_EQ(file->notes.size(), is_noted ? 1U : 0U) << each.line;
  }
}

struct BadOption {
  std::string line;
  std::string fault;
};

// Shows that each option that cannot be kept gives one fault with its name and line.
TEST(Sbatch, EachFaultIsOneErrorWithOptionAndLine) {
  const std::vector<BadOption> cases = {
      {"#SBATCH --licenses=foo", "#SBATCH: line 3: '--licenses=foo' is not an option that Dayan reads"},
      {"#SBATCH --dependency afterok:3", "#SBATCH: line 3: '--dependency' is not an option"},
      {"#SBATCH --array=48-1", "--array: line 3: '48-1' is not read here; give one range"},
      {"#SBATCH --array=0,3,5", "--array: line 3: '0,3,5' is not read here"},
      {"#SBATCH --array=0-10:0", "--array: line 3: '0-10:0' is not read here"},
      {"#SBATCH --array=0-10:2:2", "--array: line 3: '0-10:2:2' is not read here"},
      {"#SBATCH --array=0-9999999", "--array: line 3: '0-9999999' is not read here; give one range"},
      {"#SBATCH --array=0-100000", "--array: line 3: '0-100000' is not read here; give at most 100000 tasks"},
      {"#SBATCH --array=0-3%0", "--array: line 3: '0-3%0' is not read here; give the number of tasks at once"},
      {"#SBATCH --array=0-99999999999999999999", "--array: line 3: "},
      {"#SBATCH -c -4", "--cpus-per-task: line 3: '-4' is not read here"},
      {"#SBATCH -c 0", "--cpus-per-task: line 3: 0 cores is too small"},
      {"#SBATCH -c", "--cpus-per-task: line 3: has no value"},
      {"#SBATCH --ntasks=two", "--ntasks: line 3: 'two' is not read here; give a number of tasks"},
      {"#SBATCH --nodes=2-4", "--nodes: line 3: '2-4' is not read here; give one number of nodes"},
      {"#SBATCH --nodes=0", "--nodes: line 3: '0' is not read here; give a number of nodes"},
      {"#SBATCH --nodes=100001", "--nodes: line 3: 100001 nodes is too much; give at most 100000 nodes"},
      {"#SBATCH -N 4 -n 6", "--ntasks: line 3: 6 tasks do not lie evenly on 4 nodes; give a multiple of the nodes"},
      {"#SBATCH -N 4 -n 2", "--ntasks: line 3: 2 tasks do not lie evenly on 4 nodes"},
      {"#SBATCH -N 2 -n 6 --ntasks-per-node=2", "--ntasks: line 3: 6 tasks are not 2 on each of 2 nodes; give 4,"},
      {"#SBATCH -n 7 --ntasks-per-node=2", "--ntasks: line 3: 7 tasks are not 2 on each of 3 nodes; give 6,"},
      {"#SBATCH -N 2 --gpus=3", "--gpus: line 3: 3 cards do not lie evenly on 2 nodes"},
      {"#SBATCH --mem=0", "--mem: line 3: '0' is not read here"},
      {"#SBATCH --mem=5X", "--mem: line 3: '5X' is not read here"},
      {"#SBATCH --mem=9999999999T", "--mem: line 3: '9999999999T' is not read here"},
      {"#SBATCH --nice=-5", "--nice: line 3: '-5' is not read here; give 0 or more"},
      {"#SBATCH --switches=2", "--switches: line 3: '2' is not read here; give 1, for nodes of one rack"},
      {"#SBATCH --switches=1@soon", "--switches: line 3: '1@soon' is not read here"},
      {"#SBATCH --nice=low", "--nice: line 3: 'low' is not read here"},
      {"#SBATCH --gres=fpga:1", "--gres: line 3: 'fpga:1' is not read here"},
      {"#SBATCH --gpus=a100:many", "--gpus: line 3: 'a100:many' is not read here"},
      {"#SBATCH --export=A=1", "--export: line 3: 'A=1' is not read here"},
      {"#SBATCH --requeue=3", "--requeue: line 3: takes no value"},
      {"#SBATCH -J 'a b'", "--job-name: line 3: 'a b' is not a name"},
      {"#SBATCH -J 'a", "#SBATCH: line 3: a quote is not closed"},
  };
  for (const BadOption& each : cases) {
    const auto file = parse_sbatch(script_of("#SBATCH -t 10\n" + each.line));
    ASSERT_FALSE(file.has_value()) << each.line;
    ASSERT_EQ(file.error().size(), 1U) << each.line << '\n' << all_texts(file.error());
    EXPECT_EQ(to_text(file.error()[0]).substr(0, each.fault.size()), each.fault) << each.line;
    EXPECT_FALSE(file.error()[0].right.empty());
  }
  for (const std::string time : {"soon", "1:2:3:4", "UNLIMITED", "-5", "0", "1-"})
    EXPECT_FALSE(parse_sbatch(script_of("#SBATCH --time=" + time)).has_value()) << time;
}

// Shows that --nice is a step back for each point, at most as many as there are, and 100 when it says no number; the
// word behind it is then an option of its own.
TEST(Sbatch, NiceIsPriority) {
  const auto priority_of = [](const std::string& option) {
    const auto file = parse_sbatch(script_of("#SBATCH -t 10\n#SBATCH " + option));
    return file.has_value() ? file->spec.requirements.priority : 1;
  };
  EXPECT_EQ(priority_of("-c 2"), 0);
  EXPECT_EQ(priority_of("--nice=7"), -7);
  EXPECT_EQ(priority_of("--nice=0"), 0);
  EXPECT_EQ(priority_of("--nice=2147483645"), -priority_steps_max);
  EXPECT_EQ(priority_of("--nice -c 2"), -100);
}

// Shows that options after the first command have no effect, as in sbatch, and that the reader says so.
// Shows that --switches=1 asks for nodes of one rack; a time after which Slurm would take others has no effect, and
// that is said.
TEST(Sbatch, OneSwitchIsARack) {
  const auto read = [](const std::string& option) {
    return parse_sbatch("#!/bin/sh\n#SBATCH --time=5 -N 4 " + option + "\ntrue\n", {});
  };
  const auto file = read("--switches=1");
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->spec.requirements.resources.within, Within::rack);
  EXPECT_TRUE(file->notes.empty());
  const auto timed = read("--switches=1@10:00");
  ASSERT_TRUE(timed.has_value());
  EXPECT_EQ(timed->spec.requirements.resources.within, Within::rack);
  ASSERT_EQ(timed->notes.size(), 1U);
  EXPECT_NE(timed->notes[0].find("however long that takes"), std::string::npos);
  EXPECT_EQ(read("")->spec.requirements.resources.within, Within::pool);
}

TEST(Sbatch, OptionsAfterTheFirstCommandAreOnlyNoted) {
  const auto file = parse_sbatch("#!/bin/sh\n#SBATCH -t 1\necho\n#SBATCH -c 64\n");
  ASSERT_TRUE(file.has_value()) << all_texts(file.error());
  EXPECT_EQ(file->spec.requirements.resources.cores, Cores(1));
  EXPECT_EQ(file->spec.name, "sbatch");
  ASSERT_EQ(file->notes.size(), 1U);
  EXPECT_TRUE(file->notes[0].starts_with("line 4: ")) << file->notes[0];
}

// Shows that what is missing is told: the time limit, and the line that names the shell.
TEST(Sbatch, MissingPartsAreFaults) {
  const auto none = parse_sbatch("");
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().size(), 2U) << all_texts(none.error());
  const auto file = parse_sbatch("#!/bin/sh\necho\n");
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(to_text(file.error()[0]).substr(0, 27), "--time: is missing or zero;");
}

}  // namespace
}  // namespace dayan::jobfile
