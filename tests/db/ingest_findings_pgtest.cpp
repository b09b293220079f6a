// Findings: newer wins in every order and through every route, and what each delivery is told about it.
#include <algorithm>
#include <array>
#include <gmock/gmock.h>
#include <numeric>

#include "tests/db/ingest_warehouse.hpp"

namespace backtrail::ingest {
namespace {

using namespace testing;

// The states of one GuardDuty finding, as five senders told them. Written from the oldest to the newest state.
constexpr std::size_t kVersions = 5;

Json native(int number, std::string_view updated, int count, std::string_view remote_ip) {
  Json finding = guardduty_json(number, updated);
  finding["service"]["count"] = count;
  finding["service"]["eventLastSeen"] = updated;
  finding["service"]["action"]["awsApiCallAction"]["remoteIpDetails"]["ipAddressV4"] = remote_ip;
  finding["title"] = fmt::format("Native title {}", count);
  return finding;
}

Json asff(int number, std::string_view updated, int count, std::string_view state, std::string_view label) {
  return {{"SchemaVersion", "2018-10-08"},
          {"Id", fmt::format("arn:aws:guardduty:eu-west-1:{}:detector/d1/finding/{:032x}", kAccountA, number)},
          {"ProductArn", "arn:aws:securityhub:eu-west-1::product/aws/guardduty"},
          {"Region", "eu-west-1"},
          {"GeneratorId", "g"},
          {"AwsAccountId", kAccountA},
          {"Types", {"TTPs/Discovery/Recon:IAMUser-UserPermissions"}},
          {"FirstObservedAt", "2026-11-02T07:00:00Z"},
          {"LastObservedAt", "2026-11-02T08:30:00Z"},
          {"CreatedAt", "2026-11-02T08:05:00Z"},
          {"UpdatedAt", updated},
          {"Severity", {{"Product", 8}, {"Label", label}}},
          {"Title", "Title of the copy"},
          {"Description", "Description of the copy"},
          {"ProductFields", {{"aws/guardduty/service/count", std::to_string(count)}}},
          {"Resources", {{{"Type", "AwsS3Bucket"}, {"Id", fmt::format("arn:aws:s3:::only-in-copy-{}", count)}}}},
          {"RecordState", state},
          {"Workflow", {{"Status", "NEW"}}}};
}

std::string version(std::size_t which, int number) {
  switch (which) {
    case 0:
      return native(number, "2026-11-02T09:00:00Z", 1, "198.51.100.1").dump();
    case 1:
      return asff(number, "2026-11-02T09:30:00Z", 2, "ACTIVE", "HIGH").dump();
    case 2:
      return native(number, "2026-11-02T10:00:00Z", 3, "198.51.100.3").dump();
    case 3:
      return native(number, "2026-11-02T10:00:00Z", 4, "198.51.100.4").dump();  // the same second, a greater count
    default:
      return asff(number, "2026-11-02T11:00:00Z", 5, "ARCHIVED", "LOW").dump();
  }
}

using Order = std::array<std::size_t, kVersions>;

std::vector<Order> all_orders() {
  Order order{};
  std::iota(order.begin(), order.end(), 0U);
  std::vector<Order> orders;
  do orders.push_back(order);
  while (std::next_permutation(order.begin(), order.end()));
  return orders;
}

// Every finding of the warehouse as its row, entities and versions, without what differs by number and by arrival. One
// line when all are alike.
std::string distinct_findings(const IngestWarehouse& warehouse) {
  return warehouse.value(
      "SELECT DISTINCT (to_jsonb(f) - "
      "'{finding_uid,provider_id,first_received_at,detail_order,state_order,severity_exact_order,hub_order}'::text[])::"
      "text"
      " || left(encode(detail_order, 'hex'), 34) || left(encode(state_order, 'hex'), 34)"
      " || left(encode(severity_exact_order, 'hex'), 34) || left(encode(hub_order, 'hex'), 34)"
      " || (SELECT string_agg((to_jsonb(e) - '{finding_uid,detail_order}'::text[])::text || "
      "left(encode(e.detail_order, 'hex'), 34), ' ' ORDER BY e.kind, e.entity_key, e.role)"
      "     FROM finding_entity AS e WHERE e.finding_uid = f.finding_uid)"
      " || (SELECT string_agg(v.shape || ' ' || v.count || ' ' || v.updated_at, ', ' ORDER BY v.shape, v.count) FROM "
      "finding_version AS v WHERE "
      "v.finding_uid = f.finding_uid)"
      " || chr(10) FROM finding AS f");
}

// Counts the outcomes that follow from the order alone.
struct Outcomes {
  std::uint64_t fresh = 0, updated = 0, stale = 0;
};
Outcomes expected_outcomes(const std::vector<Order>& orders) {
  Outcomes outcomes;
  for (const Order& order : orders) {
    std::size_t newest = order[0];
    ++outcomes.fresh;
    for (std::size_t i = 1; i < kVersions; ++i) {
      if (order[i] > newest)
        ++outcomes.updated;
      else
        ++outcomes.stale;
      newest = std::max(newest, order[i]);
    }
  }
  return outcomes;
}

TEST(FindingOrderTest, EveryOrderOfArrivalGivesTheSameFinding) {
  IngestWarehouse warehouse;
  const auto orders = all_orders();
  Receipt total;
  for (std::size_t step = 0; step < kVersions; ++step) {
    std::string body;
    for (std::size_t i = 0; i < orders.size(); ++i) body += version(orders[i][step], static_cast<int>(i)) + "\n";
    const Receipt receipt = warehouse.deliver(body);
    EXPECT_TRUE(receipt.balances());
    total.add(receipt);
  }
  const Outcomes wanted = expected_outcomes(orders);
  EXPECT_EQ(total.fresh, wanted.fresh);
  EXPECT_EQ(total.updated, wanted.updated);
  EXPECT_EQ(total.stale, wanted.stale);
  EXPECT_EQ(total.duplicates + total.quarantined, 0U);
  EXPECT_EQ(warehouse.count("finding"), static_cast<int>(orders.size()));
  EXPECT_EQ(warehouse.count("finding_version"), static_cast<int>(orders.size() * kVersions));
  const std::string lines = distinct_findings(warehouse);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 1) << lines;

