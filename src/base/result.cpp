#include "base/result.h"

namespace dayan {

std::string_view to_text(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid: return "invalid";
    case ErrorCode::denied: return "denied";
    case ErrorCode::not_found: return "not_found";
    case ErrorCode::conflict: return "conflict";
    case ErrorCode::exhausted: return "exhausted";
    case ErrorCode::unavailable: return "unavailable";
    case ErrorCode::unknown_outcome: return "unknown_outcome";
    case ErrorCode::corrupt: return "corrupt";
  }
  ASSERT(false);
}

std::string to_text(const Error& error) {
  std::string text;
  if (!error.field.empty()) {
    text += error.field;
    text += ": ";
  }
  text += error.wrong;
  if (!error.right.empty()) {
    text += "; ";
    text += error.right;
  }
  return text;
}

}  // namespace dayan
