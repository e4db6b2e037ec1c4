#include <algorithm>
#include <map>
#include <vector>

#include "base/money_sum.h"
#include "cli/display.h"
#include "cli/documents.h"
#include "cli/jobs.h"
#include "wire/centre.h"

/// Attempts: what was quoted when each was placed, against what became of it.

namespace dayan::cli {
namespace {

std::string outcome_text(const AttemptRow& attempt) {
  if (attempt.state != AttemptState::ended) return "-";
  std::string text(to_text(attempt.outcome));
  if (attempt.outcome == Outcome::exited) text += ' ' + std::to_string(attempt.exit_code);
  if (!attempt.failure.empty()) text += ": " + attempt.failure;
  return text;
}

/// What was taken back, told in one line each.
void show_taken_back(Output& out, const std::vector<wire::AttemptView>& views) {
  for (const wire::AttemptView& view : views) {
    const AttemptRow& attempt = view.attempt;
    if (attempt.reclaimed_at.is_none()) continue;
    std::string text = "task " + std::to_string(attempt.task) + " try " + std::to_string(attempt.number) +
                       ": taken back at " + readable(attempt.reclaimed_at) + " UTC for " +
                       (attempt.reclaimed_for.is_none() ? std::string("another customer's work")
                                                        : "your own " + to_text(attempt.reclaimed_for)) +
                       ", notice " + readable(reclaim_notice);
    if (attempt.state == AttemptState::ended)
      text += ", ended " + readable(attempt.ended_at) + " UTC, paid " + to_text(attempt.charged) + " yuan";
    out.line(text);
  }
}

/// One without a placement (not kept any more) has none of the quoted figures.
PlacementRow placement_of(const wire::AttemptView& view) { return view.placement.value_or(PlacementRow{}); }

/// Times of one day are told without it.
bool are_of_one_day(const std::vector<wire::AttemptView>& views) {
  std::string day;
  for (const wire::AttemptView& view : views) {
    const PlacementRow placement = placement_of(view);
    for (const UnixTime time :
         {placement.expected_start, placement.expected_finish, view.attempt.started_at, view.attempt.ended_at}) {
      if (time.is_none()) continue;
      if (!day.empty() && day != day_of(time)) return false;
      day = day_of(time);
    }
  }
  return true;
}

template <class T>
T median(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void show_sums(Output& out, const std::vector<wire::AttemptView>& views) {
  std::vector<Duration> starts;
  std::vector<Duration> finishes;
  MoneySum quoted;
  MoneySum charged;
  for (const wire::AttemptView& view : views) {
    const AttemptRow& attempt = view.attempt;
    const PlacementRow placement = placement_of(view);
    if (attempt.state != AttemptState::ended) continue;
    quoted += placement.task_cost;
    charged += attempt.charged;
    if (attempt.started_at.is_none() || attempt.ended_at.is_none() || placement.expected_start.is_none()) continue;
    starts.push_back(attempt.started_at - placement.expected_start);
    finishes.push_back(attempt.ended_at - placement.expected_finish);
  }
  if (starts.empty()) return;
  const auto late = [](Duration by) { return (by < Duration() ? "" : "+") + readable(by); };
  out.line(std::to_string(views.size()) + " attempts; real against quoted, in the middle: start " +
           late(median(starts)) + ", finish " + late(median(finishes)) + "; charged " + to_text(charged) + " of " +
           to_text(quoted) + " yuan quoted");
}

/// Names of centres by id: of those that ran something, and when others were looked at too, of all.
Answer<std::map<CentreId, std::string>> names_of(Session& session, const std::vector<wire::AttemptView>& views) {
  std::map<CentreId, std::string> names;
  for (const wire::AttemptView& view : views) names.emplace(view.attempt.centre, view.centre);
  const auto is_known = [&](const RunnerUp& each) { return names.contains(each.centre); };
  const auto are_known = [&](const wire::AttemptView& view) {
    return std::ranges::all_of(placement_of(view).runners_up, is_known);
  };
  if (std::ranges::all_of(views, are_known)) return names;
  TRY(JsonArray items, session.api.list("/v1/centres"));
  for (JsonValue& item : items) {
    TRY(const auto centre, read_as<wire::CentreView>(std::move(item)));
    names.emplace(centre.centre.id, centre.centre.name);
  }
  return names;
}

std::string reasons_text(const PlacementRow& placement, const std::map<CentreId, std::string>& names, bool one_day) {
  const auto shown = [&](UnixTime time) { return one_day ? time_of_day(time) : readable(time); };
  std::string text = to_text(placement.task_cost) + " yuan, done by " + shown(placement.expected_finish);
  const auto with_inputs = [](const Transfer& transfer) {
    const std::string inputs = transfer_text(transfer);
    return inputs.empty() ? inputs : " (" + inputs + ")";
  };
  text += with_inputs(placement.transfer);
  if (placement.carbon) text += ", " + readable(*placement.carbon) + " CO2";
  if (!placement.exchanged_with.is_none())
    text += "; placed together with " + to_text(placement.exchanged_with) + ": one has the place that the other would have had";
  const char* before = "; next best: ";
  for (const RunnerUp& each : placement.runners_up) {
    const auto name = names.find(each.centre);
    text += before + (name == names.end() ? to_text(each.centre) : name->second) + '/' + each.pool + ' ' +
            to_text(each.task_cost) + " yuan in " + readable(each.finish) + with_inputs(each.transfer);
    before = "; ";
  }
  before = placement.ruled_out.size() > 1 ? "; ruled out, each by one or more: " : "; ruled out: ";
  for (const RuledOut& each : placement.ruled_out) {
    text += before + std::to_string(each.pools) + (each.pools == 1 ? " pool by " : " pools by ") +
            std::string(to_text(each.constraint));
    before = ", ";
  }
  return text;
}

Answer<std::vector<wire::AttemptView>> views_in(JsonArray items) {
  std::vector<wire::AttemptView> views;
  for (JsonValue& item : items) {
    TRY(auto view, read_as<wire::AttemptView>(std::move(item)));
    views.push_back(std::move(view));
  }
  return views;
}

Answer<JsonArray> attempts_of(Session& session, const std::string& id) {
  return session.api.list("/v1/jobs/" + percent_encoded(id) + "/tasks");
}

/// Why they went where they went: of each pool the newest.
Answer<void> show_reasons(Session& session, const std::vector<wire::AttemptView>& views, bool one_day) {
  struct Placed {
    std::int64_t count = 0;
    const wire::AttemptView* newest = nullptr;
  };
  std::map<std::pair<std::string, std::string>, Placed> pools;
  for (const wire::AttemptView& view : views) {
    if (!view.placement) continue;
    Placed& placed = pools[{view.centre, view.attempt.pool}];
    ++placed.count;
    if (placed.newest == nullptr || placed.newest->placement->expected_start <= view.placement->expected_start)
      placed.newest = &view;
  }
  if (pools.empty()) return {};
  TRY(const auto names, names_of(session, views));
  for (const auto& [pool, placed] : pools) {
    session.out.line("why " + pool.first + '/' + pool.second + ": " + std::to_string(placed.count) +
                     (placed.count == 1 ? " attempt; " : " attempts; the last, of task " +
                                                             std::to_string(placed.newest->attempt.task) + ": ") +
                     reasons_text(*placed.newest->placement, names, one_day));
  }
  return {};
}

}  // namespace

Answer<void> list_attempts(Session& session, const std::string& id) {
  TRY(JsonArray items, attempts_of(session, id));
  if (session.out.as_json()) {
    session.out.json_items(std::move(items));
    return {};
  }
  TRY(const std::vector<wire::AttemptView> views, views_in(std::move(items)));
  const bool one_day = are_of_one_day(views);
  const auto shown = [&](UnixTime time) { return one_day ? time_of_day(time) : readable(time); };
  Table table({"TASK>", "TRY>", "CENTRE", "POOL", "ENGINE ID", "STATE", "START>", "QUOTED>", "FINISH>", "QUOTED>",
               "LATE>", "YUAN>", "QUOTED>", "OUTCOME"});
  for (const wire::AttemptView& view : views) {
    const AttemptRow& attempt = view.attempt;
    const PlacementRow placement = placement_of(view);
    table.add({std::to_string(attempt.task), std::to_string(attempt.number), view.centre, attempt.pool,
               attempt.engine_id.empty() ? "-" : attempt.engine_id, std::string(to_text(attempt.state)),
               shown(attempt.started_at), shown(placement.expected_start), shown(attempt.ended_at),
               shown(placement.expected_finish), difference(attempt.ended_at, placement.expected_finish),
               attempt.state == AttemptState::ended ? to_text(attempt.charged) : "-", to_text(placement.task_cost),
               outcome_text(attempt)});
  }
  session.out.table(table);
  show_taken_back(session.out, views);
  TRY_VOID(show_reasons(session, views, one_day));
  show_sums(session.out, views);
  return {};
}

Answer<void> show_placements(Session& session, const std::string& id) {
  TRY(JsonArray items, attempts_of(session, id));
  TRY(const std::vector<wire::AttemptView> views, views_in(std::move(items)));
  if (views.empty()) session.out.line("nothing: none of its tasks was ever placed");
  return show_reasons(session, views, are_of_one_day(views));
}

}  // namespace dayan::cli