  // All versions in one delivery, and so in one batch, in every order.
  std::string body;
  for (std::size_t i = 0; i < orders.size(); ++i)
    for (const std::size_t which : orders[i]) body += version(which, 1000 + static_cast<int>(i)) + "\n";
  const Receipt at_once = warehouse.deliver(body);
  EXPECT_EQ(at_once.fresh, wanted.fresh);
  EXPECT_EQ(at_once.updated, wanted.updated);
  EXPECT_EQ(at_once.stale, wanted.stale);
  EXPECT_EQ(distinct_findings(warehouse), lines);

  EXPECT_EQ(text_of(warehouse.deliver(body)), fmt::format("received {0}: duplicates {0}", orders.size() * kVersions));
  EXPECT_EQ(distinct_findings(warehouse), lines);
}

TEST(FindingOrderTest, DetailsAreTheNativeFindingsAndTheStateIsTheNewest) {
  IngestWarehouse warehouse;
  for (std::size_t which = 0; which < kVersions; ++which) warehouse.deliver(version(which, 1));
  EXPECT_EQ(warehouse.value("SELECT title FROM finding"), "Native title 4")
      << "from the richest shape's newest version";
  EXPECT_EQ(
      warehouse.value("SELECT count || ' ' || archived || ' ' || record_state || ' ' || workflow_status FROM finding"),
      "5 true archived new")
      << "from the newest version of any shape";
  EXPECT_EQ(warehouse.value(
                "SELECT to_char(first_seen_at, 'HH24:MI') || ' ' || to_char(last_seen_at, 'HH24:MI') FROM finding"),
            "07:00 10:00")
      << "folded over all";
  // Evidence is the union: each version's remote address, and the buckets that only the copies name.
  EXPECT_EQ(warehouse.value("SELECT entity_key FROM finding_entity WHERE kind = 6 ORDER BY 1"),
            "198.51.100.1 198.51.100.3 198.51.100.4");
  EXPECT_EQ(warehouse.value("SELECT entity_key FROM finding_entity WHERE kind = 8 ORDER BY 1"),
            "arn:aws:iam::111122223333:user/lee arn:aws:s3:::only-in-copy-2 arn:aws:s3:::only-in-copy-5");
}

// --- one finding in every form that it travels in

Json upper_camel(const Json& json) {
  if (json.is_array()) {
    Json list = Json::array();
    for (const auto& item : json) list.push_back(upper_camel(item));
    return list;
  }
  if (!json.is_object()) return json;
  Json object = Json::object();
  for (const auto& [key, value] : json.items()) {
    std::string upper = key;
    upper[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(upper[0])));
    object[upper] = upper_camel(value);
  }
  return object;
}

