#include "hub/metrics.h"

#include <fmt/format.h>

#include <string_view>

namespace dayan::hub {

namespace {

void describe(std::string& text, std::string_view name, std::string_view type, std::string_view help) {
  text += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void value(std::string& text, std::string_view name, std::string_view type, std::string_view help,
           const Counter& counter) {
  describe(text, name, type, help);
  text += fmt::format("{} {}\n", name, counter.load());
}

/// `scale`: how many of the counted unit make one of the shown unit.
template <std::size_t Bounds>
void histogram(std::string& text, std::string_view name, std::string_view help, const Histogram<Bounds>& counts,
               const std::array<std::int64_t, Bounds>& bounds, double scale) {
  describe(text, name, "histogram", help);
  std::int64_t total = 0;
  for (std::size_t i = 0; i < Bounds; ++i) {
    total += counts.buckets[i].load();
    text += fmt::format("{}_bucket{{le=\"{}\"}} {}\n", name, static_cast<double>(bounds[i]) / scale, total);
  }
  total += counts.buckets[Bounds].load();
  text += fmt::format("{}_bucket{{le=\"+Inf\"}} {}\n", name, total);
  text += fmt::format("{}_sum {}\n", name, static_cast<double>(counts.sum.load()) / scale);
  text += fmt::format("{}_count {}\n", name, total);
}

}  // namespace

std::string Metrics::text() const {
  std::string text;
  value(text, "dayan_hub_requests_total", "counter", "HTTP requests that reached a route.", requests);
  describe(text, "dayan_hub_commands_total", "counter", "Commands by what became of them.");
  text += fmt::format("dayan_hub_commands_total{{result=\"accepted\"}} {}\n", commands_accepted.load());
  text += fmt::format("dayan_hub_commands_total{{result=\"refused\"}} {}\n", commands_refused.load());
  text += fmt::format("dayan_hub_commands_total{{result=\"replayed\"}} {}\n", commands_replayed.load());
  text += fmt::format("dayan_hub_commands_total{{result=\"failed\"}} {}\n", commands_failed.load());
  value(text, "dayan_hub_plan_assignments_total", "counter", "Assignments that the planner proposed.",
        plan_assignments);
  value(text, "dayan_hub_plan_stale_total", "counter", "Assignments that the core dropped as stale.", plan_stale);
  value(text, "dayan_hub_commits_total", "counter", "Transactions committed.", commits);
  value(text, "dayan_hub_commit_failures_total", "counter", "Commits whose outcome was unknown.", commit_failures);
  value(text, "dayan_hub_reloads_total", "counter", "Times the State was read from the store.", reloads);
  histogram(text, "dayan_hub_batch_size", "Commands in one batch.", batch_size, batch_bounds, 1.0);
  histogram(text, "dayan_hub_commit_seconds", "Time of one commit.", commit_us, commit_bounds_us, 1e6);
  value(text, "dayan_hub_queue_length", "gauge", "Commands waiting for the writer.", queue_length);
  value(text, "dayan_live_leases", "gauge", "Leases that have not ended.", live_leases);
  value(text, "dayan_waiting_tasks", "gauge", "Tasks that wait for a lease.", waiting_tasks);
  describe(text, "ledger_invariant_violations", "gauge",
           "Batches not committed since they would have broken an invariant, and 1 while the latest check found one.");
  text += fmt::format("ledger_invariant_violations {}\n", broken_batches.load() + invariant_broken.load());
  value(text, "dayan_depot_used_bytes", "gauge", "Space of the depot that is used and charged.", depot_used);
  value(text, "dayan_depot_limit_bytes", "gauge", "The most it may hold: --depot-total.", depot_limit);
  value(text, "dayan_depot_dropped_total", "counter", "Contents and uploads dropped since nobody needs them.",
        depot_dropped);
  value(text, "dayan_hub_ready", "gauge", "1 while this hub may write.", ready);
  return text;
}

}  // namespace dayan::hub
