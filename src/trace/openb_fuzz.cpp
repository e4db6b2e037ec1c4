#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "trace/openb.h"

/// Any bytes give rows within the limits, or one to `openb_faults_max` faults and a few of the last row, with words;
/// never a crash.
namespace {

void check(const dayan::Faults& faults) {
  ASSERT(!faults.empty() && faults.size() < 2 * dayan::trace::openb_faults_max);
  for (const auto& fault : faults) ASSERT(!fault.field.empty() && !fault.wrong.empty() && !fault.right.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto nodes = dayan::trace::parse_openb_nodes(text)) {
    for (const auto& node : *nodes) ASSERT(!node.name.empty() && node.cards >= 0 && node.cpu_milli >= 0);
  } else {
    check(nodes.error());
  }
  if (const auto pods = dayan::trace::parse_openb_pods(text)) {
    for (const auto& pod : *pods) ASSERT(pod.cards >= 0 && pod.card_milli >= 1 && pod.card_milli <= 1000);
  } else {
    check(pods.error());
  }
  return 0;
}
