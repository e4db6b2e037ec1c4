#pragma once

#include "sim/trial.h"

/// The line between one client and the hub. A message is a closure that runs where and when it arrives: late, twice,
/// overtaken by others, or never.

namespace dayan::sim {

class Line {
 public:
  Line(Trial& trial, Prng prng) : trial_(trial), prng_(prng) {}

  void to_hub(EventQueue::Action arrive) { send(std::move(arrive), cut_to_hub); }
  void to_client(EventQueue::Action arrive) { send(std::move(arrive), cut_to_client); }

  bool cut_to_hub = false;
  bool cut_to_client = false;

 private:
  void send(EventQueue::Action arrive, bool is_cut) {
    Counts& counts = trial_.counts;
    if (is_cut || Trial::strikes(prng_, trial_.faults.loss)) {
      ++counts.lost_messages;
      return;
    }
    if (Trial::strikes(prng_, trial_.faults.repeat)) {
      ++counts.repeated_messages;
      trial_.queue.after(delay(), arrive);
    }
    trial_.queue.after(delay(), std::move(arrive));
  }
  Duration delay() {
    if (Trial::strikes(prng_, trial_.faults.late)) {
      ++trial_.counts.late_messages;
      return draw_between(prng_, Duration::milliseconds(500), trial_.faults.late_max);
    }
    return draw_between(prng_, Duration::milliseconds(1), Duration::milliseconds(200));
  }

  Trial& trial_;
  Prng prng_;
};

}  // namespace dayan::sim
