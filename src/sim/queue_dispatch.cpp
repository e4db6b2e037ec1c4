#include "sim/queue_dispatch.h"

#include <algorithm>
#include <deque>
#include <limits>

#include "sim/job_bounds.h"
#include "sim/options.h"

namespace dayan::sim {
namespace {

/// Policies count in 32 bits.
constexpr std::int64_t units_max = 1'000'000'000;

double seconds(Duration duration) { return static_cast<double>(duration.microseconds()) / 1e6; }

class QueueDispatch final : public Dispatch {
 public:
  QueueDispatch(const Stage& stage, place::QueueRule rule)
      : stage_(stage), rule_(rule), options_(stage), bounds_(stage) {
    lines_.resize(stage.scenario.sites().size());
    for (std::size_t site = 0; site < lines_.size(); ++site) {
      const Site& from = stage.scenario.sites()[site];
      Line& line = lines_[site];
      const std::int64_t finest =
          from.pool.cards_per_node.is_zero() ? from.pool.cores_per_node.value() : from.pool.cards_per_node.value();
      if (!from.closed.empty()) closing_.push_back(site);
      line.units_per_node = std::clamp<std::int64_t>(units_max / std::max(1, from.pool.nodes), 1, finest);
      open(line, site);
    }
    place_in_line_.resize(stage.job_of.size());
  }

  void arrive(std::uint32_t job, Duration now) override {
    if (options_.of(job).empty()) return;  // its price cap pays nowhere: it is given up, as the platform does
    for (TaskIndex task = stage_.first_task[job]; task < stage_.first_task[job + 1]; ++task) join(task, now);
  }

  [[nodiscard]] Duration wakeup() const override {
    Duration next = never;
    for (const std::size_t site : closing_) next = std::min(next, lines_[site].leaves_at);
    return next;
  }

  std::optional<Cny> end(const Start& task, const Ran&, Duration now) override {
    leave(task, now);
    join_next(stage_.job_of[task.task], now);
    return std::nullopt;
  }

  void interrupt(const Start& task, const Ran&, Duration now) override {
    leave(task, now);
    stranded_.push_back(task.task);
    join_next(stage_.job_of[task.task], now);
  }

  void change(const Change& change, Duration now) override {
    if (change.what == Change::What::nodes) reopen(change.site, now);
    for (std::size_t site = 0; site < lines_.size(); ++site) mark(site);
    join_again(now);
  }

  void decide(Duration now, std::vector<Start>& started) override {
    bool has_left = false;
    for (const std::size_t site : closing_) {
      if (lines_[site].leaves_at > now) continue;
      reopen(site, now);
      has_left = true;
    }
    if (has_left) join_again(now);
    std::ranges::sort(marked_);
    for (const std::size_t site : std::exchange(marked_, {})) {
      Line& line = lines_[site];
      line.is_marked = false;
      if (line.policy == nullptr || stage_.sites[site].is_silent) continue;
      chosen_.clear();
      line.policy->decide(beginning + now, chosen_);
      for (const place::JobIndex index : chosen_) start(site, index, now, started);
    }
  }

  [[nodiscard]] bool has_waiting() const override { return waiting_ > 0 || !stranded_.empty() || held_ > 0; }

 private:
  enum class State : std::uint8_t { waiting, running, gone };
  struct Entry {
    TaskIndex task;
    State state;
    Duration limit_end;  ///< of a running one
  };
  /// A queue and what it has behind it.
  struct Line {
    std::unique_ptr<place::QueuePolicy> policy;  ///< none while the pool has no node
    std::vector<Entry> entries;                  ///< by place::JobIndex
    std::int64_t units_per_node = 1;
    std::int64_t units = 0;  ///< there are now
    std::int64_t units_taken = 0;
    std::int64_t waiting = 0;
    double waiting_work = 0;  ///< unit-seconds asked for by those that wait
    double running_ends = 0;  ///< Σ units × the second of the limit, of those that run
    bool is_marked = false;
    Duration leaves_at = never;  ///< one that waits would not end before the pool is closed
  };

  void open(Line& line, std::size_t site) {
    line.units = line.units_per_node * stage_.sites[site].nodes;
    line.policy = line.units > 0 ? place::make_queue_policy(rule_, place::TieRule::counted, line.units) : nullptr;
  }

