#include "sim/options.h"

#include <limits>

#include "model/transfer.h"

namespace dayan::sim {

Options::Options(const Stage& stage) : stage_(stage), set_of_job_(stage.load.jobs.size(), unknown) {
  const std::vector<Site>& sites = stage.scenario.sites();
  for (const Requirements& needs : stage.load.kinds) {
    std::vector<std::uint32_t>& options = of_kind_.emplace_back();
    for (std::uint32_t site = 0; site < sites.size(); ++site)
      if (sites[site].could_run(needs, Duration())) options.push_back(site);
  }
}

std::uint32_t Options::set_of(std::uint32_t job) {
  if (set_of_job_[job] != unknown) return set_of_job_[job];
  const LoadJob& row = stage_.load.jobs[job];
  std::vector<std::uint32_t> allowed;
  for (const std::uint32_t site : of_kind_[row.kind]) {
    if (row.limit > stage_.scenario.sites()[site].pool.wall_time_max) continue;
    if (!row.price_cap.is_zero() && cost_of_all(job, site) > row.price_cap.micro()) continue;
    allowed.push_back(site);
  }
  const auto [known, is_new] = numbers_.try_emplace(allowed, static_cast<std::uint32_t>(sets_.size()));
  if (is_new) sets_.push_back(std::move(allowed));
  return set_of_job_[job] = known->second;
}

std::int64_t Options::cost_of_all(std::uint32_t job, std::size_t site) const {
  const LoadJob& row = stage_.load.jobs[job];
  const auto inputs = transfer_cost(stage_.sites[site].offer, row.inputs, Rounding::up);
  return plus(times(cost(job, site).micro(), row.tasks), inputs ? inputs->micro() : amount_max.micro());
}

Cny Options::cost(std::uint32_t job, std::size_t site) const {
  const LoadJob& row = stage_.load.jobs[job];
  const auto cost = amount_of(prices_for(stage_.load.needs(row), stage_.sites[site].offer),
                              stage_.load.needs(row).resources, row.limit, Rounding::up);
  return cost ? *cost : Cny::micro(std::numeric_limits<std::int64_t>::max());
}

}  // namespace dayan::sim
