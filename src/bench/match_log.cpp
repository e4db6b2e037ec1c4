#include "bench/match_load.h"

/// The decisions of `dayan-bench match` as JSON lines, each with all that a reader needs to hold the next against it.

namespace dayan::bench {
namespace {

std::int64_t mebibytes(Bytes memory) { return memory.value() >> 20; }

}  // namespace

void DecisionLog::begin(const place::Fleet& fleet, std::string_view load, place::FitPolicy policy) {
  if (!writes()) return;
  out() << R"({"op":"begin","load":")" << load << R"(","policy":")" << name_of(policy) << "\"}\n";
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

void DecisionLog::match(const place::NodeDemand& demand, const place::NodeSlot* slots, std::size_t count) {
  if (!writes()) return;
  out() << R"({"op":"match","cores":)" << demand.cores.value() << R"(,"cards":)" << demand.cards
        << R"(,"memory_mib":)" << mebibytes(demand.memory) << R"(,"whole_node":)"
        << (demand.whole_node ? "true" : "false");
  if (demand.shape) out() << R"(,"shape":)" << int{*demand.shape};
  this->slots(slots, count);
}

void DecisionLog::release(const place::NodeSlot* slots, std::size_t count) {
  if (!writes()) return;
  out() << R"({"op":"release")";
  this->slots(slots, count);
}

void DecisionLog::slots(const place::NodeSlot* slots, std::size_t count) {
  out() << R"(,"slots":[)";
  for (std::size_t i = 0; i < count; ++i) {
    const place::CoreSet cards{slots[i].cards};
    out() << (i == 0 ? "" : ",") << R"({"node":)" << slots[i].node << R"(,"cores":")"
          << place::to_text(slots[i].cores) << R"(","cards":")" << place::to_text(cards) << R"(","memory_mib":)"
          << mebibytes(slots[i].memory()) << '}';
  }
  out() << "]}\n";
}

}  // namespace dayan::bench
