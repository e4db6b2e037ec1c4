#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "place/sharing/shape.h"
#include "trace/openb.h"

/// The node list and pod lists of a folder, as dayan-bench packing takes them.

namespace dayan::bench {

/// A list on disk: `name` is the file's without folder and ending.
struct ListFile {
  std::string name;
  std::string path;
};

struct PackingFiles {
  ListFile nodes;
  std::vector<ListFile> pods;  ///< by name
};

/// Finds *node_list* and *pod_list* with the ending .csv or .csv.gz. `nodes_path` chooses the node list when it is
/// not empty; else, of several, the only one with gpu_node in its name.
[[nodiscard]] Result<PackingFiles> find_packing_files(const std::string& folder, const std::string& nodes_path);

struct PackingNodes {
  std::vector<trace::OpenbNode> rows;
  std::vector<place::sharing::NodeShape> shapes;  ///< parallel to rows
  std::vector<std::string> models;                ///< by number, sorted
};

struct PackingPods {
  std::string name;
  std::vector<trace::OpenbPod> rows;
  std::vector<place::sharing::Demand> demands;  ///< parallel to rows
};

[[nodiscard]] Result<PackingNodes> read_packing_nodes(const ListFile& file);
/// Models that no node has are left out of what a pod allows.
[[nodiscard]] Result<PackingPods> read_packing_pods(const ListFile& file, const std::vector<std::string>& models);

}  // namespace dayan::bench
