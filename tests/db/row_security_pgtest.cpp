// Who may write and see what: the key's accounts at the door, and the database's own rules behind it.
#include <gmock/gmock.h>
#include <map>
#include <set>

#include "ingest/load/coverage_writer.hpp"
#include "schema/registry/sns_subscriptions.hpp"
#include "schema/retention/holds.hpp"
#include "tests/db/ingest_warehouse.hpp"

namespace backtrail::ingest {
namespace {

using namespace testing;
using schema::AccountScope;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

AccountScope only(const char* account) {
  return AccountScope::of({account}).value();
}

// --- the door

TEST(AccountScopeTest, RecordsOfOtherAccountsAreQuarantinedAndAlerted) {
  IngestWarehouse warehouse;
  const std::string body = event({.number = 1}) + event({.number = 2, .account = kAccountB}) +
                           guardduty_json(1).dump() + guardduty_json(2, "2026-11-02T09:05:00Z", kAccountB).dump();
  EXPECT_EQ(text_of(warehouse.deliver(body, only(kAccountA))), "received 4: new 2 quarantined 2");
  for (const char* table :
       {"api_event", "event_mention", "entity", "finding", "finding_version", "finding_entity", "account"})
    EXPECT_EQ(warehouse.count(fmt::format("{} WHERE account_id = '{}'", table, kAccountB)), 0) << table;
  EXPECT_EQ(warehouse.value("SELECT DISTINCT account_id || ' ' || reason || ' ' || key_id FROM quarantine"),
            "444455556666 account_mismatch testkey");
  EXPECT_EQ(warehouse.value("SELECT account_id || ' ' || kind || ' ' || subject FROM alert"),
            "444455556666 account_mismatch key testkey");
  warehouse.deliver(body, only(kAccountA));
  EXPECT_EQ(warehouse.count("alert"), 1) << "once for each key and account";
}

TEST(AccountScopeTest, AKeyWithoutAccountsWritesNothing) {
  IngestWarehouse warehouse;
  EXPECT_EQ(text_of(warehouse.deliver(event({.number = 1}), AccountScope::none())), "received 1: quarantined 1");
  EXPECT_EQ(warehouse.count("api_event"), 0);
}

// Deliveries of several keys share a batch: each record is checked against its own.
TEST(AccountScopeTest, ABatchOfSeveralKeysMixesNothing) {
  IngestWarehouse warehouse({.writers = 1});
  std::vector<std::promise<Receipt>> receipts(40);
  for (std::size_t i = 0; i < receipts.size(); ++i)
    warehouse.pipeline().submit(warehouse.delivery(event({.number = static_cast<int>(i), .account = kAccountB}),
                                                   only(i % 2 == 0 ? kAccountA : kAccountB)),
                                [&receipts, i](const Receipt& receipt) { receipts[i].set_value(receipt); });
  for (std::size_t i = 0; i < receipts.size(); ++i)
    EXPECT_EQ(text_of(receipts[i].get_future().get()), i % 2 == 0 ? "received 1: quarantined 1" : "received 1: new 1");
  EXPECT_EQ(warehouse.count("api_event"), 20);
}

// --- the database

// A connection as a role with a scope, for SQL that our code would never send.
class RoleSession {
 public:
  RoleSession(IngestWarehouse& warehouse, const char* role, const char* scope)
      : connection_(warehouse.database().connection_string(role)), session_(connection_) {
    if (scope != nullptr) session_.exec(fmt::format("SET app.accounts = '{}'", scope));
  }
  // The single value; "refused" when row-level security or a missing right stops it.
  std::string run(const std::string& sql) {
    try {
      const auto rows = session_.exec(sql);
      return rows.empty() || rows.columns() == 0 ? "done" : rows[0][0].as<std::string>("null");
    } catch (const pqxx::sql_error& error) {
      const std::string_view text = error.what();
      if (text.find("row-level security") != std::string_view::npos ||
          text.find("permission denied") != std::string_view::npos)
        return "refused";
      throw;
    }
  }

