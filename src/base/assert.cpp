#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace dayan {

void assertion_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "dayan: broken invariant: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace dayan
