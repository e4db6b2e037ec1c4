#include "edge/http_body.h"

#include <algorithm>
#include <charconv>

#include "base/assert.h"

namespace dayan::edge {

namespace {

tl::unexpected<Refusal> refuse_too_large(std::size_t body_max) {
  return refuse(413, "the body is over " + std::to_string(body_max) + " bytes",
                "at most so many; larger content goes to the depot, in chunks");
}

}  // namespace

BodyReader::BodyReader(BodyFraming framing, std::uint64_t length, std::size_t body_max)
    : left_(length), body_max_(body_max) {
  switch (framing) {
    case BodyFraming::none: part_ = Part::done; break;
    case BodyFraming::length: part_ = length == 0 ? Part::done : Part::data; break;
    case BodyFraming::chunked: part_ = Part::chunk_line; break;
    case BodyFraming::to_end: part_ = Part::data_to_end; break;
  }
  // Memory that is only reserved costs nothing until bytes come, and then they are not copied again.
  if (part_ == Part::data && length <= body_max) body_.reserve(static_cast<std::size_t>(length));
}

Accepted<std::size_t> BodyReader::feed(std::string_view bytes) {
  // Before the first byte of it: a client that asks first (100-continue) shall not send what we will not take.
  if (part_ == Part::data && left_ > body_max_) return refuse_too_large(body_max_);
  std::size_t used = 0;
  while (part_ != Part::done && used < bytes.size()) {
    const std::string_view rest = bytes.substr(used);
    const bool is_data = part_ == Part::data || part_ == Part::data_to_end || part_ == Part::chunk_data;
    const auto took = is_data ? feed_data(rest) : feed_line(rest);
    if (!took) return took;
    ASSERT(*took > 0);
    used += *took;
  }
  return used;
}

bool BodyReader::end() {
  if (part_ == Part::data_to_end) part_ = Part::done;
  return part_ == Part::done;
}

Accepted<std::size_t> BodyReader::feed_data(std::string_view bytes) {
  if (part_ != Part::data_to_end) {
    bytes = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), left_)));
  }
  if (bytes.size() > body_max_ - body_.size()) return refuse_too_large(body_max_);
  body_.append(bytes);
  if (part_ == Part::data_to_end) return bytes.size();
  left_ -= bytes.size();
  if (left_ == 0) part_ = part_ == Part::data ? Part::done : Part::chunk_end;
  return bytes.size();
}

Accepted<std::size_t> BodyReader::feed_line(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char byte = bytes[i];
    const bool after_cr = !line_.empty() && line_.back() == '\r';
    if (after_cr != (byte == '\n')) return refuse(400, "a line of a chunked body must end with CR LF");
    const auto value = static_cast<unsigned char>(byte);
    if ((value < 0x20 && byte != '\t' && byte != '\r' && byte != '\n') || value == 0x7f) {
      return refuse(400, "a control character stands in a chunked body's frame");
    }
    if (byte != '\n') {
      if (line_.size() >= line_max) return refuse(400, "a line of a chunked body is too long");
      line_.push_back(byte);
      continue;
    }
    line_.pop_back();
    const auto fine = line_ended();
    if (!fine) return tl::unexpected(fine.error());
    return i + 1;
  }
  return bytes.size();
}

Accepted<void> BodyReader::line_ended() {
  if (part_ == Part::chunk_line) return chunk_begins();
  if (part_ == Part::chunk_end) {
    if (!line_.empty()) return refuse(400, "a chunk is longer than its size says");
    part_ = Part::chunk_line;
    return {};
  }
  ASSERT(part_ == Part::trailers);
  if (line_.empty()) {
    part_ = Part::done;
    return {};
  }
  // Trailers are dropped: a header that comes after the body would get past every check of the head.
  left_ += line_.size();
  if (left_ > line_max) return refuse(400, "the trailers are too long");
  line_.clear();
  return {};
}

Accepted<void> BodyReader::chunk_begins() {
  const char* end = line_.data() + line_.size();
  std::uint64_t size = 0;
  const auto [stop, error] = std::from_chars(line_.data(), end, size, 16);
  if (error == std::errc::result_out_of_range) return refuse_too_large(body_max_);
  if (error != std::errc()) return refuse(400, "a chunk has no size");
  if (stop != end && *stop != ';') return refuse(400, "a chunk's size is not a hexadecimal number");
  if (size > body_max_ - body_.size()) return refuse_too_large(body_max_);
  line_.clear();
  left_ = size;
  part_ = size > 0 ? Part::chunk_data : Part::trailers;
  return {};
}

}  // namespace dayan::edge
