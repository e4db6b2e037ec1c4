#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "place/booking/start_bound.h"
#include "place/calendar/calendar.h"
#include "place/fleet/fleet.h"

namespace dayan::place {

/// A booking of these Bookings; never given twice.
enum class BookingId : std::uint64_t {};

/// The longest time for which nodes are booked: a hundred years.
inline constexpr Duration wall_time_max = Duration::hours(24 * 36525);

/// Whole nodes of one shape, for a time.
struct NodeRequest {
  int nodes = 1;
  Duration wall_time;
  std::optional<ShapeIndex> shape = std::nullopt;  ///< any: the one that can start first, then the lowest
};

struct Booking {
  BookingId id{};
  UnixTime start;
  UnixTime end;
  ShapeIndex shape = 0;
  int nodes = 0;
  bool runs = false;  ///< it has its nodes; else it is a reservation
};

/// What happened while time passed, in order.
struct Passed {
  std::vector<BookingId> started;
  std::vector<BookingId> ended;
};

/// What became of bookings when a node was lost.
struct Disruption {
  std::optional<BookingId> stopped;  ///< it ran there
  std::vector<Booking> moved;        ///< reservations that start later than was promised
  std::vector<BookingId> dropped;    ///< reservations for which too few nodes are left
};

/// Whole nodes over time: a request starts now when it fits, else it is reserved from the earliest moment at which it
/// fits without delaying anything that was promised before (conservative). Nodes of one shape are interchangeable, so
/// a calendar of their number is exact; which nodes it gets, the lowest idle ones, is decided when it starts.
///
/// Time stands still between two calls of `advance`; ends at a moment come before starts. A booking that ends early
/// frees its nodes for requests to come; what is reserved keeps its start.
class Bookings {
 public:
  /// A fleet whose nodes are idle; it is used by nothing else from now on.
  Bookings(Fleet fleet, UnixTime now);

  /// What is wrong with a request: no node, no time, a shape that is not there.
  [[nodiscard]] Result<void> check(const NodeRequest& request) const;
  /// Starts or reserves; nothing when there will never be so many nodes of one shape. The request passes `check`.
  [[nodiscard]] std::optional<Booking> book(const NodeRequest& request);
  /// Ends or cancels a booking now. False when it is not there (any more).
  bool end(BookingId id);
  /// Plays what ends and starts up to a moment, that one included; not before the last one. What it returns holds
  /// until the next call.
  const Passed& advance(UnixTime now);
  /// When something ends or starts next; `never` when nothing is booked.
  [[nodiscard]] UnixTime next_event() const;

  /// A node fails: what runs there stops, and reservations that no longer fit move, the youngest first.
  [[nodiscard]] Disruption lose(NodeIndex node);
  /// A node takes nothing new; what runs there ends as promised.
  [[nodiscard]] Disruption drain(NodeIndex node);
  /// A node that was lost or drained is back.
  void restore(NodeIndex node);

  [[nodiscard]] UnixTime now() const { return now_; }
  [[nodiscard]] std::optional<Booking> find(BookingId id) const;
  /// The nodes of a booking that runs; empty for a reservation.
  [[nodiscard]] const std::vector<NodeIndex>& nodes_of(BookingId id) const;
  [[nodiscard]] std::size_t running() const { return ends_.size(); }
  [[nodiscard]] std::size_t reserved() const { return starts_.size(); }
  [[nodiscard]] const Fleet& fleet() const { return fleet_; }
  [[nodiscard]] const Calendar& calendar(ShapeIndex shape) const { return calendars_[shape]; }

  /// Recounts calendars and nodes from the bookings; what is untrue first, in words, or nothing.
  [[nodiscard]] std::optional<std::string> broken_invariant() const;

 private:
  friend class BookingsSaboteur;  // tests plant corruption through it

  enum class State : std::uint8_t { spare, reserved, runs };
  struct Entry {
    std::uint64_t sequence = 0;  ///< its id: bookings are numbered as they come
    UnixTime start;
    UnixTime end;
    int count = 0;
    ShapeIndex shape = 0;
    State state = State::spare;
    std::vector<NodeIndex> nodes;
  };
  using Slot = std::uint32_t;
  using Due = std::tuple<UnixTime, std::uint64_t, Slot>;  // when, sequence, where: a total order

  [[nodiscard]] const Entry* entry_of(BookingId id) const;
  [[nodiscard]] Booking seen(const Entry& entry) const;
  [[nodiscard]] Slot new_slot();
  [[nodiscard]] UnixTime earliest_start(std::size_t shape, const NodeRequest& request);
  void free_capacity(ShapeIndex shape, UnixTime start, UnixTime end, std::int64_t nodes);
  void start(Slot slot);
  void finish(Slot slot);
  void lose_capacity(NodeIndex node, UnixTime from, Disruption& disruption);
  void move_reservations(ShapeIndex shape, Disruption& disruption);
  [[nodiscard]] std::optional<std::string> broken_calendar(ShapeIndex shape) const;

  Fleet fleet_;
  UnixTime now_;
  std::vector<Calendar> calendars_;  ///< by shape: how many nodes are free
  std::vector<StartBound> bounds_;   ///< by shape: what the calendar's answers tell of the next one
  std::vector<int> capacity_;        ///< by shape: how many there are, lost ones too
  std::vector<Entry> entries_;
  std::vector<Slot> spare_;
  std::map<std::uint64_t, Slot> slot_of_;
  std::set<Due> starts_;
  std::set<Due> ends_;
  std::vector<Slot> holder_;            ///< by node: who runs there
  std::map<NodeIndex, UnixTime> lost_;  ///< from when the calendar does without it
  std::uint64_t booked_ = 0;
  Grant grant_;
  Passed passed_;
};

}  // namespace dayan::place
