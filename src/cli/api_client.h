#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cli/failure.h"
#include "model/json.h"
#include "ports/http.h"

namespace dayan::cli {

/// The HTTP API as one profile speaks it: the token, one Idempotency-Key a change which is kept over its repetitions,
/// repetition with growing pauses while the hub cannot be reached or its answer is lost, and lists over all pages.
/// A refusal becomes the faults of its problem document.
class ApiClient {
 public:
  static constexpr int repeats_max = 3;
  static constexpr Duration first_pause = Duration::milliseconds(250);  ///< doubles with each repetition

  /// With the pauses that come between them: five minutes, for a restart or an upgrade of the hub.
  static constexpr int followed_repeats = 60;

  ApiClient(HttpClient& http, std::string url, std::string token, std::function<void(Duration)> pause);

  [[nodiscard]] Answer<JsonValue> get(const std::string& target);
  /// A change. `body` may be absent.
  /// `key`: the Idempotency-Key where the change has a name of its own (a payment's reference); empty: a random one.
  [[nodiscard]] Answer<JsonValue> post(const std::string& target, const std::optional<JsonValue>& body = {},
                                       const std::string& key = {});
  /// A question that needs a body; it changes nothing.
  [[nodiscard]] Answer<JsonValue> ask(const std::string& target, const JsonValue& body);
  /// Puts what is described in the place of what was there; sent again, it changes nothing.
  [[nodiscard]] Answer<JsonValue> put(const std::string& target, const JsonValue& body);
  [[nodiscard]] Answer<void> remove(const std::string& target);
  /// Items of a list, page by page, at most `items_max`.
  [[nodiscard]] Answer<JsonArray> list(const std::string& path, std::size_t items_max = SIZE_MAX);
  /// A GET whose answer is bytes, with its headers.
  [[nodiscard]] Answer<HttpResponse> get_bytes(const std::string& target);
  /// Sends bytes, once: the caller looks how far they came before it tries again.
  [[nodiscard]] Answer<JsonValue> put_bytes(const std::string& target, std::string bytes);

  /// For whoever follows something that goes on without them: from now on a hub that cannot be reached, or is starting
  /// again, is asked for minutes (followed_repeats times), and `on_lost` is told each time.
  void be_patient(std::function<void()> on_lost);

  [[nodiscard]] const std::string& url() const { return url_; }
  void pause(Duration duration) const { pause_(duration); }

 private:
  [[nodiscard]] Answer<HttpResponse> exchange(const HttpRequest& request, bool may_repeat = true);
  [[nodiscard]] Result<HttpResponse> send(const HttpRequest& request);
  [[nodiscard]] Failure unreachable(const Error& error) const;
  [[nodiscard]] Failure refusal(const HttpResponse& response) const;

  HttpClient& http_;
  std::string url_;
  std::string token_;
  std::function<void(Duration)> pause_;
  int repeats_ = repeats_max;
  std::function<void()> on_lost_;
};

/// Letters, digits and -._~ as they are, anything else as %XX: a part of a path or of a query.
[[nodiscard]] std::string percent_encoded(std::string_view text);

}  // namespace dayan::cli
