#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "edge/http_head.h"

/// The body of an HTTP/1 message, cut out of a stream that comes in pieces.
///
/// Written out by hand: Beast 1.81 takes the trailers of a chunked body for headers, and stops the process by its own
/// assertion when the only chunk is the last one and comes as "0\r\n" and then "\r". Here chunk extensions are
/// skipped, trailers are dropped, both under a limit, and every line must end with CR LF.

namespace dayan::edge {

class BodyReader {
 public:
  /// Bytes of one chunk line with its extensions, and of all trailers together.
  static constexpr std::size_t line_max = 4096;

  BodyReader() = default;
  BodyReader(BodyFraming framing, std::uint64_t length, std::size_t body_max);

  /// Takes the body's bytes from the front of `bytes` and says how many it took.
  [[nodiscard]] Accepted<std::size_t> feed(std::string_view bytes);
  [[nodiscard]] bool is_whole() const { return part_ == Part::done; }
  /// The stream has ended; true when that makes the body whole.
  [[nodiscard]] bool end();
  [[nodiscard]] std::string take() { return std::move(body_); }

 private:
  enum class Part { data, data_to_end, chunk_line, chunk_data, chunk_end, trailers, done };

  [[nodiscard]] Accepted<std::size_t> feed_data(std::string_view bytes);
  [[nodiscard]] Accepted<std::size_t> feed_line(std::string_view bytes);
  [[nodiscard]] Accepted<void> line_ended();
  [[nodiscard]] Accepted<void> chunk_begins();

  Part part_ = Part::done;
  std::uint64_t left_ = 0;  ///< bytes still to come of the body, or of this chunk
  std::size_t body_max_ = 0;
  std::string line_;
  std::string body_;
};

}  // namespace dayan::edge
