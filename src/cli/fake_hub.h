#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cli/program.h"
#include "edge/http_server.h"
#include "edge/random.h"
#include "model/json.h"

/// For the tests of this room: a real HTTP server with canned answers, and whole command lines run against it.

namespace dayan::cli::testing {

inline HttpResponse json(std::string body, int status = 200) {
  return {status, {{"content-type", "application/json"}}, std::move(body)};
}
inline HttpResponse problem(int status, const std::string& code, const std::string& field, const std::string& wrong,
                            const std::string& right) {
  return {status,
          {{"content-type", "application/problem+json"}},
          R"({"type":"about:blank","title":"x","status":)" + std::to_string(status) + R"(,"detail":"d","code":")" +
              code + R"(","errors":[{"field":")" + field + R"(","wrong":")" + wrong + R"(","right":")" + right +
              R"("}]})"};
}

/// Answers "METHOD /target" with what was put there: one after the other, the last one for ever. Keeps what it heard.
class FakeHub {
 public:
  FakeHub() {
    auto started = edge::HttpServer::start({}, [this](HttpRequest request, std::shared_ptr<HttpResponder> responder) {
      responder->respond(answer(std::move(request)));
    });
    EXPECT_TRUE(started.has_value());
    server_ = *std::move(started);
  }

  void on(const std::string& what, HttpResponse response) {
    const std::lock_guard lock(mutex_);
    answers_[what].push_back(std::move(response));
  }
  /// Instead of canned answers.
  void on_any(std::function<HttpResponse(const HttpRequest&)> handler) { handler_ = std::move(handler); }

  [[nodiscard]] std::vector<HttpRequest> heard() {
    const std::lock_guard lock(mutex_);
    return heard_;
  }
  /// Those of one method and path.
  [[nodiscard]] std::vector<HttpRequest> heard(const std::string& method, const std::string& target_begin) {
    std::vector<HttpRequest> found;
    for (const HttpRequest& each : heard()) {
      if (each.method == method && each.target.starts_with(target_begin)) found.push_back(each);
    }
    return found;
  }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }

 private:
  HttpResponse answer(HttpRequest request) {
    const std::lock_guard lock(mutex_);
    heard_.push_back(request);
    if (handler_) return handler_(request);
    auto found = answers_.find(request.method + ' ' + request.target);
    if (found == answers_.end())
      return problem(404, "not_found", "", "no answer for " + request.method + " " + request.target, "");
    HttpResponse response = found->second.front();
    if (found->second.size() > 1) found->second.pop_front();
    return response;
  }

  std::mutex mutex_;
  std::map<std::string, std::deque<HttpResponse>> answers_;
  std::function<HttpResponse(const HttpRequest&)> handler_;
  std::vector<HttpRequest> heard_;
  std::unique_ptr<edge::HttpServer> server_;
};

/// A new folder that goes with its object.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "dayan-cli-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + '/' + name; }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(file(name)).parent_path());
    std::ofstream(file(name), std::ios::binary) << text;
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream stream(file(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

 private:
  std::string path_;
};

/// A person at a terminal that is none: runs command lines, keeps what they said.
struct Person {
  std::ostringstream out;
  std::ostringstream err;
  std::map<std::string, std::string> environment;
  std::string typed;  ///< on standard input
  std::vector<Duration> pauses;
  Host host{out,
            err,
            false,
            [this](const std::string& name) -> std::optional<std::string> {
              const auto found = environment.find(name);
              return found == environment.end() ? std::nullopt : std::optional(found->second);
            },
            [this](Duration pause) { pauses.push_back(pause); },
            [this](const std::string&) { return typed.empty() ? std::nullopt : std::optional(typed); },
            [] { return UnixTime(1'800'000'000'000'000); }};

  Person() = default;
  /// With a token for that hub in the environment.
  explicit Person(const FakeHub& hub)
      : environment{{"DAYAN_HUB", hub.url()}, {"DAYAN_TOKEN", edge::random_token()}} {}

  /// Words are separated by one space.
  int runs(const std::string& line) {
    out.str("");
    err.str("");
    std::vector<std::string> words;
    std::istringstream stream(line);
    for (std::string word; stream >> word;) words.push_back(word);
    return run(words, host);
  }
  [[nodiscard]] std::string said() const { return out.str(); }
  [[nodiscard]] std::string complained() const { return err.str(); }
};

}  // namespace dayan::cli::testing
