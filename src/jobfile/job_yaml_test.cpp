#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "jobfile/job_file.h"

namespace dayan::jobfile {
namespace {

constexpr const char* film = R"(# a film
name: film
project: shots
command: [bash, render.sh, "48"]
env: {FRAMES: 48, QUALITY: "yes", EMPTY: ""}
resources:
  nodes: 4
  cpus: 2
  memory: 500MB
  cards: 0.5
  chip: [A100, h200]
  capability: 1.2
  card_capability: 0.8
software: ["povray>=3.7", ffmpeg, "gcc >= 12.2"]
wall_time: 1h30m
run_time: 2s
array: {count: 48, throttle: 16}
inputs: [./scene.pov, {from: /data/big.bin, to: in/big.bin, executable: true}, textures/]
outputs: ["frame_*.png"]
price_cap: "12.5"
objective: cheapest
regions: [guizhou]
providers: [gz-one]
latency: {shanghai: 20ms, beijing: 1500us}
priority: -20
reclaimable: true
tasks_per_centre_max: 3
tasks_per_node_max: 2
)";

std::string all_texts(const Faults& faults) {
  std::string all;
  for (const Error& each : faults) all += to_text(each) + '\n';
  return all;
}

// Shows that every key of a job file arrives in its place.
TEST(JobYaml, AFullFileIsReadInFull) {
  const auto file = parse_job_yaml(film);
  ASSERT_TRUE(file.has_value()) << all_texts(file.error());
  const Requirements& wanted = file->spec.requirements;
  EXPECT_EQ(file->spec.name, "film");
  EXPECT_EQ(file->project, "shots");
  EXPECT_EQ(file->spec.payload.command, (std::vector<std::string>{"bash", "render.sh", "48"}));
  EXPECT_EQ(file->spec.payload.environment,
            (std::vector<EnvironmentVariable>{{"FRAMES", "48"}, {"QUALITY", "yes"}, {"EMPTY", ""}}));
  EXPECT_EQ(wanted.resources, (Resources{Cores(2), Bytes(500'000'000), MilliCards(500), 4}));
  EXPECT_TRUE(wanted.reclaimable);
  EXPECT_EQ(wanted.chips, (std::vector<std::string>{"a100", "h200"}));
  EXPECT_EQ(wanted.software, (std::vector<SoftwareNeed>{{"povray", "3.7"}, {"ffmpeg", ""}, {"gcc", "12.2"}}));
  EXPECT_EQ(wanted.wall_time, Duration::minutes(90));
  EXPECT_EQ(wanted.run_time, Duration::seconds(2));
  EXPECT_EQ(file->spec.count, 48);
  EXPECT_EQ(file->spec.throttle, 16);
  EXPECT_EQ(file->inputs, (std::vector<LocalInput>{{"scene.pov", "./scene.pov", false},
                                                   {"in/big.bin", "/data/big.bin", true},
                                                   {"textures", "textures/", false}}));
  EXPECT_EQ(file->spec.payload.outputs, std::vector<std::string>{"frame_*.png"});
  EXPECT_EQ(wanted.price_cap, Cny::micro(12'500'000));
  EXPECT_EQ(wanted.objective, Objective::cheapest);
  EXPECT_EQ(wanted.regions, std::vector<std::string>{"guizhou"});
  EXPECT_EQ(wanted.providers, std::vector<std::string>{"gz-one"});
  EXPECT_EQ(wanted.core_capability_min, Capability(12'000));
  EXPECT_EQ(wanted.card_capability_min, Capability(8'000));
  EXPECT_EQ(wanted.latency, (std::vector<LatencyBound>{{"shanghai", Duration::milliseconds(20)},
                                                       {"beijing", Duration::microseconds(1'500)}}));
  EXPECT_EQ(wanted.priority, -20);
  EXPECT_EQ(wanted.tasks_per_centre_max, 3);
  EXPECT_EQ(wanted.tasks_per_node_max, 2);
}

// Shows the short forms: a command as a text goes to a shell, `tasks` counts, `chip` may be one word.
TEST(JobYaml, ShortForms) {
  const auto file = parse_job_yaml(
      "name: a\ncommand: echo $X | wc\ntasks: 3\nwall_time: 2m\nresources: {cards: 1, chip: a100}\n");
  ASSERT_TRUE(file.has_value()) << all_texts(file.error());
  EXPECT_EQ(file->spec.payload.command, (std::vector<std::string>{"sh", "-c", "echo $X | wc"}));
  EXPECT_EQ(file->spec.count, 3);
  EXPECT_EQ(file->project, "default");
  const auto weighed = parse_job_yaml("name: a\ncommand: [a]\nwall_time: 2m\nobjective: {cost: 2, carbon: 1}\n");
  ASSERT_TRUE(weighed.has_value()) << all_texts(weighed.error());
  EXPECT_EQ(weighed->spec.requirements.objective, Objective::weighted);
  EXPECT_EQ(weighed->spec.requirements.weights, (Weights{2, 0, 1}));
  const auto script = parse_job_yaml("name: a\nwall_time: 2m\nscript: |\n  #!/bin/sh\n  echo\n");
  ASSERT_TRUE(script.has_value()) << all_texts(script.error());
  EXPECT_EQ(script->spec.payload.script, "#!/bin/sh\necho\n");
}

struct BadLine {
  const char* key;     ///< replaces the line of the good file that begins with it
  const char* line;
  const char* fault;   ///< what the one fault begins with; %: the line's number
};

/// A good file in which one line is another; `number` becomes its number.
std::string spoiled(const BadLine& bad, int& number) {
  std::string text;
  std::istringstream good("name: a\ncommand: [a]\nwall_time: 2m\nobjective: cheapest\n");
  std::string line;
  bool replaced = false;
  for (int i = 1; std::getline(good, line); ++i) {
    if (line.starts_with(bad.key)) {
      line = bad.line;
      number = i;
      replaced = true;
    }
    text += line + '\n';
  }
  if (!replaced) {
    text += std::string(bad.line) + '\n';
    number = 5;
  }
  return text;
}

const std::vector<BadLine> bad_lines = {
    {"name", "name: [a]", "name: line %: is a list; give a text"},
    {"name", "name:", "name: line %: is nothing; give a text"},
    {"name", "name: a/b", "name: line %: 'a/b' is not a name"},
    {"-", "project: ''", "project: line %: '' is not a name"},
    {"-", "after: [other]",
     "line %: has no key 'after'; give each job when the one before has ended (dayan submit --wait)"},
    {"-", "colour: red", "line %: has no key 'colour'; give one of: name, project, command"},
    {"-", "name: b", "name: line %: is given twice; give each key once"},
    {"-", "resources: {memory: 500}", "resources.memory: line %: '500' "},
    {"-", "resources: {memory: 500elephants}", "resources.memory: line %: '500elephants' "},
    {"-", "resources: {memory: -5MB}", "resources.memory: line %: '-5MB' "},
    {"-", "resources: {memory: 99999999999999999999TB}", "resources.memory: line %: "},
    {"-", "resources: {memory: [5MB]}", "resources.memory: line %: is a list; give a size"},
    {"-", "resources: {nodes: 0}", "resources.nodes: line %: '0' is too small"},
    {"-", "resources: {nodes: 2-4}", "resources.nodes: line %: '2-4' is not a whole number"},
    {"-", "resources: {nodes: 2, within: switch}",
     "resources.within: line %: 'switch' is nothing that holds a task's nodes together; give rack, or pool"},
    {"-", "resources: {nodes: 100001}", "resources.nodes: line %: '100001' is too much"},
    {"-", "resources: {cpus: 0}", "resources.cpus: line %: '0' is too small"},
    {"-", "resources: {cpus: -1}", "resources.cpus: line %: '-1' is not a whole number"},
    {"-", "resources: {cpus: 1.5}", "resources.cpus: line %: '1.5' is not a whole number"},
    {"-", "resources: {cpus: \"2\"}", "resources.cpus: line %: is a text '2'; give a whole number"},
    {"-", "resources: {cpus: 99999999999999999999}", "resources.cpus: line %: '99999999999999999999' is too much"},
    {"-", "resources: {cpu: 1}", "resources: line %: has no key 'cpu'; give one of: nodes, within, cpus, memory, cards, chip"},
    {"-", "resources: {cards: 0.1234}", "resources.cards: line %: '0.1234' is not a number of cards"},
    {"-", "resources: {cards: 1e3}", "resources.cards: line %: '1e3' is not a number of cards"},
    {"-", "resources: {chip: a100}", "resources.cards: line %: is zero, though a chip is named"},
    {"-", "resources: {capability: 0}", "resources.capability: line %: '0' is out of range"},
    {"-", "resources: {capability: 10001}", "resources.capability: line %: '10001' is out of range"},
    {"-", "resources: {capability: fast}", "resources.capability: line %: 'fast' is not a capability"},
    {"-", "resources: {cards: 1, card_capability: 0}", "resources.card_capability: line %: '0' is out of range"},
    {"-", "resources: {cards: 1, card_capability: 101}", "resources.card_capability: line %: '101' is out of range"},
    {"-", "resources: {card_capability: 1}", "resources.cards: line %: is zero, though it is said how fast a card"},
    {"-", "latency: 20ms", "latency: line %: is a text; give each city its round trip"},
    {"-", "latency: {shanghai: 20}", "latency.shanghai: line %: '20' has a number without a unit"},
    {"-", "latency: {shanghai: 0s}", "latency.shanghai: line %: 0s is too small; give at least 1us"},
    {"-", "latency: {shanghai: 2d}", "latency.shanghai: line %: 2d is too much; give at most 1h"},
    {"-", "latency: {\"a b\": 2ms}", "latency.a b: line %: 'a b' is not a name"},
    {"-", "resources: 4", "resources: line %: is a text '4'; give a map"},
    {"-", "tasks: 10000000", "tasks: line %: '10000000' is too much; give a whole number from 1 to 100000"},
    {"-", "array: {count: 10000000}", "array.count: line %: '10000000' is too much"},
    {"-", "array: {count: 2, throttle: 0}", "array.throttle: line %: '0' is too small"},
    {"-", "tasks_per_centre_max: 0", "tasks_per_centre_max: line %: '0' is too small; give a whole number from 1 to 100000"},
    {"-", "tasks_per_centre_max: 100001", "tasks_per_centre_max: line %: '100001' is too much"},
    {"-", "tasks_per_node_max: 0", "tasks_per_node_max: line %: '0' is too small; give a whole number from 1 to 100000"},
    {"-", "tasks_per_centre_max: two", "tasks_per_centre_max: line %: 'two' is not a whole number"},
    {"-", "array: {cuont: 2}", "array: line %: has no key 'cuont'; give one of: count, throttle"},
    {"-", "software: povray", "software: line %: is a text 'povray'; give a list"},
    {"-", "software: [povray=3.7]", "software[0]: line %: 'povray=3.7' is not a program with its least version"},
    {"-", "software: [povray>=]", "software[0]: line %: 'povray>=' is not"},
    {"-", "software: ['>=3.7']", "software[0]: line %: is missing"},
    {"-", "software: [{a: b}]", "software[0]: line %: is a map; give a text"},
    {"wall_time", "wall_time: 2", "wall_time: line %: '2' has a number without a unit"},
    {"wall_time", "wall_time: 0s", "wall_time: line %: 0s is too small; give at least 1s"},
    {"wall_time", "wall_time: 999d", "wall_time: line %: 999d is too much; give at most 30d"},
    {"wall_time", "# none", "wall_time: is missing; give the longest that one task may run"},
    {"-", "run_time: soon", "run_time: line %: 'soon' is not a length of time"},
    {"-", "inputs: [../secret]", "inputs[0]: line %: '../secret' does not lie beside the job file"},
    {"-", "inputs: [/etc/passwd]", "inputs[0]: line %: '/etc/passwd' does not lie beside the job file"},
    {"-", "inputs: [{from: a, to: ../b}]", "inputs[0]: line %: '../b' is not a path inside the work folder"},
    {"-", "inputs: [{to: b}]", "inputs[0].from: line %: is missing"},
    {"-", "inputs: [a, ./a]", "inputs[1]: line %: 'a' is given twice"},
    {"-", "inputs: {a: b}", "inputs: line %: is a map; give a list of paths"},
    {"-", "inputs: [{from: a, executable: 1}]", "inputs[0].executable: line %: is a text '1'; give true or false"},
    {"-", "outputs: [../*]", "outputs[0]: line %: '../*' is not a pattern inside"},
    {"-", "outputs: [1, [2]]", "outputs[1]: line %: is a list; give a text"},
    {"-", "every: 24h", "times: is missing; say how many rounds there are, the first counted: 2 to 10000"},
    {"-", "times: 3", "times: line %: 3 rounds are wanted, and no period; say how often: every"},
    {"-", "times: 1", "times: line %: '1' is too small; give a whole number from 2 to 10000"},
    {"-", "overlap: skip", "overlap: line %: says what becomes of rounds, and there is one alone"},
    {"-", "overlap: never", "overlap: line %: 'never' says nothing of rounds; give both, or skip"},
    {"-", "priority: 3", "priority: line %: 3 would go before the work of others; give 0, or less"},
    {"-", "priority: -101", "priority: line %: -101 is too small; give at least -100"},
    {"-", "priority: high", "priority: line %: 'high' is no priority; give a whole number from -100 to 0"},
    {"-", "priority: -1.5", "priority: line %: '-1.5' is no priority"},
    {"-", "priority: -99999999999999999999", "priority: line %: '-99999999999999999999' is no priority"},
    {"-", "priority: [1]", "priority: line %: is a list; give a text"},
    {"-", "price_cap: -1", "price_cap: line %: '-1' is not an amount of money"},
    {"-", "price_cap: 1e3", "price_cap: line %: '1e3' is not an amount of money"},
    {"-", "price_cap: 0", "price_cap: line %: 0 yuan is too small"},
    {"objective", "objective: cheap", "objective: line %: 'cheap' is no objective; give one of cheapest"},
    {"objective", "objective: weighted", "objective: line %: 'weighted' is no objective; give one of cheapest"},
    {"objective", "objective: {cost: 0, time: 0}", "objective: line %: are all zero; give a weight"},
    {"objective", "objective: {cost: 101}", "objective.cost: line %: '101' is too much"},
    {"objective", "objective: {money: 1}", "objective: line %: has no key 'money'; give one of: cost, time, carbon"},
    {"-", "regions: ['']", "regions[0]: line %: is missing"},
    {"-", "env: {1A: x}", "env.1A: line %: '1A' is not a variable's name"},
    {"-", "env: {A: [x]}", "env.A: line %: is a list; give a text"},
    {"-", "env: [A=1]", "env: line %: is a list; give a map"},
    {"-", "script: x", "script: line %: both a command and a script are given"},
    {"command", "command: []", "command: line %: neither a command nor a script is given"},
    {"-", "regions: &x [a]", "line %: an anchor (&name) is not read here"},
    {"-", "run_time: !!str 2s", "line %: the tag 'tag:yaml.org,2002:str' is not read here"},
    {"-", "{a: b}: c", "line %: a map stands where a key should"},
    {"-", "regions: [[[[[[[[[[[[[[[[[[[[a]]]]]]]]]]]]]]]]]]]]", "line %: is nested too deep"},
    {"-", "regions: [", "line 6: is not YAML"},
    {"-", "---\nname: b", "the file holds more than one YAML document"},
    {"-", "run_time: \x01", "job file: line %: holds a control character"},
    {"-", "run_time: \xff", "job file: line %: is not UTF-8 text"},
    {"-", "run_time: \xed\xa0\x80", "job file: line %: is not UTF-8 text"},
};

// Shows that each way to spoil a good job file gives exactly one fault, with the field, the line and the advice.
TEST(JobYaml, TimesAreDatesOrCountFromNow) {
  // A date has its offset, and a plus counts from the moment that the reader is told; where dates have no meaning, or
  // nothing can be counted from, that is a fault of the field.
  const UnixTime now(1'800'000'000'000'000);
  const std::string job = "name: a\ncommand: x\nwall_time: 1m\n";
  const std::string both = job + "begin: +1h30m\ndeadline: 2027-01-16T06:00:00+08:00\n";
  const auto file = parse_job_yaml(both, {now, true});
  ASSERT_TRUE(file.has_value()) << to_text(file.error().front());
  EXPECT_EQ(file->spec.requirements.not_before, now + Duration::minutes(90));
  EXPECT_EQ(to_text(file->spec.requirements.finish_by), "2027-01-15T22:00:00Z");
  const auto fault_of = [&](const std::string& lines, const TimeBase& base) {
    const auto read = parse_job_yaml(job + lines, base);
    EXPECT_FALSE(read.has_value()) << lines;
    if (read.has_value() || read.error().size() != 1) return std::string("not one fault");
    return read.error()[0].field + ": " + read.error()[0].wrong;
  };
  EXPECT_EQ(fault_of("begin: tomorrow", {now, true}), "begin: line 4: 'tomorrow' is not a time");
  EXPECT_EQ(fault_of("begin: 2027-01-16T06:00:00", {now, true}), "begin: line 4: '2027-01-16T06:00:00' is not a time");
  EXPECT_EQ(fault_of("deadline: +8", {now, true}), "deadline: line 4: '+8' is not a time from now on");
  EXPECT_EQ(fault_of("deadline: +367d", {now, true}), "deadline: line 4: '+367d' is too far ahead");
  EXPECT_EQ(fault_of("deadline: +8h", {}), "deadline: line 4: '+8h' has nothing to count from here");
  EXPECT_EQ(fault_of("deadline: 2027-01-16T06:00:00Z", {now, false}),
            "deadline: line 4: '2027-01-16T06:00:00Z' is no time of a described platform, which has no calendar");
  EXPECT_EQ(fault_of("begin: +2h\ndeadline: +1h", {now, true}),
            "deadline: line 5: 2027-01-15T09:00:00Z does not lie after the earliest start, 2027-01-15T10:00:00Z");
}

TEST(JobYaml, RoundsHaveAPeriodAndANumber) {
  // A forecast due every day: period, number and what becomes of late rounds are read; each limit is one fault.
  const UnixTime now(1'800'000'000'000'000);
  const std::string job = "name: a\ncommand: x\nwall_time: 1m\n";
  const auto file =
      parse_job_yaml(job + "begin: +22h\ndeadline: +23h\nevery: 1d\ntimes: 30\noverlap: skip\n", {now, true});
  ASSERT_TRUE(file.has_value()) << to_text(file.error().front());
  EXPECT_EQ(file->spec.every, Duration::hours(24));
  EXPECT_EQ(file->spec.times, 30);
  EXPECT_EQ(file->spec.overlap, Overlap::skip);
  const auto fault_of = [&](const std::string& lines) {
    const auto read = parse_job_yaml(job + lines, {now, true});
    EXPECT_FALSE(read.has_value()) << lines;
    if (read.has_value() || read.error().size() != 1) return std::string("not one fault");
    return read.error()[0].field + ": " + read.error()[0].wrong;
  };
  EXPECT_EQ(fault_of("every: 4m\ntimes: 3"), "every: line 4: 4m is too small");
  EXPECT_EQ(fault_of("every: 32d\ntimes: 3"), "every: line 4: 32d is too much");
  EXPECT_EQ(fault_of("every: daily\ntimes: 3"), "every: line 4: 'daily' is not a length of time");
  EXPECT_EQ(fault_of("every: 1d\ntimes: 368"), "times: line 5: 368 rounds take longer than 366d");
  EXPECT_EQ(fault_of("every: 1d\ntimes: many"), "times: line 5: 'many' is not a whole number");
}

TEST(JobYaml, EachFaultIsOneErrorWithFieldAndLine) {
  for (const BadLine& each : bad_lines) {
    SCOPED_TRACE(each.line);
    int number = 0;
    const auto file = parse_job_yaml(spoiled(each, number));
    ASSERT_FALSE(file.has_value());
    ASSERT_GE(file.error().size(), 1U);
    std::string wanted = each.fault;
    if (const auto at = wanted.find('%'); at != std::string::npos) wanted.replace(at, 1, std::to_string(number));
    EXPECT_EQ(to_text(file.error()[0]).substr(0, wanted.size()), wanted);
    EXPECT_EQ(file.error().size(), 1U) << all_texts(file.error());
    EXPECT_FALSE(file.error()[0].right.empty());
  }
}

// Shows that all faults of one file are told at once, in order of lines, what is missing last.
TEST(JobYaml, AllFaultsAtOnceInOrder) {
  const auto file = parse_job_yaml("name: a b\nresources: {memory: 500, cpus: x}\ntasks: 2\narray: {count: 3}\nx: 1\n");
  ASSERT_FALSE(file.has_value());
  std::vector<std::string> fields;
  for (const Error& each : file.error()) fields.push_back(each.field);
  EXPECT_EQ(fields, (std::vector<std::string>{"name", "resources.memory", "resources.cpus", "array.count", "",
                                              "wall_time", "command"}));
}

// Shows that files that would cost more than they are worth are refused before they are read.
TEST(JobYaml, HostileFilesAreRefused) {
  EXPECT_FALSE(parse_job_yaml("").has_value());
  EXPECT_FALSE(parse_job_yaml("- a\n").has_value());
  EXPECT_FALSE(parse_job_yaml(std::string(file_bytes_max + 1, '#')).has_value());
  EXPECT_FALSE(parse_job_yaml(std::string(100'000, '[')).has_value());
  EXPECT_FALSE(parse_job_yaml("a: &a [1]\nb: &b [*a,*a]\nc: [*b,*b]\n").has_value());
  std::string many = "name: a\ncommand: [a]\nwall_time: 1s\ninputs:\n";
  for (int i = 0; i < 60'000; ++i) many += "- ../x\n";
  EXPECT_FALSE(parse_job_yaml(many).has_value());
}

// Shows that the job files of the examples are read without a fault: they are what people copy.
TEST(JobYaml, ExamplesAreRead) {
  for (const char* name : {"film", "gang"}) {
    const std::filesystem::path folder = std::filesystem::path(DAYAN_EXAMPLES) / name;
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << "there is no example";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".yaml") continue;
      std::ostringstream text;
      text << std::ifstream(entry.path()).rdbuf();
      const auto file = parse_job_yaml(text.str());
      EXPECT_TRUE(file.has_value()) << entry.path() << '\n' << all_texts(file.error());
    }
  }
}

}  // namespace
}  // namespace dayan::jobfile
