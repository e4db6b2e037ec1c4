#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobfile/fault_list.h"

/// One YAML document as a tree with lines. Anchors, aliases and tags are refused, so that the tree is never larger
/// than the text; so are a key given twice and nesting beyond depth_max. Text stays as written: `yes` is "yes".

namespace dayan::jobfile {

struct YamlNode {
  enum class Kind { null, text, list, map };

  Kind kind = Kind::null;
  int line = 1;         ///< from one
  bool quoted = false;  ///< of a text: then it is no number
  std::string text;
  std::string key;      ///< of a member of a map
  std::vector<YamlNode> children;  ///< of a list or a map, in order of the file

  /// "a text", "a list", …: what it is, for an error.
  [[nodiscard]] std::string_view what() const;
};

/// The tree, or nothing when the text is not one YAML document; faults say why, and what in the tree was refused.
[[nodiscard]] std::optional<YamlNode> read_yaml(std::string_view text, FaultList& faults);

}  // namespace dayan::jobfile
