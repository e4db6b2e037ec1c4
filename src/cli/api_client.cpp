#include "cli/api_client.h"

#include <algorithm>
#include <array>

#include "base/scan.h"
#include "edge/random.h"
#include "wire/problem.h"

namespace dayan::cli {
namespace {

constexpr Duration answer_time = Duration::seconds(60);
constexpr Duration pause_max = Duration::seconds(5);
constexpr std::size_t page_max = 1'000;

constexpr int unavailable_status = 503;

Answer<JsonValue> document_of(const HttpResponse& response) {
  if (response.body.empty()) return JsonValue(nullptr);
  auto value = parse_json(response.body);
  if (value.has_value()) return std::move(*value);
  return failed_here("the hub's answer is no JSON document: " + value.error().wrong,
                     "check that the URL is a Dayan hub's");
}

/// How long the hub asks to wait; nothing when it does not.
std::optional<Duration> asked_pause(const HttpResponse& response) {
  const std::string_view text = response.header("retry-after");
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  const auto seconds = number_of(text);
  if (!seconds || *seconds > pause_max.seconds_up()) return pause_max;
  return Duration::seconds(*seconds);
}

HttpRequest request_of(std::string method, const std::string& target, std::string body = {}) {
  return {std::move(method), target, {}, std::move(body)};
}

void add_json(HttpRequest& request, const JsonValue& body) {
  request.headers.push_back({"content-type", "application/json"});
  request.body = json_text(body);
}

/// One a change: a repetition with it is answered with the first answer, and done once.
void add_key(HttpRequest& request, const std::string& key = {}) {
  request.headers.push_back({"idempotency-key", key.empty() ? edge::random_token("cli-") : key});
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) ||
                          std::string_view("-._~").find(c) != std::string_view::npos;
    if (is_plain) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += digits[byte >> 4U];
    encoded += digits[byte & 15U];
  }
  return encoded;
}

ApiClient::ApiClient(HttpClient& http, std::string url, std::string token, std::function<void(Duration)> pause)
    : http_(http), url_(std::move(url)), token_(std::move(token)), pause_(std::move(pause)) {}

Result<HttpResponse> ApiClient::send(const HttpRequest& request) {
  HttpRequest signed_in = request;
  if (!token_.empty()) signed_in.headers.push_back({"authorization", "Bearer " + token_});
  return http_.send(signed_in, answer_time);
}

Answer<HttpResponse> ApiClient::exchange(const HttpRequest& request, bool may_repeat) {
  const int repeats = may_repeat ? repeats_ : 0;
  Duration wait = first_pause;
  for (int repeat = 0;; ++repeat) {
    auto response = send(request);
    const bool is_lost = !response.has_value() && response.error().code != ErrorCode::invalid;
    const bool is_busy = response.has_value() && response->status == unavailable_status;
    if (repeat < repeats && (is_lost || is_busy)) {
      if (on_lost_) on_lost_();
      pause_(is_busy ? std::max(wait, asked_pause(*response).value_or(wait)) : wait);
      wait = std::min(wait * 2, pause_max);
      continue;
    }
    if (!response.has_value()) return tl::unexpected<Failure>(unreachable(response.error()));
    if (response->status >= 400) return tl::unexpected<Failure>(refusal(*response));
    return std::move(*response);
  }
}

void ApiClient::be_patient(std::function<void()> on_lost) {
  repeats_ = followed_repeats;
  on_lost_ = std::move(on_lost);
}

Failure ApiClient::unreachable(const Error& error) const {
  if (error.code == ErrorCode::invalid) return {Exit::usage, {error}};
  Error shown = error;
  shown.wrong = "the hub at " + url_ + " cannot be reached: " + error.wrong;
  shown.right = "check that it runs and that its URL is right";
  if (error.code == ErrorCode::unknown_outcome) {
    shown.wrong = "the hub at " + url_ + " did not answer: " + error.wrong;
    shown.right = "what was asked may have been done: look before asking again";
  }
  return {Exit::unreachable, {std::move(shown)}};
}

Failure ApiClient::refusal(const HttpResponse& response) const {
  Faults faults = wire::parse_problem(response.status, response.body);
  if (response.status == 401) {
    for (Error& fault : faults) fault.right = "log in: dayan login --hub " + url_;
  }
  return {response.status == unavailable_status ? Exit::unreachable : Exit::refused, std::move(faults)};
}

Answer<JsonValue> ApiClient::get(const std::string& target) {
  TRY(const HttpResponse response, exchange(request_of("GET", target)));
  return document_of(response);
}

Answer<JsonValue> ApiClient::post(const std::string& target, const std::optional<JsonValue>& body,
                                  const std::string& key) {
  HttpRequest request = request_of("POST", target);
  if (body) add_json(request, *body);
  add_key(request, key);
  TRY(const HttpResponse response, exchange(request));
  return document_of(response);
}

Answer<JsonValue> ApiClient::ask(const std::string& target, const JsonValue& body) {
  HttpRequest request = request_of("POST", target);
  add_json(request, body);
  TRY(const HttpResponse response, exchange(request));
  return document_of(response);
}

Answer<JsonValue> ApiClient::put(const std::string& target, const JsonValue& body) {
  HttpRequest request = request_of("PUT", target);
  add_json(request, body);
  TRY(const HttpResponse response, exchange(request, repeats_max));
  return document_of(response);
}

Answer<void> ApiClient::remove(const std::string& target) {
  HttpRequest request = request_of("DELETE", target);
  add_key(request);
  TRY(const HttpResponse response, exchange(request));
  return {};
}

Answer<JsonArray> ApiClient::list(const std::string& path, std::size_t items_max) {
  JsonArray items;
  std::string cursor;
  while (items.size() < items_max) {
    const std::size_t wanted = std::min(page_max, items_max - items.size());
    std::string target = path + "?limit=" + std::to_string(wanted);
    if (!cursor.empty()) target += "&cursor=" + percent_encoded(cursor);
    TRY(JsonValue page, get(target));
    JsonObject* object = page.if_object();
    JsonValue* found = object == nullptr ? nullptr : object->if_contains("items");
    if (found == nullptr || !found->is_array()) return failed_here("the hub's answer is no list", "", path);
    for (JsonValue& item : found->get_array()) {
      if (items.size() < items_max) items.push_back(std::move(item));
    }
    const JsonValue* next = object->if_contains("next_cursor");
    if (next == nullptr || !next->is_string()) return items;
    const std::string next_cursor(next->get_string());
    if (next_cursor == cursor) return failed_here("the hub gives the same page again and again", "", path);
    cursor = next_cursor;
  }
  return items;
}

Answer<HttpResponse> ApiClient::get_bytes(const std::string& target) {
  return exchange(request_of("GET", target));
}

Answer<JsonValue> ApiClient::put_bytes(const std::string& target, std::string bytes) {
  HttpRequest request = request_of("PUT", target, std::move(bytes));
  request.headers.push_back({"content-type", "application/octet-stream"});
  TRY(const HttpResponse response, exchange(request, false));
  return document_of(response);
}

}  // namespace dayan::cli
