#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/readable.h"
#include "sim/chart.h"
#include "sim/run_load.h"

/// The report: one page with its charts, its style and nothing else.

namespace dayan::sim {
namespace {

/// Colours after Okabe and Ito, which those who see fewer colours can tell apart; each curve has its own dashes too.
constexpr const char* style = R"(
:root{--paper:#fff;--ink:#1c2430;--faint:#68727f;--line:#e3e7ec;--accent:#0072b2;--mute:#b9c3cf;
--c0:#0072b2;--c1:#333c47;--c2:#d55e00;--c3:#009e73;--c4:#cc79a7;--c5:#a07d00;--c6:#7f56c4}
@media (prefers-color-scheme:dark){:root{--paper:#12161c;--ink:#e6eaf0;--faint:#97a3b2;--line:#29313b;--accent:#56b4e9;
--mute:#475362;--c0:#56b4e9;--c1:#d9dee5;--c2:#f08a4b;--c3:#2cc295;--c4:#e29ac4;--c5:#e0bd3f;--c6:#b79bea}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1040px;padding:32px 20px 64px;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI","Noto Sans","Noto Sans CJK SC",sans-serif}
h1{font-size:24px;line-height:1.25;margin:0 0 4px;font-weight:650}
h2{font-size:16px;margin:40px 0 2px;font-weight:650}
p{margin:0 0 12px;color:var(--faint)}
.wide{overflow-x:auto;-webkit-overflow-scrolling:touch}
svg{display:block;max-width:none;font:12px system-ui,-apple-system,"Segoe UI",sans-serif}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;white-space:nowrap}
th{font-weight:600;font-size:12px;color:var(--faint);text-align:right;vertical-align:bottom;
padding:4px 8px 6px;border-bottom:1px solid var(--line)}
td{text-align:right;padding:6px 8px;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{text-align:left;padding-left:0}
tbody tr:first-child td{font-weight:650}
.bad{color:#d55e00;font-weight:650}
.grid{stroke:var(--line);fill:none}
text{fill:var(--ink)}.tick{fill:var(--faint);font-size:11px}.mid{text-anchor:middle}.end{text-anchor:end}
.name{font-size:13px}.value{font-size:12px;font-variant-numeric:tabular-nums}
.area{fill:var(--mute)}.first{fill:var(--accent)}
.curve{fill:none;stroke-width:1.8;stroke-linejoin:round}
.c0{stroke:var(--c0);stroke-width:3}.c1{stroke:var(--c1);stroke-dasharray:7 3}.c2{stroke:var(--c2)}
.c3{stroke:var(--c3);stroke-dasharray:2 3}.c4{stroke:var(--c4);stroke-dasharray:9 3 2 3}
.c5{stroke:var(--c5);stroke-dasharray:4 2}.c6{stroke:var(--c6);stroke-dasharray:12 3}
.block{stroke:var(--paper);stroke-width:.4;fill:var(--accent)}.b1{opacity:.78}.b2{opacity:.58}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin:2px 0 6px;color:var(--ink);font-size:13px}
.legend svg{display:inline-block;vertical-align:middle;margin-right:6px}

footer{margin-top:48px;color:var(--faint);font-size:13px}
)";

/// "1,234,567.89": with commas, so many digits behind the point.
std::string grouped(double value, int digits) {
  std::string text = fmt::format("{:.{}f}", value, digits);
  const std::size_t point = std::min(text.find('.'), text.size());
  for (std::size_t at = point; at > 3 && at - 3 > (text.front() == '-' ? 1U : 0U); at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string time_text(Duration duration) {
  const double seconds = static_cast<double>(duration.microseconds()) / 1e6;
  if (seconds < 100) return fmt::format("{:.1f} s", seconds);
  if (seconds < 100 * 60) return fmt::format("{:.1f} min", seconds / 60);
  if (seconds < 72 * 3'600) return fmt::format("{:.1f} h", seconds / 3'600);
  return fmt::format("{:.1f} d", seconds / 86'400);
}

double hours(Duration duration) { return static_cast<double>(duration.microseconds()) / 3.6e9; }
double yuan(Cny amount) { return static_cast<double>(amount.micro()) / 1e6; }
std::string percent(double part) { return fmt::format("{:.1f} %", part * 100); }

void add_table(std::string& page, const Compared& compared, const RunInput& input) {
  const bool has_cards = input.scenario.has_cards();
  const bool has_deadlines = input.load.has_deadlines();
  const bool has_inputs = input.load.has_inputs();
  page += "<div class=\"wide\"><table><thead><tr><th>policy</th><th>jobs done</th>";
  if (has_deadlines) page += "<th>jobs late</th>";
  page += "<th>cores used</th>";
  if (has_cards) page += "<th>cards used</th>";
  page +=
      "<th>mean wait</th><th>p95 wait</th><th>longest wait</th><th>mean bounded<br>slowdown</th><th>cost, yuan</th>";
  if (has_inputs) page += "<th>data moved</th>";
  page += "<th>makespan</th><th>violations</th></tr></thead><tbody>\n";
  for (const Figures& each : compared.figures) {
    page += "<tr>";
    const auto cell = [&](const std::string& text) { page += "<td>" + escaped(text) + "</td>"; };
    cell(each.policy);
    cell(grouped(static_cast<double>(each.jobs_done), 0));
    if (has_deadlines) cell(grouped(static_cast<double>(each.late), 0));
    cell(percent(each.core_utilisation));
    if (has_cards) cell(percent(each.card_utilisation));
    for (const Duration wait : {each.mean_wait, each.p95_wait, each.max_wait}) cell(time_text(wait));
    cell(grouped(each.mean_bounded_slowdown, 2));
    cell(grouped(yuan(each.cost), 2));
    if (has_inputs) cell(readable(each.moved));
    cell(time_text(each.makespan));
    page += fmt::format("<td{}>{}</td></tr>\n", each.violations > 0 ? " class=\"bad\"" : "", each.violations);
  }
  page += "</tbody></table></div>\n";
  for (const Figures& each : compared.figures) {
    for (const std::string& told : each.violations_told)
      page += "<p class=\"bad\">" + escaped(each.policy + ": " + told) + "</p>\n";
  }
}

/// Fair share is by customer: how each of them fared, whatever it asked for.
void add_customers(std::string& page, const Compared& compared, const RunInput& input) {
  if (!input.load.has_many_customers()) return;
  page += fmt::format(
      "<h2>Customers</h2>\n<p>{} customers submit something; each counts once here, by the mean wait of its tasks. "
      "Jain's index of their mean bounded slowdowns is 1 where all are slowed down alike.</p>\n"
      "<div class=\"wide\"><table><thead><tr><th>policy</th><th>largest: {}</th><th>median customer</th>"
      "<th>p95 of customers</th><th>longest</th><th>whose</th><th>Jain's index</th></tr></thead><tbody>\n",
      grouped(static_cast<double>(input.load.customers.size()), 0),
      escaped(compared.figures.empty() ? "" : compared.figures.front().fairness.largest));
  for (const Figures& each : compared.figures) {
    const Fairness& fairness = each.fairness;
    page += "<tr>";
    for (const std::string& cell :
         {each.policy, time_text(fairness.largest_wait), time_text(fairness.median_wait), time_text(fairness.p95_wait),
          time_text(fairness.worst_wait), fairness.worst, fmt::format("{:.3f}", fairness.index)})
      page += "<td>" + escaped(cell) + "</td>";
    page += "</tr>\n";
  }
  page += "</tbody></table></div>\n";
}

/// What it costs to agree to be taken back, and what is lost by it.
void add_reclaimable(std::string& page, const Compared& compared, const RunInput& input) {
  if (!input.load.has_reclaimable()) return;
  page += fmt::format(
      "<h2>Reclaimable work</h2>\n<p>Room is taken back by ours and engine alone, after a notice of {}; every policy pays "
      "the lower price. What ran until then is paid, and run again.</p>\n"
      "<div class=\"wide\"><table><thead><tr><th>policy</th><th>tasks done</th><th>mean wait</th><th>cost, yuan</th>"
      "<th>starts taken back</th><th>paid for these, yuan</th><th>core hours lost</th><th>card hours lost</th></tr></thead>"
      "<tbody>\n",
      escaped(time_text(reclaim_notice)));
  for (const Figures& each : compared.figures) {
    const ReclaimableFigures& found = each.reclaimable;
    page += "<tr>";
    for (const std::string& cell :
         {each.policy, grouped(static_cast<double>(found.tasks_done), 0), time_text(found.mean_wait),
          grouped(yuan(found.cost), 2), grouped(static_cast<double>(found.taken_back), 0),
          grouped(yuan(found.cost_taken_back), 2), grouped(found.core_hours_lost, 1),
          grouped(found.card_hours_lost, 1)})
      page += "<td>" + escaped(cell) + "</td>";
    page += "</tr>\n";
  }
  page += "</tbody></table></div>\n";
}

void add_legend(std::string& page, const Compared& compared) {
  page += "<div class=\"legend\">";
  for (std::size_t i = 0; i < compared.figures.size(); ++i)
    fmt::format_to(std::back_inserter(page),
                   "<span><svg width=\"34\" height=\"10\"><path d=\"M1 5H33\" class=\"curve c{}\"/></svg>{}</span>",
                   i, escaped(compared.figures[i].policy));
  page += "</div>\n";
}

void add_chart(std::string& page, const std::string& title, const std::string& what, const std::string& svg) {
  page += "<h2>" + escaped(title) + "</h2>\n<p>" + escaped(what) + "</p>\n<div class=\"wide\">" + svg + "</div>\n";
}

std::vector<GanttBlock> blocks_of(const Compared& compared, const RunInput& input) {
  const Site& site = input.scenario.sites()[compared.gantt_site];
  const place::Amounts all = site.capacity(site.pool.nodes);
  // Blocks stack by the scarcest of what the pool is for: cards where it has some, else cores.
  const std::size_t kind = all.of[place::in_millicards] > 0 ? place::in_millicards : place::in_cores;
  std::vector<GanttBlock> blocks;
  for (const TaskRun& run : compared.gantt) {
    const LoadJob& job = input.load.jobs[run.job];
    const place::Amounts need = place::need_of(input.load.needs(job).resources).all();
    if (need.of[kind] == 0) continue;
    blocks.push_back({hours(run.start), hours(run.end),
                      static_cast<double>(need.of[kind]) / static_cast<double>(all.of[kind]),
                      fmt::format("{}: {} cores, {} to {}", job.name, need.of[place::in_cores], to_text(run.start),
                                  to_text(run.end))});
  }
  return blocks;
}

}  // namespace

std::string html_of(const Compared& compared, const RunInput& input) {
  const bool has_cards = input.scenario.has_cards();
  const Stretch stretch = arrivals_of(input.load);
  std::string page =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>Dayan: policies compared</title>\n<style>";
  page += style;
  page += "</style></head><body>\n<h1>" + escaped(input.load.name) + "</h1>\n<p>" +
          fmt::format("{} jobs of {} tasks on {} pools of {} centres, played in virtual time under {} policies.",
                      grouped(static_cast<double>(input.load.jobs.size()), 0),
                      grouped(static_cast<double>(input.load.tasks()), 0), input.scenario.sites().size(),
                      input.scenario.file().centres.size(), compared.figures.size());
  if (input.load.left_out > 0)
    page += fmt::format(" {} jobs are left out: {}.", input.load.left_out, escaped(input.load.why_left_out));
  page += "</p>\n";
  add_table(page, compared, input);
  add_customers(page, compared, input);
  add_reclaimable(page, compared, input);

  std::vector<Band> bands;
  std::vector<WaitLine> waits;
  std::vector<Bar> costs;
  for (const Figures& each : compared.figures) {
    bands.push_back(
        {each.policy, each.utilisation, percent(has_cards ? each.card_utilisation : each.core_utilisation)});
    waits.push_back({each.policy, each.waits});
    costs.push_back({each.policy, yuan(each.cost), grouped(yuan(each.cost), 0)});
  }
  add_chart(page, "Utilisation over time",
            std::string(has_cards ? "Cards" : "Cores") +
                " in use, from the first submission to the last; hours from the beginning; the mean at the right.",
            bands_chart(bands, hours(stretch.from), hours(stretch.to)));
  add_chart(page, "Waits", "The share of the tasks that waited at most so long: the higher a curve, the better.", "");
  add_legend(page, compared);
  page += "<div class=\"wide\">" + waits_chart(waits) + "</div>\n";
  add_chart(page, "Cost", "What the whole load was charged, in yuan.", bars_chart(costs));
  const Site& busiest = input.scenario.sites()[compared.gantt_site];
  add_chart(page, "The busiest pool, under " + (compared.figures.empty() ? "" : compared.figures.front().policy),
            fmt::format("{} of {}: {} nodes. Each block is a task, as tall as its part of the pool; hours from the "
                        "beginning{}.",
                        busiest.pool.name, busiest.centre_name, busiest.pool.nodes,
                        compared.gantt.size() > gantt_blocks_max ? "; the busiest stretch of it" : ""),
            gantt_chart(blocks_of(compared, input)));
  page +=
      "<footer>A bounded slowdown is (wait + run) / run, of runs of less than 10 s as if they took 10 s. The "
      "policies beside ours count room in sum, not node by node, which is in their favour; they know of no deadline, and "
      "look at the price of running alone.</footer>\n</body></html>\n";
  return page;
}

}  // namespace dayan::sim
