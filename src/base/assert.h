#pragma once

/// ASSERT guards what only our own bug can break. It stays on in release and stops the process.
/// Never assert on input, configuration or disk content: those are a `Result`.

namespace dayan {

/// Prints the broken condition to standard error and aborts.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace dayan

#define ASSERT(condition)                                              \
  do {                                                                 \
    if (!(condition)) [[unlikely]]                                     \
      ::dayan::assertion_failed(#condition, __FILE__, __LINE__);       \
  } while (false)
