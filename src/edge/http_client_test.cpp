#include "edge/http_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <thread>
#include <vector>

#include "edge/http_test_tools.h"

namespace dayan::edge {

using testing::client_of;
using testing::echo;
using testing::request_of;
using testing::serve;

constexpr Duration patience = Duration::seconds(10);
const std::string ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// Listens on a free port; each connection, in order, gets the next of the given treatments.
class ScriptedServer {
 public:
  using Treatment = std::function<void(int connection)>;

  explicit ScriptedServer(std::vector<Treatment> treatments)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 16), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, all = std::move(treatments)] {
      for (const Treatment& treatment : all) {
        const int connection = ::accept(listener_, nullptr, nullptr);
        if (connection < 0) return;
        ++accepted_;
        treatment(connection);
        ::close(connection);
      }
    });
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }

  [[nodiscard]] std::unique_ptr<HttpClient> client() const { return *make_http_client(testing::url(port_)); }
  [[nodiscard]] int accepted() const { return accepted_; }

 private:
  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_ = 0;
  std::thread thread_;
};

void hear_request(int connection) {
  std::string heard;
  char byte = 0;
  while (!heard.ends_with("\r\n\r\n") && ::recv(connection, &byte, 1, 0) == 1) heard += byte;
}

/// Hears one request, says these bytes, and closes.
ScriptedServer::Treatment say(const std::string& bytes) {
  return [bytes](int connection) {
    hear_request(connection);
    EXPECT_EQ(::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  };
}

/// Answers one request well, and closes on the second without a byte: a connection that dies while it is reused.
void die_on_second(int connection) {
  say(ok)(connection);
  hear_request(connection);
}

Error error_of(const ScriptedServer& server, const HttpRequest& request, Duration timeout = patience) {
  const auto response = server.client()->send(request, timeout);
  EXPECT_FALSE(response.has_value());
  return response ? Error{} : response.error();
}

// Nobody listens: unavailable, since nothing can have been sent.
TEST(HttpClient, refused_is_unavailable) {
  const auto server = serve(echo);
  const auto client = client_of(*server);
  server->stop(Duration());
  const auto response = client->send(request_of("POST", "/"), patience);
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().code, ErrorCode::unavailable);
  const auto no_time = client->send(request_of("POST", "/"), Duration());
  ASSERT_FALSE(no_time.has_value());
  EXPECT_EQ(no_time.error().code, ErrorCode::unavailable);
}

// The server closes before, within or instead of a whole answer, or talks nonsense: the outcome is unknown.
TEST(HttpClient, half_an_answer_is_unknown_outcome) {
  const std::string answers[] = {
      "",
      "HTTP/1.1 200 OK\r\ncontent-le",
      "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
      "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok!",
      "SSH-2.0-OpenSSH_9.2\r\n\r\n",
  };
  for (const std::string& answer : answers) {
    const ScriptedServer server({say(answer)});
    EXPECT_EQ(error_of(server, request_of("POST", "/")).code, ErrorCode::unknown_outcome) << answer;
  }
}

// No answer in time: unknown as well, and no later than the timeout says.
TEST(HttpClient, timeout_is_unknown_outcome) {
  const ScriptedServer server({[](int connection) {
    hear_request(connection);
    hear_request(connection);  // until the client goes
  }});
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(error_of(server, request_of("GET", "/"), Duration::milliseconds(100)).code, ErrorCode::unknown_outcome);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
  EXPECT_EQ(server.accepted(), 1);
}

// An answer over the limit is not held in memory.
TEST(HttpClient, answer_too_large) {
  const ScriptedServer server({say("HTTP/1.1 200 OK\r\ncontent-length: 67108865\r\n\r\n")});
  const Error error = error_of(server, request_of("GET", "/"));
  EXPECT_EQ(error.code, ErrorCode::unknown_outcome);
  EXPECT_NE(error.wrong.find("67108864"), std::string::npos);
}

