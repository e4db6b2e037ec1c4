#include "place/explain.h"

#include "model/meter.h"
#include "place/gap_text.h"

namespace dayan::place {
namespace {

/// What is not told that carbon follows from; empty where it is known, or the objective does not count it.
std::string carbon_gap(const Asking& asking, const Evaluation& evaluation) {
  const Requirements& requirements = *asking.requirements;
  const bool counts = requirements.objective == Objective::greenest ||
                      (requirements.objective == Objective::weighted && requirements.weights.carbon > 0);
  if (!counts || !evaluation.terms || evaluation.terms->carbon) return {};
  const PoolState& pool = *evaluation.pool;
  std::vector<std::string> missing;
  if (!pool.centre->pue) missing.emplace_back("no PUE");
  if (!pool.centre->carbon) missing.emplace_back("no carbon of its grid");
  if (!evaluation.terms->energy && pool.centre->pue) missing.emplace_back("no power of what the job uses there");
  std::string text = "carbon unknown: the centre tells ";
  for (std::size_t i = 0; i < missing.size(); ++i) text += (i == 0 ? "" : " and ") + missing[i];
  return missing.empty() ? "carbon unknown" : text;
}

}  // namespace

std::string rounded(Duration duration) {
  if (duration < Duration::seconds(1)) return to_text(duration);
  return to_text(Duration::seconds(duration.seconds_up()));
}

std::optional<NextPrice> next_price_of(const CentreState& centre, const Asking& asking, Duration run, UnixTime now) {
  const std::vector<DayHours>& hours = centre.published_offer()->hours;
  const auto from = next_percent_change(hours, now);
  if (!from) return std::nullopt;
  const auto cost = amount_of(*centre.offer_for(*asking.requirements, *from), asking.requirements->resources, run,
                              Rounding::down);
  if (!cost.has_value()) return std::nullopt;
  return NextPrice{*from, percent_at(hours, *from), *cost};
}

Quote quote_of(const Evaluation& evaluation, const Asking& asking, Outlook& outlook) {
  const UnixTime now = outlook.now();
  const PoolState& pool = *evaluation.pool;
  const CentreState& centre = *pool.centre;
  Quote quote;
  quote.centre = centre.id;
  quote.centre_name = centre.name;
  quote.provider_name = centre.provider != nullptr ? *centre.provider : std::string();
  quote.pool = pool.row.name;
  quote.feasible = evaluation.is_feasible;
  for (const Gap& gap : evaluation.gaps)
    quote.reasons.push_back(
        {gap.constraint, gap.required, gap.offered, text_of(gap, asking, evaluation, outlook), gap.passes_with_time});
  if (evaluation.terms) {
    quote.task_cost = evaluation.terms->task_cost;
    quote.task_hold = evaluation.terms->task_hold;
    quote.job_cost = evaluation.terms->job_cost;
    quote.price_cap_min = evaluation.terms->price_cap_min;
    quote.run = evaluation.terms->run;
    quote.energy = evaluation.terms->energy;
    quote.carbon = evaluation.terms->carbon;
    quote.transfer = evaluation.terms->transfer;
  }
  quote.wait = evaluation.wait;
  quote.finish = evaluation.finish;
  quote.wait_longest = evaluation.wait_longest;
  quote.jobs_before = evaluation.jobs_before;
  quote.is_wait_least = evaluation.is_wait_least;
  quote.carbon_unknown = carbon_gap(asking, evaluation);
  if (evaluation.terms) quote.next_price = next_price_of(centre, asking, evaluation.terms->run, now);
  if (centre.current_offer() != nullptr)
    quote.price_part = price_part_of(*centre.current_offer(), asking.requirements->reclaimable);
  return quote;
}

}  // namespace dayan::place
