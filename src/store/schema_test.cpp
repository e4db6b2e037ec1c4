#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "store/migrate.h"
#include "store/scratch_folder.h"
#include "store/table_shape.h"

namespace dayan::store {
namespace {

/// A column as the database has it.
struct StoredColumn {
  std::string name;
  std::string type;
  bool is_not_null = false;
  std::int64_t key_position = 0;  ///< from one; zero: not of the key

  friend bool operator==(const StoredColumn&, const StoredColumn&) = default;
};

void PrintTo(const StoredColumn& column, std::ostream* out) {
  *out << column.name << ' ' << column.type << (column.is_not_null ? " NOT NULL" : "") << " key "
       << column.key_position;
}

class Schema : public testing::Test {
 protected:
  Schema() : connection_(SqliteConnection::open(folder_.file("dayan.db"), SqliteConnection::Mode::writer).value()) {
    EXPECT_TRUE(migrate(*connection_, sqlite_migrations()));
  }

  std::vector<StoredColumn> stored_columns(std::string_view table) {
    SqliteStatement statement(
        connection_->prepare("SELECT name, type, \"notnull\", pk FROM pragma_table_info(?) ORDER BY cid").value());
    statement.add_text(table);
    std::vector<StoredColumn> columns;
    while (statement.step().value()) {
      columns.push_back({std::string(statement.text(0)), std::string(statement.text(1)), statement.integer(2) != 0,
                         statement.integer(3)});
    }
    return columns;
  }

