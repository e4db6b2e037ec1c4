#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/time.h"

/// Leaf switches of Slurm's tree topology as racks, and for how long it keeps a job's nodes on one. No I/O.
///
/// `--switches=1` is a wish to Slurm: what has waited for one switch as long as it may is started on several. It may
/// wait for max_switch_wait of the cluster's configuration at most, whatever the job asks for, and the wait begins when
/// the job is first looked at. So whatever starts earlier than that after it was ordered lies on one switch.

namespace dayan::adapters {

/// The leaf switch that each node hangs on, by node, of `scontrol show topology`; of a node that is shown at several
/// the first. Lines of other switches, and such as are not understood, tell nothing.
[[nodiscard]] std::map<std::string, std::string> parse_topology(std::string_view text);

/// So long after an order a job with --switches=1 surely starts on one switch, by a node's clock, or not at all; zero:
/// this cluster does not know switches, or leaves a job too little time. Of `scontrol show config`.
[[nodiscard]] Duration one_switch_within(std::string_view config);

}  // namespace dayan::adapters
