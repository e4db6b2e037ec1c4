#include "sim/greedy_dispatch.h"

#include <algorithm>
#include <deque>
#include <tuple>
#include <utility>

#include "base/prng.h"
#include "sim/job_bounds.h"
#include "sim/options.h"

namespace dayan::sim {
namespace {

using place::Amounts;
using place::Need;

class GreedyDispatch final : public Dispatch {
 public:
  GreedyDispatch(const Stage& stage, std::optional<std::uint64_t> seed)
      : stage_(stage), options_(stage), bounds_(stage) {
    if (seed) prng_ = Prng(*seed);
    taken_.resize(stage.scenario.sites().size());
    freed_.resize(taken_.size());
    kept_.resize(taken_.size(), no_task);
    since_.resize(stage.load.jobs.size());
  }

  void arrive(std::uint32_t job, Duration now) override {
    since_[job] = now;
    if (options_.of(job).empty()) return;  // its price cap pays nowhere: it is given up, as the platform does
    for (TaskIndex task = stage_.first_task[job]; task < stage_.first_task[job + 1]; ++task) wait(task);
  }

  std::optional<Cny> end(const Start& task, const Ran&, Duration) override {
    give_back(task);
    return std::nullopt;
  }

  void interrupt(const Start& task, const Ran&, Duration) override {
    give_back(task);
    wait(task.task);
  }

  void change(const Change& change, Duration) override {
    if (change.what == Change::What::prices) {
      ++prices_;
      return;
    }
    for (Group& group : groups_) group.is_fresh = true;
    std::ranges::fill(kept_, no_task);  // another pool may be the one to keep now
    something_ = true;
  }

  void decide(Duration now, std::vector<Start>& started) override {
    now_ = now;
    if (!std::exchange(something_, false)) return;
    keep_pools();
    for (;;) {
      // Nobody of a group finds room where its first does not.
      Group* first = nullptr;
      for (Group& group : groups_) {
        if (group.waiting.empty() || (first != nullptr && group.waiting.front() > first->waiting.front())) continue;
        if (may_have_room(group)) first = &group;
      }
      if (first == nullptr) break;
      start_first(*first, started);
    }
    for (Group& group : groups_) group.is_fresh = false;
    for (const std::uint32_t site : std::exchange(freed_sites_, {})) freed_[site] = 0;
  }

  [[nodiscard]] bool has_waiting() const override { return waiting_ > 0; }

 private:
  static constexpr std::uint32_t no_job = UINT32_MAX;
  static constexpr TaskIndex no_task = UINT32_MAX;

  /// Tasks that are alike: of one kind, for the same pools; those of a job with bounds of its own stand alone.
  struct Group {
    std::uint32_t set = 0;
    Need need;
    std::deque<TaskIndex> waiting;       ///< in order of submission
    bool is_fresh = false;               ///< it has to look everywhere, not only where room came free
    std::vector<std::uint32_t> by_cost;  ///< its pools, cheapest first
    std::int64_t prices = -1;            ///< at which by_cost was made
  };

  void wait(TaskIndex task) {
    const std::uint32_t job = stage_.job_of[task];
    Group& group = group_for(job);
    const auto behind = std::ranges::upper_bound(group.waiting, task);  // most often at the end
    group.waiting.insert(behind, task);
    group.is_fresh = true;
    something_ = true;
    ++waiting_;
  }

  /// For those that have waited long, in order of submission, a pool each.
  void keep_pools() {
    long_waiting_.clear();
    for (std::size_t group = 0; group < groups_.size(); ++group) {
      const std::deque<TaskIndex>& waiting = groups_[group].waiting;
      if (waiting.empty() || now_ - since_[stage_.job_of[waiting.front()]] < greedy_patience) continue;
      if (std::ranges::find(kept_, waiting.front()) == kept_.end()) long_waiting_.emplace_back(waiting.front(), group);
    }
    std::ranges::sort(long_waiting_);
    for (const auto& [task, group] : long_waiting_) {
      const auto could_take = [&](std::uint32_t site) {
        return kept_[site] == no_task && !stage_.sites[site].is_silent &&
               stage_.sites[site].has_nodes_for(groups_[group].need);
      };
      const std::vector<std::uint32_t>& sites = options_.set(groups_[group].set);
      const auto site = std::ranges::find_if(sites, could_take);
      if (site != sites.end()) kept_[*site] = task;
    }
  }

  [[nodiscard]] Group& group_for(std::uint32_t job) {
    const std::uint32_t kind = stage_.load.jobs[job].kind;
    const std::uint32_t alone = bounds_.is_bounded(job) ? job : no_job;
    const auto [known, is_new] = group_of_.try_emplace({kind, options_.set_of(job), alone}, groups_.size());
    if (is_new) {
      Group& group = groups_.emplace_back();
      group.set = options_.set_of(job);
      group.need = place::need_of(stage_.load.kinds[kind].resources);
    }
    return groups_[known->second];
  }

