#include "edge/http_server.h"

#include <fcntl.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "edge/http_connection.h"

namespace dayan::edge {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto as_value = asio::as_tuple(asio::use_awaitable);
constexpr auto accept_pause = std::chrono::milliseconds(100);
/// Connections over the limit that are told so; beyond these they are closed without a word.
constexpr std::size_t refusals_max = 64;
constexpr int threads_max = 256;

/// Asio does not set it, and an agent starts jobs: no job shall inherit a connection.
void close_on_exec(int descriptor) { ::fcntl(descriptor, F_SETFD, FD_CLOEXEC); }

void welcome(const std::shared_ptr<HttpServerCore>& core, tcp::socket socket) {
  using Welcome = HttpConnection::Welcome;
  const std::size_t open = core->open_count();
  if (open >= core->limits.connections_max + refusals_max) return;
  close_on_exec(socket.native_handle());
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  const auto connection = std::make_shared<HttpConnection>(core, std::move(socket));
  core->add(connection);
  HttpConnection::start(connection, open < core->limits.connections_max ? Welcome::serve : Welcome::refuse_as_busy);
}

asio::awaitable<void> accept_all(std::shared_ptr<HttpServerCore> core, tcp::acceptor& acceptor) {
  asio::steady_timer pause(acceptor.get_executor());
  while (!core->stopping) {
    tcp::socket socket(asio::make_strand(core->io));
    const auto [error] = co_await acceptor.async_accept(socket, as_value);
    if (core->stopping) co_return;
    bool accepted = !error;
    if (accepted) {
      try {
        welcome(core, std::move(socket));
      } catch (...) {
        accepted = false;  // out of memory: this one is lost, the next may not be
      }
    }
    if (accepted) continue;
    // Mostly no file descriptor is left; without a pause this loop would take a whole core for itself.
    pause.expires_after(accept_pause);
    const auto [woken] = co_await pause.async_wait(as_value);
    static_cast<void>(woken);
  }
}

void work(HttpServerCore& core) {
  for (;;) {
    try {
      core.io.run();
      return;
    } catch (...) {
      // One handler ran out of memory; the others go on.
    }
  }
}

Result<tcp::endpoint> endpoint_of(const HttpServerOptions& options) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) {
    return fail(ErrorCode::invalid, "'" + options.address + "' is not an IP address", "give one, e.g. 127.0.0.1",
                "address");
  }
  if (!address.is_loopback()) {
    return fail(
        ErrorCode::invalid,
        "'" + options.address + "' is reachable from other machines, which needs TLS, and TLS is not there yet",
        "bind to 127.0.0.1 or ::1", "address");
  }
  if (options.threads < 1 || options.threads > threads_max) {
    return fail(ErrorCode::invalid, std::to_string(options.threads) + " threads are not possible",
                "give 1 to " + std::to_string(threads_max), "threads");
  }
  return tcp::endpoint(address, options.port);
}

Result<void> listen(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) {
    close_on_exec(acceptor.native_handle());
    acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  }
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) return {};
  return fail(ErrorCode::unavailable,
              "port " + std::to_string(endpoint.port()) + " of " + endpoint.address().to_string() +
                  " cannot be listened on: " + error.message(),
              "choose another port, or 0 for any free one", "port");
}

}  // namespace

struct HttpServer::State {
  explicit State(std::shared_ptr<HttpServerCore> shared)
      : core(std::move(shared)), acceptor(asio::make_strand(core->io)) {}

  const std::shared_ptr<HttpServerCore> core;
  tcp::acceptor acceptor;
  std::uint16_t port = 0;
  std::vector<std::thread> threads;
  std::mutex stopping;
};

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

HttpServer::~HttpServer() { stop(stop_patience); }

Result<std::unique_ptr<HttpServer>> HttpServer::start(const HttpServerOptions& options, HttpHandler handler) {
  ASSERT(handler != nullptr);
  TRY(const auto endpoint, endpoint_of(options));
  auto state = std::make_unique<State>(std::make_shared<HttpServerCore>(options, std::move(handler)));
  TRY_VOID(listen(state->acceptor, endpoint));
  boost::system::error_code error;
  state->port = state->acceptor.local_endpoint(error).port();
  if (error) return fail(ErrorCode::unavailable, "the listening port cannot be read: " + error.message());

  asio::co_spawn(state->acceptor.get_executor(), accept_all(state->core, state->acceptor), asio::detached);
  std::unique_ptr<HttpServer> server(new HttpServer(std::move(state)));
  try {
    for (int i = 0; i < options.threads; ++i) {
      server->state_->threads.emplace_back([core = server->state_->core] { work(*core); });
    }
  } catch (const std::system_error& fault) {
    return fail(ErrorCode::unavailable, std::string("no thread could be started: ") + fault.what());
  }
  return server;
}

std::uint16_t HttpServer::port() const { return state_->port; }

void HttpServer::stop(Duration patience) {
  const std::lock_guard once(state_->stopping);
  if (state_->core->stopping.exchange(true)) return;
  std::promise<void> closed;
  asio::post(state_->acceptor.get_executor(), [&] {
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
    closed.set_value();
  });
  if (state_->threads.empty()) state_->core->io.run();  // start() failed: nobody else would close it
  // After this no connection is added: the accept loop runs on the same strand and has seen `stopping`.
  closed.get_future().wait();
  for (const auto& connection : state_->core->all()) connection->finish();
  if (!state_->core->wait_until_empty(std::chrono::microseconds(patience.microseconds()))) {
    for (const auto& connection : state_->core->all()) connection->abort();
  }
  for (std::thread& thread : state_->threads) thread.join();
}

HttpServerCore::~HttpServerCore() { ASSERT(open_.empty()); }

void HttpServerCore::add(const std::shared_ptr<HttpConnection>& connection) {
  const std::lock_guard lock(mutex_);
  open_.emplace(connection.get(), connection);
}

void HttpServerCore::remove(const HttpConnection* connection) {
  const std::lock_guard lock(mutex_);
  open_.erase(connection);
  if (open_.empty()) emptied_.notify_all();
}

std::size_t HttpServerCore::open_count() {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

std::vector<std::shared_ptr<HttpConnection>> HttpServerCore::all() {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<HttpConnection>> strong;
  for (const auto& [key, weak] : open_) {
    if (auto connection = weak.lock()) strong.push_back(std::move(connection));
  }
  return strong;
}

bool HttpServerCore::wait_until_empty(std::chrono::microseconds patience) {
  std::unique_lock lock(mutex_);
  return emptied_.wait_for(lock, patience, [this] { return open_.empty(); });
}

}  // namespace dayan::edge
