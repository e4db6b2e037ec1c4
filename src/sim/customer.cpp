#include "sim/customer.h"

namespace dayan::sim {

Customer::Customer(Trial& trial, Hub& hub, Journal& journal, CustomerFacts facts, Prng prng)
    : trial_(trial),
      journal_(journal),
      facts_(std::move(facts)),
      prng_(prng),
      client_(trial, hub, prng_.split()),
      operator_(trial, hub, prng_.split()) {}

void Customer::begin() {
  trial_.queue.after(draw_wait(prng_, trial_.swarm.customer_every), [this] {
    if (trial_.is_healed()) return;
    act();
    begin();
  });
}

void Customer::act() {
  if (prng_.chance(1, 15)) return weigh();
  const std::uint64_t dice = prng_.below(10);
  if (dice < 7) {
    submit();
  } else if (dice < 9) {
    if (!jobs_.empty()) cancel(jobs_[prng_.below(jobs_.size())], prng_.chance(1, 4));
  } else {
    top_up(Cny::micro(prng_.between(10'000, facts_.is_poor ? 300'000 : 20'000'000)));
  }
}

Request Customer::request(const std::string& what, CommandBody body) {
  Request made;
  made.token = facts_.token;
  made.key = facts_.name + " " + std::to_string(++requests_);
  made.digest = sha256(what + made.key);
  made.body = std::move(body);
  return made;
}

JobSpec Customer::draw_spec() {
  JobSpec spec;
  spec.name = "job";
  spec.count = static_cast<std::int32_t>(prng_.between(1, 12));
  spec.throttle = prng_.chance(1, 4) ? static_cast<std::int32_t>(prng_.between(1, 4)) : 0;
  Requirements& needs = spec.requirements;
  needs.resources = {Cores(prng_.between(1, 3)), Bytes(prng_.between(1, 3'000) * 1'000'001), MilliCards(0)};
  if (prng_.chance(1, 5)) needs.resources.cards = MilliCards(500 * prng_.between(1, 3));
  if (prng_.chance(1, 10)) needs.card_capability_min = Capability(prng_.between(1, 20'000));  // without cards: refused
  if (prng_.chance(1, 5)) needs.resources.nodes = static_cast<std::int32_t>(prng_.between(2, 4));  // no pool has four
  if (prng_.chance(1, 2)) needs.resources.within = Within::rack;
  needs.wall_time = Duration::seconds(prng_.between(30, 1'500));
  if (prng_.chance(1, 2)) needs.run_time = Duration::seconds(needs.wall_time.seconds_up() / 3 + 1);
  if (prng_.chance(1, 4)) spec.wait_max = Duration::seconds(prng_.between(60, 10'000));
  if (prng_.chance(1, 6)) needs.price_cap = Cny::micro(prng_.between(1'000, 2'000'000));
  needs.objective = static_cast<Objective>(prng_.below(EnumWords<Objective>::words.size()));
  if (needs.objective == Objective::weighted) needs.weights = {2, 1, static_cast<std::int32_t>(prng_.below(3))};
  if (prng_.chance(1, 4)) needs.priority = -static_cast<std::int32_t>(prng_.between(1, priority_steps_max));
  // Earliest starts, and deadlines from hopeless to generous; some of both are refused.
  if (prng_.chance(1, 8)) needs.not_before = trial_.now() + Duration::seconds(prng_.between(-60, 1'200));
  if (prng_.chance(1, 5)) needs.finish_by = trial_.now() + Duration::seconds(prng_.between(300, 6'000));
  needs.reclaimable = Trial::strikes(prng_, trial_.swarm.reclaimable);
  if (prng_.chance(1, 4)) needs.tasks_per_centre_max = static_cast<std::int32_t>(prng_.between(1, 3));
  if (prng_.chance(1, 4)) needs.tasks_per_node_max = static_cast<std::int32_t>(prng_.between(1, 2));
  if (prng_.chance(1, 12)) needs.resources.cores = Cores(1'000);     // no node is that large
  if (prng_.chance(1, 12)) needs.software = {{"unheard-of", "1.0"}};  // no pool has it
  if (prng_.chance(1, 20)) spec.count = 0;                            // refused
  if (prng_.chance(1, 8)) {
    spec.every = Duration::seconds(prng_.between(295, 900));  // the shortest are refused
    spec.times = static_cast<std::int32_t>(prng_.between(2, 5));
    spec.overlap = prng_.chance(1, 2) ? Overlap::skip : Overlap::both;
  }
  spec.payload.command = {"true"};
  if (prng_.chance(1, 3)) {
    const auto size = Bytes(prng_.between(1, 3) << prng_.between(0, 30));
    spec.payload.inputs = {{"data", sha256(std::to_string(prng_.next())), size}};
    if (prng_.chance(1, 3)) spec.payload.inputs.push_back({"again", spec.payload.inputs[0].digest, size});
  }
  return spec;
}

void Customer::submit() {
  const std::string project = prng_.chance(1, 3) ? second_project : "default";
  const Request made = request("submit", SubmitJob{JobId(), project, draw_spec()});
  client_.send(made, [this, key = made.key](const Answer& answer) {
    if (answer.kind != Answer::Kind::done) return;
    const JobId job(std::stoll(answer.body));
    jobs_.push_back(job);
    journal_.submitted(facts_.id, key, answer.body, job);
  });
}

void Customer::cancel(JobId job, bool series) {
  const Request made = request("cancel", CancelJob{job, series});
  client_.send(made, [this, key = made.key, job](const Answer& answer) {
    if (answer.kind == Answer::Kind::done) journal_.cancelled(facts_.id, key, answer.body, job);
  });
}

/// Its own project beside the other, or the operator it beside others.
void Customer::weigh() {
  const std::int64_t weight = prng_.between(0, 5'000);  // 0 is refused
  if (prng_.chance(1, 2)) return client_.send(request("weigh", WeighProject{second_project, weight}), {});
  Request made = request("weigh", WeighOrganisation{facts_.name, weight});
  made.token = facts_.operator_token;
  operator_.send(std::move(made), {});
}

void Customer::top_up(Cny amount) {
  const TopUpWallet payment{facts_.name, amount, "payment " + std::to_string(trial_.next_id())};
  journal_.top_up_sent(facts_.id, amount);
  // Two people of the operator enter the same payment, each under a key of their own: it is credited once.
  const int entered = prng_.chance(1, 4) ? 2 : 1;
  for (int i = 0; i < entered; ++i) {
    Request made = request("top up", payment);
    made.token = facts_.operator_token;
    operator_.send(std::move(made), [this, amount](const Answer& answer) {
      if (answer.kind == Answer::Kind::done) journal_.top_up_done(facts_.id, amount);
    });
  }
}

}  // namespace dayan::sim