Json ocsf(int number, std::int64_t modified_ms, int severity_id, int status_id) {
  return {{"class_uid", 2004},
          {"activity_id", 2},
          {"cloud", {{"provider", "AWS"}, {"region", "eu-west-1"}, {"account", {{"uid", kAccountA}}}}},
          {"count", 2},
          {"finding_info",
           {{"uid", fmt::format("arn:aws:guardduty:eu-west-1:{}:detector/d1/finding/{:032x}", kAccountA, number)},
            {"title", "Title of OCSF"},
            {"desc", "Description of OCSF"},
            {"types", {"Threats", "Recon:IAMUser/UserPermissions"}},
            {"created_time", 1793606700000},
            {"first_seen_time", 1793606400000},
            {"last_seen_time", 1793610000000},
            {"modified_time", modified_ms}}},
          {"metadata",
           {{"version", "1.6.0"},
            {"product", {{"name", "GuardDuty"}, {"uid", "arn:aws:securityhub:eu-west-1::productv2/aws/guardduty"}}}}},
          {"resources",
           {{{"type", "AWS::IAM::AccessKey"},
             {"uid", "AKIAEXAMPLEKEY000001"},
             {"data", {{"principal_id", "AIDAEXAMPLEUSER00001"}, {"principal_name", "lee"}}}},
            {{"type", "AWS::EC2::Instance"}, {"uid", "i-0123456789abcdef0"}}}},
          {"evidences",
           {{{"api", {{"operation", "ListUsers"}, {"service", {{"name", "iam.amazonaws.com"}}}}},
             {"src_endpoint", {{"ip", "198.51.100.1"}, {"isp", "Only in OCSF"}}}}}},
          {"severity_id", severity_id},
          {"status_id", status_id}};
}

// From the oldest to the newest state.
std::string form(std::size_t which, int number) {
  Json first = native(number, "2026-11-02T09:00:00Z", 1, "198.51.100.1");
  first["severity"] = 5.3;
  first["service"]["action"]["awsApiCallAction"]["remoteIpDetails"]["city"] = {{"cityName", "Only in native"}};
  switch (which) {
    case 0: {
      Json copy = asff(number, "2026-11-02T09:00:00Z", 1, "ACTIVE", "MEDIUM");
      copy["Severity"] = {{"Label", "MEDIUM"}};
      return copy.dump();
    }
    case 1:
      return upper_camel(first).dump();
    case 2:
      return Json{{"detail-type", "GuardDuty Finding"}, {"source", "aws.guardduty"}, {"detail", first}}.dump();
    case 3:
      return native(number, "2026-11-02T09:30:00Z", 2, "198.51.100.2").dump();
    default:
      return Json{{"detail-type", "Findings Imported V2"},
                  {"source", "aws.securityhub"},
                  {"detail", {{"findings", {ocsf(number, 1793614200000, 3, 4)}}}}}
          .dump();
  }
}

TEST(FindingFormTest, EveryFormInEveryOrderIsOneFinding) {
  IngestWarehouse warehouse;
  const auto orders = all_orders();
  Receipt total;
  for (std::size_t step = 0; step < kVersions; ++step) {
    std::string body;
    for (std::size_t i = 0; i < orders.size(); ++i) body += form(orders[i][step], static_cast<int>(i)) + "\n";
    total.add(warehouse.deliver(body));
  }
  const Outcomes wanted = expected_outcomes(orders);
  EXPECT_EQ(text_of(total), fmt::format("received {}: new {} updated {} stale {}", orders.size() * kVersions,
                                        wanted.fresh, wanted.updated, wanted.stale));
  EXPECT_EQ(warehouse.count("finding"), static_cast<int>(orders.size()));
  const std::string lines = distinct_findings(warehouse);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 1) << lines;
  // All in one delivery, and so in one batch.
  std::string body;
  for (std::size_t i = 0; i < orders.size(); ++i)
    for (const std::size_t which : orders[i]) body += form(which, 1000 + static_cast<int>(i)) + "\n";
  warehouse.deliver(body);
  EXPECT_EQ(distinct_findings(warehouse), lines);
  EXPECT_EQ(text_of(warehouse.deliver(body)), fmt::format("received {0}: duplicates {0}", orders.size() * kVersions));
}

