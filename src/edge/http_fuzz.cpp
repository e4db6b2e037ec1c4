#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "edge/http_reader.h"

/// Any bytes, cut anywhere, must give the same requests and the same refusal, and keep to the limits.

namespace {

using dayan::HttpRequest;
using dayan::edge::HttpLimits;
using dayan::edge::RequestReader;
using dayan::edge::ResponseReader;

struct Outcome {
  std::vector<HttpRequest> requests;
  RequestReader::State state = RequestReader::State::waiting;
  int refused = 0;
};

HttpLimits small_limits() {
  HttpLimits limits;
  limits.body_max = 256;
  limits.head_max = 512;
  limits.headers_max = 8;
  return limits;
}

void check(const HttpRequest& request, const HttpLimits& limits) {
  ASSERT(request.body.size() <= limits.body_max);
  ASSERT(request.headers.size() <= limits.headers_max);
  ASSERT(request.target.starts_with('/'));
  for (const auto& header : request.headers) {
    ASSERT(header.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  }
}

Outcome read_all(std::string_view bytes, std::size_t piece) {
  const HttpLimits limits = small_limits();
  RequestReader reader(limits);
  Outcome outcome;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    auto state = reader.feed(bytes.substr(at, piece));
    while (state == RequestReader::State::whole) {
      outcome.requests.push_back(reader.take());
      check(outcome.requests.back(), limits);
      state = reader.feed({});
    }
  }
  outcome.state = reader.state();
  outcome.refused = outcome.state == RequestReader::State::refused ? reader.refusal().status : 0;
  return outcome;
}

ResponseReader::State read_answer(std::string_view bytes, std::size_t piece) {
  ResponseReader reader(256, false);
  for (std::size_t at = 0; at < bytes.size(); at += piece) reader.feed(bytes.substr(at, piece));
  return reader.end();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0] % 16;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = read_all(bytes, size);
  const Outcome pieces = read_all(bytes, piece);
  ASSERT(whole.state == pieces.state);
  ASSERT(whole.refused == pieces.refused);
  ASSERT(whole.requests.size() == pieces.requests.size());
  for (std::size_t i = 0; i < whole.requests.size(); ++i) {
    ASSERT(whole.requests[i].method == pieces.requests[i].method);
    ASSERT(whole.requests[i].target == pieces.requests[i].target);
    ASSERT(whole.requests[i].body == pieces.requests[i].body);
  }
  ASSERT(read_answer(bytes, size) == read_answer(bytes, piece));
  return 0;
}
