#include "hub/test_hub.h"

namespace dayan::hub {
namespace {

/// A provider with one centre.
struct Scene {
  TestHub hub;
  Client provider = hub.organisation("gui-an", "provider");
  TestAgent agent = hub.agent(provider, "gui-an-1");

  [[nodiscard]] Answer tell(const std::string& body) const {
    return provider.call("PUT", "/v1/centres/gui-an-1", body);
  }
  [[nodiscard]] std::string accepts() const {
    const Answer centres = provider.get("/v1/centres");
    return json_text(centres.items().front().as_object().at("centre").as_object().at("accepts"));
  }
};

// Whom a provider names must be a customer of the platform: a misspelt name would serve nobody, and nobody would
// notice. Another provider's centre is not there before any name is looked up.
TEST(HubCentre, AMisspeltCustomerIsRefused) {
  Scene scene;
  const Client studio = scene.hub.customer("film-studio");
  const Answer refused = scene.tell(R"({"accepts":["film-studio","fim-studio","gui-an","a b"]})");
  EXPECT_EQ(refused.status, 400);
  const JsonArray& faults = refused.json.as_object().at("errors").as_array();
  ASSERT_EQ(faults.size(), 2U) << refused.raw.body;
  EXPECT_EQ(faults[0].as_object().at("field").as_string(), "accepts[1]");
  EXPECT_EQ(faults[0].as_object().at("wrong").as_string(), "there is no customer 'fim-studio'");
  EXPECT_EQ(faults[1].as_object().at("field").as_string(), "accepts[2]") << "a provider alone is no customer";
  EXPECT_EQ(scene.accepts(), "[]") << "nothing is done by halves";
  EXPECT_EQ(scene.tell(R"({"accepts":["film-studio"]})").status, 200);
  EXPECT_EQ(scene.accepts(), R"(["film-studio"])");
  const UnixTime now = scene.hub.clock.now();
  const std::string closed = R"({"from":")" + to_text(now) + R"(","until":")" + to_text(now + Duration::hours(1)) +
                             R"(","organisations":["fim-studio"]})";
  const Answer reserved = scene.provider.post("/v1/centres/gui-an-1/reservations", closed);
  EXPECT_EQ(reserved.status, 400);
  EXPECT_NE(reserved.raw.body.find("\"organisations[0]\""), std::string::npos) << reserved.raw.body;
  const Client stranger = scene.hub.organisation("elsewhere", "provider");
  EXPECT_EQ(stranger.call("PUT", "/v1/centres/gui-an-1", R"({"accepts":["fim-studio"]})").status, 404);
}

// Two people change the same centre at once: the second, who saw it before the first one's change, is refused and
// changes nothing; the same sent again after a lost answer is fine.
TEST(HubCentre, AChangeOfWhatWasOvertakenIsRefused) {
  Scene scene;
  const std::string nothing = R"("seen":{"accepts":[],"latency":[],"pue":null,"carbon":null,"carbon_hours":[],)"
                              R"("bandwidth":null})";
  EXPECT_EQ(scene.tell(R"({"pue":1200,)" + nothing + "}").status, 200);
  EXPECT_EQ(scene.tell(R"({"pue":1200,)" + nothing + "}").status, 200) << "it is so already";
  const Answer overtaken = scene.tell(R"({"carbon":410,)" + nothing + "}");
  EXPECT_EQ(overtaken.status, 409) << overtaken.raw.body;
  EXPECT_NE(overtaken.raw.body.find("\"seen\""), std::string::npos) << overtaken.raw.body;
  const Answer again = scene.tell(R"({"pue":1200,"carbon":410,"seen":{"pue":1200}})");
  EXPECT_EQ(again.status, 200) << again.raw.body;
  EXPECT_EQ(again.json.as_object().at("pue").as_int64(), 1'200);
  EXPECT_EQ(scene.tell("{}").status, 200) << "who says nothing of what was seen replaces all of it";
}

}  // namespace
}  // namespace dayan::hub
