#include "base/result.h"

// This file must not compile: ctest's base_ignored_result holds the compiler to refusing it.

namespace dayan {

Result<int> answer() { return 42; }

void ignore_an_answer() { answer(); }

}  // namespace dayan
