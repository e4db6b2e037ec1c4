#include "agent/engines.h"

#include "adapters/files.h"
#include "adapters/local/local_executor.h"
#include "adapters/slurm/slurm_executor.h"

namespace dayan::agent {

namespace {

Result<MadeEngine> make_local(const LocalConfig& config, const AgentFolder& folder, const std::string& work_folder,
                              const std::string& program) {
  adapters::LocalOptions options;
  options.folder = folder.file("engine");
  options.program = program;
  options.cores = config.cores;
  options.memory = config.memory;
  options.sandbox = config.sandbox;
  options.network = config.network;
  options.hidden = {folder.path(), work_folder};
  TRY(std::unique_ptr<adapters::LocalExecutor> executor, adapters::make_local_executor(options));
  std::string description = executor->description();
  return MadeEngine{std::move(executor), std::move(description)};
}

Result<MadeEngine> make_slurm(const SlurmConfig& config, const std::string& work_folder, Processes& processes) {
  adapters::SlurmOptions options;
  // The nodes write into the control folders, so they lie beside the work folders, which the nodes see.
  options.folder = work_folder + "/.engine";
  options.slurm_conf = config.conf;
  options.partitions = config.partitions;
  options.run_as_prefix = config.run_as;
  TRY(std::unique_ptr<adapters::SlurmExecutor> executor, adapters::make_slurm_executor(options, processes));
  const Result<std::string> description = executor->probe_engine_description();
  std::string text = description ? *description : "Slurm does not answer yet: " + to_text(description.error());
  return MadeEngine{std::move(executor), std::move(text)};
}

}  // namespace

Result<MadeEngine> make_engine(const Config& config, const AgentFolder& folder, const std::string& work_folder,
                               const std::string& program, Processes& processes) {
  TRY_VOID(adapters::make_folder(work_folder, 0711));
  if (config.engine == Engine::local) return make_local(config.local, folder, work_folder, program);
  return make_slurm(config.slurm, work_folder, processes);
}

}  // namespace dayan::agent
