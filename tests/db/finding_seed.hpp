// A database with findings that a test describes, written by the same code that ingest uses.
//
//   FindingSeed seed;
//   seed.add(seed.finding("111122223333", "one", [](schema::Finding& f) { f.title = "…"; }));
//   query::finding_page(seed.warehouse(), schema::AccountScope::all(), request);
//
// One object per thread. What cannot be written fails the test.
#pragma once
#include <gtest/gtest.h>
#include <memory>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "ingest/load/batch.hpp"
#include "ingest/load/finding_writer.hpp"
#include "query/warehouse.hpp"
#include "schema/core/time.hpp"
#include "schema/model/finding.hpp"
#include "tests/support/test_database.hpp"

namespace backtrail::testing {

inline std::int64_t at(std::string_view rfc3339) {
  return schema::parse_rfc3339(rfc3339).value().us;
}

class FindingSeed {
 public:
  FindingSeed()
      : api_({.connection_string = database_.connection_string("backtrail_api")}),
        ingest_({.connection_string = database_.connection_string("backtrail_ingest")}),
        maintenance_({.connection_string = database_.connection_string("backtrail_maintenance")}),
        admin_(database_.admin_connection_string()),
        warehouse_{api_, read_key()} {
    admin_exec("SET search_path = backtrail, pg_temp; SET timezone = 'UTC'");
  }

  const query::Warehouse& warehouse() const { return warehouse_; }
  schema::Database& maintenance() { return maintenance_; }
  schema::Database& api() { return api_; }

  // As the superuser, past row-level security; for what no role of ours may do.
  pqxx::result admin_exec(const std::string& sql) {
    pqxx::nontransaction session(admin_);
    return session.exec(sql);
  }

  // A finding of one occurrence on 2026-11-20 at 10:00, of medium severity.
  template <class Change>
  static schema::Finding finding(const std::string& account_id, const std::string& provider_id, Change&& change) {
    schema::Finding f;
    f.identity = {account_id, "guardduty/eu-west-1", provider_id};
    f.region = "eu-west-1";
    f.product = "GuardDuty";
    f.type = "Recon:IAMUser/MaliciousIPCaller";
    f.title = "A call from a listed address";
    f.description = "Somebody called.";
    f.severity = 5;
    f.severity_label = schema::Severity::kMedium;
    f.first_seen_us = f.last_seen_us = f.created_us = f.updated_us = at("2026-11-20T10:00:00Z");
    f.resource_type = "AccessKey";
    change(f);
    f.type_parts = schema::parse_finding_type(f.type);
    if (f.raw.empty()) f.raw = "{\"id\":\"" + provider_id + "\",\"updated\":" + std::to_string(f.updated_us) + "}";
    f.content_fp = schema::sha256_uuid(f.raw);
    return f;
  }
  static schema::Finding finding(const std::string& account_id, const std::string& provider_id) {
    return finding(account_id, provider_id, [](schema::Finding&) {});
  }

  // The finding's id outside.
  std::string add(schema::Finding finding) {
    const auto uid = schema::finding_uid(finding.identity);
    std::string id = finding.identity.account_id + "-" + schema::hex(uid.bytes.data(), uid.bytes.size());
    ingest::Delivery delivery;
    delivery.door = "raw";
    delivery.origin = "test";
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
  schema::HashKey read_key() {
    pqxx::nontransaction session(admin_);
    const pqxx::binarystring bytes(session.exec1("SELECT hash_key FROM backtrail.warehouse_key")[0]);
    schema::HashKey key;
    std::copy_n(bytes.data(), key.bytes.size(), key.bytes.begin());
    return key;
  }

  TestDatabase database_;
  schema::Database api_, ingest_, maintenance_;
  pqxx::connection admin_;
  query::Warehouse warehouse_;
};

inline void add_entity(schema::Finding& f, schema::EntityKind kind, const std::string& key, schema::FindingRole role,
                       const std::string& name = "", const std::string& attributes = "") {
  f.entities.push_back({{kind, key, name}, role, attributes});
}

}  // namespace backtrail::testing
