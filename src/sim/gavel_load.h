#pragma once

#include <cstdint>

#include "base/result.h"
#include "sim/load.h"
#include "trace/gavel.h"

/// Training jobs over Gavel's measured rates: what a card is worth depends on what runs on it. Sources: Narayanan et
/// al., "Heterogeneity-Aware Cluster Scheduling Policies for Deep Learning Workloads", OSDI 2020, 7.1: 36 cards of
/// each type; Poisson arrivals; of the jobs 70 % on one card, 25 % on two or four, 5 % on eight; a job takes 10^x
/// minutes on the fastest type, x from 1.5 to 3 for four of five, from 3 to 4 for the rest.

namespace dayan::sim {

/// The rates of jobs on one type of card each, whole on as few nodes as hold them ("…_unconsolidated" is left out).
class GavelLoad {
 public:
  /// Errors (invalid): no card type, or no kind that runs on the fastest.
  [[nodiscard]] static Result<GavelLoad> make(const trace::GavelTable& table);

  /// A pool of 36 cards for each type, in a centre each, at what Google's cloud asked for such a card then, in yuan
  /// for dollars (2.48, 1.46 and 0.45); of other types 1. The capability of each is the mean of what was measured
  /// there, over that of the fastest: what a platform would know.
  [[nodiscard]] jobfile::PlatformFile platform() const;
  /// `jobs` jobs that bring so many times the work (1: all of it) that the platform does. Each knows its time on the
  /// fastest type and names those that it can end on within the longest wall time; how long it takes there only the
  /// table knows.
  /// Its limit is one and a half times the longest of these. Equal arguments give equal loads.
  [[nodiscard]] Load draw(std::int64_t jobs, double load, std::uint64_t seed) const;

 private:
  struct Type {
    std::string name;
    Capability mean;                ///< over all kinds that run there
    std::vector<Capability> speed;  ///< by kind; zero: it does not run there
  };
  /// Where it runs within the longest wall time there is.
  [[nodiscard]] std::vector<std::size_t> types_for(std::size_t kind, Duration run) const;
  [[nodiscard]] Requirements needs_of(std::size_t kind) const;  ///< chips apart

  std::vector<Type> types_;           ///< by name
  std::vector<std::int32_t> scales_;  ///< by kind: cards at a time
};

}  // namespace dayan::sim
