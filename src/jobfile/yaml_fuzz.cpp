#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "jobfile/job_file.h"

/// Any bytes give a job that passes `check`, or at least one fault with words; never a crash.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = dayan::jobfile::parse_job_yaml({reinterpret_cast<const char*>(data), size},
                                                  {dayan::UnixTime(1'800'000'000'000'000), true});
  if (file.has_value()) {
    ASSERT(dayan::check(file->spec).empty());
    for (const auto& input : file->inputs) ASSERT(dayan::is_safe_relative_path(input.path));
  } else {
    ASSERT(!file.error().empty());
    for (const auto& fault : file.error()) ASSERT(!fault.wrong.empty() && !fault.right.empty());
  }
  return 0;
}
