#include "store/memory_store.h"

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "store/event_chain.h"
#include "store/memory_table.h"
#include "store/table_shape.h"

namespace dayan::store {
namespace {

template <class>
struct TablesOf;
template <class... RowTypes>
struct TablesOf<std::variant<RowTypes...>> {
  using type = std::tuple<MemoryTable<RowTypes>...>;
};

}  // namespace

struct MemoryStore::Kept {
  using LeaseKey = MemoryTable<LeaseRow>::Key;
  using ReplyKey = std::pair<OrganisationId, std::string>;

  std::mutex mutex;
  TablesOf<Row>::type tables;
  std::map<std::pair<CentreId, std::int64_t>, LeaseKey> leases_by_sequence;
  std::map<ReplyKey, KeptReply> replies;
  std::vector<EventRecord> events;
  std::int64_t generation = 0;
  std::optional<FailMode> fail_mode;

  void unlist_lease(const LeaseKey& key) {
    const LeaseRow* lease = std::get<MemoryTable<LeaseRow>>(tables).find(key);
    if (lease != nullptr) leases_by_sequence.erase({lease->centre, lease->sequence});
  }

  void apply(const RowChange& change) {
    std::visit(
        [&](const auto& row) {
          using RowType = std::remove_cvref_t<decltype(row)>;
          auto& table = std::get<MemoryTable<RowType>>(tables);
          if constexpr (std::same_as<RowType, LeaseRow>) {
            unlist_lease(row.key());
            if (change.fate != RowFate::erased) leases_by_sequence[{row.centre, row.sequence}] = row.key();
          }
          if (change.fate == RowFate::erased) {
            table.erase(row.key());
          } else {
            table.put(row, change.fate == RowFate::live);
          }
        },
        change.row);
  }

  /// What the database would refuse: nothing of the batch is applied then.
  [[nodiscard]] Result<void> check(const Batch& batch) const {
    if (batch.generation != generation) return generation_conflict(batch.generation);
    TRY_VOID(check_sequences(static_cast<std::int64_t>(events.size()), batch.events));
    std::set<ReplyKey> new_keys;
    for (const KeptReply& reply : batch.replies) {
      const ReplyKey key{reply.organisation, reply.key};
      if (replies.contains(key) || !new_keys.insert(key).second) return reply_is_kept(reply.key);
    }
    return {};
  }
};

MemoryStore::MemoryStore() : kept_(std::make_unique<Kept>()) {}
MemoryStore::~MemoryStore() = default;

void MemoryStore::fail_next_commit(FailMode mode) {
  const std::lock_guard lock(kept_->mutex);
  kept_->fail_mode = mode;
}

Result<std::int64_t> MemoryStore::take_over() {
  const std::lock_guard lock(kept_->mutex);
  return ++kept_->generation;
}

Result<void> MemoryStore::load(const std::function<void(Row)>& sink) {
  const std::lock_guard lock(kept_->mutex);
  std::apply([&](const auto&... table) { (table.load(sink), ...); }, kept_->tables);
  return {};
}

Result<void> MemoryStore::commit(const Batch& batch) {
  const std::lock_guard lock(kept_->mutex);
  TRY_VOID(kept_->check(batch));
  const std::optional<FailMode> fails = std::exchange(kept_->fail_mode, std::nullopt);
  if (fails != FailMode::before_apply) {
    for (const RowChange& change : batch.changes) kept_->apply(change);
    kept_->events.insert(kept_->events.end(), batch.events.begin(), batch.events.end());
    for (const KeptReply& reply : batch.replies)
      kept_->replies.emplace(std::pair{reply.organisation, reply.key}, reply);
  }
  if (fails) return fail(ErrorCode::unknown_outcome, "the commit may or may not have happened", "load again");
  return {};
}

Result<std::optional<KeptReply>> MemoryStore::find_reply(OrganisationId organisation, const std::string& key) {
  const std::lock_guard lock(kept_->mutex);
  const auto found = kept_->replies.find({organisation, key});
  if (found == kept_->replies.end()) return std::optional<KeptReply>();
  return std::optional(found->second);
}

Result<std::vector<Row>> MemoryStore::query(const RowQuery& query) {
  TRY(const std::size_t wanted, check_query(query));
  const std::lock_guard lock(kept_->mutex);
  std::vector<Row> rows;
  std::size_t index = 0;
  const auto ask = [&](const auto& table) {
    if (index++ == wanted) rows = table.query(query);
  };
  std::apply([&](const auto&... table) { (ask(table), ...); }, kept_->tables);
  return rows;
}

Result<std::vector<LeaseRow>> MemoryStore::leases_after(CentreId centre, std::int64_t sequence, std::int32_t limit) {
  TRY_VOID(check_limit(limit));
  const std::lock_guard lock(kept_->mutex);
  const auto& leases = std::get<MemoryTable<LeaseRow>>(kept_->tables);
  std::vector<LeaseRow> found;
  for (auto at = kept_->leases_by_sequence.upper_bound({centre, sequence});
       at != kept_->leases_by_sequence.end() && at->first.first == centre && std::ssize(found) < limit; ++at) {
    const LeaseRow* lease = leases.find(at->second);
    ASSERT(lease != nullptr);
    found.push_back(*lease);
  }
  return found;
}

Result<std::vector<EventRecord>> MemoryStore::events_after(std::int64_t sequence, std::int32_t limit) {
  TRY_VOID(check_limit(limit));
  const std::lock_guard lock(kept_->mutex);
  const auto count = static_cast<std::int64_t>(kept_->events.size());
  const std::int64_t begin = std::clamp(sequence, std::int64_t{0}, count);
  const std::int64_t end = std::min(count, begin + limit);
  return std::vector(kept_->events.begin() + begin, kept_->events.begin() + end);
}

}  // namespace dayan::store