  ScratchFolder folder_;
  std::unique_ptr<SqliteConnection> connection_;
};

const char* type_name(ColumnType type) {
  switch (type) {
    case ColumnType::integer: return "INTEGER";
    case ColumnType::text: return "TEXT";
    case ColumnType::blob: return "BLOB";
  }
  return "?";
}

std::vector<StoredColumn> wanted_columns(const TableShape& table) {
  // SQLite's own row number is never null without saying so.
  const bool is_row_number = table.key_size() == 1 && table.columns.front().type == ColumnType::integer;
  std::vector<StoredColumn> columns;
  std::int64_t key_position = 0;
  for (const ColumnShape& column : table.columns) {
    columns.push_back({std::string(column.name), type_name(column.type),
                       !column.is_nullable && !(column.is_key && is_row_number), column.is_key ? ++key_position : 0});
  }
  columns.push_back({"is_live", "INTEGER", true, 0});
  return columns;
}

TEST_F(Schema, TheTablesAreWhatTheRowsSay) {
  // The migrations and the fields() lists cannot drift apart: same columns, types, nulls and keys. Their order may
  // differ, since what a migration adds stands last; every statement names its columns.
  const auto by_name = [](std::vector<StoredColumn> columns) {
    std::ranges::sort(columns, {}, &StoredColumn::name);
    return columns;
  };
  for (const TableShape& table : table_shapes()) {
    EXPECT_EQ(by_name(stored_columns(table.name)), by_name(wanted_columns(table))) << table.name;
  }
}

TEST_F(Schema, EveryIndexedColumnHasAnIndex) {
  // A column that a query may compare is the first of an index, so no query walks a whole table.
  for (const std::string_view full_name : indexed_columns) {
    const std::size_t dot = full_name.find('.');
    SqliteStatement statement(
        connection_
            ->prepare("SELECT count(*) FROM pragma_index_list(?1) AS list, pragma_index_info(list.name) AS info "
                      "WHERE list.partial = 0 AND info.seqno = 0 AND info.name = ?2")
            .value());
    statement.add_text(full_name.substr(0, dot));
    statement.add_text(full_name.substr(dot + 1));
    ASSERT_TRUE(statement.step().value());
    EXPECT_GE(statement.integer(0), 1) << full_name;
  }
}

TEST_F(Schema, LoadingReadsOnlyLiveRows) {
  // The plan of a load uses the partial index: a start does not read years of ended jobs.
  for (const TableShape& table : table_shapes()) {
    const std::string name(table.name);
    SqliteStatement statement(
        connection_->prepare("EXPLAIN QUERY PLAN SELECT * FROM \"" + name + "\" WHERE \"is_live\" = 1").value());
    ASSERT_TRUE(statement.step().value());
    EXPECT_NE(statement.text(3).find(name + "_live"), std::string_view::npos) << statement.text(3);
  }
}

TEST_F(Schema, MigrationsAreNumberedWithoutGapsAndRunOnce) {
  // The numbers are 1, 2, 3 …, and migrating again changes nothing.
  int number = 0;
  for (const Migration& migration : sqlite_migrations()) EXPECT_EQ(migration.number, ++number);
  EXPECT_TRUE(migrate(*connection_, sqlite_migrations()));
  EXPECT_EQ(connection_->number("SELECT count(*) FROM schema_version").value(), number);
}

TEST_F(Schema, AMigrationThatHasLandedNeverChanges) {
  // A hub's folder that has run it would be taken for up to date. Change a table by a new migration, and add it here.
  const std::map<int, std::string> landed{
      {1, "2735f6093d16fc6e81595fc837bcdd69ef1709290864f06a2915e45a1cb877ab"},
      {2, "4037631be0d570bb69e4607e27c33bb90dff503385bec090ee2fba89d9e3ae0d"},
      {3, "ff8f6e24295f26ce4e52fe4f11c1c800c42a42481ced4993dc5f7259757c4f74"},
      {4, "b9b1830bba0d0400dc19e0045d0c2042c42b73ce90574f0f9ad9a93601e841d1"},
      {5, "43e054ba36641217b9b14696e5e2d424ac83bdff799c62ba40fc11802fe92095"},
      {6, "9e79cd8eb3d4cd8486d4f0ce09945550a98a5a994ec211722c3965d65dd2dcc2"},
      {7, "28b33041290cb047db5ee0e0602e5256ca5fe1e82505a3676c5adce4f161e078"},
      {8, "4257febc00c6cc47e5e24aaaa933676169af23ae0c5646bd0fb20b2955e1e326"},
      {9, "5f3a5b038c44f700c649e25155a0eacd344b65fc3ffb506cb83e6467ddc7bd80"},
      {10, "b0e7f7126c8c116c5f9a84bf57b2c682a087b282a5d5dad645f7e5b3dca06548"},
      {11, "c38acc06c437ce639648e0b4ce8f8ef2ac02e47049a8a032ea3e4f55cd6fdc11"},
      {12, "a1aed87393d241c87679ec83384d059563710f958db3706f25f1fea3f94e13e7"},
      {13, "37d5a7f3b3d0b09c7c5634e911d6c93e356cf60304a0d278cd61f3e207ca5ded"},
  };
  for (const Migration& migration : sqlite_migrations()) {
    ASSERT_TRUE(landed.contains(migration.number)) << migration.name << ' ' << to_text(sha256(migration.sql));
    EXPECT_EQ(to_text(sha256(migration.sql)), landed.at(migration.number)) << migration.name;
  }
}

TEST_F(Schema, AMigrationThatFailsLeavesNothing) {
  // Its first statement is undone with its second, its number is not recorded, and the error names it.
  std::vector<Migration> migrations(sqlite_migrations().begin(), sqlite_migrations().end());
  const int next = static_cast<int>(migrations.size()) + 1;
  migrations.push_back({next, "9999_broken", "CREATE TABLE half (id INTEGER); CREATE TABLE job (id INTEGER);"});
  const auto failed = migrate(*connection_, migrations);
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().wrong.find("9999_broken"), std::string::npos);
  EXPECT_EQ(connection_->number("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").value(), 0);
  migrations.back().sql = "CREATE TABLE half (id INTEGER);";
  EXPECT_TRUE(migrate(*connection_, migrations));
  EXPECT_EQ(connection_->number("SELECT max(number) FROM schema_version").value(), next);
}

}  // namespace
}  // namespace dayan::store
