#include "edge/http_connection.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "base/assert.h"
#include "edge/http_text.h"

namespace dayan::edge {

namespace asio = boost::asio;
using asio::awaitable;
using Clock = std::chrono::steady_clock;

namespace {

/// Completion as a value: errors of a socket are ordinary here and must not become exceptions.
constexpr auto as_value = asio::as_tuple(asio::use_awaitable);

constexpr std::size_t write_piece = 1U << 20;
constexpr std::size_t joined_body_max = 64U
                                        << 10;  ///< a body up to this goes out with its head, in one packet or few

Clock::duration to_chrono(Duration duration) { return std::chrono::microseconds(duration.microseconds()); }

}  // namespace

/// Answers one request through its connection, if that still waits for it.
class HttpConnection::Responder : public HttpResponder {
 public:
  Responder(std::weak_ptr<HttpConnection> connection, std::uint64_t sequence)
      : connection_(std::move(connection)), sequence_(sequence) {}
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;

  ~Responder() override {
    if (answered_) return;
    try {
      send(problem(500, ProblemCode::unknown_outcome, "the request was dropped without an answer",
                   "ask whether it took effect"));
    } catch (...) {
      // Out of memory in a destructor: the answer deadline still ends the request.
    }
  }

  void respond(HttpResponse response) override {
    const bool second = answered_.exchange(true);
    ASSERT(!second);
    send(std::move(response));
  }

 private:
  void send(HttpResponse response) {
    const auto connection = connection_.lock();
    if (connection == nullptr) return;
    // The queued answer holds the connection weakly: otherwise one posted while the server goes down would keep the
    // io_context that holds it alive for ever.
    asio::dispatch(connection->socket_.get_executor(),
                   [weak = connection_, sequence = sequence_, answer = std::move(response)]() mutable {
                     if (const auto strong = weak.lock()) strong->answered(sequence, std::move(answer));
                   });
  }

  const std::weak_ptr<HttpConnection> connection_;
  const std::uint64_t sequence_;
  std::atomic<bool> answered_ = false;
};

HttpConnection::HttpConnection(std::shared_ptr<HttpServerCore> core, asio::ip::tcp::socket socket)
    : core_(std::move(core)),
      socket_(std::move(socket)),
      watchdog_(socket_.get_executor()),
      answer_event_(socket_.get_executor()),
      reader_(core_->limits) {}

HttpConnection::~HttpConnection() { core_->remove(this); }

void HttpConnection::start(const std::shared_ptr<HttpConnection>& connection, Welcome welcome) {
  asio::co_spawn(connection->socket_.get_executor(), run(connection, welcome), asio::detached);
}

void HttpConnection::finish() {
  asio::post(socket_.get_executor(), [weak = weak_from_this()] {
    const auto self = weak.lock();
    boost::system::error_code ignored;
    if (self != nullptr && self->idle_) self->socket_.cancel(ignored);
  });
}

void HttpConnection::abort() {
  asio::post(socket_.get_executor(), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr) return;
    self->aborted_ = true;
    boost::system::error_code ignored;
    self->socket_.close(ignored);
    self->answer_event_.cancel();
  });
}

awaitable<void> HttpConnection::run(std::shared_ptr<HttpConnection> self, Welcome welcome) {
  if (welcome == Welcome::serve) {
    co_await self->serve();
  } else {
    const bool told = co_await self->write(
        problem(503, ProblemCode::unavailable, "too many connections are open", "try again"), false);
    if (told) co_await self->linger();
  }
  boost::system::error_code ignored;
  self->socket_.close(ignored);
  self->watchdog_.cancel();
}

awaitable<void> HttpConnection::serve() {
  for (bool keep_alive = true; keep_alive;) {
    const Heard heard = co_await hear();
    if (heard == Heard::gone) co_return;
    HttpResponse response;
    if (heard == Heard::refused) {
      keep_alive = false;
      response = verdict_ ? *std::move(verdict_)
                          : problem(refusal_.status, ProblemCode::invalid, refusal_.detail, refusal_.right);
    } else {
      keep_alive = reader_.keep_alive();
      response = co_await ask();
      if (aborted_) co_return;
      if (!answer_) keep_alive = false;  // its answer, should it still come, must not meet the next request
      if (core_->stopping) keep_alive = false;
    }
    const bool written = co_await write(std::move(response), keep_alive);
    if (!written) co_return;
  }
  co_await linger();
}

awaitable<HttpConnection::Heard> HttpConnection::hear() {
  using State = RequestReader::State;
  set_deadline(sequence_ == 0 ? core_->limits.head_time : core_->limits.idle_time);
  State before = State::waiting;
  for (std::size_t size = 0;;) {
    const State state = reader_.feed(std::string_view(input_.data(), size));
    if (state == State::whole) {
      clear_deadline();
      co_return Heard::request;
    }
    if (state == State::refused) co_return refused(reader_.refusal());
    if (state == State::body && before != State::body && is_refused_by_judge()) co_return Heard::refused;
    if (state != before) set_deadline(state == State::head ? core_->limits.head_time : core_->limits.body_time);
    before = state;
    if (reader_.take_expectation()) {
      const bool written = co_await write_bytes("HTTP/1.1 100 Continue\r\n\r\n");
      if (!written) co_return Heard::gone;
      set_deadline(core_->limits.body_time);
    }
    if (timed_out_) co_return gave_up_reading(state);
    idle_ = state == State::waiting;
    if (idle_ && core_->stopping) co_return Heard::gone;
    const auto [error, count] = co_await socket_.async_read_some(asio::buffer(input_), as_value);
    idle_ = false;
    if (aborted_) co_return Heard::gone;
    if (error) co_return gave_up_reading(state);
    size = count;
  }
}

