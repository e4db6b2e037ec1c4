#include "wire/problem.h"

#include <array>
#include <optional>

#include "base/scan.h"

namespace dayan::wire {
namespace {

constexpr std::array error_codes{ErrorCode::invalid,   ErrorCode::denied,      ErrorCode::not_found,
                                 ErrorCode::conflict,  ErrorCode::exhausted,   ErrorCode::unavailable,
                                 ErrorCode::unknown_outcome, ErrorCode::corrupt};

ErrorCode code_of(RefusalReason reason) {
  switch (reason) {
    case RefusalReason::invalid: return ErrorCode::invalid;
    case RefusalReason::unauthenticated:
    case RefusalReason::forbidden: return ErrorCode::denied;
    case RefusalReason::not_found: return ErrorCode::not_found;
    case RefusalReason::already_exists:
    case RefusalReason::wrong_state:
    case RefusalReason::stale_agent: return ErrorCode::conflict;
    case RefusalReason::insufficient_funds: return ErrorCode::exhausted;
    case RefusalReason::not_after_last: return ErrorCode::unavailable;
  }
  return ErrorCode::invalid;
}

ErrorCode code_of(int status) {
  switch (status) {
    case 401:
    case 403: return ErrorCode::denied;
    case 404:
    case 410: return ErrorCode::not_found;
    case 409:
    case 422: return ErrorCode::conflict;
    case 402:
    case 507: return ErrorCode::exhausted;
    case 429:
    case 503: return ErrorCode::unavailable;
    default: break;
  }
  // Another 5xx may come from something between us and the hub: the request may have been done.
  return status >= 500 ? ErrorCode::unknown_outcome : ErrorCode::invalid;
}

std::optional<ErrorCode> code_of(std::string_view word) {
  for (const ErrorCode each : error_codes) {
    if (to_text(each) == word) return each;
  }
  if (const auto reason = parse_word<RefusalReason>(word)) return code_of(*reason);
  return std::nullopt;
}

/// The text of a member; empty when there is none. A reader of problems ignores what it does not know (RFC 9457).
std::string text_in(const JsonObject& object, std::string_view name) {
  const JsonValue* member = object.if_contains(name);
  if (member == nullptr || !member->is_string()) return {};
  return std::string(member->get_string().data(), member->get_string().size());
}

/// What is said of an answer that is no problem document: its first line.
std::string shown(std::string_view body) {
  const std::string_view line = body.substr(0, body.find('\n'));
  return line.empty() ? "without a word" : "saying " + quote(line);
}

}  // namespace

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid: return 400;
    case ErrorCode::denied: return 403;
    case ErrorCode::not_found: return 404;
    case ErrorCode::conflict: return 422;
    case ErrorCode::exhausted: return 507;
    case ErrorCode::unavailable:
    case ErrorCode::unknown_outcome: return 503;
    case ErrorCode::corrupt: return 500;
  }
  return 500;
}

int status_of(RefusalReason reason) {
  switch (reason) {
    case RefusalReason::invalid: return 400;
    case RefusalReason::unauthenticated: return 401;
    case RefusalReason::insufficient_funds: return 402;
    case RefusalReason::forbidden: return 403;
    case RefusalReason::not_found: return 404;
    case RefusalReason::already_exists:
    case RefusalReason::wrong_state:
    case RefusalReason::stale_agent: return 409;
    case RefusalReason::not_after_last: return 503;
  }
  return 500;
}

std::string_view title_of(int status) {
  switch (status) {
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 413: return "Content Too Large";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    case 507: return "Insufficient Storage";
    default: return "Error";
  }
}

Problem problem(int status, std::string_view code, const Faults& faults) {
  JsonArray errors;
  for (const Error& fault : faults) {
    JsonObject error;
    error.emplace("field", fault.field);
    error.emplace("wrong", fault.wrong);
    error.emplace("right", fault.right);
    errors.push_back(std::move(error));
  }
  JsonObject document;
  document.emplace("type", "about:blank");
  document.emplace("title", title_of(status));
  document.emplace("status", status);
  document.emplace("detail", faults.empty() ? std::string(title_of(status)) : to_text(faults.front()));
  document.emplace("code", code);
  document.emplace("errors", std::move(errors));
  return {status, json_text(document)};
}

Problem problem(const Error& error) { return problem(status_of(error.code), to_text(error.code), {error}); }

Problem problem(const Faults& faults) { return problem(400, to_text(ErrorCode::invalid), faults); }

Problem problem(const Refusal& refusal) {
  return problem(status_of(refusal.reason), to_text(refusal.reason), refusal.faults);
}

Faults parse_problem(int status, std::string_view body) {
  const auto value = parse_json(body);
  if (!value.has_value() || !value->is_object())
    return {{code_of(status), "", "the server answered " + std::to_string(status) + ' ' + shown(body), ""}};
  const JsonObject& document = value->get_object();
  const ErrorCode code = code_of(text_in(document, "code")).value_or(code_of(status));
  Faults faults;
  const JsonValue* errors = document.if_contains("errors");
  if (errors != nullptr && errors->is_array()) {
    for (const JsonValue& each : errors->get_array()) {
      if (!each.is_object() || faults.size() >= json_faults_max) continue;
      const JsonObject& error = each.get_object();
      Error fault{code, text_in(error, "field"), text_in(error, "wrong"), text_in(error, "right")};
      if (!fault.wrong.empty()) faults.push_back(std::move(fault));
    }
  }
  if (!faults.empty()) return faults;
  std::string detail = text_in(document, "detail");
  if (detail.empty()) detail = "the server answered " + std::to_string(status);
  return {{code, "", std::move(detail), ""}};
}

}  // namespace dayan::wire
