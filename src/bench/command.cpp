#include "bench/command.h"

#include <sys/resource.h>
#include <unistd.h>

#include <ctime>

#include "bench/bench.h"
#include "bench/decision_file.h"

namespace dayan::bench {

void add_output_options(CLI::App& options, Output& output, bool writes_decisions) {
  options.add_flag("--json", output.json, "a JSON line per figure");
  if (writes_decisions) 
    options.add_option("--out", output.decisions_path,
                       "writes every decision to this file, compressed when it ends in .gz");
}

Result<void> write_decisions(const std::string& path, const std::function<void(std::ostream&)>& write) {
  TRY(const std::unique_ptr<DecisionFile> file, DecisionFile::open(path));
  write(file->stream());
  return file->finish();
}

double cpu_seconds() {
  timespec time{};
  (void)::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

std::int64_t own_resident_bytes() { return resident_bytes(static_cast<int>(::getpid())).value_or(-1); }

std::int64_t own_resident_bytes_max() {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return -1;
  return static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace dayan::bench
