#pragma once

#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "edge/http_limits.h"
#include "edge/http_reader.h"
#include "edge/http_server.h"
#include "ports/http.h"

/// Inside the HTTP server: one connection, and what all connections share. Only http_server.cpp includes this.

namespace dayan::edge {

class HttpConnection;

/// Lives as long as any connection does, so that a late answer never finds its io_context gone.
class HttpServerCore {
 public:
  HttpServerCore(const HttpServerOptions& options, HttpHandler handles)
      : limits(options.limits), judge(options.judge), handler(std::move(handles)) {}
  ~HttpServerCore();

  boost::asio::io_context io;
  const HttpLimits limits;
  const HeadJudge judge;
  const HttpHandler handler;
  std::atomic<bool> stopping = false;

  void add(const std::shared_ptr<HttpConnection>& connection);
  void remove(const HttpConnection* connection);
  [[nodiscard]] std::size_t open_count();
  [[nodiscard]] std::vector<std::shared_ptr<HttpConnection>> all();
  /// True when no connection is left, false when that has not come about in time.
  [[nodiscard]] bool wait_until_empty(std::chrono::microseconds patience);

 private:
  std::mutex mutex_;
  std::condition_variable emptied_;
  std::unordered_map<const HttpConnection*, std::weak_ptr<HttpConnection>> open_;
};

/// One connection, on its own strand. Its coroutine holds it; responders and timers only look at it.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(std::shared_ptr<HttpServerCore> core, boost::asio::ip::tcp::socket socket);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  enum class Welcome { serve, refuse_as_busy };
  static void start(const std::shared_ptr<HttpConnection>& connection, Welcome welcome);
  /// From any thread: close when idle, finish what is under way.
  void finish();
  /// From any thread: close at once.
  void abort();

 private:
  class Responder;
  enum class Heard { request, refused, gone };

  static boost::asio::awaitable<void> run(std::shared_ptr<HttpConnection> self, Welcome welcome);
  boost::asio::awaitable<void> serve();
  boost::asio::awaitable<Heard> hear();
  boost::asio::awaitable<HttpResponse> ask();
  boost::asio::awaitable<bool> write(HttpResponse response, bool keep_alive);
  boost::asio::awaitable<bool> write_bytes(std::string_view bytes);
  boost::asio::awaitable<void> linger();

  void answered(std::uint64_t sequence, HttpResponse response);
  Heard refused(Refusal refusal);
  /// True when the judge refuses what has come of the request.
  [[nodiscard]] bool is_refused_by_judge();
  Heard gave_up_reading(RequestReader::State state);

  // A watchdog instead of a timer for each read: the deadline moves with every request, the timer mostly stays.
  void set_deadline(Duration from_now);
  void clear_deadline();
  void arm_watchdog();
  void on_watchdog();

  const std::shared_ptr<HttpServerCore> core_;  // declared first: the io_context outlives what stands on it
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer watchdog_;
  boost::asio::steady_timer answer_event_;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
  bool watchdog_armed_ = false;
  bool timed_out_ = false;
  bool idle_ = false;  ///< nobody is owed anything: a graceful stop may close at once
  bool aborted_ = false;
  RequestReader reader_;
  Refusal refusal_;
  std::optional<HttpResponse> verdict_;  ///< of the judge: instead of refusal_
  std::uint64_t sequence_ = 0;  ///< which request an answer is for
  std::optional<HttpResponse> answer_;
  std::array<char, 16384> input_;
};

}  // namespace dayan::edge
