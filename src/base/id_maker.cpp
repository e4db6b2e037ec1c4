#include "base/id_maker.h"

#include <algorithm>

namespace dayan {
namespace {
constexpr UnixTime epoch = UnixTime(1'704'067'200'000'000);  // 2024-01-01T00:00:00Z
constexpr std::int64_t milliseconds_max = (std::int64_t{1} << 41) - 1;
constexpr int count_bits = 16;
constexpr int shard_bits = 6;
constexpr std::int64_t counted_shard = IdMaker::shard_max + 1;
constexpr std::int64_t last_max = (std::int64_t{1} << (41 + count_bits)) - 1;

/// A clock outside the range of ids is the world's fault, so it is held to the range and not asserted.
std::int64_t milliseconds_of(UnixTime now) {
  if (now <= epoch) return 0;
  return std::min((now - epoch).microseconds() / 1'000, milliseconds_max);
}
}  // namespace

std::int64_t counted_id(UnixTime now, std::int64_t count) {
  const std::int64_t low = count & ((std::int64_t{1} << count_bits) - 1);
  return (((milliseconds_of(now) << count_bits) | low) << shard_bits) | counted_shard;
}

IdMaker::IdMaker(int shard) : shard_(shard) {
  ASSERT(shard >= 0);
  ASSERT(shard <= shard_max);
}

std::int64_t IdMaker::next(UnixTime now) {
  ASSERT(last_ < last_max);
  last_ = std::max(last_ + 1, milliseconds_of(now) << count_bits);
  const std::int64_t id = (last_ << shard_bits) | shard_;
  ASSERT(id > 0);
  return id;
}

}  // namespace dayan
