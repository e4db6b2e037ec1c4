#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "bench/command.h"
#include "model/json.h"
#include "trace/text_file.h"

namespace dayan::bench {
namespace {

namespace fs = std::filesystem;

// Shows that only what found room counts as placed, by the file of decisions: half of the pods here fit no node.
TEST(Packing, CountsWhatFoundRoom) {
  const fs::path folder = testing::TempDir() + "packing-" + std::to_string(::getpid());
  fs::create_directory(folder);
  std::ofstream(folder / "node_list_gpu_node.csv") << "sn,cpu_milli,memory_mib,gpu,model\n"
                                                      "n1,64000,262144,4,T4\n"
                                                      "n2,64000,262144,4,T4\n";
  std::ofstream(folder / "pod_list_half.csv")
      << "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,"
         "scheduled_time\n"
         "fits,1000,1024,1,500,,LS,Running,0,1,0\n"
         "too-wide,1000,1024,8,1000,,LS,Running,0,1,0\n";
  CLI::App program;
  const Command command = packing_command(program);
  program.parse("packing " + folder.string() + " --json --out " + (folder / "out").string());
  testing::internal::CaptureStdout();
  const Result<void> done = command.run();
  const JsonValue printed = parse_json(testing::internal::GetCapturedStdout()).value();
  const std::string rows = trace::read_text((folder / "out").string()).value();
  fs::remove_all(folder);
  ASSERT_TRUE(done.has_value()) << to_text(done.error());

  std::int64_t placed = 0;
  std::int64_t decided = -1;  // the title
  for (std::size_t at = 0; at < rows.size(); at = rows.find('\n', at) + 1) {
    const std::string row = rows.substr(at, rows.find('\n', at) - at);
    placed += row.find(",n1,") != std::string::npos || row.find(",n2,") != std::string::npos ? 1 : 0;
    ++decided;
  }
  EXPECT_GT(placed, 0);
  EXPECT_LT(placed, decided);
  EXPECT_EQ(printed.at("placed").to_number<std::int64_t>(), placed);
  EXPECT_EQ(printed.at("demands").to_number<std::int64_t>(), decided);
}

}  // namespace
}  // namespace dayan::bench
