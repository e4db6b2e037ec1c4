#include "cli/quotes_view.h"

#include <algorithm>

#include "cli/display.h"
#include "cli/shares.h"
#include "place/evaluation.h"

namespace dayan::cli {
namespace {

bool is_of_deadline(const Reason& reason) { return reason.constraint == Constraint::deadline; }

std::string constraint_line(const Reason& reason) {
  return "  " + std::string(to_text(reason.constraint)) + ": " + reason.text;
}

std::string pools_text(std::int32_t pools) {
  return std::to_string(pools) + (pools == 1 ? " pool" : " pools");
}

/// One word for the table; the numbers stand below it.
std::string verdict(const Quote& quote) {
  if (quote.feasible && std::ranges::any_of(quote.reasons, is_of_deadline)) return "too late";
  if (quote.feasible) return quote.reasons.empty() ? "now" : "after a wait";
  std::string constraints;
  for (const Reason& reason : quote.reasons) {
    constraints += (constraints.empty() ? "no: " : ", ") + std::string(to_text(reason.constraint));
  }
  return constraints.empty() ? "no" : constraints;
}

/// "10m to 2h": as everything is expected to end, and if everything takes as long as it may.
std::string wait_text(Duration wait, const std::optional<Duration>& wait_longest, bool is_least) {
  if (wait >= place::wait_unknown) return "unknown";
  const std::string least = readable(wait);
  const std::string longest = wait_longest ? readable(*wait_longest) : least;
  return least + (longest == least ? "" : " to " + longest) + (is_least ? " or more" : "");
}

void show_set_back(Output& out, const place::SetBack& set_back) {
  std::string line = "by fair share it stands " + readable(set_back.by) + " later in the queue: of what all have had " +
                     "lately that compute or wait, its organisation has had " + percent_text(set_back.share) + " (" +
                     std::string(to_text(set_back.resource)) + ") and is due " + percent_text(set_back.due) +
                     "; at its due it would stand " + readable(set_back.at_due) + " later";
  if (set_back.of_project > Duration())
    line += ", and " + readable(set_back.of_project) + " are for what its project has had beside others";
  out.line(line);
}

}  // namespace

void show_quotes(Output& out, const std::vector<Quote>& quotes, const place::QuoteRest& rest, const TellTime& tell) {
  if (quotes.empty()) return out.line("no centre has joined with a pool yet");
  Table table({"RANK>", "CENTRE", "POOL", "PROVIDER", "TASK YUAN>", "JOB YUAN>", "LEAST CAP>", "WAIT>", "RUN>",
               "FINISH>", "VERDICT"});
  for (const Quote& quote : quotes) {
    if (quote.feasible) {
      table.add({std::to_string(quote.rank), quote.centre_name, quote.pool, quote.provider_name,
                 to_text(quote.task_cost), to_text(quote.job_cost), to_text(quote.price_cap_min),
                 wait_text(quote.wait, quote.wait_longest, quote.is_wait_least),
                 readable(quote.run), quote.wait >= place::wait_unknown ? "unknown" : readable(quote.finish),
                 verdict(quote)});
    } else {
      table.add(
          {"-", quote.centre_name, quote.pool, quote.provider_name, "-", "-", "-", "-", "-", "-", verdict(quote)});
    }
  }
  out.table(table);
  for (const Quote& quote : quotes) {
    const std::string inputs = quote.feasible ? transfer_text(quote.transfer) : std::string();
    if (!inputs.empty()) out.line(quote.centre_name + '/' + quote.pool + ' ' + inputs + ", once for the job");
  }
  for (const Quote& quote : quotes) {
    if (!quote.feasible || !quote.energy) continue;
    out.line(quote.centre_name + '/' + quote.pool + " one task: " + readable(*quote.energy) +
             (quote.carbon ? ", " + readable(*quote.carbon) + " of CO2" : std::string()));
  }
  for (const Quote& quote : quotes) {
    if (quote.feasible && quote.price_part != whole_price)
      out.line(quote.centre_name + '/' + quote.pool + " asks " + part_text(quote.price_part) +
               " of its prices of work that may be taken back");
    if (!quote.feasible || !quote.next_price) continue;
    const NextPrice& next = *quote.next_price;
    out.line(quote.centre_name + '/' + quote.pool + " from " + tell(next.from) + ": " +
             std::to_string(next.percent) + " % of its prices, one task " + to_text(next.task_cost) + " yuan");
  }
  show_carbon_unknown(out, quotes);
  for (const Quote& quote : quotes) {
    if (quote.reasons.empty()) continue;
    out.line(quote.centre_name + '/' + quote.pool + (quote.feasible ? " waits for" : " cannot"));
    for (const Reason& reason : quote.reasons) out.line(constraint_line(reason));
  }
  if (rest.feasible > 0) out.line("not shown: " + pools_text(rest.feasible) + " that could run it, each ranked behind");
  if (rest.ruled_out == 0) return;
  out.line("not shown: " + pools_text(rest.ruled_out) + " that cannot" +
           (rest.constraints.size() > 1 ? ", each for one reason or more:" : ":"));
  for (const RuledOut& each : rest.constraints)
    out.line("  " + std::string(to_text(each.constraint)) + ": " + pools_text(each.pools));
}

void show_carbon_unknown(Output& out, const std::vector<Quote>& quotes) {
  for (const Quote& quote : quotes) {
    if (quote.feasible && !quote.carbon_unknown.empty())
      out.line(quote.centre_name + '/' + quote.pool + ' ' + quote.carbon_unknown +
               "; it stands behind all where it is known");
  }
}

std::string told_as_date(UnixTime at) { return readable(at) + " UTC"; }

TellTime told_from(UnixTime beginning) {
  return [beginning](UnixTime at) {
    return "+" + readable(Duration::seconds(std::max(at - beginning, Duration()).seconds_up()));
  };
}

bool is_too_late(const place::Waiting& waiting) {
  // A pool that would be in time is nearer than one that would not.
  return !waiting.hopeless && std::ranges::any_of(waiting.reasons, is_of_deadline);
}

std::string wait_max_note(Duration wait_max, const std::vector<Quote>& quotes) {
  const bool waits = !quotes.empty() && quotes.front().feasible && quotes.front().wait < place::wait_unknown;
  if (!waits || wait_max <= Duration() || quotes.front().wait <= wait_max) return {};
  return "room is expected in " + readable(quotes.front().wait) + ", and its wait_max is " + readable(wait_max) +
         ": what still waits then is given up";
}

void show_waiting(Output& out, const std::optional<place::Waiting>& waiting, const TellTime& tell) {
  if (!waiting || waiting->tasks == 0) return;
  const std::string tasks = std::to_string(waiting->tasks) + (waiting->tasks == 1 ? " task waits" : " tasks wait");
  const std::string pool =
      waiting->nearest_pool.empty() ? std::string() : ' ' + waiting->nearest_name + '/' + waiting->nearest_pool;
  out.line(waiting->hopeless ? tasks + ", and no pool could ever run them as they stand; nearest to it:" + pool
                             : tasks + " for" + pool);
  for (const Reason& reason : waiting->reasons) out.line(constraint_line(reason));
  if (is_too_late(*waiting)) out.line("no pool is expected to end it by its deadline");
  if (!waiting->hopeless && waiting->wait && *waiting->wait > Duration())
    out.line("a task is expected to start there in " +
             wait_text(*waiting->wait, waiting->wait_longest, waiting->is_wait_least));
  if (!waiting->promised_from.is_none())
    out.line("the next task is promised room at pool " + waiting->promised_pool + " of " +
             (waiting->promised_name.empty() ? std::string("a centre") : waiting->promised_name) +
             ", at the latest from " + tell(waiting->promised_from));
  if (waiting->taken_back > 0)
    out.line("room is being made there: " + std::to_string(waiting->taken_back) +
             (waiting->taken_back == 1 ? " reclaimable task has" : " reclaimable tasks have") + " been told to end");
  if (!waiting->gives_up_at.is_none())
    out.line("its wait_max is over at " + tell(waiting->gives_up_at) +
             (waiting->hopeless ? "" : ", before it is expected to start") + ": what waits then is given up");
  if (waiting->set_back) show_set_back(out, *waiting->set_back);
}

}  // namespace dayan::cli
