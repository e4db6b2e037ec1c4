#pragma once

#include <string_view>

#include "base/result.h"
#include "cli/failure.h"
#include "cli/host.h"
#include "cli/table.h"
#include "model/json.h"

namespace dayan::cli {

/// Results on standard output: one JSON document with --json, else text for people. Notes and faults go to standard
/// error, so that a pipe sees results only.
class Output {
 public:
  Output(Host& host, bool as_json) : host_(host), as_json_(as_json) {}

  [[nodiscard]] bool as_json() const { return as_json_; }
  /// One document, in one line.
  void json(const JsonValue& document);
  /// {"items":[…]}
  void json_items(JsonArray items);
  void line(std::string_view text);
  void table(const Table& table);
  /// Bytes as they are: logs.
  void raw(std::string_view bytes);
  void flush();

  void note(std::string_view text);
  /// One line a fault: "field: wrong; right". With --json one line in all: {"faults":[{field, wrong, right}, …]}.
  void faults(const Faults& faults);

 private:
  Host& host_;
  bool as_json_;
};

}  // namespace dayan::cli
