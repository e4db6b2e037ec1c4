#pragma once

#include <string>

#include "jobfile/platform_file.h"
#include "jobfile/yaml_tree.h"

namespace dayan::jobfile {

/// Reads a described centre, with every fault that it has. Its name is not compared with those of others.
[[nodiscard]] CentreFile read_centre(const YamlNode& node, const std::string& around, FaultList& faults);

/// A name of lower-case letters, digits and '-', as centres, providers and regions have.
void read_name(const YamlNode& node, const std::string& field, std::string& out, FaultList& faults);

}  // namespace dayan::jobfile