TEST(FindingFormTest, APoorerFormTakesNothingAway) {
  IngestWarehouse warehouse;
  for (std::size_t which = 0; which < kVersions; ++which) warehouse.deliver(form(which, 1));
  EXPECT_EQ(warehouse.value("SELECT title || '|' || severity || '|' || severity_label || '|' || workflow_status || '|' "
                            "|| shape FROM finding"),
            "Native title 2|5|3|resolved|4")
      << "details and the exact severity from the native form, the workflow from Security Hub";
  EXPECT_EQ(warehouse.value("SELECT DISTINCT shape FROM finding_version ORDER BY 1"), "1 2 3 4");
  EXPECT_EQ(warehouse.value("SELECT entity_key FROM finding_entity WHERE kind = 6 ORDER BY 1"),
            "198.51.100.1 198.51.100.2");
  EXPECT_EQ(warehouse.value("SELECT attributes->>'city' || '|' || (attributes->>'isp') FROM finding_entity WHERE "
                            "entity_key = '198.51.100.1'"),
            "Only in native|Only in OCSF")
      << "each attribute by itself";
  EXPECT_EQ(warehouse.value("SELECT entity_key FROM finding_entity WHERE kind = 5"), "i-0123456789abcdef0")
      << "only OCSF names it";
}

TEST(FindingFormTest, ALabelOfAnotherBandReplacesTheNumber) {
  IngestWarehouse warehouse;
  warehouse.deliver(form(2, 1));
  EXPECT_EQ(warehouse.value("SELECT severity FROM finding"), "5.3");
  warehouse.deliver(ocsf(1, 1793614200000, 3, 1).dump());
  EXPECT_EQ(warehouse.value("SELECT severity FROM finding"), "5.3") << "still medium";
  warehouse.deliver(ocsf(1, 1793614201000, 4, 1).dump());
  EXPECT_EQ(warehouse.value("SELECT severity || ' ' || severity_label FROM finding"), "7 4");
  warehouse.deliver(ocsf(1, 1793614202000, 1, 1).dump());
  EXPECT_EQ(warehouse.value("SELECT severity || ' ' || severity_label FROM finding"), "0 1");
}

TEST(FindingFormTest, AFindingOfAnotherServiceIsOneRowWithItsCopies) {
  IngestWarehouse warehouse;
  const std::string id = fmt::format("arn:aws:inspector2:eu-west-1:{}:finding/00ff", kAccountA);
  const Json service = {{"awsAccountId", kAccountA},
                        {"findingArn", id},
                        {"severity", "HIGH"},
                        {"status", "ACTIVE"},
                        {"title", "From Inspector"},
                        {"type", "PACKAGE_VULNERABILITY"},
                        {"firstObservedAt", "Nov 2, 2026, 9:00:00 AM"},
                        {"updatedAt", "Nov 2, 2026, 9:00:00 AM"},
                        {"resources", {{{"id", "i-0123456789abcdef0"}, {"type", "AWS_EC2_INSTANCE"}}}}};
  Json copy = asff(1, "2026-11-02T09:05:00Z", 1, "ACTIVE", "HIGH"), newest = ocsf(1, 1793614200000, 4, 1);
  copy["Id"] = id;
  copy["ProductArn"] = "arn:aws:securityhub:eu-west-1::product/aws/inspector";
  newest["finding_info"]["uid"] = id;
  newest["metadata"]["product"]["uid"] = "arn:aws:securityhub:eu-west-1::productv2/aws/inspector";
  EXPECT_EQ(text_of(warehouse.deliver(newest.dump() + copy.dump() + service.dump())), "received 3: new 1 stale 2");
  EXPECT_EQ(warehouse.value("SELECT title FROM finding"), "From Inspector");
}

TEST(FindingOrderTest, AnOlderStateIsKeptAndChangesNothing) {
  IngestWarehouse warehouse;
  EXPECT_EQ(text_of(warehouse.deliver(version(3, 1))), "received 1: new 1");
  const std::string before =
      warehouse.value("SELECT (to_jsonb(f) - '{first_seen_at,created_at}'::text[])::text FROM finding AS f");
  EXPECT_EQ(text_of(warehouse.deliver(version(0, 1))), "received 1: stale 1");
  EXPECT_EQ(warehouse.value("SELECT (to_jsonb(f) - '{first_seen_at,created_at}'::text[])::text FROM finding AS f"),
            before);
  EXPECT_EQ(warehouse.count("finding_version"), 2);
}

