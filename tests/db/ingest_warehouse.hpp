// A warehouse for ingest tests: a database of its own, the roles' connections, deliveries that are waited for, and a
// picture of the tables that two warehouses can be compared by.
//
//   IngestWarehouse warehouse;
//   Receipt receipt = warehouse.deliver(event({.number = 1}));
//
// The clock of deliveries is kNowUs unless said otherwise. What fails here throws and so fails the test.
#pragma once
#include <fmt/format.h>
#include <future>
#include <gtest/gtest.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <pqxx/pqxx>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/pipeline.hpp"
#include "schema/core/time.hpp"
#include "schema/retention/retention_run.hpp"
#include "tests/support/test_database.hpp"

namespace backtrail::testing {

using Json = nlohmann::ordered_json;

inline constexpr std::int64_t kNowUs = 1'793'707'200 * schema::kMicrosPerSecond;  // 2026-11-03T12:00:00Z
inline constexpr const char* kAccountA = "111122223333";
inline constexpr const char* kAccountB = "444455556666";

struct EventFacts {
  int number = 1;  // its event id
  std::string account = kAccountA;
  std::string time = "2026-11-02T10:00:00Z";
  std::string api = "GetObject";
  std::string category = "Management";
  std::string agent = "aws-cli/2.15.0";
};

inline Json event_json(const EventFacts& facts) {
  return {{"eventVersion", "1.11"},
          {"userIdentity",
           {{"type", "IAMUser"},
            {"principalId", "AIDAEXAMPLEUSER00001"},
            {"accountId", facts.account},
            {"userName", "lee"},
            {"accessKeyId", "AKIAEXAMPLEKEY000001"}}},
          {"eventTime", facts.time},
          {"eventSource", "s3.amazonaws.com"},
          {"eventName", facts.api},
          {"awsRegion", "eu-west-1"},
          {"sourceIPAddress", "198.51.100.7"},
          {"userAgent", facts.agent},
          {"requestParameters", {{"bucketName", fmt::format("bucket-{}", facts.number % 7)}}},
          {"eventID", fmt::format("00000000-0000-4000-8000-{:012}", facts.number)},
          {"recipientAccountId", facts.account},
          {"eventCategory", facts.category}};
}
inline std::string event(const EventFacts& facts) {
  return event_json(facts).dump();
}

// Events number first, first + 1, …, one a line.
inline std::string events(int first, int count, EventFacts facts = {}) {
  std::string lines;
  for (int i = 0; i < count; ++i) {
    facts.number = first + i;
    lines += event(facts) + "\n";
  }
  return lines;
}

inline Json guardduty_json(int number, std::string_view updated = "2026-11-02T09:05:00Z",
                           std::string_view account = kAccountA) {
  const std::string id = fmt::format("{:032x}", number);
  return {{"schemaVersion", "2.0"},
          {"accountId", account},
          {"region", "eu-west-1"},
          {"id", id},
          {"arn", fmt::format("arn:aws:guardduty:eu-west-1:{}:detector/d1/finding/{}", account, id)},
          {"type", "Recon:IAMUser/UserPermissions"},
          {"resource",
           {{"resourceType", "AccessKey"},
            {"accessKeyDetails",
             {{"accessKeyId", "AKIAEXAMPLEKEY000001"},
              {"principalId", "AIDAEXAMPLEUSER00001"},
              {"userName", "lee"},
              {"userType", "IAMUser"}}}}},
          {"service",
           {{"serviceName", "guardduty"},
            {"detectorId", "d1"},
            {"eventFirstSeen", "2026-11-02T08:00:00Z"},
            {"eventLastSeen", "2026-11-02T09:00:00Z"},
            {"archived", false},
            {"count", 1},
            {"action",
             {{"actionType", "AWS_API_CALL"},
              {"awsApiCallAction",
               {{"api", "ListUsers"},
                {"serviceName", "iam.amazonaws.com"},
                {"remoteIpDetails", {{"ipAddressV4", "198.51.100.7"}}}}}}}}},
          {"severity", 5},
          {"createdAt", "2026-11-02T08:05:00Z"},
          {"updatedAt", updated},
          {"title", "A title"},
          {"description", "A description."}};
}

// A receipt line by line: totals, then the kinds that occurred, each as received and its outcomes.
inline std::string books_of(const ingest::Receipt& receipt) {
  const auto line = [](std::string_view name, const ingest::OutcomeCounts& counts) {
    std::string text = fmt::format("{} {}", name, counts.received);
    for (const auto& [outcome, count] : counts.outcomes()) text += fmt::format(" {}", count);
    return text + "\n";
  };
  std::string text = line("all", receipt);
  for (const ingest::RecordKind kind : ingest::kRecordKinds)
    if (receipt.of(kind).received > 0) text += line(name_of(kind), receipt.of(kind));
  return text;
}

class IngestWarehouse {
 public:
  explicit IngestWarehouse(ingest::PipelineOptions options = {})
      : ingest_({.connection_string = database_.connection_string("backtrail_ingest"),
                 .max_connections = 6,
                 .acquire_timeout_ms = 60'000}),
        maintenance_({.connection_string = database_.connection_string("backtrail_maintenance"), .max_connections = 8}),
        options_(std::move(options)) {
    options_.now_us = [] { return kNowUs; };
  }

  schema::Database& ingest() { return ingest_; }
  schema::Database& maintenance() { return maintenance_; }
  TestDatabase& database() { return database_; }

  // A pipeline more, as another collector has it.
  std::unique_ptr<ingest::Pipeline> another_pipeline() { return ingest::Pipeline::start(ingest_, options_).value(); }
  ingest::Pipeline& pipeline() {
    if (!pipeline_) pipeline_ = another_pipeline();
    return *pipeline_;
  }
  // Rules are read when a pipeline starts.
  void keep(const std::string& kind, std::optional<int> days) {
    pipeline_.reset();
    if (const auto set = schema::set_retention(maintenance_, kind, days); !set)
      throw std::runtime_error(set.error().detail);
  }

  // Runs retention as the clock shows this time, which nobody doubts.
  schema::RetentionReport expire(std::int64_t now_us) {
    const auto report = schema::run_retention(maintenance_, {.now_us = now_us, .clock_confirmed = true});
    if (!report) throw std::runtime_error(report.error().detail);
    return *report;
  }

  ingest::Delivery delivery(std::string body, schema::AccountScope scope = schema::AccountScope::all()) const {
    ingest::Delivery made;
    made.id.bytes = schema::random_hash_key().bytes;
    made.door = "raw";
    made.key_id = "testkey";
    made.origin = "a test";
    made.body = std::move(body);
    made.scope = std::move(scope);
    made.received_us = kNowUs;
    return made;
  }
  // Delivers, and sees to it that the receipt balances and that the ledger says the same: every test of ingest does.
  ingest::Receipt deliver(ingest::Delivery what) {
    const auto id = what.id;
    const ingest::Receipt receipt = deliver_to(pipeline(), std::move(what));
    if (!receipt.error) {
      EXPECT_EQ(ledger(id), books_of(receipt));
    }
    return receipt;
  }
  ingest::Receipt deliver(std::string body, schema::AccountScope scope = schema::AccountScope::all()) {
    return deliver(delivery(std::move(body), std::move(scope)));
  }
  static ingest::Receipt deliver_to(ingest::Pipeline& pipeline, ingest::Delivery what) {
    std::promise<ingest::Receipt> receipt;
    pipeline.submit(std::move(what), [&receipt](const ingest::Receipt& done) { receipt.set_value(done); });
    const ingest::Receipt settled = receipt.get_future().get();
    EXPECT_TRUE(settled.error || settled.balances()) << books_of(settled);
    return settled;
  }
  // What the ledger says of a delivery, as books_of() would.
  std::string ledger(const schema::Uuid& id) const {
    const std::string counts = "received, new, duplicates, variants, updated, stale, quarantined";
    std::string text;
    for (const auto& row :
         rows("SELECT kind, " + counts + " FROM (SELECT 0 AS place, 'all' AS kind, " + counts +
              " FROM delivery WHERE delivery_id = '" + to_string(id) +
              "' UNION ALL SELECT array_position('{finding,event,notice,unknown}', kind), kind, " + counts +
              " FROM delivery_kind WHERE delivery_id = '" + to_string(id) + "') AS x ORDER BY place")) {
      text += row[0].c_str();
      for (int column = 1; column < static_cast<int>(row.size()); ++column)
        text += std::string(" ") + row[column].c_str();
      text += "\n";
    }
    return text.empty() ? "no row" : text;
  }

  // As the superuser: one value, or one column joined by blanks.
  std::string value(const std::string& sql) const {
    std::string text;
    for (const auto& row : rows(sql)) text += (text.empty() ? "" : " ") + std::string(row[0].c_str());
    return text;
  }
  pqxx::result rows(const std::string& sql) const {
    pqxx::connection connection(database_.admin_connection_string());
    pqxx::nontransaction session(connection);
    session.exec("SET search_path = backtrail; SET timezone = 'UTC'");
    return session.exec(sql);
  }
  int count(const std::string& table_and_condition) const {
    return std::stoi(value("SELECT count(*) FROM " + table_and_condition));
  }

  // A line per table: its rows and their hash, without what tells when and how they arrived.
  std::string picture() const {
    std::string text;
    for (const auto& [table, leave_out] : std::initializer_list<std::pair<const char*, const char*>>{
             {"api_event", "{received_at}"},
             {"event_mention", "{}"},
             {"entity", "{}"},
             {"finding", "{first_received_at}"},
             {"finding_version", "{received_at,origin}"},
             {"finding_entity", "{}"},
             {"notice", "{first_received_at,origin,door,key_id}"},
             {"account", "{first_received_at}"},
             {"alert", "{raised_at}"},
             {"quarantine", "{received_at,origin,door,key_id,position,scope,tries,last_tried_at,resolved_at}"}})
      text += fmt::format(
          "{} {}\n", table,
          value(fmt::format("SELECT count(*) || ' ' || md5(coalesce(string_agg(t, E'\\n' ORDER BY t), '')) FROM "
                            "(SELECT (to_jsonb(x) - '{}'::text[])::text AS t FROM {} AS x) AS y",
                            leave_out, table)));
    return text;
  }

 private:
  TestDatabase database_;
  schema::Database ingest_, maintenance_;
  ingest::PipelineOptions options_;
  std::unique_ptr<ingest::Pipeline> pipeline_;
};

// "received 3: new 2, quarantined 1"; parts that are zero are left out.
inline std::string text_of(const ingest::Receipt& receipt) {
  std::string text = fmt::format("received {}:", receipt.received);
  for (const auto& [outcome, count] : receipt.outcomes())
    if (count != 0) text += fmt::format(" {} {}", outcome, count);
  if (receipt.error) text += " error " + receipt.error->detail;
  return text;
}

}  // namespace backtrail::testing
