#pragma once

#include <array>
#include <memory>
#include <string_view>

#include "place/calendar/queue.h"

namespace dayan::place {

/// `dayan` is DueOrder.
enum class QueueRule { fcfs, easy, conservative, dayan };
inline constexpr std::array<QueueRule, 4> queue_rules{QueueRule::fcfs, QueueRule::easy, QueueRule::conservative,
                                                      QueueRule::dayan};

/// What decides between equals. Under both, at one instant ends come before submissions and these before the
/// decision, and equal jobs go in order of submission.
enum class TieRule {
  counted,       ///< processors are like: only their number counts
  lowest_hosts,  ///< processors are hosts, kept from start to end; the lowest free numbers are taken
                 ///< (host_policies.h)
};

[[nodiscard]] std::string_view to_text(QueueRule rule);
/// Null when there is no such rule under this tie rule: lowest_hosts knows only easy and conservative.
[[nodiscard]] std::unique_ptr<QueuePolicy> make_queue_policy(QueueRule rule, TieRule ties, std::int64_t processors);

}  // namespace dayan::place
