// OCSF findings: what identifies them, their times and severities, and what is refused.
#include "ingest/map/ocsf.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "ingest/map/asff.hpp"
#include "ingest/map/guardduty.hpp"
#include "ingest/map/ocsf_time.hpp"
#include "schema/core/time.hpp"
#include "tests/support/parsed_json.hpp"

namespace backtrail::ingest {
namespace {

using backtrail::testing::ParsedJson;
using Json = nlohmann::ordered_json;

constexpr std::int64_t kReceivedUs = 1'793'707'200 * schema::kMicrosPerSecond;  // 2026-11-03T12:00:00Z
const MapContext kContext{kReceivedUs, nullptr};
constexpr const char* kAccount = "111122223333";

Json record(std::string_view uid = "finding-1", std::string_view product = "acme/scanner") {
  return {{"class_uid", 2004},
          {"cloud", {{"provider", "AWS"}, {"region", "eu-west-1"}, {"account", {{"uid", kAccount}}}}},
          {"metadata", {{"version", "1.6.0"}, {"product", {{"name", "Scanner"}, {"uid", product}}}}},
          {"finding_info", {{"uid", uid}, {"title", "T"}, {"types", {"A/B"}}, {"created_time", 1793610000000}}},
          {"severity_id", 3}};
}

schema::Result<schema::Finding> mapped(const Json& json) {
  const ParsedJson parsed(json.dump());
  return map_ocsf_finding(parsed.root(), parsed.text(), kContext);
}

std::string refusal(const Json& json) {
  const auto finding = mapped(json);
  return finding ? "stored" : finding.error().detail.substr(0, finding.error().detail.find(':'));
}

TEST(OcsfTest, ClassesAreTold) {
  for (const int class_uid : {2001, 2002, 2003, 2004, 2005, 2006, 2007}) {
    Json json = record();
    json["class_uid"] = class_uid;
    EXPECT_TRUE(looks_like_ocsf_finding(ParsedJson(json.dump()).root())) << class_uid;
  }
  for (const int class_uid : {0, 2000, 2008, 3002, 4001, 6003}) {
    Json json = record();
    json["class_uid"] = class_uid;
    EXPECT_FALSE(looks_like_ocsf_finding(ParsedJson(json.dump()).root())) << class_uid;
  }
  Json json = record();
  json.erase("metadata");
  EXPECT_FALSE(looks_like_ocsf_finding(ParsedJson(json.dump()).root()));
  EXPECT_FALSE(looks_like_ocsf_finding(ParsedJson(R"({"class_uid":"x","metadata":{}})").root()));
  EXPECT_FALSE(looks_like_ocsf_finding(ParsedJson("[2004]").root()));
}

TEST(OcsfTest, AGuardDutyFindingHasItsNativeIdentity) {
  const std::string arn = fmt::format("arn:aws:guardduty:eu-west-1:{}:detector/d1/finding/f1", kAccount);
  const ParsedJson native(fmt::format(
      R"({{"accountId":"{}","region":"eu-west-1","id":"f1","arn":"{}","type":"A:B/C","severity":5,"service":{{}}}})",
      kAccount, arn));
  const ParsedJson copy(fmt::format(R"({{"SchemaVersion":"2018-10-08","AwsAccountId":"{}","Id":"{}",)"
                                    R"("ProductArn":"arn:aws:securityhub:eu-west-1::product/aws/guardduty"}})",
                                    kAccount, arn));
  const auto uid = finding_uid(map_guardduty(native.root(), native.text(), kContext)->identity);
  EXPECT_EQ(finding_uid(map_asff(copy.root(), copy.text(), kContext)->identity), uid);
  for (const char* product : {"productv2", "product"}) {
    const auto finding =
        mapped(record(arn, fmt::format("arn:aws:securityhub:eu-west-1::{}/aws/guardduty", product))).value();
    EXPECT_EQ(finding_uid(finding.identity), uid) << product;
    EXPECT_EQ(finding.detector_id, "d1");
    EXPECT_EQ(finding.product, "GuardDuty");
  }
  // The aggregation Region's copy of the product has another Region; the finding keeps its own.
  EXPECT_EQ(finding_uid(mapped(record(arn, "arn:aws:securityhub:us-east-1::productv2/aws/guardduty"))->identity), uid);
  // A third party that writes GuardDuty's ARN as its own id is not GuardDuty.
  EXPECT_NE(finding_uid(mapped(record(arn, "acme/scanner"))->identity), uid);
}

TEST(OcsfTest, OtherAwsServicesHaveTheIdentityOfAsff) {
  const std::string id = fmt::format("arn:aws:inspector2:eu-west-1:{}:finding/1", kAccount);
  const ParsedJson copy(fmt::format(R"({{"SchemaVersion":"2018-10-08","AwsAccountId":"{}","Id":"{}",)"
                                    R"("ProductArn":"arn:aws:securityhub:eu-west-1::product/aws/inspector"}})",
                                    kAccount, id));
  EXPECT_EQ(finding_uid(mapped(record(id, "arn:aws:securityhub:eu-west-1::productv2/aws/inspector"))->identity),
            finding_uid(map_asff(copy.root(), copy.text(), kContext)->identity));
  EXPECT_EQ(asff_product_arn("arn:aws:securityhub:eu-west-1::productv2/acme/x"),
            "arn:aws:securityhub:eu-west-1::productv2/acme/x");
  EXPECT_EQ(asff_product_arn("x:productv2/aws/y"), "x:productv2/aws/y");
}

TEST(OcsfTest, WhatCannotBeIdentifiedIsRefused) {
  const std::pair<std::function<void(Json&)>, const char*> cases[] = {
      {[](Json&) {}, "stored"},
      {[](Json& j) { j["cloud"]["account"]["uid"] = "<account_uid>"; }, "account"},
      {[](Json& j) { j["cloud"]["account"]["uid"] = "12345678901"; }, "account"},
      {[](Json& j) { j["cloud"].erase("account"); }, "account"},
      {[](Json& j) { j.erase("cloud"); }, "account"},
      {[](Json& j) { j["cloud"]["provider"] = "GCP"; }, "account"},
      {[](Json& j) { j["cloud"]["provider"] = "azure"; }, "account"},
      {[](Json& j) { j["cloud"]["provider"] = "aws"; }, "stored"},
      {[](Json& j) { j["cloud"].erase("provider"); }, "stored"},
      {[](Json& j) { j["cloud"]["account_uid"] = "444455556666"; }, "schema"},
      {[](Json& j) { j["cloud"]["account_uid"] = kAccount; }, "stored"},
      {[](Json& j) { j["finding_info"]["uid"] = 5; }, "schema"},
      {[](Json& j) { j["finding_info"].erase("uid"); }, "missing_id"},
      {[](Json& j) {
         j["finding_info"].erase("uid");
         j["metadata"]["uid"] = "u";
       },
       "stored"},
      {[](Json& j) { j["metadata"]["product"] = Json::object(); }, "schema"},
      {[](Json& j) {
         j["metadata"]["product"] = {{"vendor_name", "Acme"}};
       },
       "stored"},
      {[](Json& j) { j["finding_info"]["created_time"] = -1; }, "time"},
      {[](Json& j) { j["finding_info"]["created_time"] = 1e18; }, "time"},
      {[](Json& j) { j["finding_info"]["created_time"] = "yesterday"; }, "time"},
      {[](Json& j) { j["finding_info"]["created_time"] = nullptr; }, "stored"},
      {[](Json& j) { j.erase("finding_info"); }, "missing_id"}};
  int number = 0;
  for (const auto& [change, outcome] : cases) {
    Json json = record();
    change(json);
    EXPECT_EQ(refusal(json), outcome) << "case " << number;
    ++number;
  }
}

TEST(OcsfTest, TimesAreReadInEveryUnit) {
  const std::pair<Json, const char*> cases[] = {
      {{{"t", 1793610000000}}, "2026-11-02T09:00:00Z"},
      {{{"t", 1793610000123}}, "2026-11-02T09:00:00.123000Z"},
      {{{"t", 1793610000}}, "2026-11-02T09:00:00Z"},
      {{{"t", 1793610000.25}}, "2026-11-02T09:00:00.250000Z"},
      {{{"t", 1793610000000000}}, "2026-11-02T09:00:00Z"},
      {{{"t", "1793610000000"}}, "2026-11-02T09:00:00Z"},
      {{{"t", "2026-11-02T09:00:00Z"}}, "2026-11-02T09:00:00Z"},
      {{{"t", 1793610000}, {"t_dt", "2000-01-01T00:00:00Z"}}, "2026-11-02T09:00:00Z"},
      {{{"t", 0}, {"t_dt", "2026-11-02T10:00:00+01:00"}}, "2026-11-02T09:00:00Z"},
      {{{"t", nullptr}, {"t_dt", "2026-11-02T09:00:00.5"}}, "2026-11-02T09:00:00.500000Z"},
      {{{"t", 99'999'999'999}}, "5138-11-16T09:46:39Z"},
      {{{"t", 100'000'000'000}}, "1973-03-03T09:46:40Z"}};
  for (const auto& [json, wanted] : cases) {
    const ParsedJson parsed(json.dump());
    std::optional<std::int64_t> time;
    ASSERT_TRUE(read_ocsf_time(&parsed.root(), "t", time).has_value()) << json;
    ASSERT_TRUE(time.has_value()) << json;
    EXPECT_EQ(schema::format_rfc3339(*time), wanted) << json;
  }
  for (const Json& json : {Json{{"t", -5}}, Json{{"t", 1e20}}, Json{{"t", "x"}}, Json{{"t_dt", "2026-11-02"}}}) {
    const ParsedJson parsed(json.dump());
    std::optional<std::int64_t> time;
    EXPECT_FALSE(read_ocsf_time(&parsed.root(), "t", time).has_value()) << json;
  }
  const ParsedJson nothing(R"({"t":0,"t_dt":""})");
  std::optional<std::int64_t> time;
  EXPECT_TRUE(read_ocsf_time(&nothing.root(), "t", time).has_value());
  EXPECT_FALSE(time.has_value());
}

TEST(OcsfTest, SeveritiesAreReadFromNumberAndWord) {
  const auto label = [](const Json& change) {
    Json json = record();
    json.erase("severity_id");
    json.update(change);
    return std::string(name_of(mapped(json)->severity_label));
  };
  const char* labels[] = {"unknown", "informational", "low", "medium", "high", "critical", "critical"};
  for (int id = 0; id <= 6; ++id) EXPECT_EQ(label({{"severity_id", id}}), labels[id]) << id;
  EXPECT_EQ(label({{"severity_id", 99}, {"severity", "High"}}), "high");
  EXPECT_EQ(label({{"severity_id", 0}, {"severity", "Low"}}), "low");
  EXPECT_EQ(label({{"severity", "MEDIUM"}}), "medium");
  EXPECT_EQ(label({{"severity_id", 99}, {"severity", "Sonstiges"}}), "unknown");
  EXPECT_EQ(label({{"severity_id", 2}, {"vendor_attributes", {{"severity_id", 5}}}}), "critical")
      << "the provider's view, not the customer's";
  EXPECT_EQ(label({{"severity_id", 2}, {"vendor_attributes", {{"severity_id", 0}}}}), "low");
  EXPECT_EQ(label(Json::object()), "unknown");
}

TEST(OcsfTest, StatesAreReadFromActivityAndStatus) {
  const auto state = [](int activity, int status) {
    Json json = record();
    json["activity_id"] = activity;
    json["status_id"] = status;
    const auto finding = mapped(json).value();
    return finding.record_state + " " + finding.workflow_status;
  };
  EXPECT_EQ(state(1, 1), "active new");
  EXPECT_EQ(state(2, 2), "active in_progress");
  EXPECT_EQ(state(2, 3), "active suppressed");
  EXPECT_EQ(state(2, 4), "active resolved");
  EXPECT_EQ(state(3, 1), "archived new");
  EXPECT_EQ(state(2, 5), "archived ");
  EXPECT_EQ(state(2, 6), "archived ");
}

TEST(OcsfTest, AProcessUserIsNoPrincipal) {
  Json json = record();
  json["evidences"] = {{{"actor", {{"user", {{"name", "root"}, {"uid", "0"}}}}}}};
  const auto finding = mapped(json).value();
  EXPECT_TRUE(finding.entities.empty());
  EXPECT_EQ(finding.user_name, "");
}

}  // namespace
}  // namespace backtrail::ingest
