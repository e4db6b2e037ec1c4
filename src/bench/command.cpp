#include "bench/command.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <fstream>

#include "bench/bench.h"

namespace dayan::bench {

void add_output_options(CLI::App& options, Output& output, bool writes_decisions) {
  options.add_flag("--json", output.json, "a JSON line per figure");
  if (writes_decisions) options.add_option("--out", output.decisions_path, "writes every decision to this file");
}

Result<void> write_decisions(const std::string& path, const std::function<void(std::ostream&)>& write) {
  const std::string partial = path + ".part";
  std::ofstream file(partial, std::ios::trunc);
  if (!file)
    return fail(ErrorCode::invalid, "'" + path + "' cannot be written", "a file in a folder that is there", "out");
  write(file);
  file.close();
  if (!file || std::rename(partial.c_str(), path.c_str()) != 0)
    return fail(ErrorCode::exhausted, "'" + path + "' could not be written whole", "room on the disk", "out");
  return {};
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
