#include "store/event_chain.h"

#include <string>

namespace dayan::store {
namespace {

void add_number(std::string& bytes, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>((number >> shift) & 0xff);
}

}  // namespace

Digest chain_hash(const Digest& previous, std::int64_t sequence, UnixTime at, std::string_view name,
                  std::string_view detail) {
  std::string bytes(previous.bytes().begin(), previous.bytes().end());
  add_number(bytes, static_cast<std::uint64_t>(sequence));
  add_number(bytes, static_cast<std::uint64_t>(at.microseconds()));
  add_number(bytes, name.size());
  bytes += name;
  add_number(bytes, detail.size());
  bytes += detail;
  return sha256(bytes);
}

Result<void> check_sequences(std::int64_t last, const std::vector<EventRecord>& events) {
  for (const EventRecord& event : events) {
    if (event.sequence != last + 1) {
      return fail(ErrorCode::invalid, "event " + std::to_string(event.sequence) + " does not follow the last one",
                  std::to_string(last + 1), "events");
    }
    last = event.sequence;
  }
  return {};
}

}  // namespace dayan::store
