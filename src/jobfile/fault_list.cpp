#include "jobfile/fault_list.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace dayan::jobfile {
namespace {

/// "resources" of "resources.memory", "inputs" of "inputs[3]"; empty when it is no part of anything.
std::string_view around(std::string_view field) {
  const std::size_t end = field.find_last_of(".[");
  return end == std::string_view::npos ? std::string_view() : field.substr(0, end);
}

}  // namespace

void FaultList::add(std::string field, std::string wrong, std::string right) {
  int line = 0;
  for (std::string_view at = field; !at.empty() && line == 0; at = around(at)) {
    const auto found = lines_.find(at);
    if (found != lines_.end()) line = found->second;
  }
  add_at(line, std::move(field), std::move(wrong), std::move(right));
}

void FaultList::add_at(int line, std::string field, std::string wrong, std::string right) {
  if (line > 0) wrong = "line " + std::to_string(line) + ": " + wrong;
  fields_.insert(field);
  const std::size_t order = faults_.size();
  faults_.push_back({line, order, {ErrorCode::invalid, std::move(field), std::move(wrong), std::move(right)}});
}

bool FaultList::covers(std::string_view field) const {
  for (std::string_view at = field; !at.empty(); at = around(at)) {
    if (fields_.find(at) != fields_.end()) return true;
  }
  return false;
}

Faults FaultList::take() {
  // What is missing has no line and comes last: first what is there to be seen.
  const auto place_of = [](const Placed& placed) {
    return std::tuple{placed.line == 0, placed.line, placed.order};
  };
  std::sort(faults_.begin(), faults_.end(),
            [&](const Placed& a, const Placed& b) { return place_of(a) < place_of(b); });
  Faults all;
  for (Placed& each : faults_) all.push_back(std::move(each.fault));
  faults_.clear();
  fields_.clear();
  return all;
}

}  // namespace dayan::jobfile
