#include "sim/core_dispatch.h"

#include <algorithm>
#include <queue>
#include <unordered_map>

#include "sim/platform.h"

namespace dayan::sim {
namespace {

class CoreDispatch final : public Dispatch {
 public:
  CoreDispatch(const Stage& stage, Duration plan_every)
      : stage_(stage), plan_every_(plan_every), platform_(beginning, stage.customers()) {
    const auto& centres = stage.scenario.file().centres;
    for (const jobfile::CentreFile& centre : centres) {
      const auto added = platform_.add_provider(centre.provider);
      if (added) continue;
      broken_ = "the core refused the provider " + centre.provider + ": " + to_text(added.error());
      return;
    }
    for (std::size_t centre = 0; centre < centres.size(); ++centre) {
      const auto id = platform_.add_centre(centres[centre]);
      if (!id) {
        broken_ = "the core refused the centre " + centres[centre].name + ": " + to_text(id.error());
        return;
      }
      centres_.push_back(*id);
    }
    for (std::uint32_t site = 0; site < stage.scenario.sites().size(); ++site) {
      const Site& from = stage.scenario.sites()[site];
      sites_.emplace(std::pair{centres_[from.centre].value(), from.pool.name}, site);
    }
    attempts_.resize(stage.job_of.size());
  }

  void arrive(std::uint32_t job, Duration now) override {
    if (centres_.size() < stage_.scenario.file().centres.size()) return;
    platform_.pass_to(beginning + now);
    const auto id = platform_.submit(stage_.load.spec(stage_.load.jobs[job]), stage_.load.jobs[job].customer);
    if (!id && id.error().field == "requirements.price_cap") return;  // no centre is so cheap: it never starts
    if (!id) {
      broken_ = "the core refused the job " + stage_.load.jobs[job].name + ": " + to_text(id.error());
      return;
    }
    jobs_.emplace(id->value(), job);
  }

  std::optional<Cny> end(const Start& task, const Ran& ran, Duration now) override {
    platform_.pass_to(beginning + now);
    return settle(attempts_[task.task], ran, outcome_of(ran));
  }

  void run(const Start& task, Duration now) override {
    platform_.pass_to(beginning + now);
    // By the instant, not by the commands of it, which follow each other by a microsecond: who began together is as old.
    platform_.begin_attempt(attempts_[task.task], beginning + now);
  }

  std::vector<TaskIndex> take_taken_back() override { return std::exchange(taken_back_, {}); }

  void interrupt(const Start& task, const Ran& ran, Duration now) override {
    platform_.pass_to(beginning + now);
    // What an agent says of a node that failed under an attempt: it may be tried again when its lease has ended.
    platform_.end_attempt(attempts_[task.task], ran, Outcome::lost, 0);
    for (const Platform::Settled& settled : platform_.take_settled()) note(settled);
  }

  void change(const Change& change, Duration now) override {
    platform_.pass_to(beginning + now);
    switch (change.what) {
      case Change::What::prices:
      case Change::What::opening: break;  // the platform knows the hours of an offer, and reservations, ahead
      case Change::What::nodes: report_pools(change.centre); break;
      case Change::What::silence: platform_.hear(centres_[change.centre]); break;
    }
  }

  void decide(Duration now, std::vector<Start>& started) override {
    platform_.advance(beginning + now);
    std::vector<LeaseRow> granted = std::exchange(unseen_, {});
    const bool is_time = now >= next_plan_;
    if (is_time) {
      for (LeaseRow& lease : platform_.place_all()) granted.push_back(std::move(lease));
      next_plan_ = now + plan_every_;
    }
    is_plan_due_ = !is_time;
    for (const Platform::Settled& settled : platform_.take_settled()) give_up(settled);
    for (LeaseRow& lease : granted) {
      const std::uint32_t site = sites_.at({lease.centre.value(), lease.pool});
      const LeaseRow* live = platform_.state().leases.find(lease.key());
      if (live == nullptr) continue;  // its start was never heard of
      if (stage_.sites[site].is_silent) {
        unseen_.push_back(std::move(lease));
        continue;
      }
      // Its agent sees both at once, and does not start it.
      if (!live->reclaimed_at.is_none()) {
        (void)settle(lease.attempt(), {}, Outcome::reclaimed);
        continue;
      }
      const TaskIndex task = task_of(lease.attempt());
      attempts_[task] = lease.attempt();
      if (lease.starts_by < beginning + now) {
        expire(lease);
      } else {
        started.push_back({task, site, lease.wall_time, lease.starts_by - (beginning + now)});
      }
    }
    for (const AttemptKey& attempt : platform_.take_reclaimed()) {
      const TaskIndex task = task_of(attempt);
      if (attempts_[task] == attempt) taken_back_.push_back(task);
    }
    while (!retries_.empty() && retries_.top() <= platform_.now()) retries_.pop();
  }

