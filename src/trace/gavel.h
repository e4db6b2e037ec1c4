#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/result.h"

/// Gavel's table of measured training throughput (Narayanan et al., OSDI 2020; stanford-futuredata/gavel, file
/// simulation_throughputs.json): for each type of card, kind of work and number of cards at a time, the steps per
/// second alone ("null") and beside each other kind on the same card. Object of objects of objects:
///   {"v100": {"('ResNet-18 (batch size 16)', 1)": {"null": 32.4, "('A3C', 1)": [20.1, 4.5], …}, …}, …}

namespace dayan::trace {

/// Tables beyond these are refused: the published one has 6 types of cards and 83 kinds.
inline constexpr std::size_t gavel_cards_max = 64;
inline constexpr std::size_t gavel_kinds_max = 100'000;
inline constexpr int gavel_scale_max = 1'000'000;
/// No step is shorter than a picosecond.
inline constexpr double gavel_rate_max = 1e12;

/// What a job runs, on how many cards at a time: "('ResNet-18 (batch size 16)', 2)".
struct GavelKind {
  std::string name;
  int scale = 1;

  friend auto operator<=>(const GavelKind&, const GavelKind&) = default;
};
/// The text by which the table calls a kind.
[[nodiscard]] std::string to_text(const GavelKind& kind);

/// Two kinds on the same cards: what each of them reaches there, in steps per second.
struct GavelPair {
  int kind = 0;
  int other = 0;
  double rate = 0;
  double other_rate = 0;

  friend bool operator==(const GavelPair&, const GavelPair&) = default;
};

struct GavelTable {
  /// One type of cards. Types whose name ends in "_unconsolidated" hold jobs spread over several nodes.
  struct Card {
    std::string name;
    std::vector<std::optional<double>> rates;  ///< by kind, alone; none: not measured; zero: it does not run
    std::vector<GavelPair> pairs;              ///< in the order of the table

    friend bool operator==(const Card&, const Card&) = default;
  };
  std::vector<Card> cards;
  std::vector<GavelKind> kinds;  ///< in the order in which the table first names them

  friend bool operator==(const GavelTable&, const GavelTable&) = default;
};

/// Errors name the place in the table, e.g. "v100.('A3C', 1).null", one for each fault up to json_faults_max.
[[nodiscard]] tl::expected<GavelTable, Faults> parse_gavel(std::string_view text);

}  // namespace dayan::trace
