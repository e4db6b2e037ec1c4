#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/result.h"

/// The node and pod lists of the openb trace: a production cluster whose cards are shared in fractions, published as
/// CSV with Weng et al., "Beware of Fragmentation" (USENIX ATC 2023). Columns are found by the names in the first
/// line, in any order; others are ignored. Lists of the same columns from elsewhere can be read as well.

namespace dayan::trace {

/// Limits of one list. Faults beyond `openb_faults_max` are not told.
inline constexpr std::int64_t openb_cpu_milli_max = 1'000'000'000;
inline constexpr std::int64_t openb_memory_mib_max = 100'000'000'000;
inline constexpr std::int64_t openb_cards_max = 1'024;
inline constexpr std::size_t openb_faults_max = 20;

struct OpenbNode {
  std::string name;            ///< column sn
  std::int64_t cpu_milli = 0;  ///< thousandths of a core
  std::int64_t memory_mib = 0;
  int cards = 0;      ///< column gpu
  std::string model;  ///< of its cards; not empty when there are any

  friend bool operator==(const OpenbNode&, const OpenbNode&) = default;
};

struct OpenbPod {
  std::string name;
  std::int64_t cpu_milli = 0;
  std::int64_t memory_mib = 0;
  int cards = 0;                    ///< column num_gpu
  int card_milli = 1000;            ///< column gpu_milli: thousandths of its card; read only when cards is 1
  std::vector<std::string> models;  ///< column gpu_spec, which a list may lack: those allowed, sorted; empty: any

  friend bool operator==(const OpenbPod&, const OpenbPod&) = default;
};

/// Either the rows in their order, or the faults in order of lines, each with its line and column.
[[nodiscard]] tl::expected<std::vector<OpenbNode>, Faults> parse_openb_nodes(std::string_view text);
[[nodiscard]] tl::expected<std::vector<OpenbPod>, Faults> parse_openb_pods(std::string_view text);

}  // namespace dayan::trace
