#pragma once

#include <cstddef>
#include <vector>

#include "place/agenda.h"

/// Exchange: the tasks that a plan places for one organisation are placed together. Turns go one after the other, and who
/// comes first takes the best place, however little it has to run there. So when all have had theirs, tasks of one
/// organisation, which has one purse, trade places two by two where that makes them better off together: where the run
/// times on the reference, each times the score (ranking.h) of its place, come to less in sum by more than counts as
/// equally good. Between organisations nothing is traded: whoever stands earlier in the queue keeps what it got.
///
///   - They ask for the same room, with one objective (and weights), and are neither for the cheapest nor for the greenest,
///     nor at their last call: these take the best or nothing.
///   - Each may go to the other's place by its class, wall time, deadline and patience, and its centre is not one where
///     the task has failed. One with a price cap goes nowhere where it holds or costs more.
///   - What both hold then, the wallet has.
///   - Neither place was promised, nor is its pool closed at some time, and neither has inputs to cross or a bound of tasks
///     per centre: what is known of one at a place would not hold of the other.
///
/// A placement tells with whom it was traded. It is a local search for the least sum (an assignment problem of which the
/// costs are products is solved by it: the longest runs get the best places), and bounded: `traders_max`,
/// `exchange_rounds_max`.

namespace dayan::place {

/// Tasks of one organisation, room and objective that trade with each other: the first so many of the plan.
inline constexpr std::size_t traders_max = 256;
/// So often all pairs of them are looked at, at most: each trade may make another one worth it.
inline constexpr int exchange_rounds_max = 8;

/// A task as its turn has placed it.
struct Trader {
  std::size_t at = 0;  ///< in the plan
  JobRecord* job = nullptr;
  PoolIndex pool = 0;
  CentreId left_out;        ///< where it failed; none: nowhere
  double slowness_max = 0;  ///< what its patience bears (turn.h)
};

class Exchange {
 public:
  explicit Exchange(Agenda& agenda) : agenda_(agenda) {}

  /// A plan begins.
  void clear() { traders_.clear(); }
  void join(const Trader& trader) { traders_.push_back(trader); }
  /// Trades among those that joined since, in the plan and in its claims. All have had their turn.
  void trade(std::vector<Assignment>& plan);

 private:
  void trade_within(std::vector<Trader>& traders, std::vector<Assignment>& plan);
  [[nodiscard]] bool is_worth_it(const Trader& a, const Trader& b);
  [[nodiscard]] bool may_go(const Trader& trader, const PoolState& pool);
  [[nodiscard]] bool is_paid(const Trader& a, const Trader& b) const;
  void swap(Trader& a, Trader& b, std::vector<Assignment>& plan);
  void rewrite(PlacementRow& row, const Trader& trader, const JobRecord& with);
  [[nodiscard]] Ranking& ranking_of(const JobRecord& job);
  /// What it comes to there.
  [[nodiscard]] double burden(const JobRecord& job, PoolIndex pool);

  Agenda& agenda_;
  std::vector<Trader> traders_;
};

}  // namespace dayan::place
