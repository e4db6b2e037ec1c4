#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "jobfile/job_file.h"
#include "jobfile/yaml_tree.h"

/// Values that jobs alone have. As with those of yaml_values.h, each reader adds its faults at `field`.

namespace dayan::jobfile {

/// [povray>=3.7, python]: programs, with the least version that will do.
void read_software_needs(const YamlNode& node, const std::string& field, std::vector<SoftwareNeed>& out,
                         FaultList& faults);
/// Paths, or {from: path, to: path, executable: true}.
void read_inputs(const YamlNode& node, const std::string& field, std::vector<LocalInput>& out, FaultList& faults);
/// A word, or weights like {cost: 2, time: 1, carbon: 1}.
/// "rack": where the nodes of a task must lie together.
void read_within(const YamlNode& node, const std::string& field, Within& out, FaultList& faults);
void read_objective(const YamlNode& node, const std::string& field, Requirements& wanted, FaultList& faults);
/// A whole number; the check of the whole job says what it may be.
void read_priority(const YamlNode& node, const std::string& field, std::int32_t& out, FaultList& faults);

}  // namespace dayan::jobfile
