#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "sim/hub.h"
#include "sim/line.h"

/// A client that does not give up: it sends the same request under the same key until it hears what became of it.

namespace dayan::sim {

class Client {
 public:
  Client(Trial& trial, Hub& hub, Prng prng) : trial_(trial), hub_(hub), prng_(prng), line_(trial, prng_.split()) {}

  /// `heard` is called once, with the first answer that says what was done or refused. A request that changes
  /// something must have a key.
  void send(Request request, Reply heard) {
    attempt(std::make_shared<Call>(Call{std::move(request), std::move(heard), {}, false}));
  }

 private:
  struct Call {
    Request request;
    Reply heard;
    Answer first;
    bool is_answered = false;
  };

  void attempt(const std::shared_ptr<Call>& call) {
    line_.to_hub([this, call] {
      hub_.receive(call->request, [this, call](const Answer& answer) {
        line_.to_client([this, call, answer] { take(*call, answer); });
      });
    });
    trial_.queue.after(draw_between(prng_, Duration::seconds(5), Duration::seconds(60)), [this, call] {
      const bool again = !call->is_answered || (!trial_.is_healed() && Trial::strikes(prng_, trial_.swarm.repeats));
      if (again) attempt(call);
    });
  }
  void take(Call& call, const Answer& answer) {
    if (answer.kind == Answer::Kind::failed) return;
    if (!call.is_answered) {
      call.is_answered = true;
      call.first = answer;
      if (call.heard) call.heard(answer);
      return;
    }
    const bool is_same = answer.kind == Answer::Kind::done && answer.body == call.first.body;
    // What was refused has no kept answer and may be accepted later; what was done stays done.
    if (call.first.kind == Answer::Kind::done && !is_same) {
      trial_.broken("acknowledged", "a repeated request was answered '" + answer.text + answer.body + "', at first '" +
                                        call.first.body + "'");
    }
  }

  Trial& trial_;
  Hub& hub_;
  Prng prng_;
  Line line_;
};

}  // namespace dayan::sim
