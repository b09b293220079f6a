// A day of events in several parts, for the tests of merging.
#pragma once
#include <algorithm>
#include <gmock/gmock.h>
#include <string>
#include <utility>
#include <vector>

#include "ingest/seal/merger.hpp"
#include "ingest/seal/verify.hpp"
#include "schema/parts/part_store.hpp"
#include "tests/db/ingest_warehouse.hpp"

namespace backtrail::ingest::seal {

using namespace backtrail::testing;
inline constexpr std::int32_t kDay = 20'759;  // 2026-11-02
inline constexpr std::uint64_t kEvents = 256;
inline constexpr const char* kTables[] = {"event_part", "event_piece", "event_directory"};

using Contents = std::vector<std::pair<std::string, schema::SealedEvent>>;  // of accounts

// The tables of parts as they were, to begin from again.
class SavedParts {
 public:
  explicit SavedParts(IngestWarehouse& warehouse)
      : connection_(warehouse.database().admin_connection_string()), session_(connection_) {
    session_.exec("SET search_path = backtrail");
    for (const char* table : kTables)
      session_.exec(fmt::format("CREATE TEMP TABLE saved_{0} AS SELECT * FROM {0}", table));
  }
  void restore() {
    for (const char* table : kTables)
      session_.exec(fmt::format("DELETE FROM {0}; INSERT INTO {0} SELECT * FROM saved_{0}", table));
  }

 private:
  pqxx::connection connection_;
  pqxx::nontransaction session_;
};

class MergeTest : public ::testing::Test {
 protected:
  MergeTest() {
    const pqxx::binarystring bytes(warehouse_.rows("SELECT hash_key FROM warehouse_key")[0][0]);
    std::copy_n(bytes.data(), key_.bytes.size(), key_.bytes.begin());
  }

  // Three seals of a day: three and two parts of an account, of two classes, and two parts of another account.
  void deliver_parts() {
    warehouse_.deliver(events(1, 100));
    warehouse_.deliver(events(201, 40, {.api = "PutObject", .category = "Data"}));
    warehouse_.deliver(events(301, 20, {.account = kAccountB, .time = "2026-11-02T23:59:59.999999Z"}));
    seal();
    warehouse_.deliver(events(101, 50, {.time = "2026-11-02T09:00:00Z"}));
    warehouse_.deliver(events(241, 30, {.api = "PutObject", .category = "Data"}));
    warehouse_.deliver(event({.number = 5, .agent = "another content"}));
    warehouse_.deliver(events(321, 10, {.account = kAccountB}));
    seal();
    warehouse_.deliver(events(501, 5));
    seal();
    ASSERT_EQ(warehouse_.count("event_part"), 7);
    ASSERT_EQ(directories(), 3);
  }
  void seal() {
    const auto report = seal_day(warehouse_.maintenance(), key_, kDay, {.now_us = kNowUs});
    EXPECT_TRUE(report.has_value()) << (report ? "" : report.error().detail);
  }
  schema::Result<MergeReport> try_merge(const MergeOptions& options = {}) {
    return merge_day(warehouse_.maintenance(), key_, kDay, options);
  }
  MergeReport merge(const MergeOptions& options = {}) {
    const auto report = try_merge(options);
    EXPECT_TRUE(report.has_value()) << (report ? "" : report.error().detail);
    return report ? *report : MergeReport{};
  }
  std::vector<std::string> damage() {
    const auto report = verify_parts(warehouse_.maintenance(), key_, {0, 40'000});
    EXPECT_TRUE(report.has_value()) << (report ? "" : report.error().detail);
    std::vector<std::string> texts;
    for (const auto& damaged : report->damaged) texts.push_back(damaged.what);
    return texts;
  }
  static schema::Result<Contents> read_contents(schema::Transaction& tx) {
    Contents contents;
    for (const auto& head : schema::list_parts(tx, kDay, kDay, std::nullopt)) {
      const auto events = schema::read_part_events(tx, head);
      if (!events) return events.error();
      for (const auto& event : *events) contents.emplace_back(head.key.account_id, event);
    }
    std::sort(contents.begin(), contents.end(), [](const auto& a, const auto& b) {
      return std::tie(a.first, a.second.event_id, a.second.content_fp) <
             std::tie(b.first, b.second.event_id, b.second.content_fp);
    });
    return contents;
  }
  // Every event of the day's parts, with everything that is known of it.
  Contents contents() { return warehouse_.maintenance().read(schema::AccountScope::all(), read_contents).value(); }
  std::string parts() const {
    return warehouse_.value(
        "SELECT account_id || ':' || part_no || ':' || event_class || ':' || n FROM event_part ORDER BY account_id, "
        "part_no");
  }
  std::string bytes_of_all() const {
    std::string text;
    for (const char* table : kTables)
      text +=
          warehouse_.value(fmt::format("SELECT md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM {} AS t", table));
    return text;
  }
  int directories() const { return std::stoi(warehouse_.value("SELECT count(DISTINCT run_no) FROM event_directory")); }
  int rows_of_day() const { return warehouse_.count("api_event WHERE event_day = '2026-11-02'"); }

  IngestWarehouse warehouse_;
  schema::HashKey key_;
};

}  // namespace backtrail::ingest::seal
