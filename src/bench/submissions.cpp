#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <optional>
#include <thread>

#include "bench/bench.h"
#include "edge/http_client.h"
#include "edge/random.h"

namespace dayan::bench {
namespace {

constexpr Duration request_timeout = Duration::seconds(60);

// A region that no centre has: the job waits for ever, and only its submission is measured.
constexpr std::string_view waiting_job =
    R"({"project":"default","spec":{"name":"bench","count":1,"requirements":{"resources":{"cores":1,"memory":1000000},)"
    R"("wall_time":60,"regions":["nowhere"]},"payload":{"command":["true"]}}})";

}  // namespace

double Timings::per_second() const {
  const double seconds = static_cast<double>(whole.microseconds()) / 1e6;
  return seconds > 0 ? static_cast<double>(each.size()) / seconds : 0;
}

Duration Timings::percentile(int percent) const {
  if (each.empty()) return {};
  const std::size_t at = each.size() * static_cast<std::size_t>(percent) / 100;
  return each[std::min(at, each.size() - 1)];
}

Result<Timings> submit_jobs(const Target& target, int count, int connections) {
  TRY(const auto client, edge::make_http_client(target.hub_url));
  const std::string run = edge::random_token("bench-");
  std::atomic<int> next{0};
  std::mutex mutex;
  Timings timings;
  std::optional<Error> failed;
  const auto begin = std::chrono::steady_clock::now();
  const auto work = [&] {
    for (int i = next++; i < count; i = next++) {
      HttpRequest request{"POST", "/v1/jobs", {}, std::string(waiting_job)};
      request.headers = {{"authorization", "Bearer " + target.token},
                         {"content-type", "application/json"},
                         {"idempotency-key", run + "-" + std::to_string(i)}};
      const auto start = std::chrono::steady_clock::now();
      const Result<HttpResponse> response = client->send(request, request_timeout);
      const auto took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
      const std::scoped_lock lock(mutex);
      if (!response) {
        failed = response.error();
        return;
      }
      if (response->status != 201) {
        failed =
            Error{ErrorCode::invalid, "",
                  "the hub answered " + std::to_string(response->status) + ": " + response->body.substr(0, 300), ""};
        return;
      }
      timings.each.push_back(Duration::microseconds(took.count()));
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < connections; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  if (failed) return fail(*failed);
  const auto whole = std::chrono::steady_clock::now() - begin;
  timings.whole = Duration::microseconds(std::chrono::duration_cast<std::chrono::microseconds>(whole).count());
  std::ranges::sort(timings.each);
  return timings;
}

Result<std::int64_t> resident_bytes(int pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmRSS:", 0) == 0) return std::stoll(line.substr(6)) * 1024;
  }
  return fail(ErrorCode::not_found, "there is no process " + std::to_string(pid), "give the pid of the hub", "hub-pid");
}

}  // namespace dayan::bench
