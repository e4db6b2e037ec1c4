#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ports/http.h"

/// HTTP/1.1 messages as text. Names and values that would break the frame (a CR LF from some user's input) are never
/// written: they are how one answer is made to look like two.

namespace dayan::edge {

[[nodiscard]] bool is_header_name(std::string_view name);
[[nodiscard]] bool is_header_value(std::string_view value);
[[nodiscard]] bool is_method(std::string_view method);
[[nodiscard]] bool is_target(std::string_view target);

/// Status line and headers, with length and connection set; nothing when a status or header cannot be written.
[[nodiscard]] std::optional<std::string> response_head(const HttpResponse& response, bool keep_alive);

/// Request line and headers; host, length and connection are ours. Nothing when a part of it cannot be written.
[[nodiscard]] std::optional<std::string> request_head(const HttpRequest& request, std::string_view host);

/// What a caller can react to, in the words of every other answer of the hub.
enum class ProblemCode {
  invalid,          ///< the request is wrong
  unavailable,      ///< nothing was done; the same request may pass later
  unknown_outcome,  ///< it may have been done
};

/// An RFC 9457 problem document of the form that api/openapi.yaml gives all of them, with one fault that has no field.
/// `wrong` and `right` are sentences of our own: plain text without quotes or control bytes; `right` may be empty.
[[nodiscard]] HttpResponse problem(int status, ProblemCode code, std::string_view wrong, std::string_view right = {});

}  // namespace dayan::edge
