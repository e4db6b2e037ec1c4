#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

/// Collects the faults of one file with their lines, and knows on which line each field stands.

namespace dayan::jobfile {

class FaultList {
 public:
  /// `field` stands on `line`, counted from one.
  void place(const std::string& field, int line) { lines_.insert_or_assign(field, line); }
  /// A fault of a field that was placed, or of one inside it; without a line when it is nowhere.
  void add(std::string field, std::string wrong, std::string right);
  /// A fault on a line of the file.
  void add_at(int line, std::string field, std::string wrong, std::string right);
  /// There is a fault of this field, or of one that it is a part of: a second one would say the same.
  [[nodiscard]] bool covers(std::string_view field) const;
  [[nodiscard]] bool empty() const { return faults_.empty(); }
  /// All faults in order of lines.
  [[nodiscard]] Faults take();

 private:
  std::map<std::string, int, std::less<>> lines_;
  struct Placed {
    int line = 0;  ///< zero: nowhere
    std::size_t order = 0;
    Error fault;
  };

  std::vector<Placed> faults_;
  std::set<std::string, std::less<>> fields_;  ///< that have a fault
};

}  // namespace dayan::jobfile