  /// The part that a task takes of a node, in units, rounded up; over all its nodes.
  [[nodiscard]] std::int64_t units_of(TaskIndex task, std::size_t site) const {
    const place::Need need = stage_.need_of(task);
    const auto node = stage_.scenario.sites()[site].per_node();
    std::int64_t units = 1;
    for (std::size_t kind = 0; kind < place::kinds; ++kind) {
      if (need.each.of[kind] <= 0) continue;
      const auto part = mul_div(need.each.of[kind], lines_[site].units_per_node, node.of[kind], Rounding::up);
      ASSERT(part.has_value());
      units = std::max(units, *part);
    }
    return units * need.nodes;
  }
  [[nodiscard]] bool is_too_large(TaskIndex task, std::size_t site) const {
    return !stage_.sites[site].has_nodes_for(stage_.need_of(task)) || units_of(task, site) > lines_[site].units;
  }
  [[nodiscard]] const LoadJob& job(TaskIndex task) const { return stage_.load.jobs[stage_.job_of[task]]; }

  /// Seconds, if all that is there ran to its limit on the whole pool at once. Floats only score.
  [[nodiscard]] static double expected_wait(const Line& line, std::int64_t units, Duration now) {
    if (line.waiting == 0 && line.units - line.units_taken >= units) return 0;
    const double running = line.running_ends - static_cast<double>(line.units_taken) * seconds(now);
    return (line.waiting_work + std::max(0.0, running)) / static_cast<double>(line.units);
  }

  /// How long it has its room at the most: its inputs may have to cross first.
  [[nodiscard]] Duration limit_of(TaskIndex task, std::size_t site) const {
    return job(task).limit + stage_.scenario.crossing_time(site, job(task).inputs);
  }

  /// From then on it would not end before the pool is closed.
  [[nodiscard]] Duration leaves_at(TaskIndex task, std::size_t site, Duration now) const {
    const Site& from = stage_.scenario.sites()[site];
    const Duration closes = from.closed.empty() ? never : from.closes_at(now);
    return closes == never ? never : closes - limit_of(task, site) + Duration::microseconds(1);
  }

  /// Those that had to leave a queue look for another; those that find none look again when something changes.
  void join_again(Duration now) {
    for (const TaskIndex task : std::exchange(stranded_, {})) join(task, now);
  }

  /// One of a job with bounds has ended: another may be sent somewhere.
  void join_next(std::uint32_t job, Duration now) {
    const auto known = held_of_.find(job);
    if (known == held_of_.end() || known->second.empty()) return;
    const TaskIndex task = known->second.front();
    known->second.pop_front();
    --held_;
    join(task, now);
  }

  /// Its job lets no more of it run: it waits for one that ends.
  void hold(TaskIndex task) {
    held_of_[stage_.job_of[task]].push_back(task);
    ++held_;
  }

  /// To the queue with the least expected wait; among equals to the cheapest, then the first.
  void join(TaskIndex task, Duration now) {
    const std::uint32_t of = stage_.job_of[task];
    if (bounds_.is_throttled(of)) return hold(task);
    bool is_held = false;
    std::optional<std::size_t> best;
    double best_wait = 0;
    Cny best_cost;
    for (const std::uint32_t site : options_.of(stage_.job_of[task])) {
      const Line& line = lines_[site];
      const std::int64_t units = units_of(task, site);
      if (line.policy == nullptr || is_too_large(task, site) || leaves_at(task, site, now) <= now) continue;
      if (!bounds_.allows(of, site)) {
        is_held = true;
        continue;
      }
      // A silent centre is as far away as its silence: it is joined only when no other will do.
      const double wait =
          stage_.sites[site].is_silent ? std::numeric_limits<double>::max() : expected_wait(line, units, now);
      if (best && wait > best_wait) continue;
      const Cny cost = options_.cost(stage_.job_of[task], site);
      if (best && wait == best_wait && cost >= best_cost) continue;
      best = site;
      best_wait = wait;
      best_cost = cost;
    }
    if (best) {
      bounds_.add(task, static_cast<std::uint32_t>(*best));
      enter(task, *best, now);
    } else if (is_held) {
      hold(task);
    } else {
      stranded_.push_back(task);
    }
  }

  void enter(TaskIndex task, std::size_t site, Duration now) {
    Line& line = lines_[site];
    const std::int64_t units = units_of(task, site);
    submit(line, {task, State::waiting, {}}, units, limit_of(task, site), now);
    ++line.waiting;
    ++waiting_;
    line.leaves_at = std::min(line.leaves_at, leaves_at(task, site, now));
    line.waiting_work += static_cast<double>(units) * seconds(limit_of(task, site));
    mark(site);
  }

