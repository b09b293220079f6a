// A database with API events that a test describes as records, written by the same code that ingest uses.
//
//   EventSeed seed;
//   seed.add(Record{…}.json());
//   query::activity(seed.warehouse(), schema::AccountScope::all(), filter, 50, "");
//
// One object per thread. What cannot be written fails the test.
#pragma once
#include <cstdlib>
#include <gtest/gtest.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <pqxx/pqxx>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/load/batch.hpp"
#include "ingest/load/event_writer.hpp"
#include "ingest/load/finding_writer.hpp"
#include "ingest/seal/merger.hpp"
#include "ingest/seal/sealer.hpp"
#include "ingest/seal/unseal.hpp"
#include "query/warehouse.hpp"
#include "schema/core/time.hpp"
#include "schema/record/cloudtrail_record.hpp"
#include "schema/retention/partitions.hpp"
#include "tests/support/test_database.hpp"

namespace backtrail::testing {

inline std::int64_t time_of(std::string_view rfc3339) {
  return schema::parse_rfc3339(rfc3339).value().us;
}

// A CloudTrail record; what is empty is left out.
struct Record {
  std::string account = "111122223333", region = "eu-west-1", service = "s3.amazonaws.com", api = "GetObject";
  std::string time = "2026-11-20T10:00:00Z", event_id;
  std::string error_code, ip = "198.51.100.7", user_agent = "aws-cli/2.15";
  nlohmann::ordered_json identity = user("AIDAEXAMPLEALICE0001", "alice", "111122223333", "AKIAEXAMPLEALICE0001");
  nlohmann::ordered_json request = nlohmann::ordered_json::object(), response = nlohmann::ordered_json::object();
  nlohmann::ordered_json extra = nlohmann::ordered_json::object();  // merged over everything

  static nlohmann::ordered_json user(const std::string& id, const std::string& name, const std::string& account,
                                     const std::string& key) {
    return {{"type", "IAMUser"},    {"principalId", id}, {"arn", "arn:aws:iam::" + account + ":user/" + name},
            {"accountId", account}, {"userName", name},  {"accessKeyId", key}};
  }
  static nlohmann::ordered_json role(const std::string& id, const std::string& name, const std::string& session,
                                     const std::string& account, const std::string& key) {
    return {{"type", "AssumedRole"},
            {"principalId", id + ":" + session},
            {"arn", "arn:aws:sts::" + account + ":assumed-role/" + name + "/" + session},
            {"accountId", account},
            {"accessKeyId", key},
            {"sessionContext", {{"sessionIssuer", {{"type", "Role"}, {"principalId", id}, {"userName", name}}}}}};
  }

  std::string json() const {
    nlohmann::ordered_json record{{"eventVersion", "1.11"},
                                  {"userIdentity", identity},
                                  {"eventTime", time},
                                  {"eventSource", service},
                                  {"eventName", api},
                                  {"awsRegion", region},
                                  {"sourceIPAddress", ip},
                                  {"userAgent", user_agent},
                                  {"eventID", event_id},
                                  {"eventType", "AwsApiCall"},
                                  {"recipientAccountId", account}};
    if (event_id.empty()) record.erase("eventID");
    if (user_agent.empty()) record.erase("userAgent");
    if (!error_code.empty()) record["errorCode"] = error_code;
    if (!request.empty()) record["requestParameters"] = request;
    if (!response.empty()) record["responseElements"] = response;
    for (const auto& [name, value] : extra.items()) record[name] = value;
    return record.dump();
  }
};

class EventSeed {
 public:
  EventSeed()
      : api_({.connection_string = database_.connection_string("backtrail_api")}),
        ingest_({.connection_string = database_.connection_string("backtrail_ingest")}),
        maintenance_({.connection_string = database_.connection_string("backtrail_maintenance")}),
        partitions_(ingest_),
        admin_(database_.admin_connection_string()),
        warehouse_{api_, read_key()} {
    admin_exec("SET search_path = backtrail, pg_temp; SET timezone = 'UTC'");
  }

  const query::Warehouse& warehouse() const { return warehouse_; }
  schema::Database& api() { return api_; }
  schema::Database& maintenance() { return maintenance_; }
  std::string api_connection_string() const { return database_.connection_string("backtrail_api"); }

  std::string admin_connection_string() const { return database_.admin_connection_string(); }

  // As the superuser, past row-level security; for what no role of ours may do.
  pqxx::result admin_exec(const std::string& sql) {
    pqxx::nontransaction session(admin_);
    return session.exec(sql);
  }

  static constexpr std::string_view kReceivedAt = "2026-11-25T00:00:00Z";

  // The record as the warehouse reads it. The bytes must live as long as the event.
  schema::ApiEvent read(const std::string& json) {
    padded_ = json;
    padded_.reserve(padded_.size() + schema::kJsonPaddingBytes);
    const auto root = parser_.parse(padded_);
    EXPECT_TRUE(root.has_value()) << json;
    auto event = schema::read_cloudtrail_record(**root, json, {time_of(kReceivedAt), &warehouse_.hash_key});
    EXPECT_TRUE(event.has_value()) << (event ? "" : event.error().detail) << json;
    return event ? std::move(*event) : schema::ApiEvent{};
  }