  void give_back(const Start& task) {
    bounds_.remove(task.task, task.site);
    const std::uint32_t job = stage_.job_of[task.task];
    if (bounds_.is_bounded(job)) group_for(job).is_fresh = true;
    const Amounts need = stage_.need_of(task.task).all();
    for (std::size_t kind = 0; kind < place::kinds; ++kind) taken_[task.site].of[kind] -= need.of[kind];
    free(task.site);
    something_ = true;
  }

  /// Whoever waits looks there.
  void free(std::uint32_t site) {
    if (std::exchange(freed_[site], char{1}) == 0) freed_sites_.push_back(site);
  }

  /// For the first of a group.
  [[nodiscard]] bool has_room(std::uint32_t site, const Group& group) const {
    const Need& need = group.need;
    const std::uint32_t job = stage_.job_of[group.waiting.front()];
    if (kept_[site] != no_task && kept_[site] != group.waiting.front()) return false;
    if (!bounds_.allows(job, site) || !stays_open(job, site)) return false;
    if (stage_.sites[site].is_silent || !stage_.sites[site].has_nodes_for(need)) return false;
    const Amounts all = stage_.scenario.sites()[site].capacity(stage_.sites[site].nodes);
    const Amounts needed = need.all();
    for (std::size_t kind = 0; kind < place::kinds; ++kind)
      if (taken_[site].of[kind] + needed.of[kind] > all.of[kind]) return false;
    return true;
  }

  [[nodiscard]] bool stays_open(std::uint32_t job, std::uint32_t site) const {
    const Site& from = stage_.scenario.sites()[site];
    if (from.closed.empty()) return true;
    const LoadJob& row = stage_.load.jobs[job];
    return now_ + stage_.scenario.crossing_time(site, row.inputs) + row.limit <= from.closes_at(now_);
  }

  /// Somewhere; of a group that is not fresh only where room came free.
  [[nodiscard]] bool may_have_room(const Group& group) const {
    const std::vector<std::uint32_t>& sites = options_.set(group.set);
    if (group.is_fresh)
      return std::ranges::any_of(sites, [&](std::uint32_t site) { return has_room(site, group); });
    return std::ranges::any_of(freed_sites_, [&](std::uint32_t site) {
      return has_room(site, group) && std::ranges::binary_search(sites, site);
    });
  }

  void start_first(Group& group, std::vector<Start>& started) {
    const TaskIndex task = group.waiting.front();
    const std::uint32_t site = prng_ ? any_of(group) : cheapest_of(group, stage_.job_of[task]);
    bounds_.add(task, site);
    if (const auto kept = std::ranges::find(kept_, task); kept != kept_.end()) {
      *kept = no_task;
      free(static_cast<std::uint32_t>(kept - kept_.begin()));
    }
    group.waiting.pop_front();
    --waiting_;
    const Amounts need = group.need.all();
    for (std::size_t kind = 0; kind < place::kinds; ++kind) taken_[site].of[kind] += need.of[kind];
    started.push_back({task, site});
  }

  [[nodiscard]] std::uint32_t any_of(const Group& group) {
    open_.clear();
    for (const std::uint32_t site : options_.set(group.set))
      if (has_room(site, group)) open_.push_back(site);
    return open_[prng_->below(open_.size())];
  }

  /// The order by cost is the same for every time that a task of the group may run.
  [[nodiscard]] std::uint32_t cheapest_of(Group& group, std::uint32_t job) {
    if (group.prices != prices_) {
      group.by_cost = options_.set(group.set);
      std::ranges::stable_sort(group.by_cost, {}, [&](std::uint32_t site) { return options_.cost(job, site); });
      group.prices = prices_;
    }
    const auto found =
        std::ranges::find_if(group.by_cost, [&](std::uint32_t site) { return has_room(site, group); });
    ASSERT(found != group.by_cost.end());
    return *found;
  }

  const Stage& stage_;
  Options options_;
  JobBounds bounds_;
  Duration now_;
  std::optional<Prng> prng_;
  std::vector<Amounts> taken_;  ///< by site
  std::vector<Group> groups_;
  /// By kind, set, and job where it stands alone.
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, std::size_t> group_of_;
  std::vector<char> freed_;                                                  ///< by site, since the last decision
  std::vector<std::uint32_t> freed_sites_;
  std::vector<std::uint32_t> open_;
  std::vector<Duration> since_;                                     ///< by job: when it was submitted
  std::vector<TaskIndex> kept_;                                     ///< by site: for which task alone
  std::vector<std::pair<TaskIndex, std::size_t>> long_waiting_;     ///< with their groups
  std::int64_t prices_ = 0;  ///< how often some price has changed
  std::size_t waiting_ = 0;
  bool something_ = false;  ///< has changed since the last decision
};

}  // namespace

std::unique_ptr<Dispatch> make_greedy_dispatch(const Stage& stage, std::optional<std::uint64_t> seed) {
  return std::make_unique<GreedyDispatch>(stage, seed);
}

}  // namespace dayan::sim
