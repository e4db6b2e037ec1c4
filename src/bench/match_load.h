#pragma once

#include <array>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/prng.h"
#include "place/fleet/fleet.h"

/// Loads on a fleet of three node shapes, for `dayan-bench match`: each fills it to 90 % of its cores and then
/// replaces one allocation by another alike, for ever.

namespace dayan::bench {

/// Racks of 32 nodes; the three shapes take turns, rack by rack.
[[nodiscard]] place::Fleet three_shape_fleet(place::NodeIndex nodes);
inline constexpr std::array<place::NodeShape, 3> three_shapes{{
    {Cores(64), 0, Bytes(std::int64_t{256} << 30)},
    {Cores(32), 8, Bytes(std::int64_t{512} << 30)},  // the node of Fluxion's own example
    {Cores(128), 4, Bytes(std::int64_t{1024} << 30)},
}};

/// Writes decisions; one without a stream writes nothing. What is told once is a line of JSON; each decision is a short
/// line of its own:
///   `+ASK SLOT …`  matched: what was asked (its number), and a slot for each node that it got
///   `!ASK`         refused
///   `-NODE:CORE`   released: all that holds this core, a gang as a whole
///   `~NODE`        the node leaves and returns
/// A slot is `NODE:CORES:CARDS` as in `17:0-3,9:1`; without cards `17:0-3,9`; a whole node is its number, and is
/// released by that. The memory of a slot is what was asked.
class DecisionLog {
 public:
  explicit DecisionLog(std::ostream* out = nullptr) : out_(out) {}
  /// What is tried, and on which nodes.
  void begin(const place::Fleet& fleet, std::string_view load, std::string_view policy, std::uint64_t seed);
  /// What is asked; the first is number 0.
  void asks(const std::vector<place::NodeDemand>& demands, int members, place::GangScope scope);
  /// What the next lines belong to: "fill", "mix" (before the clock starts) or "measured".
  void phase(std::string_view name);
  void match(std::size_t ask, const place::NodeDemand& demand, const place::NodeSlot* slots, std::size_t count) {
    if (writes()) write_match(ask, demand.whole_node, slots, count);
  }
  void refuse(std::size_t ask) {
    if (writes()) write_line('!', ask);
  }
  void release(const place::NodeSlot& first, bool whole_node) {
    if (writes()) write_release(first, whole_node);
  }
  void leaves_and_returns(place::NodeIndex node) {
    if (writes()) write_line('~', node);
  }
  /// A node alone, of which no core is named.
  void match_node(std::size_t ask, place::NodeIndex node);
  void release_node(place::NodeIndex node) {
    if (writes()) write_line('-', node);
  }
  /// What was counted, and how long the run took in which nothing was written.
  void done(std::uint64_t count, std::uint64_t refused, double measured_seconds);
  [[nodiscard]] bool writes() const { return out_ != nullptr; }
  [[nodiscard]] std::ostream& out() { return *out_; }

 private:
  void write_match(std::size_t ask, bool whole_node, const place::NodeSlot* slots, std::size_t count);
  void write_release(const place::NodeSlot& first, bool whole_node);
  void write_line(char sign, std::uint64_t number);
  void add(std::uint64_t number);

  std::ostream* out_;
  std::string line_;
};

/// A checksum of every node's free cores, cards and memory.
[[nodiscard]] std::uint64_t sum_of_free(const place::Fleet& fleet);

class MatchLoad {
 public:
  MatchLoad(place::Fleet& fleet, std::uint64_t seed, DecisionLog log)
      : fleet_(fleet), prng_(seed), log_(std::move(log)) {}
  MatchLoad(const MatchLoad&) = delete;
  MatchLoad& operator=(const MatchLoad&) = delete;
  virtual ~MatchLoad() = default;

  /// Matches by first fit until nothing fits, then releases at random until 90 % of the cores are taken.
  virtual void fill() = 0;
  /// Releases one allocation, drawn at random from those that live, and matches one alike. False: it was refused.
  [[nodiscard]] virtual bool replace_one(place::FitPolicy policy) = 0;
  /// All that is taken; nothing when the load does not remember all of it.
  [[nodiscard]] virtual std::optional<place::Grant> held() const = 0;
  /// How many allocations can be drawn.
  [[nodiscard]] virtual std::size_t live() const = 0;

 protected:
  place::Fleet& fleet_;  // NOLINT: a load and its fleet are locals of one function
  Prng prng_;
  DecisionLog log_;
};

inline constexpr Bytes gib{std::int64_t{1} << 30};
inline constexpr std::uint64_t filled_percent = 90;

[[nodiscard]] std::unique_ptr<MatchLoad> make_single_cores(place::Fleet& fleet, std::uint64_t seed, DecisionLog log);
/// A gang of `members` within `scope`, where it is more than one.
[[nodiscard]] std::unique_ptr<MatchLoad> make_whole_nodes(place::Fleet& fleet, std::uint64_t seed, DecisionLog log,
                                                          int members, place::GangScope scope);
/// Of these sizes, one as often as another.
[[nodiscard]] std::unique_ptr<MatchLoad> make_shares(place::Fleet& fleet, std::uint64_t seed, DecisionLog log,
                                                     int members, std::vector<place::NodeDemand> demands);

enum class LoadKind { single_core, whole_node, gang, gang_of_shares, gang_in_rack, mixed };
inline constexpr std::array load_kinds{LoadKind::single_core,    LoadKind::whole_node,   LoadKind::gang,
                                       LoadKind::gang_of_shares, LoadKind::gang_in_rack, LoadKind::mixed};
inline constexpr int gang_members = 16;
[[nodiscard]] std::string_view name_of(LoadKind kind);
[[nodiscard]] std::string_view name_of(place::FitPolicy policy);
/// What it asks, in words.
[[nodiscard]] std::string_view words_of(LoadKind kind);
[[nodiscard]] std::unique_ptr<MatchLoad> make_load(LoadKind kind, place::Fleet& fleet, std::uint64_t seed,
                                                   DecisionLog log);

}  // namespace dayan::bench
