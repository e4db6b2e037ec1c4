#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "trace/gavel.h"

/// Any bytes give a table whose parts fit together, or at least one fault with words; never a crash.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto table = dayan::trace::parse_gavel({reinterpret_cast<const char*>(data), size});
  if (!table.has_value()) {
    ASSERT(!table.error().empty());
    for (const auto& fault : table.error()) ASSERT(!fault.wrong.empty());
    return 0;
  }
  const auto kinds = static_cast<int>(table->kinds.size());
  for (const auto& card : table->cards) {
    ASSERT(card.rates.size() == table->kinds.size());
    for (const auto& rate : card.rates) ASSERT(!rate || (*rate >= 0 && *rate <= dayan::trace::gavel_rate_max));
    for (const auto& pair : card.pairs)
      ASSERT(pair.kind >= 0 && pair.kind < kinds && pair.other >= 0 && pair.other < kinds && pair.rate >= 0);
  }
  return 0;
}
