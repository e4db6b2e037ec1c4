#include <algorithm>
#include <optional>

#include "base/scan.h"
#include "jobfile/check_file.h"
#include "jobfile/job_file.h"
#include "jobfile/sbatch_options.h"
#include "jobfile/slurm_values.h"
#include "jobfile/source_text.h"
#include "jobfile/yaml_values.h"

namespace dayan::jobfile {
namespace {

/// Of one job, on all its nodes: beyond any machine there is.
constexpr std::int64_t tasks_max = 10'000'000;
/// Slurm's own bound on the indices of an array (MaxArraySize).
constexpr std::int64_t array_index_max = 4'000'000;

/// Gives each option its meaning here, or a fault, or a note.
class SbatchReader {
 public:
  SbatchReader(JobFile& file, FaultList& faults, const TimeBase& base) : file_(file), faults_(faults), base_(base) {}

  void read(const SbatchOption& option);
  void finish();
  /// The option that a field of JobSpec comes from.
  [[nodiscard]] static std::string name_of(std::string_view field);

 private:
  void read_array(const SbatchOption& option);
  void read_moment(const SbatchOption& option, UnixTime& out);
  void read_cards(const SbatchOption& option, std::string_view text);
  void read_gres(const SbatchOption& option);
  void read_switches(const SbatchOption& option);
  void read_layout(const SbatchOption& option);
  void lay_out();
  void lay_out_cards();
  void refuse(const SbatchOption& option, std::string right) {
    faults_.add_at(option.line, option.name, quote(option.value) + " is not read here", std::move(right));
  }