// Every way in which an answer's end may be known, and an interim answer before it.
TEST(HttpClient, framings_of_answers) {
  const std::string answers[] = {
      ok,
      "HTTP/1.1 100 Continue\r\n\r\n" + ok,
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;x=y\r\no\r\n1\r\nk\r\n0\r\nevil: 1\r\n\r\n",
      "HTTP/1.1 200 OK\r\n\r\nok",
      "HTTP/1.0 200 OK\r\n\r\nok",
  };
  for (const std::string& answer : answers) {
    const ScriptedServer server({say(answer)});
    const auto response = server.client()->send(request_of("GET", "/"), patience);
    ASSERT_TRUE(response.has_value()) << answer << to_text(response.error());
    EXPECT_EQ(response->body, "ok") << answer;
    EXPECT_EQ(response->header("evil"), "");
  }
  const ScriptedServer server({say("HTTP/1.1 204 No Content\r\n\r\n")});
  EXPECT_EQ(server.client()->send(request_of("DELETE", "/"), patience)->status, 204);
}

// Requests one after the other share one connection.
TEST(HttpClient, keeps_connections) {
  const ScriptedServer server({[](int connection) {
    for (int i = 0; i < 3; ++i) say(ok)(connection);
  }});
  const auto client = server.client();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(client->send(request_of("GET", "/"), patience).has_value());
  EXPECT_EQ(server.accepted(), 1);
}

// A kept connection that dies under an idempotent request, or one with an idempotency key, is replaced once.
TEST(HttpClient, repeats_what_may_be_repeated) {
  HttpRequest with_key = request_of("POST", "/");
  with_key.headers.push_back({"idempotency-key", "k1"});
  for (const HttpRequest& request :
       {request_of("GET", "/"), request_of("PUT", "/"), request_of("DELETE", "/"), with_key}) {
    const ScriptedServer server({die_on_second, say(ok)});
    const auto client = server.client();
    ASSERT_TRUE(client->send(request_of("GET", "/first"), patience).has_value());
    const auto response = client->send(request, patience);
    ASSERT_TRUE(response.has_value()) << request.method << to_text(response.error());
    EXPECT_EQ(server.accepted(), 2);
  }
}

// Without a key a POST is not repeated; neither is anything of which an answer had begun, or twice.
TEST(HttpClient, does_not_repeat_the_rest) {
  {
    const ScriptedServer server({die_on_second});
    const auto client = server.client();
    ASSERT_TRUE(client->send(request_of("GET", "/first"), patience).has_value());
    EXPECT_EQ(client->send(request_of("POST", "/"), patience).error().code, ErrorCode::unknown_outcome);
    EXPECT_EQ(server.accepted(), 1);
  }
  {
    const ScriptedServer server({[](int connection) {
      say(ok)(connection);
      say("HTTP/1.1 200")(connection);
    }});
    const auto client = server.client();
    ASSERT_TRUE(client->send(request_of("GET", "/first"), patience).has_value());
    EXPECT_EQ(client->send(request_of("GET", "/"), patience).error().code, ErrorCode::unknown_outcome);
    EXPECT_EQ(server.accepted(), 1);
  }
  {
    const ScriptedServer server({die_on_second, say("")});
    const auto client = server.client();
    ASSERT_TRUE(client->send(request_of("GET", "/first"), patience).has_value());
    EXPECT_EQ(client->send(request_of("GET", "/"), patience).error().code, ErrorCode::unknown_outcome);
    EXPECT_EQ(server.accepted(), 2);
  }
}

// A kept connection that the server has closed meanwhile is not used, not even for a POST without a key.
TEST(HttpClient, notices_a_stale_connection) {
  const ScriptedServer server({say(ok), say(ok)});
  const auto client = server.client();
  ASSERT_TRUE(client->send(request_of("POST", "/"), patience).has_value());
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_TRUE(client->send(request_of("POST", "/"), patience).has_value());
}

