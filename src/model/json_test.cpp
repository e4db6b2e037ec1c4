#include "model/json.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/prng.h"

namespace dayan {
namespace {

// Fill a value of any coded type with something that is not its default.
void fill(bool& out, Prng&) { out = !out; }
void fill(std::int64_t& out, Prng& prng) { out = prng.between(INT64_MIN / 2, INT64_MAX / 2); }
void fill(std::int32_t& out, Prng& prng) { out = static_cast<std::int32_t>(prng.between(2, INT32_MAX)); }
void fill(std::string& out, Prng& prng) { out = "\"大衍\\\n" + std::to_string(prng.next()); }
void fill(Cny& out, Prng& prng) { out = Cny::micro(prng.between(-amount_max.micro(), 90 * amount_max.micro())); }
void fill(UnixTime& out, Prng& prng) { out = UnixTime(prng.between(1, 253'402'300'799'999'999)); }
void fill(Duration& out, Prng& prng) {
  out = Duration::microseconds(prng.between(-json_fraction_max.microseconds(), json_fraction_max.microseconds()));
}
void fill(DayTime& out, Prng& prng) { out = DayTime::minutes(static_cast<std::int32_t>(prng.between(0, 1'439))); }
void fill(BasisPoints& out, Prng& prng) { out.value = static_cast<std::int32_t>(prng.between(1, 10'000)); }
void fill(Digest& out, Prng& prng) { out = sha256(std::to_string(prng.next())); }
void fill(Scopes& out, Prng& prng) { out = Scopes(prng.between(1, 63)); }
void fill(MilliCards& out, Prng& prng) { out = MilliCards(prng.between(1, 1'000'000'000)); }
template <class Tag>
void fill(Quantity<Tag>& out, Prng& prng) { out = Quantity<Tag>(prng.between(1, INT64_MAX)); }
template <class Tag>
void fill(Id<Tag>& out, Prng& prng) { out = Id<Tag>(prng.between(1, INT64_MAX)); }
template <WordedEnum Enum>
void fill(Enum& out, Prng& prng) {
  out = static_cast<Enum>(prng.below(EnumWords<Enum>::words.size()));
}
template <class T>
void fill(std::optional<T>& out, Prng& prng);
template <class T>
void fill(std::vector<T>& out, Prng& prng);
template <Reflected T>
void fill(T& out, Prng& prng) {
  for_each_field<T>([&](const auto& each) { fill(out.*each.member, prng); });
}
template <class T>
void fill(std::optional<T>& out, Prng& prng) { fill(out.emplace(), prng); }
template <class T>
void fill(std::vector<T>& out, Prng& prng) {
  for (int i = 0; i < 3; ++i) fill(out.emplace_back(), prng);
}

std::vector<std::string> texts(const Faults& faults) {
  std::vector<std::string> all;
  for (const Error& each : faults) all.push_back(to_text(each));
  return all;
}

template <class T>
void expect_round_trip(const T& value) {
  const std::string text = nested_text(value);
  const auto back = parse_nested<T>(text);
  ASSERT_TRUE(back.has_value()) << to_text(back.error()) << "\n" << text;
  // Through the text: two values of equal text are equal, since every field is in it.
  EXPECT_EQ(nested_text(*back), text);
  EXPECT_TRUE(*back == value) << text;
}

template <std::size_t... positions>
void expect_every_row(std::index_sequence<positions...>, Prng& prng) {
  const auto one = [&](auto row) {
    expect_round_trip(row);
    fill(row, prng);
    expect_round_trip(row);
    EXPECT_EQ(to_json(Row(row)), to_json(row));
  };
  (one(std::variant_alternative_t<positions, Row>()), ...);
}

// Shows that every kind of row comes back as it went, empty and with random values in every field.
TEST(Json, EveryRowReadsBackAsItWasWritten) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    Prng prng(seed);
    expect_every_row(std::make_index_sequence<std::variant_size_v<Row>>(), prng);
  }
}

template <std::size_t... positions>
void expect_every_event(std::index_sequence<positions...>, Prng& prng) {
  const auto one = [&](auto event) {
    fill(event, prng);
    const Event whole(event);
    const auto back = event_from_json(event_name(whole), to_json(whole));
    ASSERT_TRUE(back.has_value()) << to_text(back.error());
    EXPECT_EQ(back->index(), whole.index());
    EXPECT_EQ(json_text(to_json(*back)), json_text(to_json(whole)));
  };
  (one(std::variant_alternative_t<positions, Event>()), ...);
}

// Shows that every kind of event is read back under its name, with all its members.
TEST(Json, EveryEventReadsBackUnderItsName) {
  Prng prng(7);
  expect_every_event(std::make_index_sequence<std::variant_size_v<Event>>(), prng);
}

// Shows that an event's name belongs to its type, by the first and last of the list and one between, and that a
// wrong name or detail is an error.
TEST(Json, EventNames) {
  EXPECT_EQ(event_name(OrganisationCreated{}), "organisation_created");
  EXPECT_EQ(event_name(LeaseGranted{}), "lease_granted");
  EXPECT_EQ(event_name(AttemptSettled{}), "attempt_settled");
  EXPECT_EQ(event_name(JobEnded{}), "job_ended");
  EXPECT_FALSE(event_from_json("lease_lost", JsonObject()).has_value());
  EXPECT_FALSE(event_from_json("job_ended", *parse_json(R"({"job":7})")).has_value());
}

// Shows the form of each kind of value on the wire, against the words of the API agreement.
TEST(Json, FormsOnTheWire) {
  EXPECT_EQ(nested_text(JobId(1)), "\"job_0000000000001\"");
  EXPECT_EQ(nested_text(JobId()), "null");
  EXPECT_EQ(nested_text(Cny::micro(12'500'000)), "\"12.5\"");
  EXPECT_EQ(nested_text(UnixTime()), "null");
  EXPECT_EQ(nested_text(UnixTime(1'000'000)), "\"1970-01-01T00:00:01Z\"");
  EXPECT_EQ(nested_text(Duration::seconds(90)), "90");
  EXPECT_EQ(nested_text(Duration::milliseconds(250)), "0.25");
  EXPECT_EQ(nested_text(MilliCards(1'000)), "1");
  EXPECT_EQ(nested_text(MilliCards(500)), "0.5");
  EXPECT_EQ(nested_text(Bytes(5)), "5");
  EXPECT_EQ(nested_text(Scopes{Scope::read, Scope::agent}), R"(["read","agent"])");
  EXPECT_EQ(nested_text(std::optional<Cny>()), "null");
  EXPECT_EQ(nested_text(Objective::fastest), "\"fastest\"");
  EXPECT_EQ(nested_text(AttemptKey{JobId(1), 2, 3}), R"({"job":"job_0000000000001","task":2,"number":3})");
}

// Shows that lengths of time are exact to the microsecond, at the ends of the range and at random.
TEST(Json, DurationsAreExactToTheMicrosecond) {
  Prng prng(3);
  std::vector<Duration> cases{Duration::microseconds(1), Duration::microseconds(-1), json_fraction_max,
                              json_fraction_max - Duration::microseconds(1), Duration::seconds(INT64_MAX / 1'000'000)};
  for (int i = 0; i < 10'000; ++i) fill(cases.emplace_back(), prng);
  for (const Duration each : cases) {
    const auto back = parse_nested<Duration>(nested_text(each));
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(back->microseconds(), each.microseconds());
  }
}

struct BadValue {
  std::string_view json;
  std::string_view fault;  ///< what the one fault begins with
};

// Shows that each fault in a job specification is one error, which names its path and what is right.
TEST(Json, EachFaultNamesItsPath) {
  const std::vector<BadValue> cases = {
      {R"([])", "spec: is a list; give an object"},
      {R"({"count":"3"})", "spec.count: is a text '3'; give an integer"},
      {R"({"count":2.0})", "spec.count: is a decimal number; give an integer"},
      {R"({"count":2147483648})", "spec.count: 2147483648 is out of range"},
      {R"({"count":-2147483649})", "spec.count: -2147483649 is out of range"},
      {R"({"requirements":{"resources":{"memory":9223372036854775808}}})",
       "spec.requirements.resources.memory: 9223372036854775808 is too large"},
      {R"({"requirements":{"objective":"cheap"}})",
       "spec.requirements.objective: 'cheap' is not a word for this; give one of cheapest, fastest, balanced, "
       "greenest, weighted"},
      {R"({"requirements":{"chips":["a",7]}})", "spec.requirements.chips[1]: is an integer; give a text"},
      {R"({"requirements":{"price_cap":12.5}})", "spec.requirements.price_cap: is a decimal number; give yuan"},
      {R"({"requirements":{"price_cap":"1e3"}})", "spec.requirements.price_cap: '1e3' is not an amount"},
      {R"({"requirements":{"wall_time":"2m"}})", "spec.requirements.wall_time: is a text '2m'; give a number of"},
      {R"({"requirements":{"wall_time":1e300}})", "spec.requirements.wall_time: 1e+300 is too large"},
      {R"({"requirements":{"wall_time":9223372036855}})", "spec.requirements.wall_time: 9223372036855 is too large"},
      {R"({"requirements":{"resources":{"cards":0.1234}}})",
       "spec.requirements.resources.cards: 0.1234 is finer than a thousandth"},
      {R"({"payload":{"inputs":[{"digest":"ff"}]}})", "spec.payload.inputs[0].digest: "},
      {R"({"payload":{"inputs":[{"executable":1}]}})", "spec.payload.inputs[0].executable: is an integer; give true"},
      {R"({"colour":"red"})", "spec.colour: is not a member here; give only: name, count"},
      {R"({"name":null})", "spec.name: is null; give a text"},
  };
  for (const BadValue& each : cases) {
    JobSpec spec;
    Faults faults;
    const auto value = parse_json(each.json);
    ASSERT_TRUE(value.has_value()) << each.json;
    EXPECT_FALSE(from_json(*value, "spec", spec, faults)) << each.json;
    ASSERT_EQ(faults.size(), 1U) << each.json;
    EXPECT_TRUE(texts(faults)[0].starts_with(each.fault)) << texts(faults)[0];
  }
}

// Shows that all faults of one value are told, in order, and that a missing member keeps its default.
TEST(Json, AllFaultsAtOnceAndDefaultsKept) {
  LeaseRow lease;
  Faults faults;
  const auto value = parse_json(R"({"job":"task_0000000000001","hold":5,"desired":"walk","ends_at":"soon","x":1})");
  ASSERT_TRUE(value.has_value());
  EXPECT_FALSE(from_json(*value, "", lease, faults));
  ASSERT_EQ(faults.size(), 5U);
  EXPECT_EQ(faults[0].field, "job");
  EXPECT_EQ(faults[1].field, "ends_at");
  EXPECT_EQ(faults[2].field, "hold");
  EXPECT_EQ(faults[3].field, "desired");
  EXPECT_EQ(faults[4].field, "x");
  EXPECT_EQ(lease.number, 1);

  BasisPoints share;
  EXPECT_FALSE(from_json(JsonValue(10'001), "share", share, faults));
}

// Shows that a hostile list of faults stays bounded.
TEST(Json, FaultsAreBounded) {
  std::string text = "[1";
  for (int i = 0; i < 10'000; ++i) text += ",1";
  std::vector<std::string> names;
  Faults faults;
  EXPECT_FALSE(from_json(*parse_json(text + "]"), "names", names, faults));
  EXPECT_EQ(faults.size(), json_faults_max);
}

// Shows that what is not strict JSON is refused, and what is at the limit is not.
TEST(Json, ParseIsStrict) {
  for (const std::string_view bad :
       {"", " ", "{", "{}x", "{} {}", "[1,]", "{\"a\":1,\"a\":2}", "{\"b\":{\"a\":1,\"c\":0,\"a\":2}}", "NaN",
        "Infinity", "1e999", "'a'", "\"\xff\"", "\"\xc0\x80\"", "// x\n1", "01", "\"\n\"", "{\"\":1,\"\":1}",
        "{\"a\":1,\"\\u0061\":2}", "\"\\ud800\""}) {
    EXPECT_FALSE(parse_json(bad).has_value()) << bad;
  }
  EXPECT_NE(to_text(parse_json("{\"b\":[{\"a\":1,\"a\":2}]}").error()).find("'a' is given twice"), std::string::npos);
  EXPECT_TRUE(parse_json("{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":1}]}").has_value());
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse_json(nested(json_depth_max)).has_value());
  EXPECT_FALSE(parse_json(nested(json_depth_max + 1)).has_value());
  EXPECT_FALSE(parse_json(nested(1'000'000)).has_value());
}

// Shows that the writer's text is JSON again, with control characters and every kind of value.
TEST(Json, TextReadsBack) {
  const std::string text = R"({"a":[1,-2,0.5,1e+300,true,false,null,"\u0001\"\\大"],"b":{},"c":[]})";
  const auto value = parse_json(text);
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(json_text(*value), text);
  // Both found by wire_fuzz: a zero with a sign, and a decimal that Boost reads one unit wrong in the last place.
  EXPECT_EQ(json_text(*parse_json("-0.0")), "0");
  const std::string digits = json_text(*parse_json('-' + std::string(110, '4') + '0'));
  EXPECT_EQ(json_text(*parse_json(digits)), digits);
  EXPECT_EQ(parse_nested<Requirements>("{").error().code, ErrorCode::corrupt);
  EXPECT_EQ(parse_nested<Requirements>("[]").error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace dayan
