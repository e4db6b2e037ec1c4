#include "cli/provider.h"

#include "cli/account.h"
#include "cli/display.h"
#include "cli/documents.h"
#include "wire/centre.h"
#include "wire/money.h"

namespace dayan::cli {

Answer<Cny> read_amount(const std::string& text, const std::string& option) {
  auto amount = parse_cny(text);
  if (amount.has_value()) return *amount;
  amount.error().field = option;
  return end_with(Exit::usage, {std::move(amount).error()});
}

Answer<void> create_centre(Session& session, const std::string& name, const std::string& region) {
  TRY(JsonValue document, session.api.post("/v1/centres", to_json(wire::CreateCentreRequest{name, region})));
  if (session.out.as_json()) {
    session.out.json(document);
    return {};
  }
  TRY(const auto centre, read_as<CentreRow>(std::move(document)));
  session.out.line(to_text(centre.id) + ' ' + centre.name + " in " + centre.region);
  session.out.note("next: dayan provider offer publish " + centre.name +
                   " --core-hour YUAN --card-hour YUAN --gb-hour YUAN; dayan provider centre join-token " + centre.name);
  return {};
}

Answer<void> create_join_token(Session& session, const std::string& centre) {
  TRY(JsonValue document, session.api.post("/v1/centres/" + percent_encoded(centre) + "/join-tokens"));
  TRY(const auto reply, read_as<wire::JoinTokenReply>(document));
  TRY_VOID(check_secret(reply.join_token, "join token", "ask for another one"));
  if (session.out.as_json()) {
    session.out.json(document);
    return {};
  }
  session.out.line(*reply.join_token);
  session.out.note("lets one agent join, once, until " + readable(reply.expires_at) +
                   " UTC. At the centre, with it in a file:");
  session.out.note("  dayan agent join --hub " + session.api.url() + " --token-file FILE --folder FOLDER");
  session.out.note("  dayan agent run --folder FOLDER --config agent.yaml");
  return {};
}

Answer<void> publish_offer(Session& session, const OfferOptions& options) {
  wire::PublishOfferRequest request;
  TRY(request.core_hour, read_amount(options.core_hour, "--core-hour"));
  TRY(request.card_hour, read_amount(options.card_hour, "--card-hour"));
  TRY(request.gb_hour, read_amount(options.gb_hour, "--gb-hour"));
  TRY(JsonValue document,
      session.api.post("/v1/centres/" + percent_encoded(options.centre) + "/offers", to_json(request)));
  if (session.out.as_json()) {
    session.out.json(document);
    return {};
  }
  TRY(const auto offer, read_as<OfferRow>(std::move(document)));
  session.out.line(to_text(offer.id) + " version " + std::to_string(offer.version) + " of " + options.centre + ": " +
                   to_text(offer.core_hour) + " / core·h, " + to_text(offer.card_hour) + " / card·h, " +
                   to_text(offer.gb_hour) + " / GB·h");
  return {};
}

Answer<void> show_earnings(Session& session) {
  TRY(JsonValue document, session.api.get("/v1/provider/earnings"));
  if (session.out.as_json()) {
    session.out.json(document);
    return {};
  }
  TRY(const auto view, read_as<wire::EarningsView>(std::move(document)));
  Table table({"CENTRE", "ATTEMPTS>", "CHARGED>", "FEE>", "EARNED>"});
  for (const wire::CentreEarnings& each : view.centres) {
    table.add(
        {each.centre, std::to_string(each.attempts), to_text(each.charged), to_text(each.fee), to_text(each.earned)});
  }
  session.out.table(table);
  session.out.line("payable: " + to_text(view.payable) + " yuan");
  return {};
}

}  // namespace dayan::cli