  std::vector<TaskIndex> take_given_up() override { return std::exchange(given_up_, {}); }

  [[nodiscard]] Duration wakeup() const override {
    Duration next = never;
    if (const auto due = core::next_wakeup(platform_.state())) next = *due - beginning;
    if (!retries_.empty()) next = std::min(next, retries_.top() - beginning);
    // No plan comes before the next is due, whenever the engine would have one.
    if (const auto at = platform_.engine().wakes_at()) next = std::min(next, std::max(*at - beginning, next_plan_));
    if (is_plan_due_) next = std::min(next, next_plan_);
    return next;
  }

  [[nodiscard]] bool knows_times() const override { return true; }
  [[nodiscard]] bool has_waiting() const override { return platform_.state().jobs.size() > 0; }

  [[nodiscard]] std::optional<std::string> broken() const override {
    if (broken_) return broken_;
    if (auto broken = core::broken_invariant(platform_.state())) return broken;
    if (platform_.spent() != charged_)
      return "the customers have paid " + to_text(platform_.spent()) + " yuan, the attempts cost " + to_text(charged_);
    return std::nullopt;
  }

 private:
  void report_pools(std::size_t centre) {
    std::vector<PoolRow> pools;
    for (std::size_t site = 0; site < stage_.sites.size(); ++site) {
      const Site& from = stage_.scenario.sites()[site];
      if (from.centre != centre || stage_.sites[site].nodes == 0) continue;
      pools.push_back(stage_.pool_now(site));
    }
    platform_.report_pools(centres_[centre], std::move(pools));
  }

  [[nodiscard]] TaskIndex task_of(const AttemptKey& attempt) const {
    return stage_.first_task[jobs_.at(attempt.job.value())] + static_cast<TaskIndex>(attempt.task);
  }

  /// An end for which the customer pays what it has had. Returns how much.
  Cny settle(const AttemptKey& attempt, const Ran& ran, Outcome outcome) {
    platform_.end_attempt(attempt, ran, outcome, 0);
    Cny charged;
    for (const Platform::Settled& settled : platform_.take_settled()) {
      charged += settled.charged;
      note(settled);
    }
    charged_ += charged;
    return charged;
  }

  /// A lease that its centre saw too late.
  void expire(const LeaseRow& lease) {
    platform_.end_attempt(lease.attempt(), {}, Outcome::expired, 0);
    for (const Platform::Settled& settled : platform_.take_settled()) note(settled);
  }

  void note(const Platform::Settled& settled) {
    if (settled.is_retried) retries_.push(std::max(settled.not_before, platform_.now()) + Duration::microseconds(1));
  }

  /// Settled by a timer: its lease has ended, and nothing was heard.
  void give_up(const Platform::Settled& settled) {
    note(settled);
    const auto is_it = [&](const LeaseRow& lease) { return lease.attempt() == settled.attempt; };
    if (std::erase_if(unseen_, is_it) > 0) return;  // it never started
    const TaskIndex task = task_of(settled.attempt);
    if (attempts_[task] == settled.attempt) given_up_.push_back(task);
  }

  const Stage& stage_;
  Duration plan_every_;
  Duration next_plan_;
  bool is_plan_due_ = false;  ///< something has happened since the last plan
  Platform platform_;
  std::vector<CentreId> centres_;
  std::map<std::pair<std::int64_t, std::string>, std::uint32_t> sites_;
  std::unordered_map<std::int64_t, std::uint32_t> jobs_;  ///< by id
  std::vector<AttemptKey> attempts_;                      ///< the newest that started, by task
  std::vector<LeaseRow> unseen_;                          ///< granted to a centre that is silent
  std::vector<TaskIndex> given_up_;
  std::vector<TaskIndex> taken_back_;  ///< since they were last asked for
  std::priority_queue<UnixTime, std::vector<UnixTime>, std::greater<>> retries_;  ///< when tasks may be placed again
  Cny charged_;
  std::optional<std::string> broken_;
};

}  // namespace

std::unique_ptr<Dispatch> make_core_dispatch(const Stage& stage, Duration plan_every) {
  return std::make_unique<CoreDispatch>(stage, plan_every);
}

}  // namespace dayan::sim
