#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "jobfile/platform_file.h"

/// Any bytes give a platform of at least one centre whose jobs pass `check`, or at least one fault with words.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = dayan::jobfile::parse_platform_yaml({reinterpret_cast<const char*>(data), size});
  if (file.has_value()) {
    ASSERT(!file->centres.empty());
    for (const auto& job : file->jobs) ASSERT(dayan::check(job.spec).empty());
  } else {
    ASSERT(!file.error().empty());
    for (const auto& fault : file.error()) ASSERT(!fault.wrong.empty() && !fault.right.empty());
  }
  return 0;
}