  void add_all(const std::vector<std::string>& records) {
    std::vector<ingest::Row> rows;
    std::vector<ingest::EntityName> names;
    std::vector<std::string> accounts;
    std::vector<std::int32_t> days;
    for (const auto& json : records) {
      const auto event = read(json);
      rows.emplace_back().event = ingest::event_row(event, warehouse_.hash_key, time_of(kReceivedAt));
      accounts.push_back(event.account_id);
      days.push_back(event.event_day());
      for (const auto* by : {&event.principal, &event.instance, &event.ip_address})
        if (*by) add_name(event.account_id, **by, names);
      for (const auto& on : event.mentions) add_name(event.account_id, on, names);
    }
    ASSERT_TRUE(partitions_.ensure(days, schema::day_of(time_of(kReceivedAt))));
    const auto done = ingest_.write(schema::AccountScope::all(), [&](schema::Transaction& tx) -> schema::Result<bool> {
      ingest::write_accounts(tx, accounts, time_of(kReceivedAt));
      ingest::write_names(tx, names);
      ingest::write_events(tx, rows, time_of(kReceivedAt));
      return true;
    });
    ASSERT_TRUE(done.has_value()) << done.error().detail;
    days_.insert(days.begin(), days.end());
    if (seals_everything()) seal();
  }
  // As an import writes what it gathered: parts where parts may be.
  void add_gathered(std::vector<ingest::Row>& rows) {
    std::vector<std::int32_t> days;
    for (const auto& row : rows) days.push_back(row.event.event_day);
    ASSERT_TRUE(partitions_.ensure(days, schema::day_of(time_of(kReceivedAt))));
    const auto done = ingest_.write(schema::AccountScope::all(), [&](schema::Transaction& tx) -> schema::Result<bool> {
      ingest::write_events(tx, rows, time_of(kReceivedAt), true);
      return true;
    });
    ASSERT_TRUE(done.has_value()) << done.error().detail;
    days_.insert(days.begin(), days.end());
  }
  // Turns the rows of every day, or of one, into parts; gives the number of events.
  std::uint64_t seal(std::optional<std::int32_t> only = std::nullopt) {
    std::uint64_t events = 0;
    for (const std::int32_t day : days_) {
      if (only && *only != day) continue;
      ingest::seal::SealOptions options;
      options.now_us = time_of(kReceivedAt);
      const auto report = ingest::seal::seal_day(maintenance_, warehouse_.hash_key, day, options);
      EXPECT_TRUE(report.has_value()) << (report ? "" : report.error().detail);
      if (report) events += report->events;
    }
    return events;
  }
  // Merges the parts of every day; gives how many there are fewer.
  std::uint64_t merge() {
    std::uint64_t fewer = 0;
    for (const std::int32_t day : days_) {
      const auto report = ingest::seal::merge_day(maintenance_, warehouse_.hash_key, day, {});
      EXPECT_TRUE(report.has_value()) << (report ? "" : report.error().detail);
      if (report) fewer += report->parts_before - report->parts_after;
    }
    return fewer;
  }
  void unseal() {
    for (const std::int32_t day : days_) {
      const auto report = ingest::seal::unseal_day(maintenance_, day, std::nullopt);
      EXPECT_TRUE(report.has_value()) << (report ? "" : report.error().detail);
    }
  }
  // BACKTRAIL_TEST_SEALED runs every test of questions on parts: all but those that change rows by hand must pass.
  static bool seals_everything() { return std::getenv("BACKTRAIL_TEST_SEALED") != nullptr; }
  void add(const Record& record) { add_all({record.json()}); }

  // The finding's id outside.
  std::string add_finding(schema::Finding finding) {
    finding.type_parts = schema::parse_finding_type(finding.type);
    finding.raw = "{\"id\":\"" + finding.identity.provider_id + "\"}";
    finding.content_fp = schema::sha256_uuid(finding.raw);
    const auto uid = schema::finding_uid(finding.identity);
    const std::string id = finding.identity.account_id + "-" + schema::hex(uid.bytes.data(), uid.bytes.size());
    ingest::Delivery delivery;
    delivery.received_us = finding.updated_us;
    std::vector<ingest::Row> rows(1);
    rows[0].kind = ingest::Row::Kind::kFinding;
    rows[0].delivery = std::make_shared<ingest::PendingDelivery>(std::move(delivery), [](const ingest::Receipt&) {});
    rows[0].finding = std::make_unique<schema::Finding>(std::move(finding));
    const auto done = ingest_.write(schema::AccountScope::all(), [&](schema::Transaction& tx) -> schema::Result<bool> {
      ingest::write_findings(tx, rows, warehouse_.hash_key);
      return true;
    });
    EXPECT_TRUE(done.has_value()) << (done ? "" : done.error().detail);
    return id;
  }

 private:
  void add_name(const std::string& account, const schema::Entity& entity, std::vector<ingest::EntityName>& names) {
    names.push_back({account, entity.kind, schema::entity_hash(warehouse_.hash_key, entity.kind, entity.key),
                     entity.key, entity.name});
  }

  schema::HashKey read_key() {
    pqxx::nontransaction session(admin_);
    const pqxx::binarystring bytes(session.exec1("SELECT hash_key FROM backtrail.warehouse_key")[0]);
    schema::HashKey key;
    std::copy_n(bytes.data(), key.bytes.size(), key.bytes.begin());
    return key;
  }

  TestDatabase database_;
  schema::Database api_, ingest_, maintenance_;
  std::set<std::int32_t> days_;
  schema::Partitions partitions_;
  pqxx::connection admin_;
  query::Warehouse warehouse_;
  schema::JsonParser parser_;
  std::string padded_;
};

}  // namespace backtrail::testing
