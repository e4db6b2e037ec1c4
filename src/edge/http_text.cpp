#include "edge/http_text.h"

#include <algorithm>
#include <array>

namespace dayan::edge {

namespace {

/// Headers that describe the frame: only this room writes them.
constexpr std::array<std::string_view, 6> frame_headers = {"connection",        "content-length", "host",
                                                           "transfer-encoding", "keep-alive",     "expect"};

bool equal_ignoring_case(std::string_view a, std::string_view lower) {
  return a.size() == lower.size() && std::equal(a.begin(), a.end(), lower.begin(), [](char x, char y) {
           return (x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x) == y;
         });
}

bool is_frame_header(std::string_view name) {
  return std::any_of(frame_headers.begin(), frame_headers.end(),
                     [&](std::string_view ours) { return equal_ignoring_case(name, ours); });
}

std::string_view reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    default: return "Status";
  }
}

bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
}

void add_header(std::string& text, std::string_view name, std::string_view value) {
  text += name;
  text += ": ";
  text += value;
  text += "\r\n";
}

bool add_headers(std::string& text, const std::vector<HttpHeader>& headers) {
  for (const HttpHeader& header : headers) {
    if (is_frame_header(header.name)) continue;
    if (!is_header_name(header.name) || !is_header_value(header.value)) return false;
    add_header(text, header.name, header.value);
  }
  return true;
}

}  // namespace

bool is_header_name(std::string_view name) { return is_token(name); }

bool is_header_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || c == '\t';
  });
}

bool is_method(std::string_view method) { return is_token(method); }

bool is_target(std::string_view target) {
  return !target.empty() && target.front() == '/' &&
         std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < 0x7f && c != '#'; });
}

std::optional<std::string> response_head(const HttpResponse& response, bool keep_alive) {
  if (response.status < 200 || response.status > 599) return std::nullopt;
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + ' ';
  text += reason(response.status);
  text += "\r\n";
  if (!add_headers(text, response.headers)) return std::nullopt;
  const bool bodiless = response.status == 204 || response.status == 304;
  if (bodiless && !response.body.empty()) return std::nullopt;
  if (!bodiless) add_header(text, "content-length", std::to_string(response.body.size()));
  add_header(text, "connection", keep_alive ? "keep-alive" : "close");
  text += "\r\n";
  return text;
}

std::optional<std::string> request_head(const HttpRequest& request, std::string_view host) {
  if (!is_method(request.method) || !is_target(request.target)) return std::nullopt;
  std::string text = request.method + ' ' + request.target + " HTTP/1.1\r\n";
  add_header(text, "host", host);
  if (!add_headers(text, request.headers)) return std::nullopt;
  const bool has_body = !request.body.empty() || request.method == "POST" || request.method == "PUT";
  if (has_body) add_header(text, "content-length", std::to_string(request.body.size()));
  text += "\r\n";
  return text;
}

namespace {

std::string_view word_of(ProblemCode code) {
  switch (code) {
    case ProblemCode::invalid: return "invalid";
    case ProblemCode::unavailable: return "unavailable";
    case ProblemCode::unknown_outcome: return "unknown_outcome";
  }
  return "invalid";
}

/// A JSON string. Beast's messages and ours hold nothing to escape; if one ever does, the document stays well formed.
std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    result += (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20) ? '?' : c;
  }
  return result + '"';
}

}  // namespace

HttpResponse problem(int status, ProblemCode code, std::string_view wrong, std::string_view right) {
  HttpResponse response;
  response.status = status;
  response.headers.push_back({"content-type", "application/problem+json"});
  if (status == 503) response.headers.push_back({"retry-after", "1"});
  std::string detail(wrong);
  if (!right.empty()) detail += "; " + std::string(right);
  response.body = R"({"type":"about:blank","title":)" + quoted(reason(status)) + R"(,"status":)" +
                  std::to_string(status) + R"(,"detail":)" + quoted(detail) + R"(,"code":)" + quoted(word_of(code)) +
                  R"(,"errors":[{"field":"","wrong":)" + quoted(wrong) + R"(,"right":)" + quoted(right) + "}]}";
  return response;
}

}  // namespace dayan::edge
