#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include "bench/command.h"
#include "bench/platform_load.h"

/// dayan-bench platform: the engine at the size of a country. Rows of a
/// synthetic platform are fed to one engine; then jobs arrive and end one by
/// one, each with the plan that it leads to, as a hub does it.

namespace dayan::bench {
namespace {

constexpr std::int64_t centres_max = 100'000;
constexpr std::int64_t pools_max = 1'000'000;
constexpr std::int64_t waiting_max = 10'000'000;
constexpr std::size_t plan_max = 256;  ///< assignments in one plan, as the hub asks for

struct Options {
  Output output;
  PlatformSize size{3'000, 30'000, 1'000'000, 2'000, 1};
  std::int64_t arrivals = 20'000;
  std::int64_t events = 100'000;
  std::int64_t questions = 20;
};

/// CPU time of single operations in µs: what else runs on the machine does not count.
class Samples {
 public:
  void add(double seconds) { each_.push_back(seconds * 1e6); }
  void sort() { std::sort(each_.begin(), each_.end()); }
  [[nodiscard]] std::size_t count() const { return each_.size(); }
  [[nodiscard]] double mean() const {
    double sum = 0;
    for (const double each : each_) sum += each;
    return each_.empty() ? 0 : sum / static_cast<double>(each_.size());
  }
  /// Of sorted ones.
  [[nodiscard]] double percentile(double part) const {
    if (each_.empty()) return 0;
    return each_[std::min(each_.size() - 1, static_cast<std::size_t>(part * static_cast<double>(each_.size())))];
  }

 private:
  std::vector<double> each_;
};

template <class Work>
auto timed(Samples& samples, Work&& work) {
  const double began = cpu_seconds();
  auto result = work();
  samples.add(cpu_seconds() - began);
  return result;
}

class Measurement {
 public:
  explicit Measurement(const Options& options)
      : options_(options), engine_(place::make_engine()), load_(options.size, *engine_) {}

  Result<void> run() {
    build();
    place_arrivals();
    sustain();
    ask();
    if (options_.output.decisions_path.empty()) return {};
    return write_decisions(options_.output.decisions_path, [&](std::ostream& out) {
      for (const std::string& line : decisions_) out << line << '\n';
    });
  }

 private:
  void tell(const char* figure, double value, const char* unit) const {
    if (options_.output.json) {
      std::printf(
          "{\"bench\":\"platform\",\"figure\":\"%s\",\"value\":%.3f,"
          "\"unit\":\"%s\"}\n",
          figure, value, unit);
    } else {
      std::printf("%-44s %14.3f %s\n", figure, value, unit);
    }
    std::fflush(stdout);
  }

  void tell(const std::string& what, Samples& samples) const {
    samples.sort();
    tell((what + "_mean").c_str(), samples.mean(), "us");
    tell((what + "_p50").c_str(), samples.percentile(0.5), "us");
    tell((what + "_p99").c_str(), samples.percentile(0.99), "us");
    tell((what + "_max").c_str(), samples.percentile(1), "us");
  }

  void note(const std::vector<Assignment>& plan) {
    if (options_.output.decisions_path.empty()) return;
    for (const Assignment& each : plan) {
      decisions_.push_back(to_text(each.job) + ' ' + std::to_string(each.task) + ' ' +
                           to_text(each.placement.centre) + ' ' + each.placement.pool);
    }
  }

  void build() {
    const double began = cpu_seconds();
    load_.feed_platform();
    load_.feed_running();
    const double fed = cpu_seconds();
    tell("load_platform_and_running", fed - began, "s");
    tell("running_tasks", static_cast<double>(load_.running()), "");
    // What has room left takes what comes; after that the rest waits.
    const std::int64_t before = own_resident_bytes();
    for (std::int64_t i = 0; i < options_.size.waiting; ++i) load_.submit_waiting();
    const double submitted = cpu_seconds();
    tell("load_waiting_jobs", submitted - fed, "s");
    const std::int64_t after = own_resident_bytes();
    tell("bytes_per_waiting_job_with_the_driver's",
         static_cast<double>(after - before) / static_cast<double>(options_.size.waiting), "B");
    std::int64_t placed = 0;
    for (std::vector<Assignment> plan; !(plan = load_.plan(plan_max)).empty();) {
      placed += std::ssize(plan);
      note(plan);
    }
    const double filled = cpu_seconds();
    tell("first_fill_assignments", static_cast<double>(placed), "");
    tell("first_fill", filled - submitted, "s");
    tell("resident_after_first_fill", static_cast<double>(own_resident_bytes()) / 1e6, "MB");
  }

