#include "edge/http_client.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "edge/http_reader.h"
#include "edge/http_text.h"
#include "edge/origin.h"
#include "edge/tcp_stream.h"

namespace dayan::edge {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr Duration timeout_max = Duration::hours(24 * 365);

/// A request as it goes over the wire.
struct Outgoing {
  std::string head;
  std::string_view body;
  bool may_repeat = false;  ///< a second time does no harm
  bool asks_head = false;   ///< the answer has no body
};

/// How one try ended.
struct Trial {
  std::size_t sent = 0;
  bool answer_begun = false;
  bool timed_out = false;
  bool reusable = false;
  std::string fault;
  std::optional<HttpResponse> response;
};

struct Idle {
  TcpStream stream;
  SteadyClock::time_point since;
};

class Client : public HttpClient {
 public:
  Client(Origin origin, const HttpClientOptions& options) : origin_(std::move(origin)), options_(options) {}

  Result<HttpResponse> send(const HttpRequest& request, Duration timeout) override;

 private:
  Result<HttpResponse> send_by(const Outgoing& outgoing, Deadline deadline);
  [[nodiscard]] Trial attempt(TcpStream& stream, const Outgoing& outgoing, Deadline deadline) const;
  [[nodiscard]] Result<TcpStream> connect(Deadline deadline) const;
  [[nodiscard]] std::optional<TcpStream> take_idle();
  void keep(TcpStream stream);

  const Origin origin_;
  const HttpClientOptions options_;
  std::mutex mutex_;
  std::vector<Idle> idle_;  ///< the last one is the freshest
};

bool is_idempotent(const HttpRequest& request) {
  return request.method == "GET" || request.method == "PUT" || request.method == "DELETE" ||
         request.method == "HEAD" || !request.header("idempotency-key").empty();
}

Result<HttpResponse> Client::send(const HttpRequest& request, Duration timeout) {
  auto head = request_head(request, origin_.host);
  if (!head) {
    return fail(ErrorCode::invalid, "the request cannot be written as HTTP",
                "give a token as method, a path as target, and headers without control characters");
  }
  if (timeout <= Duration()) return fail(ErrorCode::unavailable, "no time is left to ask " + origin_.text);
  const Outgoing outgoing{*std::move(head), request.body, is_idempotent(request), request.method == "HEAD"};
  const auto bounded = std::min(timeout, timeout_max).microseconds();
  return send_by(outgoing, SteadyClock::now() + std::chrono::microseconds(bounded));
}

Result<HttpResponse> Client::send_by(const Outgoing& outgoing, Deadline deadline) {
  for (bool may_reuse = true;; may_reuse = false) {
    auto stream = may_reuse ? take_idle() : std::nullopt;
    const bool reused = stream.has_value();
    if (!reused) {
      TRY(stream, connect(deadline));
    }
    Trial trial = attempt(*stream, outgoing, deadline);
    if (trial.response) {
      if (trial.reusable) keep(*std::move(stream));
      return *std::move(trial.response);
    }
    // The server may let go of an idle connection at the very moment we pick it up.
    const bool harmless = trial.sent == 0 || outgoing.may_repeat;
    if (reused && harmless && !trial.answer_begun && !trial.timed_out) continue;
    const auto code = trial.sent == 0 ? ErrorCode::unavailable : ErrorCode::unknown_outcome;
    return fail(code, "no whole answer from " + origin_.text + ": " + trial.fault);
  }
}

Trial Client::attempt(TcpStream& stream, const Outgoing& outgoing, Deadline deadline) const {
  using State = ResponseReader::State;
  ResponseReader reader(options_.body_max, outgoing.asks_head);
  const std::size_t total = outgoing.head.size() + outgoing.body.size();
  Trial trial;
  bool can_send = true;
  std::array<char, 65536> buffer;
  while (reader.state() == State::waiting || reader.state() == State::partial) {
    // Read even while sending: a server that refuses a large body answers before it has all of it.
    const bool to_write = can_send && trial.sent < total;
    const auto ready = stream.wait(to_write, deadline);
    if (ready.timed_out) {
      trial.timed_out = true;
      trial.fault = "the time is over";
      return trial;
    }
    if (ready.readable) {
      const auto got = stream.read(buffer.data(), buffer.size());
      if (got.closed) {
        reader.end();
      } else if (got.count > 0) {
        reader.feed(std::string_view(buffer.data(), got.count));
        trial.answer_begun = true;
      }
    } else if (ready.writable) {
      const std::string_view head = outgoing.head;
      const auto from_body = trial.sent > head.size() ? trial.sent - head.size() : 0;
      const auto put = stream.write(head.substr(std::min(trial.sent, head.size())), outgoing.body.substr(from_body));
      trial.sent += put.count;
      if (put.closed) can_send = false;  // an answer may still lie there to be read
    }
  }
  if (reader.state() == State::broken) {
    trial.fault = reader.fault();
    return trial;
  }
  trial.reusable = reader.keep_alive() && trial.sent == total;
  trial.response = reader.take();
  return trial;
}

Result<TcpStream> Client::connect(Deadline deadline) const {
  if (!origin_.socket.empty()) return TcpStream::connect(origin_.socket);
  auto stream = TcpStream::connect(origin_.addresses.front(), origin_.port, deadline);
  for (std::size_t i = 1; i < origin_.addresses.size() && !stream; ++i) {
    stream = TcpStream::connect(origin_.addresses[i], origin_.port, deadline);
  }
  return stream;
}

std::optional<TcpStream> Client::take_idle() {
  const auto oldest = SteadyClock::now() - std::chrono::microseconds(options_.idle_time.microseconds());
  const std::lock_guard lock(mutex_);
  while (!idle_.empty()) {
    Idle last = std::move(idle_.back());
    idle_.pop_back();
    if (last.since >= oldest && !last.stream.is_stale()) return std::move(last.stream);
  }
  return std::nullopt;
}

void Client::keep(TcpStream stream) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() >= options_.idle_max) return;
  idle_.push_back(Idle{std::move(stream), SteadyClock::now()});
}

}  // namespace

Result<std::unique_ptr<HttpClient>> make_http_client(std::string_view base_url, const HttpClientOptions& options) {
  TRY(Origin origin, parse_origin(base_url));
  return std::make_unique<Client>(std::move(origin), options);
}

}  // namespace dayan::edge
