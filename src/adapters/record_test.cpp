#include "adapters/record.h"

#include <gtest/gtest.h>

namespace dayan::adapters {
namespace {

// Shows that any bytes come back as they went in, with repeated names in order.
TEST(Record, ReturnsWhatWasPutIn) {
  Record record;
  record.add("word", std::string_view("a\nb 3\n\0c", 8));
  record.add("word", "");
  record.add("word", "end 0\n\n");
  record.add("number", -12);
  const auto read = Record::decode(record.encode());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->texts("word"),
            (std::vector<std::string>{std::string("a\nb 3\n\0c", 8), std::string(), std::string("end 0\n\n")}));
  EXPECT_EQ(read->number("number"), -12);
  EXPECT_EQ(read->text("missing"), "");
}

// Shows that no file that was cut short is taken for a whole one, by cutting at every place.
TEST(Record, RefusesEveryCut) {
  Record record;
  record.add("folder", "/a");
  record.add("word", "true");
  const std::string whole = record.encode();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(Record::decode(whole.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(Record::decode(whole + "x").has_value());
}

}  // namespace
}  // namespace dayan::adapters
