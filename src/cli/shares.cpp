#include "cli/shares.h"

#include "base/scan.h"
#include "cli/display.h"
#include "cli/documents.h"
#include "jobfile/yaml_values.h"
#include "wire/party.h"

namespace dayan::cli {
namespace {

Answer<std::int64_t> read_weight(const std::string& text) {
  const auto thousandths = jobfile::parse_cards(text);
  if (thousandths && thousandths->value() >= 1 && thousandths->value() <= share_weight_max)
    return thousandths->value();
  return bad_usage(quote(text) + " is not a weight", "give a number from 0.001 to 1000, 1 being the usual one",
                   "WEIGHT");
}

template <class Row>
Answer<void> weigh(Session& session, const std::string& path, const std::string& weight) {
  TRY(const std::int64_t thousandths, read_weight(weight));
  TRY(JsonValue document, session.api.put(path, to_json(wire::WeightRequest{thousandths})));
  if (session.out.as_json()) {
    session.out.json(document);
    return {};
  }
  TRY(const auto row, read_as<Row>(std::move(document)));
  session.out.line(row.name + ": weight " + decimal_text(row.weight, 3));
  return {};
}

}  // namespace

std::string percent_text(std::int64_t millionths) {
  const std::int64_t tenths = (millionths + 500) / 1'000;
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + '%';
}

Answer<void> weigh_project(Session& session, const std::string& project, const std::string& weight) {
  return weigh<ProjectRow>(session, "/v1/projects/" + percent_encoded(project) + "/weight", weight);
}

Answer<void> weigh_organisation(Session& session, const std::string& organisation, const std::string& weight) {
  return weigh<OrganisationRow>(session, "/v1/organisations/" + percent_encoded(organisation) + "/weight", weight);
}

Answer<void> show_shares(Session& session) {
  TRY(JsonValue document, session.api.get("/v1/shares"));
  if (session.out.as_json()) {
    session.out.json(document);
    return {};
  }
  TRY(const auto view, read_as<wire::SharesView>(std::move(document)));
  if (view.organisations.empty()) {
    session.out.line("nothing has run and nothing waits");
    return {};
  }
  Table table({"ORGANISATION", "PROJECT", "WEIGHT>", "HAS HAD>", "MOST OF", "SHARE>", "DUE>", "SETBACK>", "AT DUE>"});
  for (const wire::ShareView& each : view.organisations) {
    table.add({each.name, "", decimal_text(each.weight, 3), readable(each.time), std::string(to_text(each.resource)),
               percent_text(each.share), percent_text(each.due), readable(each.setback),
               readable(each.setback_at_due)});
    if (each.projects.size() < 2) continue;
    for (const wire::ProjectShareView& project : each.projects) {
      table.add({"", project.name, decimal_text(project.weight, 3), readable(project.time), "", "", "",
                 "+" + readable(project.setback), ""});
    }
  }
  session.out.table(table);
  session.out.note(
      "as of " + readable(view.as_of) +
      " UTC; what it has had is told as time of the whole platform, what lies a week back counting half");
  return {};
}

}  // namespace dayan::cli
