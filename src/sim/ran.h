#pragma once

#include "base/time.h"
#include "base/units.h"
#include "model/lease.h"

/// What is known of a start once it is over.

namespace dayan::sim {

/// What a task has fetched itself of its job's inputs.
struct Fetched {
  Bytes bytes;
  Duration time;
};

/// How a start ended, or was cut short.
struct Ran {
  Duration run;          ///< once its inputs were there
  Duration staged = {};  ///< until then
  Fetched fetched = {};
  bool by_limit = false;
  bool is_taken_back = false;  ///< its room was taken back: it has to run again
};

/// As the core has it.
[[nodiscard]] constexpr Outcome outcome_of(const Ran& ran) {
  if (ran.is_taken_back) return Outcome::reclaimed;
  return ran.by_limit ? Outcome::timed_out : Outcome::exited;
}

}  // namespace dayan::sim
