#include "sim/centre.h"

#include "model/json.h"

/// How the centre lives and fails. What its agent does is in centre_agent.cpp.

namespace dayan::sim {

Centre::Centre(Trial& trial, Hub& hub, Processes& processes, Journal& journal, CentreFacts facts, Prng prng)
    : trial_(trial),
      hub_(hub),
      acknowledged_(journal),
      facts_(std::move(facts)),
      prng_(prng),
      clock_{trial, Duration()},
      engine_(trial, processes, clock_, facts_.pools, prng_.split()),
      line_(trial, prng_.split()) {
  const Duration most = trial_.faults.clock_skew_max;
  clock_.skew = draw_between(prng_, Duration() - most, most);
}

void Centre::later(Duration wait, EventQueue::Action action) {
  trial_.queue.after(wait, [this, life = life_, action = std::move(action)] {
    if (is_up_ && life == life_) action();
  });
}

void Centre::start(Digest token, std::int64_t epoch) {
  token_ = token;
  state_ = execute::AgentState();
  state_.agent_epoch = epoch;
  store_journal();
  is_up_ = true;
  is_enrolling_ = false;
  ++life_;
  poll();
  round();
}

void Centre::crash() {
  if (!is_up_) return;
  ++trial_.counts.agent_crashes;
  is_up_ = false;
  ++life_;
  const Duration pause = draw_between(prng_, Duration::seconds(1), trial_.faults.agent_down_max);
  trial_.queue.after(pause, [this, life = life_] {
    if (life == life_) restart();
  });
}

bool Centre::dies_here() {
  if (!Trial::strikes(prng_, trial_.faults.agent_crash_in_step)) return false;
  crash();
  return true;
}

void Centre::restart() {
  // Through the text, as it lies on a disk: what the journal does not name is lost.
  auto read = parse_nested<execute::AgentState>(nested_text(journal_));
  ASSERT(read.has_value());
  state_ = *std::move(read);
  is_up_ = true;
  ++life_;
  poll_under_way_ = 0;
  poll();
  round();
}

/// The machine of the agent is lost with its journal; the engine and what runs on it are not.
void Centre::reinstall() {
  if (!is_up_) return;
  ++trial_.counts.reinstalls;
  is_up_ = false;
  is_enrolling_ = true;
  ++life_;
  trial_.queue.after(draw_between(prng_, Duration::seconds(20), Duration::minutes(10)), [this, life = life_] {
    if (life == life_) enrol();
  });
}

void Centre::enrol() {
  const std::string name = facts_.name + " " + std::to_string(trial_.next_id());
  const Digest join = sha256("join " + name);
  const Digest token = sha256("agent " + name);
  Request ask;
  ask.token = facts_.provider_token;
  ask.body = CreateJoinToken{facts_.name, join};
  const std::int64_t life = life_;
  hub_.receive(std::move(ask), [this, life, join, token](const Answer& issued) {
    if (issued.kind != Answer::Kind::done || life != life_) return;
    Request enrolment;
    enrolment.is_host = true;
    enrolment.body = EnrolAgent{join, std::string(64, 'a'), token};
    hub_.receive(std::move(enrolment), [this, life, token](const Answer& enrolled) {
      if (enrolled.kind != Answer::Kind::done || life != life_) return;
      start(token, std::stoll(enrolled.body));
    });
  });
  // Whoever enrols does so again until it has worked; a join token is worth one try.
  trial_.queue.after(Duration::seconds(30), [this, life] {
    if (life == life_) enrol();
  });
}

void Centre::cut() {
  ++trial_.counts.partitions;
  const bool is_one_way = Trial::strikes(prng_, trial_.faults.one_way);
  const bool first_way = prng_.chance(1, 2);
  line_.cut_to_hub = !is_one_way || first_way;
  line_.cut_to_client = !is_one_way || !first_way;
  const std::int64_t number = ++cuts_;
  // Short cuts are as likely as long ones: a lease survives some and ends in others.
  Duration most = Duration::minutes(2);
  while (most < trial_.faults.partition_max && prng_.chance(2, 3)) most = most * 2;
  trial_.queue.after(draw_between(prng_, Duration::seconds(10), std::min(most, trial_.faults.partition_max)),
                     [this, number] {
                       if (number == cuts_) line_.cut_to_hub = line_.cut_to_client = false;
                     });
}

void Centre::come_again(Duration mean, const std::function<void()>& fault) {
  if (mean == Duration()) return;
  trial_.queue.after(draw_wait(prng_, mean), [this, mean, fault] {
    if (trial_.is_healed()) return;
    fault();
    come_again(mean, fault);
  });
}

void Centre::begin_faults() {
  const Faults& faults = trial_.faults;
  come_again(faults.agent_crash_every, [this] { crash(); });
  come_again(faults.agent_reinstall_every, [this] { reinstall(); });
  come_again(faults.partition_every, [this] { cut(); });
  come_again(faults.clock_jump_every, [this] {
    const Duration most = trial_.faults.clock_skew_max;
    clock_.skew = draw_between(prng_, Duration() - most, most);
  });
  come_again(faults.engine_down_every, [this] {
    engine_.go_down(draw_between(prng_, Duration::seconds(5), trial_.faults.engine_down_max));
  });
}

void Centre::heal() {
  ++cuts_;
  line_.cut_to_hub = line_.cut_to_client = false;
  engine_.go_up();
  if (!is_up_ && !is_enrolling_) restart();
}

}  // namespace dayan::sim
