#pragma once

#include <string>
#include <vector>

#include "jobfile/platform_file.h"
#include "jobfile/yaml_tree.h"

namespace dayan::jobfile {

/// Reads a pool of a described centre, with every fault that it has; adds when nodes of it are away. Its name is not
/// compared with those of others.
[[nodiscard]] PoolRow read_pool(const YamlNode& node, const std::string& around, std::vector<Outage>& outages,
                                FaultList& faults);

}  // namespace dayan::jobfile
