#include <algorithm>

#include "bench/match.h"
#include "place/booking/bookings.h"

namespace dayan::bench {
namespace {

constexpr UnixTime epoch(1'000'000);
constexpr std::string_view moving = "bookings";
constexpr std::string_view standing = "bookings_at_once";

/// 1 to 90 nodes of one shape for 64 s to 18 h, all numbers as likely as any other.
place::NodeRequest draw_request(Prng& prng, const place::Fleet& fleet) {
  constexpr std::int64_t seconds_min = 64;
  constexpr std::int64_t seconds_max = 18 * 3600;
  constexpr std::int64_t nodes_asked_max = 90;
  place::NodeRequest request;
  request.shape = static_cast<place::ShapeIndex>(prng.below(fleet.shapes()));
  request.nodes = static_cast<int>(prng.between(1, std::min<std::int64_t>(nodes_asked_max, fleet.size() / 4)));
  request.wall_time = Duration::seconds(prng.between(seconds_min, seconds_max));
  return request;
}

/// The time between two requests at which they ask for as many node hours as there are, on average; drawn evenly
/// between none and twice that.
Duration draw_gap(Prng& prng, place::NodeIndex nodes) {
  constexpr std::int64_t node_microseconds = 455 * 32'432 * std::int64_t{100'000};  // 45.5 nodes for 32,432 s
  return Duration::microseconds(prng.between(0, 2 * node_microseconds / nodes));
}

void write_started(std::ostream& out, const place::Bookings& bookings, place::BookingId id) {
  out << R"({"op":"start","booking":)" << static_cast<std::uint64_t>(id) << R"(,"now_us":)"
      << bookings.now().microseconds() << R"(,"nodes":[)";
  const char* comma = "";
  for (const place::NodeIndex node : bookings.nodes_of(id)) {
    out << comma << node;
    comma = ",";
  }
  out << "]}\n";
}

void advance_and_write(std::ostream& out, place::Bookings& bookings, UnixTime now) {
  while (bookings.next_event() <= now) {
    const place::Passed& passed = bookings.advance(bookings.next_event());
    for (const place::BookingId id : passed.ended) {
      out << R"({"op":"end","booking":)" << static_cast<std::uint64_t>(id) << R"(,"now_us":)"
          << bookings.now().microseconds() << "}\n";
    }
    for (const place::BookingId id : passed.started) write_started(out, bookings, id);
  }
  bookings.advance(now);
}

void write_booked(std::ostream& out, const place::Bookings& bookings, const place::NodeRequest& request,
                  const place::Booking& booking) {
  out << R"({"op":"book","booking":)" << static_cast<std::uint64_t>(booking.id) << R"(,"now_us":)"
      << bookings.now().microseconds() << R"(,"shape":)" << int{booking.shape} << R"(,"nodes":)" << booking.nodes
      << R"(,"wall_us":)" << request.wall_time.microseconds() << R"(,"start_us":)" << booking.start.microseconds()
      << "}\n";
  if (booking.runs) write_started(out, bookings, booking.id);
}

Result<MatchRun> play_bookings(const MatchOptions& options, place::NodeIndex nodes, bool clock_runs, DecisionLog log) {
  place::Bookings bookings(three_shape_fleet(nodes), epoch);
  log.begin(bookings.fleet(), clock_runs ? moving : standing, name_of(place::FitPolicy::first), options.seed);
  log.phase("measured");
  Prng prng(options.seed);
  MatchRun run;
  run.count = clock_runs ? options.requests : options.requests / 5;
  UnixTime now = epoch;
  const double start = cpu_seconds();
  for (std::uint64_t i = 0; i < run.count; ++i) {
    if (clock_runs) {
      now = now + draw_gap(prng, nodes);
      if (log.writes()) advance_and_write(log.out(), bookings, now);
      bookings.advance(now);
    }
    const place::NodeRequest request = draw_request(prng, bookings.fleet());
    const std::optional<place::Booking> booking = bookings.book(request);
    if (!booking) {
      ++run.refused;
      if (log.writes()) log.out() << R"({"op":"refuse","now_us":)" << now.microseconds() << "}\n";
      continue;
    }
    run.left = run.left * 31 + static_cast<std::uint64_t>(booking->start.microseconds());
    if (log.writes()) write_booked(log.out(), bookings, request, *booking);
  }
  run.seconds = cpu_seconds() - start;
  if (log.writes()) {
    // So that each reservation's nodes are told.
    log.phase("after");
    while (bookings.next_event() < place::never) advance_and_write(log.out(), bookings, bookings.next_event());
  } else if (nodes <= recount_nodes_max) {
    if (const auto broken = bookings.broken_invariant()) return fail(ErrorCode::corrupt, *broken);
  }
  return run;
}

}  // namespace

Result<void> measure_bookings(const MatchOptions& options, DecisionLog log, place::NodeIndex nodes, bool clock_runs) {
  const Rate rate{.load = clock_runs ? moving : standing,
                  .policy = name_of(place::FitPolicy::first),
                  .words = clock_runs ? "allocate or reserve 1-90 nodes, 64 s-18 h: whole lives at a load of 1"
                                      : "the same, all at one moment: what does not start is reserved",
                  .nodes = nodes};
  return measure_and_write(options, std::move(log), rate, [&](DecisionLog written) {
    return play_bookings(options, nodes, clock_runs, std::move(written));
  });
}

}  // namespace dayan::bench
