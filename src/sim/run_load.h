#pragma once

#include <functional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "sim/dispatch.h"
#include "sim/figures.h"

/// `dayan sim run`: a load is read or made, played under each policy in virtual time, and compared.

namespace dayan::sim {

struct RunOrder {
  std::optional<jobfile::PlatformFile> platform;  ///< none: made from the load
  std::string swf;                                ///< a file in the Standard Workload Format
  std::string openb;                              ///< a folder with openb lists
  std::string pods = "default";
  std::string gavel;            ///< a file with Gavel's table of rates
  std::string generate;         ///< "lublin", "platform"; empty: nothing
  std::int64_t processors = 0;  ///< 0: what the log says, or 256
  std::int64_t providers = 33;
  /// Of a generated platform; none: 496, and 1 where the platform file names whom it serves.
  std::optional<std::int64_t> customers;
  std::int64_t jobs = 10'000;  ///< of what is drawn or generated
  double load = 0;             ///< 0: as the generator says
  std::uint64_t seed = 1;
  Duration plan_every;  ///< of ours and engine: what comes in meanwhile is planned together; zero: at every instant
  Duration span;        ///< zero: the whole log, a day of what is drawn
  std::vector<PolicyKind> policies;
};

struct RunInput {
  Scenario scenario;
  Load load;
};
/// Reads or makes what is to be played. Every fault of the order and of what it names.
[[nodiscard]] tl::expected<RunInput, Faults> input_of(RunOrder order);

/// What is kept of a policy: its figures; and of the first one the runs of its busiest pool, for a chart.
struct Compared {
  std::vector<Figures> figures;
  std::uint32_t gantt_site = 0;
  std::vector<TaskRun> gantt;
};

/// Plays the load under each policy in turn. `on_schedule` sees each schedule before it is dropped.
[[nodiscard]] Compared compare(const RunInput& input, const RunOrder& order, const OnAdvance& on_advance,
                               const std::function<Result<void>(const Schedule&)>& on_schedule,
                               Result<void>& written);

[[nodiscard]] JsonObject summary_of(const Compared& compared, const RunInput& input);

/// One file of HTML with its charts inside, which needs nothing from elsewhere.
[[nodiscard]] std::string html_of(const Compared& compared, const RunInput& input);

}  // namespace dayan::sim
