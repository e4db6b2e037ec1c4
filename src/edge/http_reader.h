#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "edge/http_body.h"
#include "edge/http_head.h"
#include "edge/http_limits.h"
#include "ports/http.h"

/// Bytes from a connection in, whole messages out. No socket in here: server, client, tests and fuzzer feed them.

namespace dayan::edge {

/// Reads the requests of one connection, one after the other. After a refusal the connection must be closed: where
/// the next request begins is then anyone's guess.
class RequestReader {
 public:
  enum class State {
    waiting,  ///< not one byte of a request yet
    head,     ///< inside the headers
    body,     ///< inside the body
    whole,    ///< take() it
    refused,  ///< see refusal()
  };

  explicit RequestReader(const HttpLimits& limits);

  /// Takes all of `bytes`; what is behind the end of a request is kept for the next one.
  State feed(std::string_view bytes);
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }
  /// Of the request that is whole: may another one follow on this connection?
  [[nodiscard]] bool keep_alive() const { return head_.keep_alive; }
  /// True once, when the client waits for a word before it sends the body.
  [[nodiscard]] bool take_expectation();
  /// A request without its body, which is still to come.
  [[nodiscard]] HttpRequest head() const;
  /// The whole request; the reader then waits for the next one, which feed({}) may find among the bytes kept.
  [[nodiscard]] HttpRequest take();

 private:
  State read_head();
  State read_body();
  State refused(Refusal refusal);

  std::size_t head_max_;
  std::size_t headers_max_;
  std::size_t body_max_;
  std::string kept_;  ///< bytes not yet used
  HeadScanner scanner_;
  BodyReader body_;
  MessageHead head_;
  Refusal refusal_;
  State state_ = State::waiting;
};

/// Reads one answer; interim ones (1xx) are skipped.
class ResponseReader {
 public:
  enum class State {
    waiting,  ///< not one byte yet
    partial,
    whole,
    broken,  ///< see fault()
  };

  ResponseReader(std::size_t body_max, bool answers_head_request);

  State feed(std::string_view bytes);
  /// The other side has closed: that may be how the body ends.
  State end();
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const std::string& fault() const { return fault_; }
  /// Of a whole answer: may the connection be used again? Not when bytes came that nobody asked for.
  [[nodiscard]] bool keep_alive() const { return head_.keep_alive && kept_.empty(); }
  [[nodiscard]] HttpResponse take();

 private:
  [[nodiscard]] Accepted<bool> read_head();
  State broken(std::string fault);

  std::size_t body_max_;
  bool answers_head_request_;
  bool head_is_whole_ = false;
  std::string kept_;
  HeadScanner scanner_;
  BodyReader body_;
  MessageHead head_;
  std::string fault_;
  State state_ = State::waiting;
};

}  // namespace dayan::edge
