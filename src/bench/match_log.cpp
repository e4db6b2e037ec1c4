#include <array>
#include <bit>
#include <charconv>
#include <cstdio>

#include "bench/match_load.h"

/// The decisions of `dayan-bench match`, each with all that a reader needs to hold the next against it.

namespace dayan::bench {
namespace {

std::int64_t mebibytes(Bytes memory) { return memory.value() >> 20; }

int lowest_of(const place::CoreSet& cores) {
  for (std::size_t word = 0; word < cores.size(); ++word) {
    if (cores[word] != 0) return static_cast<int>(word) * 64 + std::countr_zero(cores[word]);
  }
  return 0;
}

}  // namespace

void DecisionLog::begin(const place::Fleet& fleet, std::string_view load, std::string_view policy, std::uint64_t seed) {
  if (!writes()) return;
  out() << R"({"op":"begin","load":")" << load << R"(","policy":")" << policy << R"(","nodes":)" << fleet.size()
        << R"(,"seed":)" << seed << "}\n";
  for (std::size_t i = 0; i < fleet.shapes(); ++i) {
    const place::NodeShape& shape = fleet.shape(static_cast<place::ShapeIndex>(i));
    out() << R"({"op":"shape","shape":)" << i << R"(,"cores":)" << shape.cores.value() << R"(,"cards":)"
          << shape.cards << R"(,"memory_mib":)" << mebibytes(shape.memory) << "}\n";
  }
  for (place::NodeIndex first = 0; first < fleet.size();) {
    place::NodeIndex end = first;
    while (end < fleet.size() && fleet.rack_of(end) == fleet.rack_of(first)) ++end;
    out() << R"({"op":"rack","rack":)" << fleet.rack_of(first) << R"(,"shape":)" << int{fleet.shape_of(first)}
          << R"(,"first_node":)" << first << R"(,"nodes":)" << end - first << "}\n";
    first = end;
  }
}

void DecisionLog::asks(const std::vector<place::NodeDemand>& demands, int members, place::GangScope scope) {
  if (!writes()) return;
  for (std::size_t i = 0; i < demands.size(); ++i) {
    const place::NodeDemand& demand = demands[i];
    out() << R"({"op":"ask","ask":)" << i << R"(,"members":)" << members << R"(,"within_rack":)"
          << (scope == place::GangScope::rack ? "true" : "false") << R"(,"whole_node":)"
          << (demand.whole_node ? "true" : "false");
    if (demand.shape) out() << R"(,"shape":)" << int{*demand.shape};
    if (!demand.whole_node) {
      out() << R"(,"cores":)" << demand.cores.value() << R"(,"cards":)" << demand.cards << R"(,"memory_mib":)"
            << mebibytes(demand.memory);
    }
    out() << "}\n";
  }
}

void DecisionLog::phase(std::string_view name) {
  if (writes()) out() << R"({"op":"phase","phase":")" << name << "\"}\n";
}

void DecisionLog::done(std::uint64_t count, std::uint64_t refused, double measured_seconds) {
  if (!writes()) return;
  std::array<char, 40> seconds{};
  (void)std::snprintf(seconds.data(), seconds.size(), "%.6f", measured_seconds);
  out() << R"({"op":"done","count":)" << count << R"(,"refused":)" << refused << R"(,"measured_seconds":)"
        << seconds.data() << "}\n";
}

void DecisionLog::match_node(std::size_t ask, place::NodeIndex node) {
  if (!writes()) return;
  line_ = '+';
  add(ask);
  line_ += ' ';
  add(node);
  line_ += '\n';
  out().write(line_.data(), std::ssize(line_));
}

void DecisionLog::write_match(std::size_t ask, bool whole_node, const place::NodeSlot* slots, std::size_t count) {
  line_ = '+';
  add(ask);
  for (std::size_t i = 0; i < count; ++i) {
    line_ += ' ';
    add(slots[i].node);
    if (whole_node) continue;
    line_ += ':';
    line_ += place::to_text(slots[i].cores);
    if (slots[i].cards != 0) {
      line_ += ':';
      line_ += place::to_text(place::CoreSet{slots[i].cards});
    }
  }
  line_ += '\n';
  out().write(line_.data(), std::ssize(line_));
}

void DecisionLog::write_release(const place::NodeSlot& first, bool whole_node) {
  line_ = '-';
  add(first.node);
  if (!whole_node) {
    line_ += ':';
    add(static_cast<std::uint64_t>(lowest_of(first.cores)));
  }
  line_ += '\n';
  out().write(line_.data(), std::ssize(line_));
}

void DecisionLog::write_line(char sign, std::uint64_t number) {
  line_ = sign;
  add(number);
  line_ += '\n';
  out().write(line_.data(), std::ssize(line_));
}

void DecisionLog::add(std::uint64_t number) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  line_.append(digits.data(), end.ptr);
}

std::uint64_t sum_of_free(const place::Fleet& fleet) {
  // FNV-1a, 64 bits at a time.
  std::uint64_t sum = 0xcbf29ce484222325;
  const auto mix = [&sum](std::uint64_t word) { sum = (sum ^ word) * 0x100000001b3; };
  for (place::NodeIndex node = 0; node < fleet.size(); ++node) {
    const place::FreeOfNode free = fleet.free_of(node);
    mix(free.memory_steps);
    mix(free.cards);
    const auto cores = static_cast<int>(fleet.shape(fleet.shape_of(node)).cores.value());
    std::uint64_t word = 0;
    for (int core = 0; core < cores; ++core) {
      word = word << 1 | (fleet.is_free(node, core) ? 1U : 0U);
      if (core % 64 == 63) mix(word);
    }
    mix(word);
  }
  return sum;
}

}  // namespace dayan::bench
