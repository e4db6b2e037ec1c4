#include "sim/fairness.h"

#include <algorithm>
#include <cmath>

namespace dayan::sim {
namespace {

Duration duration(double seconds) { return Duration::microseconds(std::llround(seconds * 1e6)); }

}  // namespace

FairnessSum::FairnessSum(const Load& load) : load_(load), sums_(std::max<std::size_t>(load.customers.size(), 1)) {
  for (const LoadJob& job : load.jobs) ++sums_[job.customer].jobs;
}

void FairnessSum::add(const LoadJob& job, double wait, double slowdown) {
  Sum& sum = sums_[job.customer];
  ++sum.tasks;
  sum.wait += wait;
  sum.slowdown += slowdown;
}

Fairness FairnessSum::result() const {
  Fairness found;
  const auto name_of = [&](std::size_t customer) {
    return customer < load_.customers.size() ? load_.customers[customer] : std::string();
  };
  std::vector<double> waits;
  double all = 0;
  double squares = 0;
  double worst = -1;
  for (std::size_t customer = 0; customer < sums_.size(); ++customer) {
    const Sum& sum = sums_[customer];
    if (sum.tasks == 0) continue;
    const auto tasks = static_cast<double>(sum.tasks);
    const double wait = sum.wait / tasks;
    const double slowdown = sum.slowdown / tasks;
    waits.push_back(wait);
    all += slowdown;
    squares += slowdown * slowdown;
    if (sum.jobs > found.largest_jobs) {
      found.largest_jobs = sum.jobs;
      found.largest = name_of(customer);
      found.largest_wait = duration(wait);
    }
    if (wait > worst) {
      worst = wait;
      found.worst = name_of(customer);
      found.worst_wait = duration(wait);
    }
  }
  found.customers = std::ssize(waits);
  if (waits.empty()) return found;
  std::ranges::sort(waits);
  const auto ranked = [&](double part) {
    return duration(waits[static_cast<std::size_t>(std::ceil(part * static_cast<double>(waits.size() - 1)))]);
  };
  found.median_wait = ranked(0.5);
  found.p95_wait = ranked(0.95);
  found.index = all * all / (static_cast<double>(waits.size()) * squares);
  return found;
}

JsonObject json_of(const Fairness& fairness) {
  JsonObject object;
  object["customers"] = fairness.customers;
  object["largest"] = fairness.largest;
  object["largest_jobs"] = fairness.largest_jobs;
  object["largest_mean_wait"] = to_json(fairness.largest_wait);
  object["median_mean_wait"] = to_json(fairness.median_wait);
  object["p95_mean_wait"] = to_json(fairness.p95_wait);
  object["worst"] = fairness.worst;
  object["worst_mean_wait"] = to_json(fairness.worst_wait);
  object["jain_index_of_slowdowns"] = fairness.index;
  return object;
}

}  // namespace dayan::sim
