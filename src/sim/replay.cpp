#include <algorithm>
#include <ctime>
#include <queue>
#include <utility>

#include "sim/dispatch.h"
#include "model/transfer.h"
#include "sim/followers.h"
#include "sim/occupancy.h"
#include "sim/staging.h"
#include "sim/start_check.h"

namespace dayan::sim {
namespace {

/// Of the whole state, so not at every event.
constexpr std::size_t broken_every = 20'000;

double thread_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

class Replay {
 public:
  Replay(const Scenario& scenario, const Load& load, std::string policy, const MakeDispatch& make,
         const OnAdvance& on_advance)
      : timeline_(scenario),
        stage_{scenario, load, timeline_.now(), {}, {}},
        occupancy_(stage_),
        staging_(stage_),
        on_advance_(on_advance),
        check_(stage_, schedule_, [this](TaskIndex task) { return site_of_running(task); }),
        followers_(load) {
    schedule_.policy = std::move(policy);
    ASSERT(load.tasks() <= load_tasks_max);
    TaskIndex count = 0;
    for (std::uint32_t job = 0; job < load.jobs.size(); ++job) {
      stage_.first_task.push_back(count);
      count += static_cast<TaskIndex>(load.jobs[job].tasks);
      stage_.job_of.resize(count, job);
    }
    stage_.first_task.push_back(count);
    tasks_.resize(count);
    schedule_.submitted.resize(load.jobs.size());
    unheard_.resize(scenario.sites().size());
    dispatch_ = make(stage_);
  }

  Schedule run() {
    const double begun = thread_seconds();
    for (std::size_t event = 1; step(); ++event) {
      if (event % advance_every == 0 && on_advance_) on_advance_({schedule_.policy, now_, done_, tasks_.size()});
      if (event % broken_every == 0) ask_broken();
    }
    ask_broken();
    check_all_ran();
    schedule_.seconds = thread_seconds() - begun;
    return std::move(schedule_);
  }

 private:
  enum class State : std::uint8_t { coming, waiting, running, done };
  struct Task {
    Duration start;
    Duration staged;
    Duration run;
    Cny cost;
    std::uint32_t site = 0;
    bool is_cut = false;      ///< its limit ends it
    bool is_unstaged = false;  ///< its lease does not wait for all of its inputs
    bool is_taken_back = false;  ///< it ends with its notice
    Duration told = never;       ///< when its centre was told that its room is taken back
    int tries = 0;
    int cuts = 0;
    int notices = 0;
    State state = State::coming;

    /// An end that was planned before another start, before the task was cut short or before its notice is void.
    [[nodiscard]] int plan() const { return tries + cuts + notices; }
  };
  /// Of a task that has ended.
  struct News {
    TaskIndex task = 0;
    bool is_cut_short = false;
    Duration at;
    Fetched fetched;
  };
  struct End {
    Duration at;
    TaskIndex task;
    int plan;
    /// For a queue whose top is the earliest, in order of submission.
    friend bool operator<(const End& a, const End& b) { return a.at != b.at ? a.at > b.at : a.task > b.task; }
  };

  [[nodiscard]] std::optional<std::uint32_t> site_of_running(TaskIndex task) const {
    return tasks_[task].state == State::running ? std::optional(tasks_[task].site) : std::nullopt;
  }
  [[nodiscard]] const std::vector<LoadJob>& jobs() const { return stage_.load.jobs; }