HttpConnection::Heard HttpConnection::gave_up_reading(RequestReader::State state) {
  // Between two requests silence is no fault, and an answer to no question would be taken for the next one's.
  if (!timed_out_ || state == RequestReader::State::waiting) return Heard::gone;
  const bool is_head = state == RequestReader::State::head;
  return refused({408, is_head ? "the headers did not come in time" : "the body did not come in time",
                  "send it whole, without long pauses"});
}

HttpConnection::Heard HttpConnection::refused(Refusal refusal) {
  refusal_ = std::move(refusal);
  return Heard::refused;
}

bool HttpConnection::is_refused_by_judge() {
  if (core_->judge == nullptr) return false;
  try {
    verdict_ = core_->judge(reader_.head());
  } catch (...) {
    return false;  // out of memory: the handler judges again
  }
  return verdict_.has_value();
}

awaitable<HttpResponse> HttpConnection::ask() {
  answer_.reset();
  ++sequence_;
  answer_event_.expires_after(to_chrono(core_->limits.answer_time));
  try {
    core_->handler(reader_.take(), std::make_shared<Responder>(weak_from_this(), sequence_));
  } catch (...) {
    // The responder went with it, and has answered 500 unless the handler had answered before it threw.
  }
  if (!answer_ && !aborted_) {
    // Woken by answered(), by abort(), or by the deadline.
    const auto [error] = co_await answer_event_.async_wait(as_value);
    static_cast<void>(error);
  }
  if (!answer_) {
    co_return problem(503, ProblemCode::unknown_outcome, "no answer came in time", "ask whether it took effect");
  }
  co_return std::move(*answer_);
}

void HttpConnection::answered(std::uint64_t sequence, HttpResponse response) {
  if (sequence != sequence_ || answer_ || aborted_) return;
  answer_ = std::move(response);
  answer_event_.cancel();
}

awaitable<bool> HttpConnection::write(HttpResponse response, bool keep_alive) {
  auto head = response_head(response, keep_alive);
  if (!head) {
    response = problem(500, ProblemCode::unknown_outcome, "the answer could not be written as HTTP",
                       "ask whether the request took effect");
    head = response_head(response, keep_alive);
    ASSERT(head.has_value());
  }
  std::string_view body = response.body;
  if (body.size() <= joined_body_max) {
    *head += body;
    body = {};
  }
  bool written = co_await write_bytes(*head);
  while (written && !body.empty()) {
    written = co_await write_bytes(body.substr(0, write_piece));
    body.remove_prefix(std::min(body.size(), write_piece));
  }
  co_return written;
}

awaitable<bool> HttpConnection::write_bytes(std::string_view bytes) {
  set_deadline(core_->limits.write_time);
  const auto [error, count] = co_await asio::async_write(socket_, asio::buffer(bytes.data(), bytes.size()), as_value);
  clear_deadline();
  co_return !error && !aborted_ && count == bytes.size();
}

awaitable<void> HttpConnection::linger() {
  // Closing with unread bytes would reset the connection and could destroy the answer on its way: say that we are
  // done, then read and forget until the other side closes too.
  boost::system::error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  set_deadline(core_->limits.linger_time);
  idle_ = true;
  while (!timed_out_ && !aborted_ && !core_->stopping) {
    const auto [error, count] = co_await socket_.async_read_some(asio::buffer(input_), as_value);
    static_cast<void>(count);
    if (error) break;
  }
}

void HttpConnection::set_deadline(Duration from_now) {
  timed_out_ = false;
  deadline_ = Clock::now() + to_chrono(from_now);
  if (!watchdog_armed_ || deadline_ < watchdog_.expiry()) arm_watchdog();
}

void HttpConnection::clear_deadline() { deadline_ = Clock::time_point::max(); }

void HttpConnection::arm_watchdog() {
  watchdog_armed_ = true;
  watchdog_.expires_at(deadline_);
  watchdog_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    if (error) return;
    if (const auto self = weak.lock()) self->on_watchdog();
  });
}

void HttpConnection::on_watchdog() {
  watchdog_armed_ = false;
  if (deadline_ == Clock::time_point::max()) return;
  if (Clock::now() < deadline_) {
    arm_watchdog();
    return;
  }
  // The read or write under way ends with an error and its coroutine sees why. A read that had just ended well has
  // its bytes looked at first.
  timed_out_ = true;
  clear_deadline();
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

}  // namespace dayan::edge
