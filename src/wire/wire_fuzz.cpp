#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "model/json.h"
#include "wire/agent.h"
#include "wire/job.h"
#include "wire/problem.h"

namespace {

/// What was read without a fault is written and read again as the same text; else there is a fault with words.
template <class T>
void check_reading(const dayan::JsonValue& value) {
  T request;
  dayan::Faults faults;
  if (!dayan::from_json(value, "", request, faults)) {
    ASSERT(!faults.empty());
    return;
  }
  const std::string text = dayan::nested_text(request);
  const auto again = dayan::parse_nested<T>(text);
  ASSERT(again.has_value());
  ASSERT(dayan::nested_text(*again) == text);
}

}  // namespace

/// Any bytes: the hub reads requests, the agent and the CLI read problems.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ASSERT(!dayan::wire::parse_problem(400, text).empty());
  const auto value = dayan::parse_json(text);
  if (!value.has_value()) return 0;
  ASSERT(dayan::json_text(*dayan::parse_json(dayan::json_text(*value))) == dayan::json_text(*value));
  check_reading<dayan::wire::SubmitRequest>(*value);
  check_reading<dayan::wire::ReportsRequest>(*value);
  check_reading<dayan::wire::PoolsRequest>(*value);
  return 0;
}