  /// One instant: ends, what happens to pools, submissions, decisions. False when all is over.
  bool step() {
    const bool is_over = next_job_ == jobs().size() && later_.empty() && ends_.empty() && unheard_count_ == 0;
    if (is_over && !dispatch_->has_waiting() && !release_followers()) return false;
    Duration next = std::min(timeline_.next(), dispatch_->wakeup());
    // Nothing but prices will change: what waits now waits for ever.
    if (is_over && later_.empty() && !timeline_.has_faults_left() && dispatch_->wakeup() == never &&
        !release_followers())
      return false;
    if (next_job_ < jobs().size()) next = std::min(next, jobs()[next_job_].submit);
    if (!later_.empty()) next = std::min(next, later_.top().first);
    if (!ends_.empty()) next = std::min(next, ends_.top().at);
    if (!runs_.empty()) next = std::min(next, runs_.top().at);
    now_ = std::max(now_, next);
    while (!ends_.empty() && ends_.top().at <= now_) {
      const End end = ends_.top();
      ends_.pop();
      if (end.plan == tasks_[end.task].plan() && tasks_[end.task].state == State::running) end_now(end.task);
    }
    for (const Change& change : timeline_.take(now_)) take(change);
    for (; !runs_.empty() && runs_.top().at <= now_; runs_.pop()) tell_run(runs_.top());
    catch_up();
    while (!later_.empty() && later_.top().first <= now_) {
      const std::uint32_t job = later_.top().second;
      later_.pop();
      if (tasks_[stage_.first_task[job]].state == State::coming) arrive(job);
      else dispatch_->arrive(job, now_);
    }
    for (; next_job_ < jobs().size() && jobs()[next_job_].submit <= now_; ++next_job_)
      if (!followers_.follows(next_job_)) arrive(static_cast<std::uint32_t>(next_job_));
    decide();
    return true;
  }

  void arrive(std::uint32_t index) {
    schedule_.submitted[index] = now_;
    for (TaskIndex task = stage_.first_task[index]; task < stage_.first_task[index + 1]; ++task)
      tasks_[task].state = State::waiting;
    const UnixTime begin = stage_.load.needs(jobs()[index]).not_before;
    if (begin > beginning + now_ && !dispatch_->knows_times()) later_.emplace(begin - beginning, index);
    else dispatch_->arrive(index, now_);
  }

  void call(const std::vector<Followers::Call>& followers) {
    for (const Followers::Call& each : followers) later_.push(each);
  }

  /// Nothing else is left.
  bool release_followers() {
    const auto followers = followers_.release(now_);
    call(followers);
    return !followers.empty();
  }

  void decide() {
    started_.clear();
    dispatch_->decide(now_, started_);
    for (const TaskIndex task : dispatch_->take_given_up()) give_up(task);
    for (const Start& start : started_) begin(start);
    for (const TaskIndex task : dispatch_->take_taken_back()) take_back(task);
  }

  [[nodiscard]] std::string name_of(TaskIndex index) const { return check_.name_of(index); }

  void begin(const Start& start) {
    Task& task = tasks_[start.task];
    if (task.state != State::waiting) {
      schedule_.violate(name_of(start.task) + " was started though it did not wait");
      return;
    }
    check_.check_place(start, now_);
    const LoadJob& job = jobs()[stage_.job_of[start.task]];
    const Site& site = stage_.scenario.sites()[start.site];
    const Requirements& needs = stage_.load.needs(job);
    task.start = now_;
    task.is_taken_back = false;
    task.told = never;
    const Duration whole = site.run_of(stage_.load, job);
    task.run = std::min(whole, start.limit);
    task.is_cut = site.is_cut(stage_.load, job) || task.run < whole;
    const Duration staging = staging_.begin(start.task, start.site, now_);
    task.is_unstaged = staging > start.staging_max;
    task.staged = std::min(staging, start.staging_max);
    check_.check_times(start, now_, now_ + task.staged + task.run, dispatch_->knows_times());
    task.site = start.site;
    task.state = State::running;
    check_.check_bounds(start.task);
    ++task.tries;
    const OfferRow prices = prices_for(needs, stage_.sites[start.site].offer);
    const Result<Cny> cost = amount_of(prices, needs.resources, task.run, Rounding::down);
    task.cost = cost.value_or(Cny());
    occupancy_.begin(start.site, start.task, now_);
    for (const std::string& excess : occupancy_.excess(start.site))
      schedule_.violate("the pool " + site.pool.name + " of " + site.centre_name + " is over its capacity at " +
                        to_text(now_) + ", by " + excess);
    ends_.push({end_of(task), start.task, task.plan()});
    if (!needs.reclaimable || task.is_unstaged) return;
    if (task.staged > Duration()) runs_.push({now_ + task.staged, start.task, task.plan()});
    else dispatch_->run({start.task, start.site}, now_);
  }

  [[nodiscard]] static Duration end_of(const Task& task) {
    return task.start + task.staged + (task.is_unstaged ? Duration() : task.run);
  }

