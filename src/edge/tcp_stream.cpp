#include "edge/tcp_stream.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "base/assert.h"

namespace dayan::edge {

namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

Address address_of(const std::string& text, std::uint16_t port) {
  Address address;
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    in.sin_addr = v4;
    std::memcpy(&address.storage, &in, sizeof in);
    address.size = sizeof in;
  } else {
    const int parsed = ::inet_pton(AF_INET6, text.c_str(), &v6);
    ASSERT(parsed == 1);  // parse_origin gives numeric addresses only
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    in.sin6_addr = v6;
    std::memcpy(&address.storage, &in, sizeof in);
    address.size = sizeof in;
  }
  return address;
}

int milliseconds_until(Deadline deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, std::numeric_limits<int>::max()));
}

tl::unexpected<Error> unreachable(const std::string& address, std::uint16_t port, int error) {
  return fail(ErrorCode::unavailable,
              address + " port " + std::to_string(port) + " cannot be reached: " + std::strerror(error),
              "is the server running there?");
}

}  // namespace

Result<TcpStream> TcpStream::connect(const std::string& address, std::uint16_t port, Deadline deadline) {
  const Address target = address_of(address, port);
  TcpStream stream(::socket(target.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (stream.descriptor_ < 0) return unreachable(address, port, errno);
  const int on = 1;
  ::setsockopt(stream.descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(stream.descriptor_, reinterpret_cast<const sockaddr*>(&target.storage), target.size) == 0) {
    return stream;
  }
  if (errno != EINPROGRESS) return unreachable(address, port, errno);
  if (stream.wait(true, deadline).timed_out) return unreachable(address, port, ETIMEDOUT);
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(stream.descriptor_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return unreachable(address, port, error);
  return stream;
}

Result<TcpStream> TcpStream::connect(const std::string& socket) {
  sockaddr_un target{};
  target.sun_family = AF_UNIX;
  ASSERT(socket.size() < sizeof target.sun_path);  // parse_origin has looked
  std::memcpy(target.sun_path, socket.data(), socket.size());
  TcpStream stream(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (stream.descriptor_ >= 0 &&
      ::connect(stream.descriptor_, reinterpret_cast<const sockaddr*>(&target), sizeof target) == 0) {
    return stream;
  }
  return fail(ErrorCode::unavailable, socket + " cannot be reached: " + std::strerror(errno),
              "is the server running there?");
}

TcpStream::TcpStream(TcpStream&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

TcpStream& TcpStream::operator=(TcpStream&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

TcpStream::~TcpStream() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

TcpStream::Ready TcpStream::wait(bool to_write, Deadline deadline) {
  pollfd entry{descriptor_, static_cast<short>(POLLIN | (to_write ? POLLOUT : 0)), 0};
  for (;;) {
    const int found = ::poll(&entry, 1, milliseconds_until(deadline));
    if (found < 0 && errno == EINTR) continue;
    if (found == 0) return Ready{.timed_out = true};
    // An error or a hang-up shows itself by reading.
    return Ready{.readable = found < 0 || (entry.revents & ~POLLOUT) != 0,
                 .writable = (entry.revents & POLLOUT) != 0};
  }
}

TcpStream::Moved TcpStream::read(char* buffer, std::size_t size) {
  for (;;) {
    const ssize_t count = ::recv(descriptor_, buffer, size, 0);
    if (count > 0) return Moved{.count = static_cast<std::size_t>(count)};
    if (count == 0) return Moved{.closed = true};
    if (errno == EAGAIN) return Moved{.again = true};
    if (errno != EINTR) return Moved{.closed = true};
  }
}

TcpStream::Moved TcpStream::write(std::string_view first, std::string_view second) {
  // sendmsg() only reads through these; its interface predates const.
  iovec parts[2] = {{const_cast<char*>(first.data()), first.size()},
                    {const_cast<char*>(second.data()), second.size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  for (;;) {
    const ssize_t count = ::sendmsg(descriptor_, &message, MSG_NOSIGNAL);
    if (count >= 0) return Moved{.count = static_cast<std::size_t>(count)};
    if (errno == EAGAIN) return Moved{.again = true};
    if (errno != EINTR) return Moved{.closed = true};
  }
}

bool TcpStream::is_stale() {
  char byte = 0;
  return ::recv(descriptor_, &byte, 1, MSG_PEEK) >= 0 || errno != EAGAIN;
}

}  // namespace dayan::edge
