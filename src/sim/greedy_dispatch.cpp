#include "sim/greedy_dispatch.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "base/prng.h"
#include "sim/options.h"

namespace dayan::sim {
namespace {

using place::Amounts;
using place::Need;

class GreedyDispatch final : public Dispatch {
 public:
  GreedyDispatch(const Stage& stage, std::optional<std::uint64_t> seed) : stage_(stage), options_(stage) {
    if (seed) prng_ = Prng(*seed);
    taken_.resize(stage.scenario.sites().size());
    freed_.resize(taken_.size());
  }

  void arrive(std::uint32_t job, Duration) override {
    if (options_.of(job).empty()) return;  // its price cap pays nowhere: it is given up, as the platform does
    for (TaskIndex task = stage_.first_task[job]; task < stage_.first_task[job + 1]; ++task) wait(task);
  }

  std::optional<Cny> end(const Start& task, Duration, bool, Duration) override {
    give_back(task);
    return std::nullopt;
  }

  void interrupt(const Start& task, Duration, Duration) override {
    give_back(task);
    wait(task.task);
  }

  void change(const Change& change, Duration) override {
    if (change.what == Change::What::prices) {
      ++prices_;
      return;
    }
    for (Group& group : groups_) group.is_fresh = true;
    something_ = true;
  }

  void decide(Duration, std::vector<Start>& started) override {
    if (!std::exchange(something_, false)) return;
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
  /// Tasks that are alike: of one kind, for the same pools.
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
    const std::pair key{stage_.load.jobs[job].kind, options_.set_of(job)};
    const auto [known, is_new] = group_of_.try_emplace(key, groups_.size());
    if (is_new) {
      Group& group = groups_.emplace_back();
      group.set = key.second;
      group.need = place::need_of(stage_.load.kinds[key.first].resources);
    }
    Group& group = groups_[known->second];
    const auto behind = std::ranges::upper_bound(group.waiting, task);  // most often at the end
    group.waiting.insert(behind, task);
    group.is_fresh = true;
    something_ = true;
    ++waiting_;
  }

  void give_back(const Start& task) {
    const Amounts need = stage_.need_of(task.task).all();
    for (std::size_t kind = 0; kind < place::kinds; ++kind) taken_[task.site].of[kind] -= need.of[kind];
    if (std::exchange(freed_[task.site], char{1}) == 0) freed_sites_.push_back(task.site);
    something_ = true;
  }

  [[nodiscard]] bool has_room(std::uint32_t site, const Need& need) const {
    if (stage_.sites[site].is_silent || need.nodes > stage_.sites[site].nodes) return false;
    const Amounts all = stage_.scenario.sites()[site].capacity(stage_.sites[site].nodes);
    const Amounts needed = need.all();
    for (std::size_t kind = 0; kind < place::kinds; ++kind)
      if (taken_[site].of[kind] + needed.of[kind] > all.of[kind]) return false;
    return true;
  }

  /// Somewhere; of a group that is not fresh only where room came free.
  [[nodiscard]] bool may_have_room(const Group& group) const {
    const std::vector<std::uint32_t>& sites = options_.set(group.set);
    if (group.is_fresh)
      return std::ranges::any_of(sites, [&](std::uint32_t site) { return has_room(site, group.need); });
    return std::ranges::any_of(freed_sites_, [&](std::uint32_t site) {
      return has_room(site, group.need) && std::ranges::binary_search(sites, site);
    });
  }

  void start_first(Group& group, std::vector<Start>& started) {
    const TaskIndex task = group.waiting.front();
    const std::uint32_t site = prng_ ? any_of(group) : cheapest_of(group, stage_.job_of[task]);
    group.waiting.pop_front();
    --waiting_;
    const Amounts need = group.need.all();
    for (std::size_t kind = 0; kind < place::kinds; ++kind) taken_[site].of[kind] += need.of[kind];
    started.push_back({task, site});
  }

  [[nodiscard]] std::uint32_t any_of(const Group& group) {
    open_.clear();
    for (const std::uint32_t site : options_.set(group.set))
      if (has_room(site, group.need)) open_.push_back(site);
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
        std::ranges::find_if(group.by_cost, [&](std::uint32_t site) { return has_room(site, group.need); });
    ASSERT(found != group.by_cost.end());
    return *found;
  }

  const Stage& stage_;
  Options options_;
  std::optional<Prng> prng_;
  std::vector<Amounts> taken_;  ///< by site
  std::vector<Group> groups_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> group_of_;  ///< by kind and set
  std::vector<char> freed_;                                                  ///< by site, since the last decision
  std::vector<std::uint32_t> freed_sites_;
  std::vector<std::uint32_t> open_;
  std::int64_t prices_ = 0;  ///< how often some price has changed
  std::size_t waiting_ = 0;
  bool something_ = false;  ///< has changed since the last decision
};

}  // namespace

std::unique_ptr<Dispatch> make_greedy_dispatch(const Stage& stage, std::optional<std::uint64_t> seed) {
  return std::make_unique<GreedyDispatch>(stage, seed);
}

}  // namespace dayan::sim
