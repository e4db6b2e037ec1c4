#pragma once

#include <string>
#include <variant>
#include <vector>

#include "model/command.h"
#include "model/ids.h"

/// What the agent is to do next. Each one may be done again without harm; the result of the first three, and of a
/// report, is fed back (reconcile.h).

namespace dayan::execute {

/// Bring payload and inputs, lay out the work folder. Result: on_staged.
struct StageInputs {
  AttemptKey attempt;
};
/// Order the engine to start it. Result: on_started.
struct StartAttempt {
  AttemptKey attempt;
  std::vector<std::string> nodes_to_avoid{};  ///< they have as many tasks of its job as may run on one
};
/// Ask the engine to end it. No result: the engine is asked again until it shows the end.
struct StopAttempt {
  AttemptKey attempt;
};
/// Tell all of it that it will be ended soon: its room is taken back. Result: on_notice_given.
struct GiveNotice {
  AttemptKey attempt;
};
/// Upload what it left, and its standard output and error. Result: on_collected.
struct CollectOutputs {
  AttemptKey attempt;
};
/// Tell the hub; without reports it is a heartbeat. Result: on_report_acknowledged, _failed or _refused.
struct SendReport {
  ReportAttempts report;
};
/// Nothing needs it any more: the engine's record and the work folder may go. No result.
struct Forget {
  AttemptKey attempt;
};

using Action = std::variant<StageInputs, StartAttempt, StopAttempt, CollectOutputs, SendReport, Forget, GiveNotice>;

}  // namespace dayan::execute