  /// It runs now, and its centre says so when it speaks.
  void tell_run(const End& run) {
    const Task& task = tasks_[run.task];
    if (run.plan != task.plan() || task.state != State::running || end_of(task) <= now_) return;
    if (stage_.sites[task.site].is_silent) unsaid_runs_.push_back(run);
    else dispatch_->run({run.task, task.site}, now_);
  }

  /// Its room was taken back: it is told so when its centre hears of it. What has not begun is taken out at once, what
  /// runs has its notice, and may end by itself before.
  void take_back(TaskIndex index) {
    Task& task = tasks_[index];
    if (task.state != State::running || !stage_.load.needs(jobs()[stage_.job_of[index]]).reclaimable ||
        task.told != never) {
      schedule_.violate(name_of(index) + " was taken back though it was told so, does not run or has not agreed to it");
      return;
    }
    if (stage_.sites[task.site].is_silent) {
      unheard_takings_.push_back({now_, index, task.plan()});
      return;
    }
    task.told = now_;
    const bool has_begun = now_ >= task.start + task.staged && !task.is_unstaged;
    const Duration until = has_begun ? now_ + reclaim_notice : now_;
    if (end_of(task) <= until) return;
    task.is_taken_back = true;
    task.is_cut = task.is_unstaged = false;
    task.staged = std::min(task.staged, until - task.start);
    task.run = until - task.start - task.staged;
    ++task.notices;
    ends_.push({until, index, task.plan()});
  }

  /// What was not said or heard while a centre was silent.
  void catch_up() {
    for (const End& run : std::exchange(unsaid_runs_, {})) tell_run(run);
    for (const End& taking : std::exchange(unheard_takings_, {}))
      if (taking.plan == tasks_[taking.task].plan() && tasks_[taking.task].state == State::running)
        take_back(taking.task);
  }

  void end_now(TaskIndex index) {
    Task& task = tasks_[index];
    if (task.is_unstaged) return cut(index);
    occupancy_.end(task.site, index, task.start);
    tell({index, false, now_, fetched_by(index)});
  }

  /// An end, or a task cut short, is heard at once, or when its centre speaks again.
  void tell(const News& news) {
    const std::uint32_t site = tasks_[news.task].site;
    if (!stage_.sites[site].is_silent) return hear(news);
    unheard_[site].push_back(news);
    ++unheard_count_;
  }

  void hear(const News& news) {
    const TaskIndex index = news.task;
    Task& task = tasks_[index];
    const Duration had = news.at - task.start;
    const Ran ran{std::max(Duration(), had - task.staged), std::min(had, task.staged), news.fetched, task.is_cut,
                  task.is_taken_back};
    if (news.is_cut_short) {
      task.state = State::waiting;
      record(index, RunEnd::interrupted, news.at);
      dispatch_->interrupt({index, task.site}, ran, now_);
      return;
    }
    const auto charged = dispatch_->end({index, task.site}, ran, now_);
    const bool pays_inputs = staging_.charge(index, task.site);
    if (charged) task.cost = *charged;
    else if (ran.is_taken_back) task.cost = Cny();
    else if (pays_inputs) task.cost += price_of_inputs(index);
    if (ran.is_taken_back) {
      task.state = State::waiting;
      record(index, RunEnd::reclaimed, news.at);
      return;
    }
    task.state = State::done;
    ++done_;
    call(followers_.end_task(stage_.job_of[index], now_));
    record(index, task.is_cut ? RunEnd::cut : RunEnd::done, news.at);
  }

  [[nodiscard]] Cny price_of_inputs(TaskIndex index) const {
    const OfferRow& offer = stage_.sites[tasks_[index].site].offer;
    return transfer_cost(offer, jobs()[stage_.job_of[index]].inputs, Rounding::down).value_or(Cny());
  }

  [[nodiscard]] Fetched fetched_by(TaskIndex index) {
    const Fetched fetched = staging_.end(index, tasks_[index].site, now_);
    schedule_.moved = schedule_.moved + fetched.bytes;
    return fetched;
  }

