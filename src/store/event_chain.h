#pragma once

#include <cstdint>
#include <string_view>

#include "base/digest.h"
#include "model/event.h"

/// The chain that binds each stored event to all before it: whoever changes, drops or inserts one must forge every
/// later hash, and the latest hash can be written down elsewhere.

namespace dayan::store {

/// SHA-256 of the hash before, then sequence and time as eight bytes each (highest first), then name and detail, each
/// after its length as eight bytes. The first event follows Digest().
[[nodiscard]] Digest chain_hash(const Digest& previous, std::int64_t sequence, UnixTime at, std::string_view name,
                                std::string_view detail);

/// Where the chain ends: the last event's sequence and hash.
struct ChainHead {
  std::int64_t sequence = 0;
  Digest hash;
};

/// `invalid` when the sequences do not go on from `last` without a gap: the caller has lost count.
[[nodiscard]] Result<void> check_sequences(std::int64_t last, const std::vector<EventRecord>& events);

}  // namespace dayan::store