  void submit(Line& line, const Entry& entry, std::int64_t units, Duration limit, Duration now) {
    const auto index = static_cast<place::JobIndex>(line.entries.size());
    place_in_line_[entry.task] = index;
    line.entries.push_back(entry);
    line.policy->submit(index, {beginning + now, limit, units, -1});
  }

  void start(std::size_t site, place::JobIndex index, Duration now, std::vector<Start>& started) {
    Line& line = lines_[site];
    Entry& entry = line.entries[index];
    if (entry.state == State::running) return;  // it ran when the queue was opened anew
    const std::int64_t units = units_of(entry.task, site);
    const Duration limit = limit_of(entry.task, site);
    entry.state = State::running;
    entry.limit_end = now + limit;
    --line.waiting;
    --waiting_;
    if (line.waiting == 0)
      line.waiting_work = 0;  // what rounding left
    else
      line.waiting_work -= static_cast<double>(units) * seconds(limit);
    line.units_taken += units;
    line.running_ends += static_cast<double>(units) * seconds(entry.limit_end);
    started.push_back({entry.task, static_cast<std::uint32_t>(site)});
  }

  void leave(const Start& task, Duration now) {
    Line& line = lines_[task.site];
    Entry& entry = line.entries[place_in_line_[task.task]];
    ASSERT(entry.task == task.task && entry.state == State::running);
    entry.state = State::gone;
    bounds_.remove(task.task, task.site);
    const std::int64_t units = units_of(task.task, task.site);
    line.units_taken -= units;
    line.running_ends -= static_cast<double>(units) * seconds(entry.limit_end);
    if (line.units_taken == 0) line.running_ends = 0;
    if (line.policy != nullptr) line.policy->finish(place_in_line_[task.task], beginning + now);
    mark(task.site);
  }

  /// With other nodes, or when some would not end before it is closed, it is another queue: those that run enter it first, and start at once; then those that wait, in
  /// their order. Who needs more than there is now, or a pool
  /// that is open longer, has to leave.
  void reopen(std::size_t site, Duration now) {
    Line& line = lines_[site];
    const std::vector<Entry> before = std::exchange(line.entries, {});
    open(line, site);
    for (const Entry& entry : before) {
      if (entry.state != State::running) continue;
      ASSERT(line.policy != nullptr);  // what runs fits what is left
      const Duration left = std::max(entry.limit_end - now, Duration::microseconds(1));
      submit(line, entry, units_of(entry.task, site), left, now);
    }
    if (line.policy != nullptr) {
      chosen_.clear();
      line.policy->decide(beginning + now, chosen_);
      ASSERT(chosen_.size() == line.entries.size());
    }
    line.waiting = 0;
    line.waiting_work = 0;
    line.leaves_at = never;
    for (const Entry& entry : before) {
      if (entry.state != State::waiting) continue;
      --waiting_;
      if (line.policy != nullptr && !is_too_large(entry.task, site) && leaves_at(entry.task, site, now) > now) {
        enter(entry.task, site, now);
      } else {
        bounds_.remove(entry.task, static_cast<std::uint32_t>(site));
        stranded_.push_back(entry.task);
      }
    }
    mark(site);
  }

  void mark(std::size_t site) {
    if (std::exchange(lines_[site].is_marked, true)) return;
    marked_.push_back(site);
  }

  const Stage& stage_;
  place::QueueRule rule_;
  Options options_;
  std::vector<Line> lines_;                     ///< by site
  std::vector<place::JobIndex> place_in_line_;  ///< by task, in the line that it is in
  std::vector<TaskIndex> stranded_;             ///< no queue has room for them
  std::vector<std::size_t> closing_;            ///< sites that are closed now and then
  JobBounds bounds_;
  std::map<std::uint32_t, std::deque<TaskIndex>> held_of_;  ///< by job: until one of it ends
  std::int64_t held_ = 0;
  std::vector<std::size_t> marked_;             ///< sites of which something has changed
  std::vector<place::JobIndex> chosen_;
  std::int64_t waiting_ = 0;
};

}  // namespace

std::unique_ptr<Dispatch> make_queue_dispatch(const Stage& stage, place::QueueRule rule) {
  return std::make_unique<QueueDispatch>(stage, rule);
}

}  // namespace dayan::sim
