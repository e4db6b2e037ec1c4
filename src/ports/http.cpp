#include "ports/http.h"

namespace dayan {

namespace {

std::string_view first_of(const std::vector<HttpHeader>& headers, std::string_view name) {
  for (const HttpHeader& header : headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

}  // namespace

std::string_view HttpRequest::header(std::string_view name) const { return first_of(headers, name); }

std::string_view HttpResponse::header(std::string_view name) const { return first_of(headers, name); }

}  // namespace dayan
