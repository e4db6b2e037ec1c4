#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "trace/gap.h"

/// Any bytes give an instance that reads back the same, or at least one fault with words; never a crash.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = dayan::trace::parse_gap({reinterpret_cast<const char*>(data), size});
  if (read.has_value()) {
    const auto again = dayan::trace::parse_gap(dayan::trace::to_text(*read));
    ASSERT(again.has_value() && *again == *read);
  } else {
    ASSERT(!read.error().empty() && read.error().size() <= dayan::trace::gap_faults_max);
    for (const auto& fault : read.error()) ASSERT(!fault.wrong.empty() && !fault.right.empty());
  }
  return 0;
}
