#include <gtest/gtest.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <sstream>

#include "bench/command.h"
#include "model/json.h"
#include "trace/text_file.h"

/// What `dayan-bench match --out` writes, read by somebody who knows only what DecisionLog says of the format.

namespace dayan::bench {
namespace {

std::int64_t number(std::string_view text) {
  std::int64_t value = -1;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  EXPECT_TRUE(end.ec == std::errc() && end.ptr == text.data() + text.size()) << text;
  return value;
}
std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, by);) parts.push_back(part);
  return parts;
}
/// "0-3,9"
std::set<std::int64_t> numbers(const std::string& text) {
  std::set<std::int64_t> all;
  for (const std::string& part : split(text, ',')) {
    const auto ends = split(part, '-');
    for (std::int64_t i = number(ends.front()); i <= number(ends.back()); ++i) all.insert(i);
  }
  return all;
}

struct Slot {
  std::int64_t node = 0;
  std::set<std::int64_t> cores;
  std::set<std::int64_t> cards;
  std::int64_t memory = 0;
};
using Gang = std::vector<Slot>;

struct Node {
  std::int64_t rack = 0;
  std::int64_t shape = 0;
  std::int64_t cores = 0;
  std::int64_t cards = 0;
  std::int64_t memory = 0;
  std::map<std::int64_t, std::size_t> held;  ///< core → what holds it
  std::set<std::int64_t> cards_held;
  std::int64_t memory_held = 0;
};

/// Plays one section of the file, from its "begin" on, and holds each decision against what was free then.
class Section {
 public:
  explicit Section(const JsonObject& begin)
      : load(begin.at("load").as_string()),
        policy(begin.at("policy").as_string()),
        nodes(begin.at("nodes").as_int64()) {}

  void read(const std::string& line) {
    if (line.front() == '{') return told(parse_json(line).value().as_object());
    const std::string rest = line.substr(1);
    if (phase_ == "measured" && line.front() != '+') ++count;
    switch (line.front()) {
      case '+': return match(split(rest, ' '));
      case '-': return release(rest);
      case '!': refused += phase_ == "measured" ? 1 : 0; return;
      case '~': EXPECT_LT(number(rest), nodes); return;
      default: ADD_FAILURE() << line;
    }
  }

  std::string load;
  std::string policy;
  std::int64_t nodes;
  std::int64_t count = 0;  ///< pairs or requests that were measured
  std::int64_t refused = 0;
  bool ended = false;

 private:
  void told(const JsonObject& line) {
    const std::string op(line.at("op").as_string());
    const auto of = [&](const char* name) { return line.at(name).to_number<std::int64_t>(); };
    if (op == "shape") {
      shapes_.push_back({0, of("shape"), of("cores"), of("cards"), of("memory_mib"), {}, {}, 0});
    } else if (op == "rack") {
      EXPECT_EQ(std::ssize(nodes_), of("first_node"));
      for (std::int64_t i = 0; i < of("nodes"); ++i) {
        nodes_.push_back(shapes_.at(static_cast<std::size_t>(of("shape"))));
        nodes_.back().rack = of("rack");
      }
    } else if (op == "ask") {
      EXPECT_EQ(std::ssize(asks_), of("ask"));
      asks_.push_back(line);
    } else if (op == "phase") {
      phase_ = std::string(line.at("phase").as_string());
    } else if (op == "done") {
      EXPECT_EQ(of("count"), count) << load;
      EXPECT_EQ(of("refused"), refused) << load;
      ended = true;
    } else {
      booking(op, line);
    }
  }

  void match(const std::vector<std::string>& words) {
    const JsonObject& ask = asks_.at(static_cast<std::size_t>(number(words.front())));
    const bool whole = ask.at("whole_node").as_bool();
    Gang gang;
    std::set<std::int64_t> racks;
    for (std::size_t i = 1; i < words.size(); ++i) {
      const auto parts = split(words[i], ':');
      Node& node = nodes_.at(static_cast<std::size_t>(number(parts[0])));
      Slot slot{number(parts[0]), {}, {}, whole ? node.memory : ask.at("memory_mib").as_int64()};
      for (std::int64_t core = 0; whole && core < node.cores; ++core) slot.cores.insert(core);
      for (std::int64_t card = 0; whole && card < node.cards; ++card) slot.cards.insert(card);
      if (parts.size() > 1) slot.cores = numbers(parts[1]);
      if (parts.size() > 2) slot.cards = numbers(parts[2]);
      if (parts.size() == 1 && !whole) slot.cores = {next_core(node)};  // the plain loop names none
      if (!whole) {
        EXPECT_EQ(std::ssize(slot.cores), ask.at("cores").as_int64());
        EXPECT_EQ(std::ssize(slot.cards), ask.at("cards").as_int64());
      }
      const auto* shape = ask.if_contains("shape");
      EXPECT_TRUE(shape == nullptr || node.shape == shape->as_int64());
      take(node, slot);
      racks.insert(node.rack);
      gang.push_back(std::move(slot));
    }
    EXPECT_EQ(std::ssize(gang), ask.at("members").as_int64()) << load;
    EXPECT_TRUE(!ask.at("within_rack").as_bool() || racks.size() == 1);
    gangs_[next_++] = std::move(gang);
  }
  /// Every core, card and mebibyte is taken once.
  void take(Node& node, const Slot& slot) {
    for (const std::int64_t core : slot.cores) {
      EXPECT_TRUE(core >= 0 && core < node.cores && node.held.emplace(core, next_).second)
          << load << " core " << core;
    }
    for (const std::int64_t card : slot.cards)
      EXPECT_TRUE(card >= 0 && card < node.cards && node.cards_held.insert(card).second) << load << " card " << card;
    node.memory_held += slot.memory;
    EXPECT_LE(node.memory_held, node.memory) << load;
  }
  static std::int64_t next_core(const Node& node) {
    std::int64_t core = 0;
    while (node.held.contains(core)) ++core;
    return core;
  }
  void release(const std::string& what) {
    const auto parts = split(what, ':');
    const Node& of = nodes_.at(static_cast<std::size_t>(number(parts[0])));
    ASSERT_FALSE(of.held.empty()) << load;
    const auto held = parts.size() > 1 ? of.held.find(number(parts[1])) : of.held.begin();
    ASSERT_NE(held, of.held.end()) << load << " -" << what;
    const auto gang = gangs_.find(held->second);
    ASSERT_NE(gang, gangs_.end());
    for (const Slot& slot : gang->second) give_back(slot);
    gangs_.erase(gang);
  }
  void give_back(const Slot& slot) {
    Node& node = nodes_.at(static_cast<std::size_t>(slot.node));
    for (const std::int64_t core : slot.cores) node.held.erase(core);
    for (const std::int64_t card : slot.cards) node.cards_held.erase(card);
    node.memory_held -= slot.memory;
  }