// What would break the frame of the request is not sent.
TEST(HttpClient, refuses_what_is_not_http) {
  const auto server = serve(echo);
  const auto client = client_of(*server);
  HttpRequest injected = request_of("GET", "/");
  injected.headers.push_back({"x", "a\r\nb: c"});
  for (const HttpRequest& request : {injected, request_of("GET", "/a b"), request_of("GET", "a"),
                                     request_of("G T", "/"), request_of("GET", "/\r\n")}) {
    const auto response = client->send(request, patience);
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().code, ErrorCode::invalid);
  }
}

// Which servers may be named: only this machine, and only over plain HTTP; every refusal says why.
TEST(HttpClient, base_urls) {
  for (const char* good :
       {"http://127.0.0.1:1", "http://127.0.0.2", "http://localhost:8080/", "http://[::1]:8080", "http://[::1]"}) {
    EXPECT_TRUE(make_http_client(good).has_value()) << good;
  }
  for (const char* bad :
       {"https://127.0.0.1", "http://example.org", "http://10.0.0.1:80", "127.0.0.1:80", "http://",
        "http://127.0.0.1:0", "http://127.0.0.1:65536", "http://127.0.0.1:", "http://127.0.0.1:80/v1",
        "http://a@127.0.0.1", "http://127.0.0.1.evil.org", "http://[::1", "ftp://127.0.0.1", ""}) {
    const auto client = make_http_client(bad);
    ASSERT_FALSE(client.has_value()) << bad;
    EXPECT_EQ(client.error().code, ErrorCode::invalid);
  }
  EXPECT_NE(to_text(make_http_client("https://127.0.0.1").error()).find("TLS is not there yet"), std::string::npos);
}

// A server behind a socket of the file system is spoken to as one behind a port; where there is none, nothing was
// sent.
TEST(HttpClient, socket_of_the_file_system) {
  std::string folder = ::testing::TempDir() + "dayan-http-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = folder + "/socket";
  ASSERT_LT(path.size(), sizeof address.sun_path);
  std::memcpy(address.sun_path, path.data(), path.size());
  const auto client = make_http_client("unix:" + path);
  ASSERT_TRUE(client.has_value()) << to_text(client.error());
  EXPECT_EQ((*client)->send(request_of("GET", "/"), patience).error().code, ErrorCode::unavailable);
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener, 1), 0);
  std::string heard(4096, '\0');
  std::thread server([&] {
    const int connection = ::accept(listener, nullptr, nullptr);
    const ssize_t count = ::read(connection, heard.data(), heard.size());
    heard.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    if (::write(connection, ok.data(), ok.size()) < 0) heard.clear();
    ::close(connection);
  });
  const auto answer = (*client)->send(request_of("GET", "/ping"), patience);
  server.join();
  ::close(listener);
  ::unlink(path.c_str());
  ::rmdir(folder.c_str());
  ASSERT_TRUE(answer.has_value()) << to_text(answer.error());
  EXPECT_EQ(answer->body, "ok");
  EXPECT_TRUE(heard.starts_with("GET /ping HTTP/1.1\r\n")) << heard;
  EXPECT_NE(heard.find("localhost"), std::string::npos) << heard;
  for (const char* bad : {"unix:", "unix:socket", "unix:/"})
    EXPECT_EQ(make_http_client(bad).has_value(), std::string_view(bad) == "unix:/") << bad;
  EXPECT_FALSE(make_http_client("unix:/" + std::string(200, 'x')).has_value());
}

// "localhost" and ::1 reach a server that listens on IPv6 loopback only.
TEST(HttpClient, ipv6_loopback) {
  HttpServerOptions options;
  options.address = "::1";
  const auto server = HttpServer::start(options, echo);
  if (!server) {  // a machine without IPv6 is told so
    EXPECT_NE(to_text(server.error()).find("::1"), std::string::npos) << to_text(server.error());
    return;
  }
  for (const char* host : {"http://localhost:", "http://[::1]:"}) {
    const auto client = make_http_client(host + std::to_string((*server)->port()));
    EXPECT_TRUE((*client)->send(request_of("GET", "/"), patience).has_value()) << host;
  }
}

}  // namespace dayan::edge
