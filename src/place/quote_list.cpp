#include "place/quote_list.h"

#include <algorithm>
#include <map>

#include "place/evaluation.h"

namespace dayan::place {
namespace {

void count(std::map<Constraint, RuledOut>& counts, const Quote& quote) {
  // A constraint counts once for a pool, by the least of its gaps there.
  std::map<Constraint, std::int64_t> margins;
  for (const Reason& reason : quote.reasons) {
    if (reason.passes_with_time) continue;
    const std::int64_t margin = std::max(reason.required, reason.offered) - std::min(reason.required, reason.offered);
    const auto [known, is_new] = margins.try_emplace(reason.constraint, margin);
    known->second = std::min(known->second, margin);
  }
  for (const auto& [constraint, margin] : margins) {
    const auto [sum, is_new] = counts.try_emplace(constraint, RuledOut{constraint, 0, margin});
    ++sum->second.pools;
    sum->second.best_margin = std::min(sum->second.best_margin, margin);
  }
}

}  // namespace

QuoteRest shorten(std::vector<Quote>& quotes, std::size_t limit) {
  QuoteRest rest;
  const auto first_miss = std::ranges::find_if(quotes, [](const Quote& quote) { return !quote.feasible; });
  std::vector<Quote> misses(std::make_move_iterator(first_miss), std::make_move_iterator(quotes.end()));
  quotes.erase(first_miss, quotes.end());
  if (quotes.size() > limit) {
    rest.feasible = static_cast<std::int32_t>(quotes.size() - limit);
    quotes.resize(limit);
  }
  if (misses.size() > limit) {
    std::ranges::stable_sort(
        misses, [](const Quote& a, const Quote& b) { return distance_of(a.reasons) < distance_of(b.reasons); });
    std::map<Constraint, RuledOut> counts;
    for (std::size_t i = limit; i < misses.size(); ++i) count(counts, misses[i]);
    rest.ruled_out = static_cast<std::int32_t>(misses.size() - limit);
    for (const auto& [constraint, sum] : counts) rest.constraints.push_back(sum);
    misses.resize(limit);
  }
  std::ranges::move(misses, std::back_inserter(quotes));
  return rest;
}

}  // namespace dayan::place
