#pragma once

/// Stopping a program by SIGINT or SIGTERM, without signal handlers: the signals are blocked and waited for.

namespace dayan::edge {

/// Call first in main, before any thread starts: threads inherit it. Also ignores SIGPIPE, so that a peer that went
/// away is an error of that write and not the end of the program. A child process inherits both: undo them there.
void block_stop_signals();

/// Waits for SIGINT or SIGTERM and returns its number. A program that wants to stop itself sends itself SIGTERM.
[[nodiscard]] int wait_for_stop_signal();

}  // namespace dayan::edge
