#include "place/cost/job.h"

#include <algorithm>
#include <string>

namespace dayan::place::cost {
namespace {

std::string field_of(std::size_t option, const char* name) {
  return "options[" + std::to_string(option) + "]." + name;
}

void check_cost(Cny cost, const std::string& field, Faults& faults) {
  if (cost.is_negative() || cost > cost_max)
    faults.push_back({ErrorCode::invalid, field, to_text(cost) + " yuan is not a cost",
                      "an amount from 0 to " + to_text(cost_max) + " yuan"});
}

}  // namespace

Faults faults_of(const Job& job, std::size_t pools) {
  Faults faults;
  if (job.demand < 1 || job.demand > demand_max)
    faults.push_back({ErrorCode::invalid, "demand", std::to_string(job.demand) + " is not a demand",
                      "a number from 1 to " + std::to_string(demand_max)});
  check_cost(job.reject_cost, "reject_cost", faults);
  std::vector<PoolIndex> seen;
  for (std::size_t i = 0; i < job.options.size(); ++i) {
    const Option& option = job.options[i];
    if (option.pool >= pools)
      faults.push_back({ErrorCode::invalid, field_of(i, "pool"), "there is no pool " + std::to_string(option.pool),
                        "a pool below " + std::to_string(pools)});
    check_cost(option.cost, field_of(i, "cost"), faults);
    seen.push_back(option.pool);
  }
  std::ranges::sort(seen);
  const auto twice = std::ranges::adjacent_find(seen);
  if (twice != seen.end())
    faults.push_back({ErrorCode::invalid, "options", "pool " + std::to_string(*twice) + " is named twice",
                      "each pool at most once"});
  return faults;
}

}  // namespace dayan::place::cost
