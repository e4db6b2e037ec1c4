#include "edge/http_head.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <charconv>
#include <utility>

namespace dayan::edge {

namespace http = boost::beast::http;

namespace {

constexpr std::string_view methods_known[] = {"GET", "POST", "PUT", "DELETE"};

bool equal_ignoring_case(std::string_view a, std::string_view b) { return boost::beast::iequals(a, b); }

std::vector<HttpHeader> headers_of(const http::fields& fields) {
  std::vector<HttpHeader> headers;
  for (const auto& field : fields) {
    HttpHeader header{std::string(field.name_string()), std::string(field.value())};
    for (char& c : header.name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    headers.push_back(std::move(header));
  }
  return headers;
}

/// The value of a header that may stand at most once.
Accepted<const std::string*> single(const std::vector<HttpHeader>& headers, std::string_view name) {
  const std::string* found = nullptr;
  for (const HttpHeader& header : headers) {
    if (header.name != name) continue;
    if (found != nullptr) return refuse(400, "the header " + std::string(name) + " stands there twice");
    found = &header.value;
  }
  return found;
}

/// Sets framing and length. Beast would accept "5, 5" and the same length twice; a proxy before us might not agree.
Accepted<void> read_framing(MessageHead& head) {
  const auto length = single(head.headers, "content-length");
  if (!length) return tl::unexpected(length.error());
  const auto coding = single(head.headers, "transfer-encoding");
  if (!coding) return tl::unexpected(coding.error());
  if (*length != nullptr && *coding != nullptr) {
    return refuse(400, "content-length and transfer-encoding contradict each other; send one of them");
  }
  if (*coding != nullptr) {
    if (!equal_ignoring_case(**coding, "chunked")) return refuse(501, "the only transfer-encoding is chunked");
    head.framing = BodyFraming::chunked;
  }
  if (*length != nullptr) {
    const std::string& digits = **length;
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, head.length);
    if (error != std::errc() || stop != end) return refuse(400, "content-length is not a number");
    if (head.length > 0) head.framing = BodyFraming::length;
  }
  return {};
}

/// Puts a whole head through Beast's grammar. One call with all bytes: its resumable paths are not needed.
template <class Parser>
Accepted<void> run(Parser& parser, std::string_view head) {
  parser.header_limit(static_cast<std::uint32_t>(head.size()));
  parser.body_limit(boost::none);  // the body is read by BodyReader, under its own limit
  boost::beast::error_code error;
  const std::size_t used = parser.put(boost::asio::buffer(head.data(), head.size()), error);
  if (error) return refuse(400, "not an HTTP/1 message: " + error.message());
  if (!parser.is_header_done() || used != head.size()) return refuse(400, "not an HTTP/1 message");
  return {};
}

Accepted<void> check_target(std::string_view target) {
  const bool printable = std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (target.empty() || target.front() != '/' || !printable || target.find('#') != std::string_view::npos) {
    return refuse(400, "the target must be a path that begins with '/', in printable ASCII");
  }
  return {};
}

Accepted<void> check_expect(MessageHead& head, bool http_1_1) {
  const auto expect = single(head.headers, "expect");
  if (!expect) return tl::unexpected(expect.error());
  if (*expect == nullptr || !http_1_1) return {};
  if (!equal_ignoring_case(**expect, "100-continue")) return refuse(417, "the only expectation met is 100-continue");
  head.expects_continue = true;
  return {};
}

}  // namespace

tl::unexpected<Refusal> refuse(int status, std::string detail, std::string right) {
  return tl::unexpected<Refusal>(Refusal{status, std::move(detail), std::move(right)});
}

Accepted<void> HeadScanner::check(char byte, char before) {
  if (byte == '\n') {
    if (before != '\r') return refuse(400, "a line must end with CR LF");
    return {};
  }
  if (before == '\r') return refuse(400, "a CR must be followed by LF");
  if ((byte == ' ' || byte == '\t') && before == '\n') return refuse(400, "a header must stand on one line");
  const auto value = static_cast<unsigned char>(byte);
  const bool control = value < 0x20 || value == 0x7f;
  if (control && byte != '\t' && byte != '\r') return refuse(400, "a control character stands in the head");
  return {};
}

Accepted<std::size_t> HeadScanner::scan(std::string_view bytes) {
  for (; position_ < bytes.size(); ++position_) {
    if (position_ >= head_max_) {
      return refuse(431, "request line and headers are over " + std::to_string(head_max_) + " bytes",
                    "at most so many, together");
    }
    const char byte = bytes[position_];
    const auto fine = check(byte, position_ == 0 ? '\n' : bytes[position_ - 1]);
    if (!fine) return tl::unexpected(fine.error());
    if (byte != '\n') continue;
    const bool empty_line = position_ < 2 || bytes[position_ - 2] == '\n';
    if (empty_line && lines_ == 0) return refuse(400, "the first line is empty");
    if (empty_line) return ++position_;
    if (lines_++ > headers_max_) {
      return refuse(431, "there are over " + std::to_string(headers_max_) + " headers", "at most so many");
    }
  }
  return 0;
}

Accepted<MessageHead> parse_request_head(std::string_view head) {
  http::request_parser<http::empty_body> parser;
  const auto parsed = run(parser, head);
  if (!parsed) return tl::unexpected(parsed.error());
  const auto& message = parser.get();
  const bool http_1_1 = message.version() == 11;

  MessageHead result;
  result.method = std::string(message.method_string());
  result.target = std::string(message.target());
  result.keep_alive = parser.keep_alive();
  result.headers = headers_of(message);
  if (std::find(std::begin(methods_known), std::end(methods_known), result.method) == std::end(methods_known)) {
    return refuse(501, "the methods are GET, POST, PUT and DELETE");
  }
  if (const auto fine = check_target(result.target); !fine) return tl::unexpected(fine.error());
  const auto host = single(result.headers, "host");
  if (!host) return tl::unexpected(host.error());
  if (*host == nullptr && http_1_1) return refuse(400, "the header host is missing");
  if (const auto fine = read_framing(result); !fine) return tl::unexpected(fine.error());
  if (result.framing == BodyFraming::chunked && !http_1_1) {
    return refuse(400, "HTTP/1.0 has no transfer-encoding");
  }
  if (const auto fine = check_expect(result, http_1_1); !fine) return tl::unexpected(fine.error());
  return result;
}

Accepted<MessageHead> parse_response_head(std::string_view head, bool answers_head_request) {
  http::response_parser<http::empty_body> parser;
  const auto parsed = run(parser, head);
  if (!parsed) return tl::unexpected(parsed.error());
  const auto& message = parser.get();

  MessageHead result;
  result.status = static_cast<int>(message.result_int());
  result.headers = headers_of(message);
  result.keep_alive = message.keep_alive();
  if (const auto fine = read_framing(result); !fine) return tl::unexpected(fine.error());
  const bool bodiless =
      answers_head_request || result.status / 100 == 1 || result.status == 204 || result.status == 304;
  const bool framed = result.framing != BodyFraming::none ||
                      std::any_of(result.headers.begin(), result.headers.end(),
                                  [](const HttpHeader& header) { return header.name == "content-length"; });
  if (bodiless) {
    result.framing = BodyFraming::none;
  } else if (!framed) {
    result.framing = BodyFraming::to_end;
    result.keep_alive = false;
  }
  return result;
}

}  // namespace dayan::edge
