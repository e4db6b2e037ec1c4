#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

/// The house's plan, read from the sources: who includes whom, and what the pure rooms must not touch.

namespace {

namespace fs = std::filesystem;

const fs::path src = fs::path(DAYAN_SOURCE_DIR) / "src";

/// Who may know whom (docs/architecture.md). A room always knows itself; tests know what they like.
const std::map<std::string, std::set<std::string>> allowed = {
    {"base", {}},
    {"model", {"base"}},
    {"ledger", {"base", "model"}},
    {"identify", {"base", "model"}},
    {"measure", {"base", "model"}},
    {"sense", {"base", "model"}},
    {"place", {"base", "model"}},
    {"execute", {"base", "model"}},
    {"transfer", {"base", "model"}},
    {"trade", {"base", "model", "ledger"}},
    {"core",
     {"base", "model", "ledger", "identify", "measure", "sense", "place", "execute", "transfer", "trade"}},
    {"ports", {"base", "model"}},
    {"store", {"base", "model", "ports"}},
    {"depot", {"base", "model", "ports"}},
    {"adapters", {"base", "model", "ports"}},
    {"probes", {"base", "model", "ports"}},
    {"edge", {"base", "model", "ports"}},
    {"wire", {"base", "model", "ports", "place"}},
    {"jobfile", {"base", "model"}},
    {"trace", {"base", "model"}},
    {"verify", {"base", "model", "ports"}},
};
const std::set<std::string> programs = {"hub", "agent", "cli", "sim", "bench"};
const std::set<std::string> pure = {"base",    "model",    "ledger", "identify", "measure", "sense",
                                    "place",   "execute",  "transfer", "trade",  "core"};

struct Line {
  fs::path file;
  std::string room;
  std::string text;
};

/// Every line of every source of the program: tests and fuzz targets left out.
std::vector<Line> source_lines() {
  std::vector<Line> lines;
  for (const auto& entry : fs::recursive_directory_iterator(src)) {
    const std::string name = entry.path().filename().string();
    const std::string extension = entry.path().extension().string();
    if (extension != ".h" && extension != ".cpp") continue;
    if (name.find("_test.") != std::string::npos || name.find("_fuzz.") != std::string::npos) continue;
    const std::string room = fs::relative(entry.path(), src).begin()->string();
    std::ifstream file(entry.path());
    for (std::string text; std::getline(file, text);) lines.push_back({entry.path(), room, text});
  }
  return lines;
}

TEST(Layers, RoomsIncludeOnlyWhomTheyMayKnow) {
  // Reads each #include "room/…" and looks the pair up in the plan above.
  const std::regex include(R"(^\s*#include \"([a-z]+)/)");
  int seen = 0;
  for (const Line& line : source_lines()) {
    std::smatch match;
    if (!std::regex_search(line.text, match, include)) continue;
    const std::string& other = match[1];
    ++seen;
    if (other == line.room || programs.contains(line.room)) {
      if (programs.contains(line.room) && line.room != "cli" && line.room != "bench") {
        EXPECT_FALSE(programs.contains(other) && other != line.room) << line.file << ": " << line.text;
      }
      continue;
    }
    const auto known = allowed.find(line.room);
    ASSERT_NE(known, allowed.end()) << line.file << ": the room '" << line.room << "' is not in the plan";
    EXPECT_TRUE(known->second.contains(other)) << line.file << ": '" << line.room << "' may not know '" << other << "'";
  }
  EXPECT_GT(seen, 100) << "the test reads no sources";
}

TEST(Layers, PureRoomsTouchNoClockThreadFileOrChance) {
  // Looks for the words by which a clock, a thread, a file, the environment or a random device gets in.
  const std::regex banned(
      R"(system_clock|steady_clock|random_device|std::thread|std::mutex|<thread>|<mutex>|<fstream>|<chrono>|sleep_for|getenv|<random>|unordered_|\btime\(nullptr)");
  for (const Line& line : source_lines()) {
    if (!pure.contains(line.room)) continue;
    EXPECT_FALSE(std::regex_search(line.text, banned)) << line.file << ": " << line.text;
  }
}

TEST(Layers, AtMostFiveFilesIncludeBeast) {
  // A Beast file costs ten seconds and 0.6 GB to compile.
  std::set<fs::path> files;
  for (const Line& line : source_lines()) {
    if (line.text.find("#include <boost/beast") != std::string::npos) files.insert(line.file);
  }
  EXPECT_LE(files.size(), 5U);
}

TEST(Layers, MoneyRoomsUseNoFloats) {
  // Floats may score, never settle.
  const std::regex floats(R"(\b(double|float)\b)");
  for (const Line& line : source_lines()) {
    if (line.room != "ledger" && line.room != "trade" && line.room != "core") continue;
    const std::string code = line.text.substr(0, line.text.find("//"));
    EXPECT_FALSE(std::regex_search(code, floats)) << line.file << ": " << line.text;
  }
}

TEST(Layers, FilesAreOfOneNoun) {
  // 500 lines is where a second noun is looked for; tests are left out.
  std::map<fs::path, int> lengths;
  for (const Line& line : source_lines()) ++lengths[line.file];
  for (const auto& [file, length] : lengths) EXPECT_LE(length, 500) << file;
}

}  // namespace