  /// One job arrives that finds room: from its row to its assignment, reasons
  /// included. The first of each kind of job is placed before the measurement:
  /// what a kind is told of 30,000 pools is worked out once, not for each job.
  void place_arrivals() {
    const double before_warming = cpu_seconds();
    for (std::size_t kind = 0; kind < load_.free_kinds(); ++kind) {
      load_.submit_free_kind(kind);
      note(load_.plan(plan_max));
    }
    tell("first_job_of_a_kind_cpu_mean",
         (cpu_seconds() - before_warming) * 1e6 / static_cast<double>(std::max<std::size_t>(load_.free_kinds(), 1)),
         "us");
    Samples samples;
    std::int64_t refused = 0;
    for (std::int64_t i = 0; i < options_.arrivals; ++i) {
      load_.pass(Duration::microseconds(100));
      const auto plan = timed(samples, [&] {
        (void)load_.submit_placeable();
        return engine_->plan(load_.now(), plan_max);
      });
      if (plan.empty()) ++refused;
      placed_tasks_ += std::ssize(plan);
      for (const Assignment& each : plan) load_.commit(each);
      note(plan);
    }
    tell("arrival", samples);
    tell("arrivals_placed", static_cast<double>(options_.arrivals - refused), "");
    tell("arrival_tasks_placed", static_cast<double>(placed_tasks_), "");
  }

  /// Jobs of any kind arrive and leases end in turn, each with its plan.
  void sustain() {
    Samples arrivals, ends;
    std::int64_t placed_by_ends = 0;
    std::int64_t placed_by_arrivals = 0;
    const double began = cpu_seconds();
    for (std::int64_t i = 0; i < options_.events; i += 2) {
      load_.pass(Duration::microseconds(200));
      const auto by_arrival = timed(arrivals, [&] {
        (void)load_.submit_any();
        return load_.plan(plan_max);
      });
      const auto by_end = timed(ends, [&] {
        load_.end_one();
        return load_.plan(plan_max);
      });
      placed_by_arrivals += std::ssize(by_arrival);
      placed_by_ends += std::ssize(by_end);
      note(by_arrival);
      note(by_end);
    }
    const double took = cpu_seconds() - began;
    tell("events_per_second", static_cast<double>(options_.events) / took, "/s");
    tell("arrival_of_any_kind", arrivals);
    tell("end", ends);
    tell("placed_by_arrivals", static_cast<double>(placed_by_arrivals), "");
    tell("placed_by_ends", static_cast<double>(placed_by_ends), "");
  }

  void ask() {
    Samples quotes, waiting;
    for (std::int64_t i = 0; i < options_.questions; ++i) {
      const place::Question question = load_.draw_question();
      (void)timed(quotes, [&] { return engine_->quotes(question, load_.now()).size(); });
      const JobId job(load_.submitted() - i * 7);
      (void)timed(waiting, [&] { return engine_->waiting(job, load_.now()).has_value(); });
    }
    tell("quotes_of_every_pool", quotes);
    tell("explain_waiting", waiting);
    tell("resident_in_the_end", static_cast<double>(own_resident_bytes()) / 1e6, "MB");
    tell("resident_at_most", static_cast<double>(own_resident_bytes_max()) / 1e6, "MB");
  }

  Options options_;
  std::unique_ptr<place::Engine> engine_;
  PlatformLoad load_;
  std::int64_t placed_tasks_ = 0;
  std::vector<std::string> decisions_;
};

}  // namespace

Command platform_command(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("platform",
                                             "placement of single jobs on a platform of many centres, "
                                             "pools and waiting jobs");
  command->add_option("--centres", options->size.centres, "centres")
      ->check(CLI::Range(std::int64_t{1}, centres_max))
      ->capture_default_str();
  command->add_option("--pools", options->size.pools, "pools, at least as many as centres")
      ->check(CLI::Range(std::int64_t{1}, pools_max))
      ->capture_default_str();
  command->add_option("--waiting", options->size.waiting, "jobs that wait")
      ->check(CLI::Range(std::int64_t{1}, waiting_max))
      ->capture_default_str();
  command->add_option("--kinds", options->size.kinds, "sets of requirements that jobs ask for")
      ->check(CLI::Range(std::int64_t{8}, std::int64_t{100'000}))
      ->capture_default_str();
  command->add_option("--seed", options->size.seed, "of all that is drawn")->capture_default_str();
  command->add_option("--arrivals", options->arrivals, "jobs that arrive and find room")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  command->add_option("--events", options->events, "arrivals and ends")
      ->check(CLI::Range(2, 100'000'000))
      ->capture_default_str();
  command->add_option("--questions", options->questions, "quotes and explanations asked for")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  add_output_options(*command, options->output, true);
  return {command, [options]() -> Result<void> {
            if (options->size.pools < options->size.centres)
              return fail(ErrorCode::invalid, std::to_string(options->size.pools) + " pools",
                          "at least one for each of the " + std::to_string(options->size.centres) + " centres",
                          "pools");
            return std::make_unique<Measurement>(*options)->run();
          }};
}

}  // namespace dayan::bench
