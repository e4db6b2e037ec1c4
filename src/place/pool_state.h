#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "model/meter.h"
#include "model/rack.h"
#include "model/rows.h"
#include "model/run_time.h"
#include "place/end_order.h"
#include "place/engine.h"
#include "place/packing.h"

/// PoolState: one pool with what takes of it. The world (world.h) keeps one for each pool and brings it up to date as
/// rows change; the planner's own claims of one plan count like leases until the plan's outcome is known.

namespace dayan::place {

/// The first moment that has room for a task, and for how many. `wait` is nothing when no known lease makes room.
struct Opening {
  std::optional<Duration> wait;
  std::int64_t slots = 0;
};

/// Room that a pool keeps for one waiting job (turn.h has the rules).
struct Promise {
  JobId job;       ///< none: it has been used or dropped by the plan under way, and binds until that ends
  Need need;
  UnixTime start;  ///< when leases will have made the room, at the latest
  UnixTime counts_from;  ///< leases from then on must not have pushed the start back
  Duration run;    ///< that the job is expected to take there
  std::int64_t tasks = 1;  ///< so many of its tasks
};

struct CentreState {
  bool is_known = false;  ///< its row has come
  CentreId id;
  OrganisationId provider_id;
  std::string name;
  std::string region;
  std::vector<std::string> accepts;  ///< names of those whom it serves; empty: everybody
  std::optional<std::vector<std::string>> maps;  ///< names of those that have an account there; nothing: everybody
  std::vector<CityLatency> latency;
  std::optional<std::int64_t> pue;     ///< in thousandths
  std::optional<std::int64_t> carbon;  ///< g/kWh
  std::vector<DayHours> carbon_hours;  ///< at which it is another percentage of that
  std::optional<Bandwidth> link;       ///< from the hub's depot; nothing when nobody knows it
  const std::string* provider = nullptr;  ///< name; nothing while its row has not come
  std::vector<const ReservationRow*> reservations;  ///< of it or of one pool of it, in order of `from`
  std::vector<OfferRow> offers;           ///< live ones; the current one is `offer`
  std::optional<std::size_t> offer;       ///< index of the newest; nothing when none is published
  UnixTime heard_at;                      ///< none: never
  std::optional<Cores> foreign_cores_busy;
  std::vector<PoolIndex> pools;
  bool is_reachable = false;  ///< as the planner's time stands

  // At the hour of the day as the planner's time stands (World::pass_hours).
  OfferRow offer_now;
  OfferRow reclaimable_offer;  ///< with the part of its prices that reclaimable work pays
  std::optional<std::int64_t> carbon_now;
  UnixTime hour_ends;  ///< none: it is the same all day

  [[nodiscard]] const OfferRow* published_offer() const { return offer ? &offers[*offer] : nullptr; }
  [[nodiscard]] const OfferRow* current_offer() const { return offer ? &offer_now : nullptr; }
  /// As such work has it.
  [[nodiscard]] const OfferRow* offer_for(const Requirements& requirements) const {
    if (!offer) return nullptr;
    return requirements.reclaimable ? &reclaimable_offer : &offer_now;
  }
  [[nodiscard]] bool has_hours() const { return !hour_ends.is_none(); }
  /// The offer, and the carbon, as they stand at a moment.
  [[nodiscard]] std::optional<OfferRow> offer_at(UnixTime at) const {
    return offer ? std::optional(dayan::offer_at(offers[*offer], at)) : std::nullopt;
  }
  [[nodiscard]] std::optional<OfferRow> offer_for(const Requirements& requirements, UnixTime at) const {
    const auto then = offer_at(at);
    return then ? std::optional(part_of(*then, price_part_of(*then, requirements.reclaimable))) : std::nullopt;
  }
  [[nodiscard]] std::optional<std::int64_t> carbon_at(UnixTime at) const;
  /// The first moment after `at` when one of the two changes; nothing when neither does.
  [[nodiscard]] std::optional<UnixTime> next_hour(UnixTime at) const;
  [[nodiscard]] bool reachable(UnixTime now) const {
    return !heard_at.is_none() && now - heard_at <= reachable_within;
  }
};

struct PoolState {
  PoolRow row;
  PoolIndex index = 0;
  bool is_known = false;  ///< its row and its centre's have come
  bool has_row = false;
  CentreState* centre = nullptr;

  Amounts per_node;
  Amounts total;
  Amounts leased;   ///< by leases and claims
  Amounts foreign;  ///< by the provider's own people
  Shapes shapes;    ///< of leases and claims
  Holdings holdings;
  BlockOrder<Ending> reclaimable;  ///< of its leases, in order of their latest ends
  std::set<JobId> apart;         ///< jobs with tasks here that bound how many run on one node
  std::int64_t load = 0;  ///< how full it is by its scarcest kind, in thousandths

  // What its names are among all pools' (attributes.h).
  std::uint32_t chip = 0;
  std::uint32_t software = 0;
  std::uint32_t region = 0;
  std::uint32_t provider = 0;

  std::optional<Promise> promise;
  /// What closes it, in order of `from`; that may be over.
  std::vector<const ReservationRow*> reservations;

  std::uint64_t version = 0;  ///< rises when what it holds, or when that is expected to end, changes

