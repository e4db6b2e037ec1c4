#include "edge/http_reader.h"

#include <utility>

#include "base/assert.h"

namespace dayan::edge {

namespace {

/// An answer comes from our own server or one we chose; its head is bounded all the same.
constexpr std::size_t response_head_max = 64U << 10;
constexpr std::size_t response_headers_max = 200;

}  // namespace

RequestReader::RequestReader(const HttpLimits& limits)
    : head_max_(limits.head_max),
      headers_max_(limits.headers_max),
      body_max_(limits.body_max),
      scanner_(head_max_, headers_max_) {}

RequestReader::State RequestReader::feed(std::string_view bytes) {
  if (state_ == State::refused) return state_;
  if (state_ == State::body && kept_.empty()) {
    // The common way of a large body: straight into its place, not through kept_.
    const auto used = body_.feed(bytes);
    if (!used) return refused(used.error());
    kept_.assign(bytes.substr(*used));
    if (body_.is_whole()) state_ = State::whole;
    return state_;
  }
  kept_.append(bytes);
  if (state_ == State::waiting && !kept_.empty()) state_ = State::head;
  if (state_ == State::head) read_head();
  if (state_ == State::body) read_body();
  return state_;
}

RequestReader::State RequestReader::read_head() {
  const auto size = scanner_.scan(kept_);
  if (!size) return refused(size.error());
  if (*size == 0) return state_;
  auto head = parse_request_head(std::string_view(kept_).substr(0, *size));
  if (!head) return refused(std::move(head).error());
  head_ = *std::move(head);
  kept_.erase(0, *size);
  body_ = BodyReader(head_.framing, head_.length, body_max_);
  return state_ = State::body;
}

RequestReader::State RequestReader::read_body() {
  const auto used = body_.feed(kept_);
  if (!used) return refused(used.error());
  kept_.erase(0, *used);
  if (body_.is_whole()) state_ = State::whole;
  return state_;
}

RequestReader::State RequestReader::refused(Refusal refusal) {
  refusal_ = std::move(refusal);
  kept_.clear();
  return state_ = State::refused;
}

bool RequestReader::take_expectation() {
  return state_ == State::body && std::exchange(head_.expects_continue, false);
}

HttpRequest RequestReader::head() const {
  ASSERT(state_ == State::body);
  return {head_.method, head_.target, head_.headers, {}};
}

HttpRequest RequestReader::take() {
  ASSERT(state_ == State::whole);
  HttpRequest request{std::move(head_.method), std::move(head_.target), std::move(head_.headers), body_.take()};
  body_ = BodyReader();
  scanner_ = HeadScanner(head_max_, headers_max_);
  state_ = State::waiting;
  return request;
}

ResponseReader::ResponseReader(std::size_t body_max, bool answers_head_request)
    : body_max_(body_max),
      answers_head_request_(answers_head_request),
      scanner_(response_head_max, response_headers_max) {}

ResponseReader::State ResponseReader::feed(std::string_view bytes) {
  if (state_ == State::whole || state_ == State::broken) {
    kept_.append(bytes);
    return state_;
  }
  kept_.append(bytes);
  if (!kept_.empty()) state_ = State::partial;
  while (!head_is_whole_) {
    const auto found = read_head();
    if (!found) return broken(found.error().detail);
    if (!*found) return state_;
  }
  const auto used = body_.feed(kept_);
  if (!used) return broken(used.error().detail);
  kept_.erase(0, *used);
  if (body_.is_whole()) state_ = State::whole;
  return state_;
}

Accepted<bool> ResponseReader::read_head() {
  const auto size = scanner_.scan(kept_);
  if (!size) return tl::unexpected(size.error());
  if (*size == 0) return false;
  auto head = parse_response_head(std::string_view(kept_).substr(0, *size), answers_head_request_);
  if (!head) return tl::unexpected(std::move(head).error());
  kept_.erase(0, *size);
  scanner_ = HeadScanner(response_head_max, response_headers_max);
  if (head->status == 101) return refuse(400, "the server wants to switch protocols");
  if (head->status / 100 == 1) return true;
  head_ = *std::move(head);
  body_ = BodyReader(head_.framing, head_.length, body_max_);
  head_is_whole_ = true;
  return true;
}

ResponseReader::State ResponseReader::end() {
  if (state_ == State::whole || state_ == State::broken) return state_;
  if (head_is_whole_ && body_.end()) return state_ = State::whole;
  return broken("the connection was closed before the end of the answer");
}

ResponseReader::State ResponseReader::broken(std::string fault) {
  fault_ = std::move(fault);
  return state_ = State::broken;
}

HttpResponse ResponseReader::take() {
  ASSERT(state_ == State::whole);
  return HttpResponse{head_.status, std::move(head_.headers), body_.take()};
}

}  // namespace dayan::edge
