#include "agent/work_folder.h"

#include <algorithm>
#include <filesystem>

#include "adapters/files.h"
#include "base/scan.h"

namespace dayan::agent {

namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> failed(const std::string& path, const std::error_code& error) {
  const bool full = error == std::errc::no_space_on_device;
  return fail(full ? ErrorCode::exhausted : ErrorCode::unavailable, path + ": " + error.message());
}

Result<void> place_input(const std::string& folder, const AttemptKey& attempt, const InputFile& input,
                         InputCache& cache, execute::Fetched& fetched) {
  if (!is_safe_relative_path(input.path)) {
    return fail(ErrorCode::denied, "input '" + input.path + "' would lie outside the work folder");
  }
  TRY(const std::string content, cache.fetch(attempt, input.digest, input.size, fetched));
  const std::string path = folder + '/' + input.path;
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  if (error) return failed(path, error);
  fs::copy_file(content, path, error);
  if (error) return failed(path, error);
  const auto mode = static_cast<fs::perms>(input.executable ? 0755 : 0644);
  fs::permissions(path, mode, error);
  if (error) return failed(path, error);
  return {};
}

/// A number of the job's own environment; `otherwise` when it is not there or no index that Slurm could have.
std::int64_t index_in(const Payload& payload, std::string_view name, std::int64_t otherwise) {
  constexpr std::size_t digits_max = 9;
  for (const EnvironmentVariable& each : payload.environment) {
    std::string_view rest = each.value;
    const std::string_view digits = take_digits(rest);
    if (each.name == name && !digits.empty() && rest.empty() && digits.size() <= digits_max)
      return number_of(digits).value_or(otherwise);
  }
  return otherwise;
}

}  // namespace

Result<void> prepare_work_folder(const std::string& folder, const AttemptKey& attempt, const Payload& payload,
                                 InputCache& cache, execute::Fetched& fetched) {
  adapters::remove_tree(folder);
  TRY_VOID(adapters::make_folder(folder, 0700));
  for (const InputFile& input : payload.inputs) TRY_VOID(place_input(folder, attempt, input, cache, fetched));
  return {};
}

std::vector<EnvironmentVariable> environment_of(const Payload& payload, const LeaseRow& lease,
                                                const std::string& folder) {
  const std::vector<EnvironmentVariable> ours = {
      {"DAYAN_JOB", to_text(lease.job)},
      {"DAYAN_TASK_INDEX", std::to_string(lease.task)},
      {"DAYAN_TASK_COUNT", std::to_string(lease.task_count)},
      {"DAYAN_ATTEMPT", std::to_string(lease.number)},
      {"DAYAN_CPUS", std::to_string(lease.resources.cores.value())},
      {"DAYAN_NODES", std::to_string(lease.resources.nodes)},
  };
  std::vector<EnvironmentVariable> environment;
  for (const EnvironmentVariable& each : payload.environment) {
    const auto same = [&](const EnvironmentVariable& other) { return other.name == each.name; };
    if (std::none_of(ours.begin(), ours.end(), same)) environment.push_back(each);
  }
  environment.insert(environment.end(), ours.begin(), ours.end());
  const std::int64_t first = index_in(payload, "SLURM_ARRAY_TASK_MIN", 0);
  const std::int64_t step = index_in(payload, "SLURM_ARRAY_TASK_STEP", 1);
  const std::vector<EnvironmentVariable> of_sbatch = {
      {"SLURM_SUBMIT_DIR", folder},
      {"SLURM_ARRAY_TASK_ID", std::to_string(first + lease.task * step)},
      {"SLURM_ARRAY_TASK_COUNT", std::to_string(lease.task_count)},
      {"SLURM_ARRAY_TASK_MIN", std::to_string(first)},
      {"SLURM_ARRAY_TASK_MAX", std::to_string(first + (lease.task_count - 1) * step)},
      {"SLURM_ARRAY_TASK_STEP", std::to_string(step)},
      {"SLURM_CPUS_PER_TASK", std::to_string(lease.resources.cores.value())},
      {"SRUN_CPUS_PER_TASK", std::to_string(lease.resources.cores.value())},  // what srun reads, from Slurm 22.05 on
      {"SLURM_NNODES", std::to_string(lease.resources.nodes)},
      {"SLURM_JOB_NUM_NODES", std::to_string(lease.resources.nodes)},
      {"SLURM_NTASKS", std::to_string(lease.resources.nodes)},
  };
  for (const EnvironmentVariable& each : of_sbatch) {
    const auto same = [&](const EnvironmentVariable& other) { return other.name == each.name; };
    if (std::none_of(payload.environment.begin(), payload.environment.end(), same)) environment.push_back(each);
  }
  return environment;
}

}  // namespace dayan::agent
