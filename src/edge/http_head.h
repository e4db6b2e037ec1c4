#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "ports/http.h"

/// The head of an HTTP/1 message: the first line and the headers, up to the empty line.
///
/// A scanner first finds where the head ends and refuses whatever two readers could read in two ways (a bare LF, a
/// folded line, a control byte); only a clean, whole head goes to Beast's grammar. That ambiguity is what request
/// smuggling lives on. http_head.cpp is the only file of the project that includes Beast.

namespace dayan::edge {

/// Why a message is not accepted, as the status that says so.
struct Refusal {
  int status = 400;
  std::string detail;
  std::string right;  ///< what would be accepted; empty where the detail says so already
};

template <class T>
using Accepted = tl::expected<T, Refusal>;

[[nodiscard]] tl::unexpected<Refusal> refuse(int status, std::string detail, std::string right = {});

/// Looks for the end of a head in bytes that come in pieces; each byte is looked at once.
class HeadScanner {
 public:
  HeadScanner(std::size_t head_max, std::size_t headers_max) : head_max_(head_max), headers_max_(headers_max) {}

  /// `bytes` is all that has come since the start of the message. The size of the head, or 0: not whole yet.
  [[nodiscard]] Accepted<std::size_t> scan(std::string_view bytes);

 private:
  [[nodiscard]] Accepted<void> check(char byte, char before);

  std::size_t head_max_;
  std::size_t headers_max_;
  std::size_t position_ = 0;
  std::size_t lines_ = 0;
};

/// How the end of the body is known.
enum class BodyFraming { none, length, chunked, to_end };

struct MessageHead {
  std::string method;  ///< of a request
  std::string target;  ///< of a request
  int status = 0;      ///< of a response
  std::vector<HttpHeader> headers;
  bool keep_alive = false;
  bool expects_continue = false;
  BodyFraming framing = BodyFraming::none;
  std::uint64_t length = 0;  ///< with BodyFraming::length
};

/// Both take a whole head as the scanner found it, the empty line included.
[[nodiscard]] Accepted<MessageHead> parse_request_head(std::string_view head);
[[nodiscard]] Accepted<MessageHead> parse_response_head(std::string_view head, bool answers_head_request);

}  // namespace dayan::edge