  /// Of a card, as its row says; zero is unknown.
  [[nodiscard]] Capability card() const { return has_row ? row.card_capability : Capability(); }
  [[nodiscard]] Amounts taken() const;
  [[nodiscard]] Amounts free() const;
  /// How many tasks of this need fit now: by what is free in sum, and by the nodes as leases would lie on them.
  [[nodiscard]] std::int64_t slots(const Need& need) const;
  [[nodiscard]] bool has_room(const Need& need) const;
  /// False where it is larger than the pool's nodes, or than so many of them (rack.h).
  [[nodiscard]] bool is_large_enough(const Need& need) const {
    return covers(per_node, need.each) && need.nodes <= task_nodes_max_of(row, need.is_in_rack);
  }
  /// The largest amount of one kind on each node that would fit now, all else as asked; −1 when not even none would.
  /// What is asked does not fit.
  [[nodiscard]] std::int64_t largest_that_fits(Need need, Kind kind) const;
  /// The most nodes that would fit now, with as much on each as asked.
  [[nodiscard]] std::int64_t widest_that_fits(const Need& need) const;
  /// How many further tasks of a job find room that lets so many of its tasks run on one node, of which there are
  /// `own` here. As the others' leases lie if they are packed tightly, and its own anywhere beside them.
  [[nodiscard]] std::int64_t slots_apart(const Need& need, std::int64_t on_node_max, std::int64_t own) const;
  /// How many would fit beside the provider's own people alone.
  [[nodiscard]] std::int64_t slots_when_empty(const Need& need) const;
  [[nodiscard]] Opening opening(const Need& need, UnixTime now) const;

  /// By when it has room for a task, if each lease takes as long as it may; nothing when no lease makes room.
  [[nodiscard]] std::optional<UnixTime> surely_opens(const Need& need, UnixTime now, std::int64_t tasks = 1) const;
  /// Whether it has room for so many of `need` at a time, each lease having taken as long as it may, and `beside` being placed now
  /// for longer than that.
  [[nodiscard]] bool has_room_at(UnixTime at, const Need& need, const Need& beside, std::int64_t tasks = 1) const;
  /// How many of a need fit beside just these shapes, which take `held` together, and the provider's own people.
  [[nodiscard]] std::int64_t slots_beside(const Shapes& these, const Amounts& held, const Need& need) const;
  /// What it holds still, each lease having taken as long as it may.
  struct Held {
    Shapes shapes;
    Amounts amounts;
  };
  [[nodiscard]] Held held_at(UnixTime at) const;
  void set_promise(const std::optional<Promise>& made);
  /// The longest wall time that ends before what was promised is needed; may be negative. There is a promise.
  [[nodiscard]] Duration promised_within(UnixTime now) const {
    return promise->start - now - lease_start_allowance;
  }
  /// Whether what was promised has room at its start even when a task of this need still runs. There is a promise.
  [[nodiscard]] bool fits_beside_promise(const Need& need) const;
  /// Whether a task must not take the room that there is, since it may still hold it when that was promised to another.
  [[nodiscard]] bool keeps_out(const Need& need, Duration wall_time, UnixTime now) const {
    return promise && wall_time > promised_within(now) && !fits_beside_promise(need);
  }

  /// The first that closes it to whom it does not name and that is not over; nothing when none does.
  template <class IsNamed>
  [[nodiscard]] const ReservationRow* closing(UnixTime now, IsNamed&& is_named) const {
    for (const ReservationRow* each : reservations) {
      if (each->until > now && !is_named(*each)) return each;
    }
    return nullptr;
  }
  /// From when on, `start` at the earliest, a lease with this wall time, cut to end by the deadline, lies in none of
  /// them: moved to the end of each that it would overlap. It is given the time of its inputs (`staging`) on top.
  template <class IsNamed>
  [[nodiscard]] UnixTime open_from(UnixTime start, Duration wall_time, UnixTime finish_by, IsNamed&& is_named,
                                   Duration staging = Duration()) const {
    for (const ReservationRow* each : reservations) {
      if (start >= each->until || is_named(*each)) continue;
      const Duration limit = lease_wall_time(wall_time, finish_by, start, staging);
      if (start + lease_start_allowance + staging + limit > each->from) start = each->until;
    }
    return start;
  }

  /// What it holds by expected ends, each later than `now`. A copy of a pool must not be asked: it would move what the
  /// pool itself keeps.
  [[nodiscard]] const EndOrder::Order& ends(UnixTime now) const { return ends_.from(now, row); }

  void hold(const Holding& holding);
  void let_go(const Holding& holding);
  /// To be called when a holding has started, or another run time is expected of it.
  void renew_end(const Holding& holding);
  /// To be called when the row has changed, before recount().
  void renew_ends() { ends_.renew_all(row); }
  /// To be called when the row or the foreign part has changed.
  void recount();

 private:
  [[nodiscard]] const Packing& packing(const Need& need) const;
  void changed();
  template <class Visitor, class Passer>
  void visit_sure_ends(UnixTime now, Visitor&& visit, Passer&& passes) const;

  mutable EndOrder ends_;
  struct Packed {
    Packing packing;
    bool is_done = false;
  };
  mutable Packed packed_;
  mutable Packed packed_in_racks_;  ///< for who needs these (Packing::pack_for)
  mutable std::map<Need, bool> fits_beside_;  ///< what fits_beside_promise() has said since the last change
};

/// How much less the pool can take of a mix of cores, memory and cards when a task takes its room: as a part of that
/// mix, by the scarcest of the three there. A task that takes little of what is scarce in the pool, for the mix, costs
/// it little.
[[nodiscard]] double room_lost(const PoolState& pool, const Need& need, const Amounts& mix);

/// The longest wall time of a lease granted at `start` that ends before the pool is closed; may be negative.
[[nodiscard]] inline Duration open_within(const ReservationRow& closing, UnixTime start) {
  return closing.from - start - lease_start_allowance;
}

/// When a live lease ends at the latest, later than `now`: one that is still there past that takes its room still, and
/// is given one second more, or two, or four, and so on.
[[nodiscard]] UnixTime sure_end(const Holding& holding, UnixTime now);

}  // namespace dayan::place
