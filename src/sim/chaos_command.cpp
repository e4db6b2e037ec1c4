#include <fmt/format.h>

#include <cstdio>

#include "model/json.h"
#include "sim/chaos.h"

/// What a person or a machine reads of a series of runs.

namespace dayan::sim {

namespace {

Counts sum(const Counts& a, const Counts& b) {
  Counts both = a;
  for_each_field<Counts>([&](const auto& each) { both.*each.member += b.*each.member; });
  return both;
}

std::string hex(std::uint64_t hash) { return fmt::format("{:016x}", hash); }

JsonObject json_of(const ChaosReport& report, const ChaosOptions& options) {
  JsonObject object;
  object["seed"] = report.seed;
  object["trace_hash"] = hex(report.trace_hash);
  object["counts"] = to_json(report.counts);
  if (!report.violation) return object;
  JsonObject violation;
  violation["checker"] = report.violation->checker;
  violation["text"] = report.violation->text;
  violation["step"] = report.violation->step;
  violation["after"] = to_text(report.violation->after);
  violation["repeat"] = repeat_command(options);
  object["violation"] = std::move(violation);
  object["options"] = to_json(report.swarm);
  return object;
}

void print_run(const ChaosReport& report, const ChaosOptions& options, const ChaosCommand& command) {
  if (command.json) {
    fmt::print("{}\n", json_text(JsonValue(json_of(report, options))));
    return;
  }
  const Counts& counts = report.counts;
  fmt::print("seed {:>6}  {}  {:>4} h  {:>6} commands  {:>4} leases  {:>3} lost  {:>3} crashes  {}\n", report.seed,
             hex(report.trace_hash), counts.virtual_seconds / 3'600, counts.commands, counts.leases,
             counts.lost_attempts, counts.hub_crashes + counts.agent_crashes, report.violation ? "BROKEN" : "clean");
  if (command.verbose) fmt::print("             {}\n", nested_text(report.swarm));
}

void print_violation(const ChaosReport& report, const ChaosOptions& options) {
  const Violation& violation = *report.violation;
  fmt::print("\nThe checker '{}' found, in step {}, {} after the start:\n  {}\n", violation.checker, violation.step,
             to_text(violation.after), violation.text);
  fmt::print("The options of the run:\n  {}\n", nested_text(report.swarm));
  fmt::print("To see it again:\n  {}\n", repeat_command(options));
}

void print_summary(const Counts& total, int seeds, const ChaosCommand& command) {
  if (command.json) {
    JsonObject object;
    object["seeds"] = seeds;
    object["total"] = to_json(total);
    fmt::print("{}\n", json_text(JsonValue(std::move(object))));
    return;
  }
  fmt::print("\n{} seeds, {} virtual days\n", seeds, total.virtual_seconds / 86'400);
  for_each_field<Counts>([&](const auto& each) { fmt::print("  {:<18} {:>12}\n", each.name, total.*each.member); });
}

}  // namespace

int chaos_main(const ChaosCommand& command) {
  Counts total;
  for (int i = 0; i < command.seeds; ++i) {
    const ChaosOptions options{command.first_seed + static_cast<std::uint64_t>(i), command.bug, command.scenario};
    const ChaosReport report = run_chaos(options);
    total = sum(total, report.counts);
    print_run(report, options, command);
    std::fflush(stdout);
    if (!report.violation) continue;
    if (!command.json) print_violation(report, options);
    print_summary(total, i + 1, command);
    return 1;
  }
  print_summary(total, command.seeds, command);
  return 0;
}

}  // namespace dayan::sim
