#include <algorithm>
#include <chrono>
#include <thread>

#include "bench/bench.h"
#include "edge/http_client.h"
#include "edge/random.h"

namespace dayan::bench {
namespace {

constexpr Duration request_timeout = Duration::seconds(30);
constexpr auto poll_interval = std::chrono::milliseconds(10);
constexpr auto patience = std::chrono::seconds(60);

constexpr std::string_view one_line_job =
    R"({"project":"default","spec":{"name":"bench-line","count":1,)"
    R"("requirements":{"resources":{"cores":1,"memory":50000000},"wall_time":60,"run_time":1},)"
    R"("payload":{"command":["echo","hello"]}}})";

/// The id in {"job":{"id":"job_…": enough of a parser for our own hub's answer.
std::string job_of(const std::string& body) {
  const auto at = body.find("\"job_");
  return at == std::string::npos ? "" : body.substr(at + 1, body.find('"', at + 1) - at - 1);
}

Result<Duration> one(HttpClient& client, const Target& target) {
  const HttpHeader authorization{"authorization", "Bearer " + target.token};
  const auto start = std::chrono::steady_clock::now();
  HttpRequest submit{"POST", "/v1/jobs", {authorization, {"content-type", "application/json"}},
                     std::string(one_line_job)};
  submit.headers.push_back({"idempotency-key", edge::random_token("bench-")});
  TRY(const HttpResponse submitted, client.send(submit, request_timeout));
  if (submitted.status != 201) return fail(ErrorCode::invalid, "the hub refused: " + submitted.body.substr(0, 300));
  const HttpRequest look{"GET", "/v1/jobs/" + job_of(submitted.body) + "/tasks/0/log?stream=stdout&offset=0",
                         {authorization}, ""};
  while (std::chrono::steady_clock::now() - start < patience) {
    TRY(const HttpResponse log, client.send(look, request_timeout));
    if (log.status == 200 && !log.body.empty()) {
      const auto took = std::chrono::steady_clock::now() - start;
      return Duration::microseconds(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
    }
    std::this_thread::sleep_for(poll_interval);
  }
  return fail(ErrorCode::unavailable, "no line came within a minute", "look at the agents");
}

}  // namespace

Result<Timings> first_lines(const Target& target, int count) {
  TRY(const auto client, edge::make_http_client(target.hub_url));
  Timings timings;
  for (int i = 0; i < count; ++i) {
    TRY(const Duration took, one(*client, target));
    timings.each.push_back(took);
    timings.whole = timings.whole + took;
  }
  std::ranges::sort(timings.each);
  return timings;
}

}  // namespace dayan::bench
