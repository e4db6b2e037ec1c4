#include "trace/gavel.h"

#include <gtest/gtest.h>

namespace dayan::trace {
namespace {

/// The field and the fault of a table that is refused, one a line.
std::string faults_of(std::string_view text) {
  const auto table = parse_gavel(text);
  if (table) return "read";
  std::string faults;
  for (const Error& fault : table.error()) faults += fault.field + ": " + fault.wrong + "\n";
  return faults;
}

/// The faults of a table with these kinds on one type of cards.
std::string faults_of_kinds(const std::string& kinds) { return faults_of("{\"v100\": {" + kinds + "}}"); }

// Shows that names, cards at a time, rates alone and pairs are read, and that what was not measured stays unknown.
TEST(Gavel, ReadsTheTable) {
  const auto table = parse_gavel(R"t({
    "k80": {"('ResNet-18 (batch size 16)', 1)": {"null": 4.5, "('A3C', 2)": [2.5, 1]}},
    "v100": {"('A3C', 2)": {"null": 0.0}, "('ResNet-18 (batch size 16)', 1)": {"null": 32}}})t");
  ASSERT_TRUE(table);
  ASSERT_EQ(table->kinds, (std::vector<GavelKind>{{"ResNet-18 (batch size 16)", 1}, {"A3C", 2}}));
  ASSERT_EQ(table->cards.size(), 2U);
  EXPECT_EQ(table->cards[0], (GavelTable::Card{"k80", {4.5, std::nullopt}, {GavelPair{0, 1, 2.5, 1}}}));
  EXPECT_EQ(table->cards[1], (GavelTable::Card{"v100", {32, 0}, {}}));
}

// Shows that a kind's text is the one that the table uses.
TEST(Gavel, NamesAKindAsTheTableDoes) {
  EXPECT_EQ(to_text(GavelKind{"LM (batch size 5)", 4}), "('LM (batch size 5)', 4)");
}

// Shows that a table of the wrong shape is refused with the place where it is wrong.
TEST(Gavel, TheShapeIsChecked) {
  EXPECT_EQ(faults_of("[]"), "table: is a list\n");
  EXPECT_EQ(faults_of("{}"), "table: 0 types of cards\n");
  EXPECT_EQ(faults_of(R"({"v100": 3})"), "v100: is an integer\n");
  EXPECT_EQ(faults_of_kinds(R"t("A3C": {"null": 1})t"), "v100.A3C: it is not the name of a kind\n");
  EXPECT_EQ(faults_of_kinds(R"t("('A3C', 0)": {"null": 1})t"), "v100.('A3C', 0): it is not the name of a kind\n");
  EXPECT_EQ(faults_of_kinds(R"t("('A3C', 1)": {})t"), "v100.('A3C', 1): no throughput alone\n");
}

// Shows that each number out of range, and each pair with an unknown kind, is a fault of its own.
TEST(Gavel, EveryFaultNamesItsPlace) {
  EXPECT_EQ(faults_of_kinds(R"t("('A3C', 1)": {"null": -1}, "('LM', 1)": {"null": "fast"})t"),
            "v100.('A3C', 1).null: -1.000000 steps per second\nv100.('LM', 1).null: is a text 'fast'\n");
  EXPECT_EQ(faults_of_kinds(R"t("('A3C', 1)": {"null": 1, "('B', 1)": [1, 1]})t"),
            "v100.('A3C', 1).('B', 1): no kind of that name in the table\n");
  EXPECT_EQ(faults_of_kinds(R"t("('A3C', 1)": {"null": 1, "('A3C', 1)": [1, 1e13]})t"),
            "v100.('A3C', 1).('A3C', 1)[1]: 10000000000000.000000 steps per second\n");
  EXPECT_EQ(faults_of_kinds(R"t("('A3C', 1)": {"null": 1, "('A3C', 1)": [1]})t"),
            "v100.('A3C', 1).('A3C', 1): is a list\n");
}

// Shows that text cut off anywhere is a fault and not a table.
TEST(Gavel, CutOffIsAFault) {
  const std::string whole = R"t({"v100": {"('A3C', 1)": {"null": 1.5, "('A3C', 1)": [1, 1]}}})t";
  ASSERT_TRUE(parse_gavel(whole));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(parse_gavel(std::string_view(whole).substr(0, size))) << size;
}

}  // namespace
}  // namespace dayan::trace
