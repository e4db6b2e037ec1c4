#include "sim/world.h"

#include "model/rack.h"

/// How a world is made, and what befalls it from outside.

namespace dayan::sim {

namespace {

constexpr OrganisationId operator_id{1};
const char* const regions[] = {"guizhou", "ningxia", "inner-mongolia", "shanghai"};

std::string numbered(const char* what, std::int32_t index) { return what + std::string("-") + std::to_string(index); }

}  // namespace

World::World(Trial& trial, Prng prng)
    : trial_(trial),
      prng_(prng),
      processes_(trial),
      journal_(trial),
      checkers_(trial, processes_, journal_),
      hub_(trial, store_, checkers_, prng_.split()),
      provider_(trial, hub_, prng_.split()) {}

/// Asks without a line and without faults: the world is made whole before anything may fail.
void World::ask(Digest token, CommandBody body, bool is_host) {
  Request request;
  request.token = token;
  request.is_host = is_host;
  request.body = std::move(body);
  bool is_done = false;
  hub_.receive(std::move(request), [&](const Answer& answer) {
    if (answer.kind != Answer::Kind::done) trial_.broken("scene", answer.text);
    is_done = true;
  });
  while (!is_done && !trial_.violation) trial_.queue.run_next();
}

void World::set_up() {
  const Faults faults = std::exchange(trial_.faults, Faults());
  hub_.start();
  ask({}, Bootstrap{operator_id, UserId(1), ProjectId(1), "platform", "root", sha256("root")}, true);
  for (std::int32_t i = 0; i < trial_.swarm.centres; ++i) {
    trial_.faults.clock_skew_max = faults.clock_skew_max;
    add_centre(i);
  }
  for (std::int32_t i = 0; i < trial_.swarm.customers; ++i) add_customer(i);
  trial_.faults = faults;
}

/// How fast cards are, known or not.
Capability World::draw_card() { return Capability(prng_.chance(1, 3) ? 0 : prng_.between(2'000, 40'000)); }

/// How the nodes of a pool stand, all or some of them.
std::vector<std::int32_t> World::draw_racks(std::int32_t nodes) {
  std::vector<std::int32_t> sizes;
  for (; nodes > 0; nodes -= sizes.back()) sizes.push_back(static_cast<std::int32_t>(prng_.between(1, nodes)));
  if (prng_.chance(1, 4)) sizes.pop_back();
  return sizes;
}

PoolRow World::draw_pool(std::int32_t index) {
  PoolRow pool;
  pool.name = numbered("pool", index);
  pool.nodes = static_cast<std::int32_t>(prng_.between(1, 3));
  pool.cores_per_node = Cores(prng_.between(2, 8));
  pool.memory_per_node = Bytes(prng_.between(4, 16) * 1'000'000'000);
  if (prng_.chance(1, 3)) {
    pool.cards_per_node = MilliCards(1'000 * prng_.between(1, 4));
    pool.chip = "mi-50";
    pool.card_capability = draw_card();
  }
  if (prng_.chance(2, 3)) pool.racks = racks_of(draw_racks(pool.nodes));
  pool.wall_time_max = Duration::minutes(prng_.between(10, 60));
  pool.core_capability = Capability(prng_.chance(1, 3) ? 0 : prng_.between(5'000, 20'000));
  return pool;
}

void World::add_centre(std::int32_t index) {
  const OrganisationId provider(10 + index);
  const CentreId id(20 + index);
  const std::string name = numbered("centre", index);
  const Digest token = sha256("provider " + name);
  ask(sha256("root"), CreateOrganisation{provider, ProjectId(provider.value()), UserId(provider.value()),
                                         numbered("provider", index), "first", false, true, token});
  ask(token, CreateCentre{id, name, regions[index % 4]});
  ask(token, CreateJoinToken{name, sha256("join " + name)});
  ask({}, EnrolAgent{sha256("join " + name), std::string(64, 'a'), sha256("agent " + name)}, true);
  PublishOffer offer{OfferId(trial_.next_id()), name, Cny::micro(prng_.between(100'000, 900'000)),
                     Cny::micro(prng_.between(1'000'000, 9'000'000)), Cny::micro(prng_.between(0, 30'000))};
  offer.reclaimable_part = prng_.between(1, whole_price);
  if (prng_.chance(2, 3)) offer.transfer_gb = Cny::micro(prng_.between(0, 300'000));
  ask(token, std::move(offer));
  // What a provider tells of its link is so, or is half or twice of it; or it tells nothing.
  const Bandwidth link(prng_.between(5, 200) * 1'000'000);
  if (prng_.chance(2, 3)) {
    UpdateCentre told;
    told.centre = name;
    told.bandwidth = Bandwidth((link.value() << prng_.below(3)) / 2);
    ask(token, std::move(told));
  }
  std::vector<PoolRow> pools;
  const std::int64_t count = prng_.between(1, 3);
  for (std::int32_t i = 0; i < count; ++i) pools.push_back(draw_pool(i));
  ask(sha256("agent " + name), ReportPools{pools});
  centres_.push_back(std::make_unique<Centre>(trial_, hub_, processes_, journal_,
                                              CentreFacts{id, name, token, std::move(pools), link},
                                              prng_.split()));
  centres_.back()->start(sha256("agent " + name), 1);
}

void World::add_customer(std::int32_t index) {
  const OrganisationId id(30 + index);
  const std::string name = numbered("customer", index);
  ask(sha256("root"), CreateOrganisation{id, ProjectId(id.value()), UserId(id.value()), name, "first", true, false,
                                         sha256(name)});
  ask(sha256(name), CreateProject{ProjectId(60 + id.value()), second_project});
  const bool is_poor = index < trial_.swarm.poor_customers;
  const Cny money = Cny::micro(is_poor ? prng_.between(50'000, 600'000) : 50'000'000);
  journal_.top_up_sent(id, money);
  ask(sha256("root"), TopUpWallet{name, money, "first of " + name});
  journal_.top_up_done(id, money);
  customers_.push_back(std::make_unique<Customer>(
      trial_, hub_, journal_, CustomerFacts{id, name, sha256(name), sha256("root"), operator_id, is_poor},
      prng_.split()));
}

void World::crash_hub_again() {
  const Duration mean = trial_.faults.hub_crash_every;
  if (mean == Duration()) return;
  trial_.queue.after(draw_wait(prng_, mean), [this] {
    if (trial_.is_healed()) return;
    hub_.crash();
    crash_hub_again();
  });
}

void World::change_price_again() {
  if (trial_.swarm.price_every == Duration()) return;
  trial_.queue.after(draw_wait(prng_, trial_.swarm.price_every), [this] {
    if (trial_.is_healed()) return;
    const CentreFacts& centre = centres_[prng_.below(centres_.size())]->facts();
    Request request;
    request.token = centre.provider_token;
    PublishOffer offer{OfferId(trial_.next_id()), centre.name, Cny::micro(prng_.between(100'000, 900'000)),
                       Cny::micro(prng_.between(1'000'000, 9'000'000)), Cny()};
    offer.hours = draw_hours();
    offer.reclaimable_part = prng_.between(1, whole_price);
    if (prng_.chance(2, 3)) offer.transfer_gb = Cny::micro(prng_.between(0, 300'000));
    request.body = std::move(offer);
    // What it draws changes too, and with it the greenest.
    if (prng_.chance(1, 3)) {
      UpdateCentre told{centre.name, {}, {}, prng_.between(1'000, 2'000), prng_.between(0, 900), draw_hours()};
      // Refused when anything has been told of it before.
      if (*told.pue % 4 == 0) told.seen = CentreDescription{};
      request.body = std::move(told);
    }
    // Its cards turn out to be faster than was thought, or slower, under what runs there.
    if (prng_.chance(1, 4)) {
      std::vector<PoolRow> pools = centre.pools;
      for (PoolRow& pool : pools) {
        if (!pool.cards_per_node.is_zero()) pool.card_capability = draw_card();
      }
      request.token = sha256("agent " + centre.name);
      request.body = ReportPools{std::move(pools)};
    }
    // It closes a pool now and then, or all of them, and takes back what may be there no more.
    if (prng_.chance(1, 3)) {
      request.token = centre.provider_token;
      request.body = draw_reservation(centre);
    }
    request.key = "offer " + std::to_string(trial_.next_id());
    request.digest = sha256(request.key);
    provider_.send(std::move(request), {});
    change_price_again();
  });
}

/// A part of the day near now at which prices, or carbon, are others; some lists have a fault.
std::vector<DayHours> World::draw_hours() {
  std::vector<DayHours> hours;
  std::int64_t at = day_time_of(trial_.now()).minutes() + prng_.between(0, 20);
  const auto time = [](std::int64_t minutes) {
    return DayTime::minutes(static_cast<std::int32_t>(minutes % DayTime::day));
  };
  for (std::int64_t windows = prng_.between(0, 2); windows > 0; --windows) {
    const std::int64_t until = at + prng_.between(0, 30);  // one of no length is refused
    hours.push_back({time(at), time(until), static_cast<std::int32_t>(prng_.between(20, 200))});
    at = until + prng_.between(0, 10);
  }
  return hours;
}

CommandBody World::draw_reservation(const CentreFacts& centre) {
  if (!reservations_.empty() && prng_.chance(1, 4))
    return RemoveReservation{reservations_[prng_.below(reservations_.size())]};
  AddReservation asked;
  asked.id = ReservationId(trial_.next_id());
  asked.centre = centre.name;
  if (prng_.chance(1, 2)) asked.pool = centre.pools[prng_.below(centre.pools.size())].name;
  asked.from = trial_.now() + Duration::seconds(prng_.between(-60, 3'000));
  asked.until = asked.from + Duration::seconds(prng_.between(30, 2'400));
  if (prng_.chance(1, 2)) asked.organisations = {numbered("customer", 0)};
  reservations_.push_back(asked.id);
  return asked;
}

/// PlantedBug::capacity_ignored.
void World::take_nodes_away() {
  trial_.queue.after(Duration::minutes(5), [this] {
    for (const auto& centre : centres_) {
      std::vector<PoolRow> pools = centre->facts().pools;
      for (PoolRow& pool : pools) {
        pool.nodes = 1;
        pool.racks.clear();
        pool.cores_per_node = Cores(1);
      }
      Request request;
      request.token = sha256("agent " + centre->facts().name);
      request.body = ReportPools{std::move(pools)};
      hub_.receive(std::move(request), {});
    }
    take_nodes_away();
  });
}

void World::run() {
  set_up();
  for (const auto& centre : centres_) centre->begin_faults();
  for (const auto& customer : customers_) customer->begin();
  crash_hub_again();
  change_price_again();
  if (trial_.bug == PlantedBug::capacity_ignored) take_nodes_away();
  const UnixTime end = trial_start + trial_.swarm.safety;
  while (!trial_.violation && trial_.now() < end) trial_.queue.run_next();
  if (trial_.violation) return;
  heal();
  check_liveness();
  if (!trial_.violation) check_end();
}

}  // namespace dayan::sim