TEST(FindingOrderTest, AnalystsFieldsAreNotTouched) {
  IngestWarehouse warehouse;
  warehouse.deliver(version(0, 1));
  warehouse.value(
      "UPDATE finding SET status = 'in_progress', assignee = 'kim', effective_severity = 9.5, effective_severity_label "
      "= 5");
  warehouse.deliver(version(4, 1));
  warehouse.deliver(version(3, 1));
  EXPECT_EQ(warehouse.value("SELECT status || ' ' || assignee || ' ' || effective_severity FROM finding"),
            "in_progress kim 9.5");
}

TEST(FindingIdentityTest, TheSameIdInTwoAccountsRegionsOrProductsIsTwoFindings) {
  IngestWarehouse warehouse;
  Json other_account = guardduty_json(1, "2026-11-02T09:05:00Z", kAccountB), other_region = guardduty_json(1);
  other_region["region"] = "us-east-1";
  other_region["arn"] = "arn:aws:guardduty:us-east-1:111122223333:detector/d2/finding/" + std::string(31, '0') + "1";
  Json one = asff(1, "2026-11-02T09:05:00Z", 1, "ACTIVE", "LOW"), two = one;
  one["Id"] = two["Id"] = "the same id";
  one["ProductArn"] = "arn:aws:securityhub:eu-west-1::product/aws/inspector";
  two["ProductArn"] = "arn:aws:securityhub:eu-west-1::product/aws/macie";
  const std::string all =
      guardduty_json(1).dump() + other_account.dump() + other_region.dump() + one.dump() + two.dump();
  EXPECT_EQ(text_of(warehouse.deliver(all)), "received 5: new 5");
  EXPECT_EQ(warehouse.count("finding"), 5);
}

TEST(FindingIdentityTest, TheEnvelopesAccountDoesNotMatter) {
  IngestWarehouse warehouse;
  const auto enveloped = [](const char* account) {
    return Json{{"version", "0"},
                {"detail-type", "GuardDuty Finding"},
                {"source", "aws.guardduty"},
                {"account", account},
                {"detail", guardduty_json(1)}}
        .dump();
  };
  EXPECT_EQ(text_of(warehouse.deliver(enveloped(kAccountA) + enveloped(kAccountB))), "received 2: new 1 duplicates 1");
  EXPECT_EQ(warehouse.value("SELECT account_id FROM finding"), kAccountA);
}

TEST(FindingTextTest, WhatTheDatabaseRefusesIsReplacedInColumnsAndKeptInTheBytes) {
  IngestWarehouse warehouse;
  Json finding = guardduty_json(1);
  finding["title"] = std::string("nul \0 and \\u0000 and <script>", 29);
  finding["service"]["action"]["awsApiCallAction"]["remoteIpDetails"]["organization"] = {
      {"org", std::string("a\0b", 3)}};
  EXPECT_EQ(text_of(warehouse.deliver(finding.dump())), "received 1: new 1");
  EXPECT_EQ(warehouse.value("SELECT raw_bytes || ' ' || encode(raw_sha256, 'hex') FROM finding_version"), [&] {
    const auto digest = schema::sha256(finding.dump());
    return fmt::format("{} {}", finding.dump().size(), schema::hex(digest.data(), digest.size()));
  }());
  EXPECT_EQ(warehouse.count("finding WHERE title LIKE 'nul % and \\\\u0000 and <script>'"), 1);
}

TEST(FindingTextTest, ManyEntitiesAreStored) {
  IngestWarehouse warehouse;
  Json finding = asff(1, "2026-11-02T09:05:00Z", 1, "ACTIVE", "LOW");
  finding["Resources"] = Json::array();
  for (int i = 0; i < 3000; ++i)
    finding["Resources"].push_back({{"Type", "Other"}, {"Id", fmt::format("resource {}", i)}});
  EXPECT_EQ(text_of(warehouse.deliver(finding.dump())), "received 1: new 1");
  EXPECT_GT(warehouse.count("finding_entity"), 0);
}

}  // namespace
}  // namespace backtrail::ingest