  /// Bookings: whole nodes from a moment told at once.
  void booking(const std::string& op, const JsonObject& line) {
    if (op == "book" || op == "refuse") {
      count += phase_ == "measured" ? 1 : 0;
      if (op == "refuse") return static_cast<void>(++refused);
      booked_[line.at("booking").as_int64()] = line;
      return;
    }
    const auto booked = booked_.find(line.at("booking").as_int64());
    ASSERT_NE(booked, booked_.end());
    const std::int64_t now = line.at("now_us").as_int64();
    const std::int64_t start = booked->second.at("start_us").as_int64();
    if (op == "start") {
      EXPECT_EQ(now, start);
      const JsonArray& given = line.at("nodes").as_array();
      EXPECT_EQ(std::ssize(given), booked->second.at("nodes").as_int64());
      for (const JsonValue& node : given) {
        const std::int64_t index = node.as_int64();
        EXPECT_EQ(nodes_.at(static_cast<std::size_t>(index)).shape, booked->second.at("shape").as_int64());
        EXPECT_TRUE(booked_nodes_.emplace(index, booked->first).second) << "node " << index;
      }
    } else {
      EXPECT_EQ(op, "end");
      EXPECT_EQ(now, start + booked->second.at("wall_us").as_int64());
      std::erase_if(booked_nodes_, [&](const auto& held) { return held.second == booked->first; });
    }
  }

  std::vector<Node> shapes_;
  std::vector<Node> nodes_;
  std::vector<JsonObject> asks_;
  std::string phase_;
  std::size_t next_ = 0;
  std::map<std::size_t, Gang> gangs_;
  std::map<std::int64_t, JsonObject> booked_;
  std::map<std::int64_t, std::int64_t> booked_nodes_;
};

// Shows that --out holds every decision of the very runs that are printed: for each figure of the JSON lines a
// section of as many nodes, whose pairs and refusals come to those figures when counted, and in which nothing is
// given twice.
TEST(Match, OutHoldsTheRunThatIsMeasured) {
  const std::string path = testing::TempDir() + "match-" + std::to_string(::getpid()) + ".gz";
  CLI::App program;
  const Command command = match_command(program);
  program.parse("match --nodes 300 --pairs 600 --requests 100 --json --out " + path);
  testing::internal::CaptureStdout();
  const Result<void> done = command.run();
  const std::string printed = testing::internal::GetCapturedStdout();
  ASSERT_TRUE(done.has_value()) << to_text(done.error());

  std::vector<Section> sections;
  for (const std::string& line : split(trace::read_text(path).value(), '\n')) {
    if (line.starts_with(R"({"op":"begin")")) {
      sections.emplace_back(parse_json(line).value().as_object());
    } else {
      ASSERT_FALSE(sections.empty());
      sections.back().read(line);
    }
  }
  (void)::unlink(path.c_str());

  std::size_t figures = 0;
  for (const std::string& line : split(printed, '\n')) {
    const JsonValue parsed = parse_json(line).value();
    const JsonObject& figure = parsed.as_object();
    if (!figure.contains("pairs")) continue;
    ASSERT_LT(figures, sections.size()) << line;
    const Section& section = sections[figures++];
    EXPECT_TRUE(section.ended);
    EXPECT_EQ(section.load, figure.at("load").as_string());
    EXPECT_EQ(section.policy, figure.at("policy").as_string());
    EXPECT_EQ(section.nodes, figure.at("nodes").as_int64());
    EXPECT_EQ(section.count, figure.at("pairs").as_int64()) << section.load;
    EXPECT_EQ(section.refused, figure.at("refused").as_int64());
  }
  EXPECT_EQ(figures,
            19U);  // six loads and the plain loop under two policies, departures, bookings of two kinds and sizes
  EXPECT_EQ(sections.size(), figures);
}

}  // namespace
}  // namespace dayan::bench
