#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

/// One connection of the blocking client, TCP or over a socket of the file system: non-blocking underneath, every
/// wait bounded by a deadline.

namespace dayan::edge {

using Deadline = std::chrono::steady_clock::time_point;

class TcpStream {
 public:
  /// Either fails as `unavailable`: nothing can have been sent.
  [[nodiscard]] static Result<TcpStream> connect(const std::string& address, std::uint16_t port, Deadline deadline);
  /// To a socket of the file system. Its server takes it up at once or not at all.
  [[nodiscard]] static Result<TcpStream> connect(const std::string& socket);

  TcpStream(TcpStream&& other) noexcept;
  TcpStream& operator=(TcpStream&& other) noexcept;
  ~TcpStream();

  struct Ready {
    bool timed_out = false;
    bool readable = false;
    bool writable = false;
  };
  /// Waits until it can be read, or, if wanted, written.
  [[nodiscard]] Ready wait(bool to_write, Deadline deadline);

  /// A count ≥ 0 of bytes moved, or why not.
  struct Moved {
    std::size_t count = 0;
    bool again = false;   ///< nothing to do right now
    bool closed = false;  ///< the connection is over, well or badly
  };
  [[nodiscard]] Moved read(char* buffer, std::size_t size);
  /// As much as fits of the two, in this order.
  [[nodiscard]] Moved write(std::string_view first, std::string_view second);

  /// Closed by the other side, or holding bytes nobody asked for: not to be used for another request.
  [[nodiscard]] bool is_stale();

 private:
  explicit TcpStream(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace dayan::edge
