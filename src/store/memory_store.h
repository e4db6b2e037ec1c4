#pragma once

#include <memory>

#include "ports/store.h"

/// A Store in memory, for tests and for the simulator. What is committed stays as long as the object does: a crash is
/// simulated by throwing everything away but this.

namespace dayan::store {

/// How the next commit fails; in both cases the caller hears `unknown_outcome`.
enum class FailMode {
  before_apply,  ///< nothing of it is kept
  after_apply,   ///< all of it is kept
};

/// Safe from any thread.
class MemoryStore final : public Store {
 public:
  MemoryStore();
  ~MemoryStore() override;

  /// The next commit that would succeed fails in this way, once.
  void fail_next_commit(FailMode mode);

  [[nodiscard]] Result<std::int64_t> take_over() override;
  [[nodiscard]] Result<void> load(const std::function<void(Row)>& sink) override;
  [[nodiscard]] Result<void> commit(const Batch& batch) override;
  [[nodiscard]] Result<std::optional<KeptReply>> kept_reply(OrganisationId organisation,
                                                            const std::string& key) override {
    return find_reply(organisation, key);
  }
  [[nodiscard]] Result<std::optional<KeptReply>> find_reply(OrganisationId organisation,
                                                            const std::string& key) override;
  [[nodiscard]] Result<std::vector<Row>> query(const RowQuery& query) override;
  [[nodiscard]] Result<std::vector<LeaseRow>> leases_after(CentreId centre, std::int64_t sequence,
                                                           std::int32_t limit) override;
  [[nodiscard]] Result<std::vector<EventRecord>> events_after(std::int64_t sequence, std::int32_t limit) override;

 private:
  struct Kept;
  std::unique_ptr<Kept> kept_;
};

}  // namespace dayan::store
