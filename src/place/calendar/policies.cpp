#include "place/calendar/policies.h"

#include "place/calendar/conservative.h"
#include "place/calendar/due_order.h"
#include "place/calendar/easy.h"
#include "place/calendar/fcfs.h"
#include "place/calendar/host_policies.h"

namespace dayan::place {

std::string_view to_text(QueueRule rule) {
  switch (rule) {
    case QueueRule::fcfs: return "fcfs";
    case QueueRule::easy: return "easy";
    case QueueRule::conservative: return "conservative";
    case QueueRule::dayan: return "dayan";
  }
  return "";
}

std::unique_ptr<QueuePolicy> make_queue_policy(QueueRule rule, TieRule ties, std::int64_t processors) {
  if (ties == TieRule::lowest_hosts) {
    switch (rule) {
      case QueueRule::easy: return std::make_unique<HostEasy>(processors);
      case QueueRule::conservative: return std::make_unique<HostConservative>(processors);
      default: return nullptr;
    }
  }
  switch (rule) {
    case QueueRule::fcfs: return std::make_unique<Fcfs>(processors);
    case QueueRule::easy: return std::make_unique<Easy>(processors);
    case QueueRule::conservative: return std::make_unique<Conservative>(processors);
    case QueueRule::dayan: return std::make_unique<DueOrder>(processors);
  }
  return nullptr;
}

}  // namespace dayan::place