 private:
  pqxx::connection connection_;
  pqxx::nontransaction session_;
};

// One row for `account` into each table that carries evidence.
std::map<std::string, std::string> evidence_inserts(const char* account) {
  const std::string id = "'00000000-0000-4000-8000-999999999999'";
  return {
      {"api_event", fmt::format("INSERT INTO api_event (event_time, received_at, event_day, flags, event_id, "
                                "content_fp, event_class, outcome, "
                                "account_id, region, service, api, raw) VALUES (now(), now(), '2026-11-02', 0, {0}, "
                                "{0}, 1, 1, '{1}', '', '', '', '')",
                                id, account)},
      {"event_mention",
       fmt::format("INSERT INTO event_mention VALUES (1, now(), '2026-11-02', {0}, {0}, '{1}')", id, account)},
      {"entity", fmt::format("INSERT INTO entity VALUES ('{}', 1, 1, 'key', 'name')", account)},
      {"finding", fmt::format("INSERT INTO finding (account_id, finding_uid, detail_order, state_order, region, "
                              "product, provider_id, shape, type, type_purpose, "
                              "type_resource, type_family, type_mechanism, type_artifact, title, description, facts, "
                              "sample, severity_label, count, updated_at, "
                              "archived, created_at, first_seen_at, last_seen_at, first_received_at) VALUES ('{1}', "
                              "{0}, '', '', '', '', '', 1, '', '', '', '', '', '', "
                              "'', '', '[]', false, 1, 1, now(), false, now(), now(), now(), now())",
                              id, account)},
      {"notice", fmt::format("INSERT INTO notice VALUES ('{1}', {0}, '', '', '', '', '', now(), now(), '', '', '', '', "
                             "0, '')",
                             id, account)},
      {"finding_version",
       fmt::format(
           "INSERT INTO finding_version VALUES ('{1}', {0}, {0}, 1, now(), 1, 1, now(), false, now(), '', '', 0, '')",
           id, account)},
      {"event_part", fmt::format("INSERT INTO event_part VALUES ('2026-11-02', '{}', 9, 1, 1, 1, now(), now(), now(), "
                                 "'', '')",
                                 account)},
      {"event_piece", fmt::format("INSERT INTO event_piece VALUES ('2026-11-02', '{}', 9, 1, 0, 0, '')", account)},
      {"finding_entity",
       fmt::format("INSERT INTO finding_entity VALUES ('{1}', {0}, 1, 'k', 1, 1, 1, null, null, '', now(), now())", id,
                   account)},
  };
}

TEST(RowSecurityTest, TheIngestRoleWritesOnlyInsideItsScope) {
  IngestWarehouse warehouse;
  warehouse.deliver(event({.number = 1}));  // makes the day's partition
  RoleSession scoped(warehouse, "backtrail_ingest", kAccountA), unscoped(warehouse, "backtrail_ingest", nullptr),
      empty(warehouse, "backtrail_ingest", "");
  for (const auto& [table, sql] : evidence_inserts(kAccountB)) {
    EXPECT_EQ(scoped.run(sql), "refused") << table;
    EXPECT_EQ(unscoped.run(sql), "refused") << table;
    EXPECT_EQ(empty.run(sql), "refused") << table;
  }
  for (const auto& [table, sql] : evidence_inserts(kAccountA)) EXPECT_EQ(scoped.run(sql), "done") << table;
}

TEST(RowSecurityTest, TheIngestRoleChangesAndDeletesNoEvidence) {
  IngestWarehouse warehouse;
  warehouse.deliver(event({.number = 1}) + guardduty_json(1).dump() + "garbage");
  RoleSession session(warehouse, "backtrail_ingest", "*");
  for (const char* table :
       {"api_event", "event_mention", "entity", "finding", "finding_version", "finding_entity", "notice", "quarantine",
        "delivery", "alert", "account", "event_part", "event_piece", "event_directory"}) {
    EXPECT_EQ(session.run(fmt::format("DELETE FROM {}", table)), "refused") << table;
    EXPECT_EQ(session.run(fmt::format("TRUNCATE {}", table)), "refused") << table;
  }
  for (const char* sql :
       {"UPDATE api_event SET raw = ''", "UPDATE finding_version SET raw = ''",
        "UPDATE finding SET status = 'resolved'", "UPDATE finding SET assignee = 'x'", "UPDATE quarantine SET raw = ''",
        "UPDATE notice SET raw = ''", "UPDATE finding_entity SET entity_key = ''",
        "UPDATE warehouse_key SET hash_key = ''", "SELECT * FROM api_key", "UPDATE retention_rule SET days = 1",
        "UPDATE event_piece SET bytes = ''", "UPDATE event_part SET n = 0", "SELECT * FROM event_directory",
        "INSERT INTO event_directory VALUES (1, '2026-11-02', 0, '')", "DROP TABLE api_event",
        "SELECT drop_event_partition('2026-11-02', '2026-11-03')"}) {
    const std::string outcome = [&] {
      try {
        return session.run(sql);
      } catch (const pqxx::sql_error& error) {
        return std::string(error.what()).find("must be owner") != std::string::npos ? std::string("refused")
                                                                                    : std::string(error.what());
      }
    }();
    EXPECT_EQ(outcome, "refused") << sql;
  }
}

// Relations that a role may read, by name; partitions are left out.
std::set<std::string> readable_by(const IngestWarehouse& warehouse, const char* role) {
  std::set<std::string> names;
  for (const auto& row :
       warehouse.rows(fmt::format("SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = "
                                  "c.relnamespace WHERE n.nspname = 'backtrail' "
                                  "AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND "
                                  "has_any_column_privilege('{}', c.oid, 'SELECT')",
                                  role)))
    names.insert(row[0].c_str());
  return names;
}

// What the api role may read although it is of no account: nothing in it tells about one account's evidence.
const std::set<std::string> kOfNoAccount{"warehouse_key", "retention_rule",  "delivery",   "delivery_kind",
                                         "import_object", "event_partition", "event_range"};

TEST(RowSecurityTest, EverythingThatAnalystsReadHasForcedRowSecurity) {
  IngestWarehouse warehouse;
  for (const auto& name : readable_by(warehouse, "backtrail_api")) {
    if (kOfNoAccount.contains(name)) continue;
    EXPECT_EQ(warehouse.value(fmt::format("SELECT relkind IN ('r', 'p') AND relrowsecurity AND relforcerowsecurity "
                                          "FROM pg_class WHERE oid = 'backtrail.{}'::regclass",
                                          name)),
              "t")
        << name << ": force row-level security, or say in kOfNoAccount why it needs none";
    EXPECT_EQ(
        warehouse.count(fmt::format(
            "pg_policies WHERE schemaname = 'backtrail' AND tablename = '{}' AND 'backtrail_api' = ANY (roles)", name)),
        1)
        << name;
  }
  for (const auto& name : kOfNoAccount)
    EXPECT_TRUE(readable_by(warehouse, "backtrail_api").contains(name)) << name << " is listed for nothing";
  EXPECT_EQ(warehouse.value("SELECT string_agg(relname, ' ') FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = "
                            "c.relnamespace WHERE nspname = 'backtrail' "
                            "AND relkind = 'r' AND NOT relispartition AND NOT relrowsecurity AND EXISTS (SELECT FROM "
                            "pg_attribute WHERE attrelid = c.oid AND attname = 'account_id')"),
            "")
      << "a table with accounts in it";
}

TEST(RowSecurityTest, NobodyReachesAPartitionPastItsTable) {
  IngestWarehouse warehouse;
  warehouse.deliver(event({.number = 1}));
  EXPECT_GE(
      warehouse.count("pg_class WHERE relispartition AND relnamespace = 'backtrail'::regnamespace AND relkind = 'r'"),
      2);
  EXPECT_EQ(warehouse.count("pg_class AS c, (VALUES ('backtrail_api'), ('backtrail_ingest'), "
                            "('backtrail_maintenance')) AS r (name) WHERE c.relispartition AND c.relkind = 'r' "
                            "AND c.relnamespace = 'backtrail'::regnamespace AND has_table_privilege(r.name, c.oid, "
                            "'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')"),
            0);
  EXPECT_EQ(warehouse.count("pg_class WHERE relispartition AND relkind = 'r' AND relnamespace = "
                            "'backtrail'::regnamespace AND NOT (relrowsecurity AND relforcerowsecurity)"),
            0);
  RoleSession session(warehouse, "backtrail_api", "*");
  EXPECT_EQ(session.run("SELECT count(*) FROM " +
                        warehouse.value("SELECT partition_name FROM event_partition WHERE from_day = '2026-11-02'")),
            "refused");
}

TEST(RowSecurityTest, ARoleSeesOnlyItsAccountsInEveryTable) {
  IngestWarehouse warehouse;
  for (const char* account : {kAccountA, kAccountB}) {
    warehouse.deliver(event({.number = 1, .account = account}) +
                      event({.number = 1, .account = account, .agent = "variant"}) +
                      guardduty_json(1, "2026-11-02T09:05:00Z", account).dump() +
                      event({.number = 2, .account = account, .time = "2020-01-01T00:00:00Z"}) +
                      fmt::format(R"({{"detail-type":"Scheduled Event","source":"aws.events","account":"{}",)"
                                  R"("time":"2026-11-02T10:00:00Z","detail":{{}}}})",
                                  account));
    for (const auto& [table, values] : {std::pair("event_part", "1, 1, 1, now(), now(), now(), '\\x010000', ''"),
                                        std::pair("event_piece", "1, 0, 0, ''")})
      warehouse.value(fmt::format("INSERT INTO {} VALUES ('2026-11-02', '{}', 0, {})", table, account, values));
    const auto noted = schema::note_sns_subscription(warehouse.ingest(), schema::AccountScope::all(),
                                                     {account, fmt::format("arn:aws:sns:eu-west-1:{}:topic", account),
                                                      "SubscriptionConfirmation", "id", "url", "key", kNowUs});
    ASSERT_TRUE(noted) << noted.error().detail;
    ASSERT_TRUE(schema::add_hold(warehouse.maintenance(),
                                 {.account_id = account, .days = {1, 2}, .reason = "a case", .by = "a test"}, kNowUs));
  }
  ASSERT_TRUE(
      schema::add_hold(warehouse.maintenance(), {.account_id = "", .days = {1, 2}, .reason = "a", .by = "b"}, kNowUs));
  warehouse.deliver("of no account");
  ASSERT_TRUE(ingest::fold_coverage(warehouse.ingest()).has_value());
  for (const char* account : {kAccountA, kAccountB}) warehouse.deliver(event({.number = 3, .account = account}));
  int tables = 0;
  for (const auto& name : readable_by(warehouse, "backtrail_api")) {
    if (kOfNoAccount.contains(name)) continue;
    ++tables;
    const auto seen = [&](const char* scope) {
      return RoleSession(warehouse, "backtrail_api", scope)
          .run(fmt::format("SELECT string_agg(DISTINCT account_id, ',' ORDER BY account_id) FROM {}", name));
    };
    const std::string everything =
        warehouse.value(fmt::format("SELECT string_agg(DISTINCT account_id, ',' ORDER BY account_id) FROM {}", name));
    ASSERT_TRUE(everything.ends_with("111122223333,444455556666")) << "the test puts nothing into " << name;
    EXPECT_EQ(seen(kAccountA), kAccountA) << name;
    EXPECT_EQ(seen(kAccountB), kAccountB) << name;
    EXPECT_EQ(seen("444455556666,111122223333"), "111122223333,444455556666") << name;
    EXPECT_EQ(seen("*"), everything) << name;
    for (const char* nothing : {"", "**", "11112222333", "999999999999", "%", "111122223333 ", "{111122223333}"})
      EXPECT_EQ(seen(nothing), "null") << name << " " << nothing;
    EXPECT_EQ(seen(nullptr), "null") << name;
  }
  EXPECT_GE(tables, 9);
}

TEST(RowSecurityTest, TheApiRoleOnlyReads) {
  IngestWarehouse warehouse;
  warehouse.deliver(event({.number = 1}));
  // A transaction may be made writable by whoever talks to the database: the rights must stop it.
  RoleSession session(warehouse, "backtrail_api", "*");
  session.run("SET default_transaction_read_only = off");
  for (const auto& [table, sql] : evidence_inserts(kAccountA)) EXPECT_EQ(session.run(sql), "refused") << table;
  for (const auto& name : readable_by(warehouse, "backtrail_api")) {
    if (name == "event_partition") continue;
    EXPECT_EQ(session.run(fmt::format("DELETE FROM {}", name)), "refused") << name;
  }
  EXPECT_EQ(session.run("SELECT * FROM api_key"), "refused");
}

TEST(RowSecurityTest, FunctionsWithTheOwnersRightsAreFew) {
  IngestWarehouse warehouse;
  const auto callable_by = [&](const char* role) {
    std::vector<std::string> names;
    for (const auto& row : warehouse.rows(
             fmt::format("SELECT p.proname FROM pg_proc AS p WHERE p.pronamespace = 'backtrail'::regnamespace AND "
                         "p.prosecdef AND has_function_privilege('{}', p.oid, 'EXECUTE')",
                         role)))
      names.emplace_back(row[0].c_str());
    return names;
  };
  EXPECT_THAT(callable_by("backtrail_api"), UnorderedElementsAre("find_api_key", "entity_accounts"));
  EXPECT_THAT(callable_by("backtrail_ingest"), UnorderedElementsAre("create_event_partition", "fold_coverage",
                                                                    "supersede_events", "add_event_directory"));
  EXPECT_THAT(callable_by("backtrail_maintenance"),
              UnorderedElementsAre("create_event_partition", "drop_event_partition", "shrink_event_partition",
                                   "entity_accounts", "fold_coverage"));
  EXPECT_THAT(callable_by("public"), IsEmpty());
  EXPECT_EQ(warehouse.count("pg_proc WHERE pronamespace = 'backtrail'::regnamespace AND prosecdef AND NOT "
                            "coalesce(proconfig::text, '') LIKE '%search_path=backtrail, pg_temp%'"),
            0);
}

TEST(RowSecurityTest, RolesHaveNoPowersOfTheServer) {
  IngestWarehouse warehouse;
  EXPECT_EQ(
      warehouse.count(
          "pg_roles WHERE rolname LIKE 'backtrail_%' AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication)"),
      0);
  EXPECT_EQ(warehouse.value("SELECT rolname FROM pg_roles WHERE rolname LIKE 'backtrail_%' AND rolbypassrls"),
            "backtrail_owner");
  EXPECT_EQ(warehouse.value("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'backtrail_owner'"), "f");
  EXPECT_EQ(
      warehouse.count("pg_auth_members AS m JOIN pg_roles AS r ON r.oid = m.member WHERE r.rolname LIKE 'backtrail_%'"),
      0);
}

}  // namespace
}  // namespace backtrail::ingest