  JobFile& file_;
  FaultList& faults_;
  TimeBase base_;
  // Zero where not given.
  std::int64_t nodes_ = 0;
  std::int64_t tasks_ = 0;  ///< processes, as Slurm means tasks
  std::int64_t tasks_per_node_ = 0;
  std::int64_t cores_per_task_ = 1;
  std::int64_t cards_ = 0;
  std::string cards_option_;  ///< that gave their number: it says of what
  Bytes memory_;
  Bytes memory_per_core_;
  std::vector<EnvironmentVariable> array_;  ///< what the tasks are told of their array
};

void SbatchReader::read(const SbatchOption& option) {
  Requirements& wanted = file_.spec.requirements;
  const std::string& name = option.name;
  faults_.place(name, option.line);
  if (name == "--job-name") {
    file_.spec.name = option.value;
  } else if (name == "--array") {
    read_array(option);
  } else if (name == "--cpus-per-task") {
    const auto cores = whole_number(option.value);
    if (cores.has_value())
      cores_per_task_ = *cores;
    else refuse(option, "give a whole number of cores");
  } else if (name == "--ntasks" || name == "--ntasks-per-node" || name == "--nodes") {
    read_layout(option);
  } else if (name == "--mem" || name == "--mem-per-cpu") {
    const auto size = slurm_size(option.value);
    if (!size.has_value() || size->is_zero())
      return refuse(option, "give a size as Slurm does, e.g. 500M or 4G; 0 (all of a node) has no equal here");
    (name == "--mem" ? memory_ : memory_per_core_) = *size;
  } else if (name == "--time") {
    const auto time = slurm_time(option.value);
    if (time.has_value()) wanted.wall_time = *time;
    else refuse(option, "give a time as Slurm does, e.g. 10 (minutes), 1:30:00 or 2-0");
  } else if (name == "--begin") {
    read_moment(option, wanted.not_before);
  } else if (name == "--deadline") {
    read_moment(option, wanted.finish_by);
  } else if (name == "--nice") {
    const auto nice = whole_number(option.value);
    // One point is one step here; what it is worth in Slurm is each cluster's own affair.
    if (!nice.has_value()) {
      refuse(option, "give 0 or more: a job may step back, and none goes before the work of others");
      return;
    }
    wanted.priority = -static_cast<std::int32_t>(std::min<std::int64_t>(*nice, priority_steps_max));
    if (*nice > priority_steps_max)
      file_.notes.push_back("line " + std::to_string(option.line) + ": a job steps back by " +
                            std::to_string(priority_steps_max) + " at most");
  } else if (name == "--switches") {
    read_switches(option);
  } else if (name == "--gres") {
    read_gres(option);
  } else if (name.starts_with("--gpus")) {
    read_cards(option, option.value);
  } else if (name == "--export" && option.value != "ALL" && option.value != "NONE") {
    refuse(option, "set variables in the script: the submitter's environment does not travel");
  } else {
    std::string note = "line " + std::to_string(option.line) + ": " + name + " has no effect here";
    if (name == "--output" || name == "--error") note += ": standard output and error are always kept as the logs";
    file_.notes.push_back(std::move(note));
  }
}

void SbatchReader::read_moment(const SbatchOption& option, UnixTime& out) {
  const auto ahead = slurm_moment(option.value);
  if (!ahead.has_value())
    return refuse(option, "give now+8hours or the like (at most 366 days): a date hangs on the cluster's time zone; "
                          "a job file takes one with its offset");
  if (base_.now.is_none()) return refuse(option, "leave it out: there is nothing to count from here");
  // "now" as a beginning is none; as a deadline it is over, and is told to be.
  if (*ahead > Duration() || option.name == "--deadline") out = base_.now + *ahead;
}

void SbatchReader::read_array(const SbatchOption& option) {
  std::string_view text = option.value;
  const std::size_t percent = std::min(text.find('%'), text.size());
  std::string_view range = text.substr(0, percent);
  const std::size_t colon = std::min(range.find(':'), range.size());
  const auto step = colon == range.size() ? std::optional<std::int64_t>(1) : whole_number(range.substr(colon + 1));
  range = range.substr(0, colon);
  const std::size_t dash = std::min(range.find('-'), range.size());
  const auto first = whole_number(range.substr(0, dash));
  const auto last = dash == range.size() ? first : whole_number(range.substr(dash + 1));
  if (!first.has_value() || !last.has_value() || !step.has_value() || *first > *last || *step < 1 ||
      *last > array_index_max)
    return refuse(option, "give one range, e.g. 0-47, 1-10:2 or 0-47%16");
  const std::int64_t tasks = (*last - *first) / *step + 1;
  if (tasks > array_count_max) return refuse(option, "give at most " + std::to_string(array_count_max) + " tasks");
  file_.spec.count = static_cast<std::int32_t>(tasks);
  array_ = {{"SLURM_ARRAY_TASK_MIN", std::to_string(*first)}, {"SLURM_ARRAY_TASK_STEP", std::to_string(*step)}};
  if (*first != 0 || *step != 1)
    file_.notes.push_back("line " + std::to_string(option.line) + ": tasks are counted from zero here: task 0 is " +
                          std::to_string(*first) + " of --array" +
                          (tasks > 1 ? ", task 1 is " + std::to_string(*first + *step) : ""));
  if (percent == text.size()) return;
  const auto throttle = whole_number(text.substr(percent + 1));
  if (!throttle.has_value() || *throttle < 1 || *throttle > array_count_max)
    return refuse(option, "give the number of tasks at once after %, e.g. 0-47%16");
  file_.spec.throttle = static_cast<std::int32_t>(*throttle);
}

/// How many nodes, how many tasks, how many on each: one number; a range of nodes only where both ends are the same.
void SbatchReader::read_layout(const SbatchOption& option) {
  std::string_view text = option.value;
  const bool is_of_nodes = option.name == "--nodes";
  if (const std::size_t dash = text.find('-'); is_of_nodes && dash != std::string_view::npos) {
    if (text.substr(0, dash) != text.substr(dash + 1))
      return refuse(option, "give one number of nodes: just as many are given, and paid for");
    text = text.substr(0, dash);
  }
  const auto number = whole_number(text);
  if (!number.has_value() || *number < 1 || *number > tasks_max)
    return refuse(option, is_of_nodes ? "give a number of nodes, e.g. 4" : "give a number of tasks, e.g. 8");
  (is_of_nodes ? nodes_ : option.name == "--ntasks" ? tasks_ : tasks_per_node_) = *number;
}

/// What they come to on each node. All nodes get as much, so tasks must lie on them evenly; tasks without a number of
/// nodes lie on one, where Slurm would be free to choose.
void SbatchReader::lay_out() {
  Resources& resources = file_.spec.requirements.resources;
  if (nodes_ == 0 && tasks_per_node_ > 0 && tasks_ > tasks_per_node_) nodes_ = tasks_ / tasks_per_node_;
  if (nodes_ == 0 && tasks_per_node_ == 0 && tasks_ > 1)
    file_.notes.push_back("--ntasks without --nodes: all " + std::to_string(tasks_) + " tasks go to one node");
  nodes_ = std::max<std::int64_t>(nodes_, 1);
  if (tasks_ > 0 && tasks_per_node_ == 0) {
    if (tasks_ % nodes_ != 0)
      return faults_.add("--ntasks",
                         std::to_string(tasks_) + " tasks do not lie evenly on " + std::to_string(nodes_) + " nodes",
                         "give a multiple of the nodes");
    tasks_per_node_ = tasks_ / nodes_;
  }
  tasks_per_node_ = std::max<std::int64_t>(tasks_per_node_, 1);
  if (tasks_ > 0 && tasks_ != nodes_ * tasks_per_node_)
    return faults_.add("--ntasks",
                       std::to_string(tasks_) + " tasks are not " + std::to_string(tasks_per_node_) + " on each of " +
                           std::to_string(nodes_) + (nodes_ == 1 ? " node" : " nodes"),
                       "give " + std::to_string(nodes_ * tasks_per_node_) + ", or leave --ntasks out");
  resources.nodes = static_cast<std::int32_t>(nodes_);
  std::int64_t cores = 0;
  if (__builtin_mul_overflow(cores_per_task_, tasks_per_node_, &cores))
    return faults_.add("--cpus-per-task", "comes to too many cores", "give fewer");
  resources.cores = Cores(cores);
}

/// Of a node, of a task, or of the whole job.
void SbatchReader::lay_out_cards() {
  if (cards_option_ == "--gpus" && cards_ % nodes_ != 0)
    return faults_.add("--gpus",
                       std::to_string(cards_) + " cards do not lie evenly on " + std::to_string(nodes_) + " nodes",
                       "give a multiple of the nodes, or --gpus-per-node");
  const std::int64_t on_each = cards_option_ == "--gpus"            ? cards_ / nodes_
                               : cards_option_ == "--gpus-per-task" ? cards_ * tasks_per_node_
                                                                    : cards_;
  file_.spec.requirements.resources.cards = MilliCards(on_each * 1'000);
}

/// "[type:]count"
void SbatchReader::read_cards(const SbatchOption& option, std::string_view text) {
  const std::size_t colon = text.find(':');
  std::string chip;
  if (colon != std::string_view::npos) {
    for (const char c : text.substr(0, colon)) chip += lower(c);
    text.remove_prefix(colon + 1);
  }
  const auto cards = whole_number(text);
  if (!cards.has_value() || *cards > 1'000) return refuse(option, "give the number of cards, e.g. 2 or a100:2");
  cards_ = *cards;
  cards_option_ = option.name;
  if (!chip.empty()) file_.spec.requirements.chips = {chip};
}

/// "gpu", "gpu:2", "gpu:a100", "gpu:a100:2"
void SbatchReader::read_gres(const SbatchOption& option) {
  std::string_view text = option.value;
  if (text != "gpu" && !text.starts_with("gpu:"))
    return refuse(option, "give cards as gpu:2 or gpu:a100:2; other resources have no equal here");
  text.remove_prefix(std::min<std::size_t>(text.size(), 4));
  if (text.empty()) return read_cards(option, "1");
  const bool has_count = is_digit(text.back()) && (text.find(':') != std::string_view::npos || whole_number(text));
  if (has_count) return read_cards(option, text);
  read_cards(option, std::string(text) + ":1");
}

/// "1" or "1@time": one leaf switch is a rack. To Slurm it is a wish, of which it takes leave after a time.
void SbatchReader::read_switches(const SbatchOption& option) {
  const std::string_view text = option.value;
  const std::size_t at = std::min(text.find('@'), text.size());
  const bool has_time = at == text.size() || slurm_time(text.substr(at + 1)).has_value();
  if (text.substr(0, at) != "1" || !has_time)
    return refuse(option, "give 1, for nodes of one rack; a task's nodes lie in one rack, or anywhere in a pool");
  file_.spec.requirements.resources.within = Within::rack;
  if (at < text.size())
    file_.notes.push_back("line " + std::to_string(option.line) + ": the time after @ has no effect here: the nodes " +
                          "always lie in one rack, however long that takes");
}

void SbatchReader::finish() {
  Requirements& wanted = file_.spec.requirements;
  const bool is_laid_out =
      !faults_.covers("--nodes") && !faults_.covers("--ntasks") && !faults_.covers("--ntasks-per-node");
  if (is_laid_out) lay_out();
  if (is_laid_out) lay_out_cards();
  if (!memory_.is_zero()) {
    wanted.resources.memory = memory_;
  } else if (!memory_per_core_.is_zero()) {
    std::int64_t memory = 0;
    if (__builtin_mul_overflow(memory_per_core_.value(), wanted.resources.cores.value(), &memory))
      faults_.add("--mem-per-cpu", "comes to too much memory", "give less");
    else wanted.resources.memory = Bytes(memory);
  }
  if (wanted.wall_time == Duration() && !faults_.covers("--time"))
    faults_.add("--time", "is missing or zero", "give the limit of one task, e.g. #SBATCH --time=10 (minutes)");
  if (file_.spec.name.empty()) file_.spec.name = "sbatch";  // as sbatch names a script without a name
  // What the script may look at and a centre could not know: there its job is named after the attempt. From the first
  // and the step the agent tells each task its SLURM_ARRAY_TASK_ID.
  std::vector<EnvironmentVariable>& environment = file_.spec.payload.environment;
  environment.push_back({"SLURM_JOB_NAME", file_.spec.name});
  environment.insert(environment.end(), array_.begin(), array_.end());
  if (tasks_per_node_ <= 1) return;
  // srun starts as many tasks as these say.
  environment.push_back({"SLURM_NTASKS", std::to_string(nodes_ * tasks_per_node_)});
  environment.push_back({"SLURM_NTASKS_PER_NODE", std::to_string(tasks_per_node_)});
  environment.push_back({"SLURM_CPUS_PER_TASK", std::to_string(cores_per_task_)});
  environment.push_back({"SRUN_CPUS_PER_TASK", std::to_string(cores_per_task_)});  // what srun reads, from 22.05 on
}

std::string SbatchReader::name_of(std::string_view field) {
  static constexpr std::pair<std::string_view, std::string_view> names[] = {
      {"name", "--job-name"},
      {"count", "--array"},
      {"throttle", "--array"},
      {"requirements.resources.cores", "--cpus-per-task"},
      {"requirements.resources.memory", "--mem"},
      {"requirements.resources.nodes", "--nodes"},
      {"requirements.resources.cards", "--gpus"},
      {"requirements.chips", "--gpus"},
      {"requirements.wall_time", "--time"},
      {"requirements.not_before", "--begin"},
      {"requirements.finish_by", "--deadline"},
      {"payload.script", "script"},
      {"payload.command", "script"},
  };
  for (const auto& [from, to] : names) {
    if (field.starts_with(from)) return std::string(to);
  }
  return std::string(field);
}

}  // namespace

tl::expected<JobFile, Faults> parse_sbatch(std::string_view script, const TimeBase& base) {
  FaultList faults;
  if (!check_source_text(script, "script", faults)) return tl::unexpected(faults.take());
  JobFile file;
  file.spec.payload.script = script;
  if (!script.starts_with("#!"))
    faults.add_at(1, "script", "does not begin with #!", "begin with the program that reads it, e.g. #!/bin/bash");
  SbatchReader reader(file, faults, base);
  for (const SbatchOption& option : read_sbatch_options(script, file.notes, faults)) reader.read(option);
  reader.finish();
  check_file(file, SbatchReader::name_of, faults);
  if (!faults.empty()) return tl::unexpected(faults.take());
  return file;
}

}  // namespace dayan::jobfile
