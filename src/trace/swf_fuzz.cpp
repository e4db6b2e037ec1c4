#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "trace/swf.h"

/// Any bytes give jobs that can be replayed, or at least one fault with words; never a crash.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto unit : {dayan::trace::SwfUnit::second, dayan::trace::SwfUnit::millisecond}) {
    const auto log = dayan::trace::parse_swf(text, unit);
    if (!log.has_value()) {
      ASSERT(!log.error().empty());
      for (const auto& fault : log.error()) ASSERT(!fault.wrong.empty() && !fault.right.empty());
      continue;
    }
    dayan::Duration last;
    for (const auto& job : dayan::trace::rigid_jobs(*log).jobs) {
      ASSERT(job.submit >= last && job.run >= dayan::Duration{} && job.run <= job.limit && job.processors > 0);
      last = job.submit;
    }
  }
  return 0;
}
