#include "cli/terminal.h"

#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "edge/real_clock.h"

namespace dayan::cli {
namespace {

/// Switches the echo of the terminal off while it lives.
class NoEcho {
 public:
  NoEcho() : is_terminal_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!is_terminal_) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~NoEcho() {
    if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;
  [[nodiscard]] bool is_terminal() const { return is_terminal_; }

 private:
  termios before_{};
  bool is_terminal_;
};

std::optional<std::string> read_secret(const std::string& prompt) {
  const NoEcho no_echo;
  if (no_echo.is_terminal()) std::cerr << prompt << std::flush;
  std::string line;
  const bool got = static_cast<bool>(std::getline(std::cin, line));
  if (no_echo.is_terminal()) std::cerr << '\n';
  return got ? std::optional(line) : std::nullopt;
}

}  // namespace

Host real_host() {
  return Host{std::cout,
              std::cerr,
              ::isatty(STDERR_FILENO) != 0,
              [](const std::string& name) -> std::optional<std::string> {
                const char* value = std::getenv(name.c_str());
                return value == nullptr ? std::nullopt : std::optional<std::string>(value);
              },
              [](Duration pause) { std::this_thread::sleep_for(std::chrono::microseconds(pause.microseconds())); },
              read_secret,
              [] { return edge::RealClock().now(); }};
}

}  // namespace dayan::cli
