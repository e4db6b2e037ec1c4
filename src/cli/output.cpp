#include "cli/output.h"

#include <ostream>

#include "cli/display.h"

namespace dayan::cli {

void Output::json(const JsonValue& document) { host_.out << json_text(document) << '\n'; }

void Output::json_items(JsonArray items) {
  JsonObject document;
  document.emplace("items", std::move(items));
  json(document);
}

void Output::line(std::string_view text) { host_.out << harmless(text) << '\n'; }

void Output::table(const Table& table) { host_.out << table.text(); }

void Output::raw(std::string_view bytes) { host_.out << bytes; }

void Output::flush() { host_.out.flush(); }

void Output::note(std::string_view text) { host_.err << harmless(text) << '\n'; }

void Output::faults(const Faults& faults) {
  if (as_json_ && !faults.empty()) {
    JsonArray all;
    for (const Error& fault : faults) {
      JsonObject each;
      each.emplace("code", to_text(fault.code));
      each.emplace("field", fault.field);
      each.emplace("wrong", fault.wrong);
      each.emplace("right", fault.right);
      all.push_back(JsonValue(std::move(each)));
    }
    JsonObject document;
    document.emplace("faults", std::move(all));
    host_.err << json_text(JsonValue(std::move(document))) << '\n';
    return;
  }
  for (const Error& fault : faults) host_.err << "dayan: " << harmless(to_text(fault)) << '\n';
}

}  // namespace dayan::cli
