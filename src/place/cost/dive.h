#pragma once

#include <cstdint>
#include <vector>

#include "base/prng.h"
#include "place/cost/transport.h"

/// From split jobs to whole ones. A split job is pinned whole to one of its places, the optimum of the rest is
/// restored, and so on until none is split: after each step the relaxation says what the pins cost at least. A job of
/// one unit is never split, so the small jobs fill what the large ones leave.

namespace dayan::place::cost {

class Dive {
 public:
  /// The transport must be settled, and belongs to this object until `surface`.
  explicit Dive(Transport& transport) : transport_(transport) {}

  /// Makes every job whole: the largest split job first, to the place where the rest costs least.
  void descend();
  /// Takes some pins back and dives anew, again and again, and keeps what is cheaper. Ends when `work` (of
  /// Transport::work) is used up or the cost is at most `enough` (as Transport::cost).
  void improve(std::uint64_t work, Int128 enough);
  /// Takes all pins back: the transport holds the relaxation again, settled.
  void surface();

  /// Where each job is in the cheapest whole plan found, by job; free slots hold 0.
  [[nodiscard]] const std::vector<PlaceIndex>& places() const { return places_; }

 private:
  struct Pin {
    JobIndex job = no_job;
    PlaceIndex place = 0;
  };
  /// Of the next split job and its place: the largest where it costs least, or both at random.
  enum class Choice { cheapest, drawn };

  bool descend_below(Int128 limit, Choice choice, std::vector<Pin>& made);
  [[nodiscard]] std::vector<PlaceIndex> candidates(const Row& row) const;
  PlaceIndex pin_cheapest(JobIndex job, const std::vector<PlaceIndex>& candidates);
  void pin(JobIndex job, PlaceIndex place);
  void take_back_some(std::vector<Pin>& taken);
  void send_elsewhere(const Pin& from, Int128 limit, std::vector<Pin>& made);
  void keep_places();

  Transport& transport_;
  std::vector<Pin> pins_;
  std::vector<PlaceIndex> places_;
  std::vector<JobIndex> left_split_;  // by a dive that was given up
  Prng prng_{1};
};

}  // namespace dayan::place::cost