  void record(TaskIndex index, RunEnd how, Duration end) {
    const Task& task = tasks_[index];
    const std::uint32_t job = stage_.job_of[index];
    const bool is_paid = how == RunEnd::done || how == RunEnd::cut || how == RunEnd::reclaimed;
    schedule_.runs.push_back({job, static_cast<std::int32_t>(index - stage_.first_task[job]), task.site, how,
                              task.start, end, is_paid ? task.cost : Cny(), std::min(task.staged, end - task.start),
                              how == RunEnd::reclaimed ? task.told : Duration()});
  }

  void take(const Change& change) {
    if (change.what == Change::What::nodes) {
      cut_short(change.site);
      if (stage_.sites[change.site].is_silent) {
        untold_.push_back(change);
        return;
      }
    } else if (change.what == Change::What::silence && !change.begins) {
      hear_all(change.centre);
    }
    dispatch_->change(change, now_);
  }

  /// Gangs that are wider than what is left go with the nodes, then the youngest tasks, until there is room for the
  /// others.
  void cut_short(std::size_t site) {
    for (const TaskIndex index : occupancy_.too_wide(site)) cut(index);
    while (!occupancy_.excess(site).empty()) cut(occupancy_.youngest(site));
  }

  void cut(TaskIndex index) {
    occupancy_.end(tasks_[index].site, index, tasks_[index].start);
    ++tasks_[index].cuts;  // the end that was planned for it is void
    tell({index, true, now_, fetched_by(index)});
  }

  void hear_all(std::size_t centre) {
    for (std::size_t site = 0; site < unheard_.size(); ++site) {
      if (stage_.scenario.sites()[site].centre != centre || stage_.sites[site].is_silent) continue;
      for (const News& news : std::exchange(unheard_[site], {})) {
        --unheard_count_;
        hear(news);
      }
    }
    for (const Change& change : std::exchange(untold_, {})) take(change);
  }

  /// Its end was not heard in time. It has ended all the same: nobody gives up what may still run.
  void give_up(TaskIndex index) {
    Task& task = tasks_[index];
    auto& unheard = unheard_[task.site];
    const auto found = std::ranges::find(unheard, index, &News::task);
    if (found == unheard.end()) {
      schedule_.violate(name_of(index) + " was given up while it ran");
      return;
    }
    record(index, RunEnd::unheard, found->at);
    unheard.erase(found);
    --unheard_count_;
    task.state = State::waiting;
  }

  void ask_broken() {
    if (auto broken = dispatch_->broken()) schedule_.violate(*std::move(broken));
  }

  void check_all_ran() {
    std::int64_t left = 0;
    TaskIndex first = 0;
    for (TaskIndex task = 0; task < tasks_.size(); ++task) {
      if (tasks_[task].state == State::done) continue;
      if (left++ == 0) first = task;
    }
    schedule_.unfinished = left;
    if (left == 0) return;
    schedule_.first_unfinished = name_of(first);
    if (dispatch_->has_waiting())
      schedule_.violate(std::to_string(left) + " tasks wait for ever, the first is " + name_of(first));
  }

  Timeline timeline_;
  Stage stage_;
  Occupancy occupancy_;
  Staging staging_;
  const OnAdvance& on_advance_;
  std::unique_ptr<Dispatch> dispatch_;
  Schedule schedule_;
  Duration now_;
  std::size_t next_job_ = 0;
  std::size_t done_ = 0;
  std::vector<Task> tasks_;
  std::vector<std::vector<News>> unheard_;  ///< by site: while it is silent
  std::vector<Change> untold_;              ///< of nodes, while their centre is silent
  std::size_t unheard_count_ = 0;
  std::priority_queue<End> ends_;
  std::priority_queue<End> runs_;      ///< when inputs will be there of what may be taken back
  std::vector<End> unsaid_runs_;       ///< since when such a task runs, while its centre is silent
  std::vector<End> unheard_takings_;   ///< of what runs at a centre that is silent
  StartCheck check_;
  Followers followers_;
  /// Jobs that come later than their own time, by when they do.
  std::priority_queue<Followers::Call, std::vector<Followers::Call>, std::greater<>> later_;
  std::vector<Start> started_;
};

}  // namespace

Schedule replay(const Scenario& scenario, const Load& load, std::string policy, const MakeDispatch& make,
                const OnAdvance& on_advance) {
  return Replay(scenario, load, std::move(policy), make, on_advance).run();
}

}  // namespace dayan::sim
