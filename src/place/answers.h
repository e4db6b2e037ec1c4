#pragma once

#include <memory>

#include "place/engine.h"
#include "place/wait_queue.h"
#include "place/world.h"

/// Answers: what a pool would be for who asks, counting those that stand before it (queue_ahead.h), and why a job waits.

namespace dayan::place {

[[nodiscard]] std::unique_ptr<Answers> make_answers(const World& world, const WaitQueue& queue, UnixTime now,
                                                    Times times);

}  // namespace dayan::place
