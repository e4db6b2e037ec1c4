#pragma once

#include <string>
#include <string_view>

#include "jobfile/job_file.h"
#include "jobfile/yaml_tree.h"

namespace dayan::jobfile {

/// Reads the keys of a job file, in the order of the file, into one JobFile.
class JobReader {
 public:
  /// `around`: of the map within its file, empty for a whole file. `needs_command`: one that is only placed, not run,
  /// needs none.
  JobReader(FaultList& faults, std::string around, bool needs_command, const TimeBase& base)
      : faults_(faults), around_(std::move(around)), needs_command_(needs_command), base_(base) {}

  /// The job of a map, with every fault that it has.
  [[nodiscard]] JobFile read(const YamlNode& root);

 private:
  using Field = const std::string&;

  void read_keys(const YamlNode& root);
  /// The file's name for a field of JobSpec.
  [[nodiscard]] std::string name_of(std::string_view field) const;
  [[nodiscard]] std::string in_file(std::string_view field) const;
  void read_command(const YamlNode& node, Field field);
  void read_environment(const YamlNode& node, Field field);
  void read_resources(const YamlNode& node, Field field);
  void read_chip(const YamlNode& node, Field field);
  void read_array(const YamlNode& node, Field field);
  void read_count_of_tasks(const YamlNode& node, Field field);
  void read_bound(const YamlNode& node, Field field, std::int32_t& bound);
  void read_every(const YamlNode& node, Field field);
  void read_times(const YamlNode& node, Field field);
  void read_overlap(const YamlNode& node, Field field);

  FaultList& faults_;
  std::string around_;
  bool needs_command_;
  TimeBase base_;
  JobFile file_;
  std::string count_field_;
  bool counted_ = false;
};

}  // namespace dayan::jobfile
