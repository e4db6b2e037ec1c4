#include "place/sharing/score_board.h"

#include <tuple>
#include <utility>

#include "base/assert.h"

namespace dayan::place::sharing {

void Floor::note_change(std::uint32_t at) {
  values[at] = usefulness.of(nodes[at]);
  ++change_count;
  changed_at[at] = change_count;
  changes[change_count % changes.size()] = at;
}

void Floor::use(Usefulness measure) {
  usefulness = std::move(measure);
  ++usefulness_version;
  for (std::size_t at = 0; at < nodes.size(); ++at) values[at] = usefulness.of(nodes[at]);
}

std::int32_t ScoreBoard::score(const Floor& floor, const Demand& demand, std::uint32_t at) {
  const Node& node = floor.nodes[at];
  if (!fits(node, demand)) return does_not_fit;
  return floor.usefulness.after(node, demand).value - floor.values[at];
}

void ScoreBoard::update(const Floor& floor, const Demand& demand) {
  if (version_ != floor.usefulness_version) {
    score_all(floor, demand);
  } else if (floor.change_count - seen_ < floor.changes.size()) {
    for (std::uint64_t change = seen_ + 1; change <= floor.change_count; ++change) {
      const std::uint32_t at = floor.changes[change % floor.changes.size()];
      if (floor.changed_at[at] == change) score_again(floor, demand, at);
    }
  } else {  // the ring has gone round
    for (std::uint32_t at = 0; at < floor.nodes.size(); ++at) {
      if (floor.changed_at[at] > seen_) score_again(floor, demand, at);
    }
  }
  if (seen_ != floor.change_count) {
    for (std::size_t block = 0; block < bests_.size(); ++block) {
      if (bests_[block].stale) bests_[block] = best_of(block);
    }
  }
  seen_ = floor.change_count;
  version_ = floor.usefulness_version;
}

void ScoreBoard::score_all(const Floor& floor, const Demand& demand) {
  scores_.resize(floor.nodes.size());
  bests_.assign(floor.block_count(), Best{});
  // Idle nodes of one shape have one score; they lie side by side.
  std::optional<std::uint32_t> idle_shape;
  std::int32_t idle_score = 0;
  for (std::uint32_t at = 0; at < floor.nodes.size(); ++at) {
    if (!floor.nodes[at].idle) {
      scores_[at] = score(floor, demand, at);
      continue;
    }
    if (idle_shape != floor.shape_of[at]) {
      idle_shape = floor.shape_of[at];
      idle_score = score(floor, demand, at);
    }
    scores_[at] = idle_score;
  }
  for (std::size_t block = 0; block < bests_.size(); ++block) bests_[block] = best_of(block);
}

void ScoreBoard::score_again(const Floor& floor, const Demand& demand, std::uint32_t at) {
  const std::int32_t before = scores_[at];
  const std::int32_t now = score(floor, demand, at);
  scores_[at] = now;
  Best& best = bests_[at / block_nodes];
  if (now > best.score || (now == best.score && at < best.at)) {
    // Also when the block's best is stale: that one was no better than what it is compared with.
    best = {now, at, best.stale};
  } else if (at == best.at && now < before) {
    best.stale = true;
  }
}

ScoreBoard::Best ScoreBoard::best_of(std::size_t block) const {
  Best best;
  best.at = static_cast<std::uint32_t>(block * block_nodes);
  for (std::size_t i = block * block_nodes; i < (block + 1) * block_nodes; ++i) {
    if (scores_[i] > best.score) best = {scores_[i], static_cast<std::uint32_t>(i), false};
  }
  return best;
}

std::optional<std::uint32_t> ScoreBoard::best(const Floor& floor, const Demand& demand,
                                              std::span<const std::int64_t> model_costs) const {
  std::optional<std::uint32_t> at;
  std::int64_t greatest = 0;
  std::int64_t most_free = 0;
  for (std::size_t block = 0; block < bests_.size(); ++block) {
    if (bests_[block].score == does_not_fit) continue;
    const auto model = static_cast<std::size_t>(floor.model_of_block(block));
    std::int64_t score = bests_[block].score;
    if (!model_costs.empty()) score -= model_costs[model] * demand.milli_cards();
    const std::int64_t free = floor.free_of[model];
    if (at && std::tie(score, free) <= std::tie(greatest, most_free)) continue;
    greatest = score;
    most_free = free;
    at = bests_[block].at;
  }
  return at;
}

bool ScoreBoard::equals_fresh(const Floor& floor, const Demand& demand) const {
  if (version_ != floor.usefulness_version) return true;  // claims nothing
  for (std::uint32_t at = 0; at < floor.nodes.size(); ++at) {
    if (floor.changed_at[at] <= seen_ && scores_[at] != score(floor, demand, at)) return false;
  }
  if (seen_ != floor.change_count) return true;  // the rest is brought up to date when it is asked for
  for (std::size_t block = 0; block < bests_.size(); ++block) {
    const Best fresh = best_of(block);
    if (bests_[block].score != fresh.score || bests_[block].at != fresh.at) return false;
  }
  return true;
}

}  // namespace dayan::place::sharing
