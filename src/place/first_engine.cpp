#include <algorithm>

#include "place/engine.h"
#include "place/evaluation.h"
#include "place/explain.h"
#include "place/planner.h"

namespace dayan::place {
namespace {

/// The centre that every waiting task of the job keeps away from; none when they do not agree on one.
CentreId avoided_by_all(const Projection& rows, const JobRow& job) {
  if (job.next_task < job.count) return {};
  CentreId avoided;
  bool is_first = true;
  for (auto row = rows.waiting_tasks.lower_bound({job.id, 0});
       row != rows.waiting_tasks.end() && row->first.first == job.id; ++row) {
    if (!is_first && row->second.avoid != avoided) return {};
    avoided = row->second.avoid;
    is_first = false;
  }
  return avoided;
}

/// Rules out the centre where the waiting tasks failed last, when another answers and could take them.
void rule_out_avoided(std::vector<Evaluation>& evaluations, const std::vector<PoolView>& views, CentreId avoided) {
  if (avoided.is_none()) return;
  const auto is_avoided = [&](const Evaluation& each) { return views[each.view].centre->id == avoided; };
  const auto can_replace = [&](const Evaluation& each) {
    return each.is_feasible && each.is_reachable && each.wait < wait_unknown && !is_avoided(each);
  };
  if (std::none_of(evaluations.begin(), evaluations.end(), can_replace)) return;
  for (Evaluation& each : evaluations) {
    if (!is_avoided(each)) continue;
    each.is_feasible = false;
    each.gaps.push_back({Constraint::failed_here, 0, 0, false});
  }
}

/// How many of its reasons time will not mend.
std::int64_t lasting(const Quote& quote) {
  return std::count_if(quote.reasons.begin(), quote.reasons.end(),
                       [](const Reason& reason) { return !reason.passes_with_time; });
}

class FirstEngine : public Engine {
 public:
  void apply(const RowChange& change) override { rows_.apply(change); }
  void observe(const Observation& observation) override { rows_.observe(observation); }

  [[nodiscard]] std::vector<Quote> quotes(const Question& question, UnixTime now) const override {
    return quotes_for(asking_of(question, rows_), {}, now);
  }

  [[nodiscard]] std::vector<Quote> quotes(JobId job, UnixTime now) const override {
    const auto row = rows_.jobs.find(job);
    if (row == rows_.jobs.end()) return {};
    return quotes_for(asking_of(row->second, rows_), avoided_by_all(rows_, row->second), now);
  }

  [[nodiscard]] std::optional<Waiting> waiting(JobId job, UnixTime now) const override {
    const auto row = rows_.jobs.find(job);
    if (row == rows_.jobs.end()) return std::nullopt;
    Waiting answer;
    answer.tasks = static_cast<std::int32_t>(waiting_tasks_of(row->second));
    if (answer.tasks == 0) return answer;
    const std::vector<Quote> all = quotes(job, now);
    if (all.empty()) {
      answer.hopeless = true;
      answer.reasons = {{Constraint::capacity, row->second.requirements.resources.cores.value(), 0,
                         "no centre has reported a pool yet", true}};
      return answer;
    }
    answer.hopeless = !all.front().feasible;
    // Among those that will never do, the nearest is the one with the fewest lasting reasons.
    const Quote& nearest =
        answer.hopeless ? *std::min_element(all.begin(), all.end(),
                                            [](const Quote& a, const Quote& b) { return lasting(a) < lasting(b); })
                        : all.front();
    answer.nearest = nearest.centre;
    answer.reasons = nearest.reasons;
    return answer;
  }

  [[nodiscard]] std::vector<Assignment> plan(UnixTime now, std::size_t assignments) const override {
    return place::plan(rows_, now, assignments);
  }

 private:
  [[nodiscard]] std::vector<Quote> quotes_for(const Asking& asking, CentreId avoided, UnixTime now) const {
    const std::vector<PoolView> views = pool_views(rows_, now);
    std::vector<Evaluation> evaluations;
    for (std::size_t view = 0; view < views.size(); ++view) evaluations.push_back(evaluate(asking, views, view, now));
    rule_out_avoided(evaluations, views, avoided);
    sort_best_first(evaluations, views, asking.requirements->objective);
    std::vector<Quote> quotes;
    for (const Evaluation& each : evaluations) {
      quotes.push_back(quote_of(each, asking, views[each.view], now));
      if (each.is_feasible) quotes.back().rank = static_cast<std::int32_t>(quotes.size());
    }
    return quotes;
  }

  Projection rows_;
};

}  // namespace

std::unique_ptr<Engine> make_first_engine() { return std::make_unique<FirstEngine>(); }

}  // namespace dayan::place
