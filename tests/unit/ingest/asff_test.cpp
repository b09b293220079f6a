#include "ingest/map/asff.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/map/asff_product_fields.hpp"
#include "schema/model/api_event.hpp"
#include "tests/unit/ingest/finding_fixtures.hpp"

namespace backtrail::ingest {
namespace {

using namespace fixtures;
using schema::Finding;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// --- recognising

bool looks(const Json& json) {
  const testing::ParsedJson record(json.dump());
  return looks_like_asff(record.root());
}

TEST(AsffShapeTest, FindingsAreRecognised) {
  EXPECT_TRUE(looks(guardduty_asff()));
  EXPECT_TRUE(looks(control_asff()));
  Json json = control_asff();
  json.erase("ProductArn");  // refused later, with a reason
  EXPECT_TRUE(looks(json));
  json = control_asff();
  json["SchemaVersion"] = "2030-01-01";
  EXPECT_TRUE(looks(json));
}

TEST(AsffShapeTest, OtherThingsAreNot) {
  EXPECT_FALSE(looks(guardduty_finding()));
  EXPECT_FALSE(looks(Json::object()));
  EXPECT_FALSE(looks({{"class_uid", 2004}, {"metadata", {{"version", "1.6.0"}}}}));
  EXPECT_FALSE(looks({{"SuccessCount", 1}, {"FailedCount", 0}}));
  EXPECT_FALSE(looks({{"actionName", "x"}, {"insightArn", "arn:aws:securityhub:us-east-1::insight/x"}}));
}

// --- identity

TEST(AsffTest, AGuardDutyFindingIsTheSameNativelyAndThroughSecurityHub) {
  const Finding native = mapped_guardduty(guardduty_finding()), copy = mapped_asff(guardduty_asff());
  EXPECT_EQ(schema::finding_uid(native.identity), schema::finding_uid(copy.identity));
  EXPECT_EQ(copy.identity.product_key, "guardduty/eu-central-1");
  EXPECT_EQ(copy.identity.provider_id, kFindingId);
  EXPECT_EQ(copy.shape, schema::FindingShape::kAsff);
}

TEST(AsffTest, TheCopyTellsWhatTheNativeFindingTells) {
  const Finding native = mapped_guardduty(guardduty_finding()), copy = mapped_asff(guardduty_asff());
  EXPECT_EQ(copy.type, native.type);
  EXPECT_EQ(copy.type_parts, native.type_parts);
  EXPECT_EQ(copy.product, native.product);
  EXPECT_EQ(copy.region, native.region);
  EXPECT_EQ(copy.detector_id, native.detector_id);
  EXPECT_EQ(copy.severity, native.severity);
  EXPECT_EQ(copy.severity_label, native.severity_label);
  EXPECT_EQ(copy.count, native.count);
  EXPECT_EQ(copy.first_seen_us, native.first_seen_us);
  EXPECT_EQ(copy.last_seen_us, native.last_seen_us);
  EXPECT_EQ(copy.created_us, native.created_us);
  EXPECT_EQ(copy.updated_us, native.updated_us);
  EXPECT_EQ(copy.resource_type, native.resource_type);
  EXPECT_EQ(copy.action, native.action);
  EXPECT_EQ(copy.user_name, native.user_name);
  EXPECT_EQ(copy.record_state, native.record_state);
  EXPECT_EQ(entity_texts(copy), entity_texts(native));
}

TEST(AsffTest, OtherFindingsAreKnownByAccountProductAndId) {
  const Finding finding = mapped_asff(control_asff());
  EXPECT_EQ(finding.identity.account_id, "111122223333");
  EXPECT_EQ(finding.identity.product_key, "arn:aws:securityhub:eu-central-1::product/aws/securityhub");
  EXPECT_EQ(finding.identity.provider_id, "control-1");
}

// Whoever may import findings may write any Id: only GuardDuty's own product speaks for GuardDuty's findings.
TEST(AsffTest, AnotherProductWithAGuardDutyIdIsNotThatFinding) {
  Json json = guardduty_asff();
  json["ProductArn"] = "arn:aws:securityhub:eu-central-1:111122223333:product/111122223333/default";
  const Finding finding = mapped_asff(json);
  EXPECT_EQ(finding.identity.provider_id, kFindingArn);
  EXPECT_NE(schema::finding_uid(finding.identity), schema::finding_uid(mapped_guardduty(guardduty_finding()).identity));
}

TEST(AsffTest, AGuardDutyProductWithAnotherIdIsKnownByIt) {
  Json json = guardduty_asff();
  json["Id"] = "arn:aws:guardduty:eu-central-1:111122223333:detector/d1";
  const Finding finding = mapped_asff(json);
  EXPECT_EQ(finding.identity.product_key, "arn:aws:securityhub:eu-central-1::product/aws/guardduty");
  EXPECT_EQ(finding.product, "GuardDuty");
}

TEST(AsffTest, AccountsAreTwelveAsciiDigitsAlsoAsANumber) {
  const auto with_account = [](const Json& account) {
    Json json = control_asff();
    json["AwsAccountId"] = account;
    return refusal(map_asff_json(json));
  };
  EXPECT_EQ(with_account("111122223333"), "stored");
  EXPECT_EQ(with_account(111122223333), "stored");
  EXPECT_EQ(with_account(11112222333), "account");    // eleven digits
  EXPECT_EQ(with_account(1111222233334), "account");  // thirteen
  EXPECT_EQ(with_account(111122223333.5), "account");
  EXPECT_EQ(with_account(-11112222333), "account");  // twelve characters
  EXPECT_EQ(with_account("xxxxxxx"), "account");
  EXPECT_EQ(with_account(nullptr), "account");
  EXPECT_EQ(with_account(Json::array()), "schema");
  EXPECT_EQ(with_account(true), "schema");
  Json missing = control_asff();
  missing.erase("AwsAccountId");
  EXPECT_EQ(refusal(map_asff_json(missing)), "account");
}

TEST(AsffTest, WithoutIdOrProductItIsRefused) {
  Json json = control_asff();
  json.erase("Id");
  EXPECT_EQ(refusal(map_asff_json(json)), "missing_id");
  json["Id"] = "";
  EXPECT_EQ(refusal(map_asff_json(json)), "missing_id");
  json["Id"] = 7;
  EXPECT_EQ(refusal(map_asff_json(json)), "schema");
  json = control_asff();
  json.erase("ProductArn");
  EXPECT_EQ(refusal(map_asff_json(json)), "schema");
  json["ProductArn"] = Json::array();
  EXPECT_EQ(refusal(map_asff_json(json)), "schema");
}

// An aggregation Region receives the findings of linked Regions too.
TEST(AsffTest, TheRegionIsTheFindingsOwn) {
  Json json = control_asff();
  json["Region"] = "us-west-2";
  EXPECT_EQ(mapped_asff(json).region, "us-west-2");
  json.erase("Region");
  EXPECT_EQ(mapped_asff(json).region, "eu-central-1") << "the product's";
  json["ProductArn"] = "arn:aws:securityhub:::product/x/y";
  json["Resources"] = {{{"Type", "Other"}, {"Id", "x"}, {"Region", "ap-south-1"}}};
  EXPECT_EQ(mapped_asff(json).region, "ap-south-1") << "the resource's";
  json = guardduty_asff();
  json["Region"] = "us-west-2";
  EXPECT_EQ(mapped_asff(json).region, "eu-central-1") << "GuardDuty's finding carries it in its ARN";
}

TEST(AsffTest, ProductsHaveNamesForPeople) {
  const auto product = [](const Json& members) {
    Json json = control_asff();
    json.update(members);
    return mapped_asff(json).product;
  };
  EXPECT_EQ(product(Json::object()), "Security Hub");
  EXPECT_EQ(product({{"ProductName", "Config"}}), "Config");
  EXPECT_EQ(product({{"ProductFields", {{"aws/securityhub/ProductName", "Inspector"}}}}), "Inspector");
  EXPECT_EQ(product({{"ProductArn", "arn:aws:securityhub:eu-central-1::product/acme/scanner"}}), "acme/scanner");
  EXPECT_EQ(product({{"ProductArn", "arn:aws:securityhub:eu-central-1::product/acme/acme"}}), "acme");
  EXPECT_EQ(product({{"ProductArn", "arn:aws:securityhub:eu-central-1::product/aws/new-service"}}), "new-service");
  EXPECT_EQ(product({{"ProductArn", "arn:aws:securityhub:eu-central-1:111122223333:product/111122223333/default"},
                     {"ProductFields", {{"aws/securityhub/ProductName", "Default"}}}}),
            "default");
  EXPECT_EQ(product({{"ProductArn", "nothing"}}), "nothing");
}

// --- times and state

TEST(AsffTimeTest, AbsurdTimesBecomeTheReceiptTime) {
  Json json = control_asff();
  json["LastObservedAt"] = "2200-01-17T11:21:23.000Z";
  const Finding finding = mapped_asff(json);
  EXPECT_EQ(finding.last_seen_us, kReceivedUs);
  EXPECT_TRUE(finding.clock_clamped);
  EXPECT_EQ(time_text(finding.updated_us), "2026-11-02T09:05:00Z");
}

TEST(AsffTimeTest, EveryTimeIsReadStrictly) {
  for (const char* name : {"CreatedAt", "UpdatedAt", "FirstObservedAt", "LastObservedAt"}) {
    Json json = control_asff();
    json[name] = "2026-11-02 08:05:00.000000000";
    EXPECT_EQ(refusal(map_asff_json(json)), "time") << name;
    json[name] = 1793707200;
    EXPECT_EQ(refusal(map_asff_json(json)), "schema") << name;
    json.erase(name);
    EXPECT_EQ(refusal(map_asff_json(json)), "stored") << name;
  }
}

TEST(AsffTimeTest, GuardDutysOwnTimesStandInForMissingOnes) {
  Json json = guardduty_asff();
  json.erase("FirstObservedAt");
  json.erase("LastObservedAt");
  json["ProductFields"]["aws/guardduty/service/eventFirstSeen"] = "2026-11-01T00:00:00Z";
  json["ProductFields"]["aws/guardduty/service/eventLastSeen"] = "2026-11-01T01:00:00Z";
  const Finding finding = mapped_asff(json);
  EXPECT_EQ(time_text(finding.first_seen_us), "2026-11-01T00:00:00Z");
  EXPECT_EQ(time_text(finding.last_seen_us), "2026-11-01T01:00:00Z");
}

TEST(AsffTest, StatesAreLowerCase) {
  Json json = control_asff();
  json["RecordState"] = "ARCHIVED";
  json["Workflow"] = {{"Status", "NOTIFIED"}};
  json["Compliance"] = {{"Status", "NOT_AVAILABLE"}};
  const Finding finding = mapped_asff(json);
  EXPECT_TRUE(finding.archived);
  EXPECT_EQ(finding.record_state, "archived");
  EXPECT_EQ(finding.workflow_status, "notified");
  EXPECT_EQ(finding.compliance_status, "not_available");
}

TEST(AsffTest, WithoutARecordStateGuardDutysFlagCounts) {
  Json json = guardduty_asff();
  json.erase("RecordState");
  EXPECT_FALSE(mapped_asff(json).archived);
  json["ProductFields"]["aws/guardduty/service/archived"] = "true";
  EXPECT_TRUE(mapped_asff(json).archived);
  json["RecordState"] = "ACTIVE";
  EXPECT_FALSE(mapped_asff(json).archived);
}

TEST(AsffTest, OnlyWebAddressesBecomeLinks) {
  const auto url = [](const char* text) {
    Json json = control_asff();
    json["Remediation"] = {{"Recommendation", {{"Url", text}}}};
    return mapped_asff(json).remediation_url;
  };
  EXPECT_EQ(url("https://docs.example/x"), "https://docs.example/x");
  EXPECT_EQ(url("javascript:alert(1)"), "");
  EXPECT_EQ(url(" https://docs.example"), "");
  EXPECT_EQ(url("data:text/html,x"), "");
}

TEST(AsffTest, TheProvidersTypeComesBeforeTheCustomers) {
  Json json = control_asff();
  json["FindingProviderFields"] = {{"Types", {"Sensitive Data"}}};
  EXPECT_EQ(mapped_asff(json).type, "Sensitive Data");
  json["FindingProviderFields"] = {{"Types", Json::array()}};
  EXPECT_EQ(mapped_asff(json).type, "Effects/Data Exposure");
  json.erase("Types");
  EXPECT_EQ(mapped_asff(json).type, "");
}

TEST(AsffSampleTest, EveryFormOfTheFlagCounts) {
  EXPECT_FALSE(mapped_asff(guardduty_asff()).sample);
  Json json = control_asff();
  json["Sample"] = true;
  EXPECT_TRUE(mapped_asff(json).sample);
  json = guardduty_asff();
  json["ProductFields"]["aws/guardduty/service/additionalInfo/sample"] = "true";
  EXPECT_TRUE(mapped_asff(json).sample);
  json = guardduty_asff();
  json["ProductFields"]["aws/guardduty/service/additionalInfo/value"] = R"({"sample":true})";
  EXPECT_TRUE(mapped_asff(json).sample);
  json = guardduty_asff();
  json["ProductFields"]["additionalInfo"] = R"({"sample":true})";  // as in 2019
  EXPECT_TRUE(mapped_asff(json).sample);
  json = guardduty_asff();
  json["Resources"][0]["Id"] = "AWS::IAM::AccessKey:GeneratedFindingAccessKeyId";
  EXPECT_TRUE(mapped_asff(json).sample);
  json = guardduty_asff();
  json["Resources"] = {
      {{"Type", "AwsEc2Instance"}, {"Id", "arn:aws:ec2:eu-central-1:111122223333:instance/i-99999999"}}};
  EXPECT_TRUE(mapped_asff(json).sample);
  json = guardduty_asff();
  json["Title"] = "[SAMPLE] x";
  EXPECT_TRUE(mapped_asff(json).sample);
}

// --- resources

TEST(AsffResourceTest, RolesAreTheFindingsOrElseTarget) {
  Json json = control_asff();
  json["Resources"] = {{{"Type", "AwsS3Bucket"}, {"Id", "arn:aws:s3:::a"}},
                       {{"Type", "AwsIamRole"}, {"Id", "arn:aws:iam::111122223333:role/r"}, {"ResourceRole", "Actor"}},
                       {{"Type", "AwsS3Bucket"}, {"Id", "arn:aws:s3:::b"}, {"ResourceRole", "Target"}}};
  EXPECT_THAT(entity_texts(mapped_asff(json)),
              ElementsAre("actor principal arn:aws:iam::111122223333:role/r", "target resource arn:aws:s3:::a",
                          "target resource arn:aws:s3:::b", "related resource arn:aws:iam::111122223333:role/r"));
}

TEST(AsffResourceTest, AnUnusedKeyIsTheTargetOfAControl) {
  Json json = control_asff();
  json["Resources"] = guardduty_asff()["Resources"];
  EXPECT_THAT(entity_texts(mapped_asff(json)),
              ElementsAre("target principal AIDAEXAMPLEUSER000001", "target access_key AKIAEXAMPLEKEY000001",
                          "related resource arn:aws:iam::111122223333:user/lee"));
}

TEST(AsffResourceTest, AMissingKeyIsNoKey) {
  Json json = guardduty_asff();
  json["Resources"][0]["Id"] = "AWS::IAM::AccessKey:null";
  for (const auto& text : entity_texts(mapped_asff(json)))
    EXPECT_EQ(text.find("access_key"), std::string::npos) << text;
}

TEST(AsffResourceTest, AccountsAndStrangeIdsAreStored) {
  Json json = control_asff();
  json["Resources"] = {{{"Type", "AwsAccount"}, {"Id", "AWS::::Account:111122223333"}},
                       {{"Type", "AwsAccount"}, {"Id", "AWS::::Account:everything"}},
                       {{"Type", "AwsS3Bucket"}, {"Id", "arn:aws:::odd-bucket"}},
                       {{"Type", "GcpGceVmInstance"}, {"Id", "project/zone/1"}},
                       {{"Type", "Other"}},
                       "no object"};
  EXPECT_THAT(entity_texts(mapped_asff(json)),
              ElementsAre("target account 111122223333", "target resource everything",
                          "target resource arn:aws:::odd-bucket", "target resource project/zone/1"));
}

TEST(AsffTest, AbsentAndMisshapenPartsAreNoError) {
  for (const char* name : {"Resources", "ProductFields", "Severity", "Types", "Workflow", "Compliance", "Remediation",
                           "Action", "Vulnerabilities", "Network", "FindingProviderFields", "Note", "Title"}) {
    for (const Json& value : {Json(nullptr), Json(5), Json("text"), Json::array({1, nullptr}), Json::object()}) {
      Json json = guardduty_asff();
      json[name] = value;
      EXPECT_EQ(refusal(map_asff_json(json)), "stored") << name << " " << value;
    }
  }
}

// --- product fields

Json to_json(const schema::JsonNode& node) {
  Json json = node.is_object() ? Json::object() : node.is_array() ? Json::array() : Json(node.text());
  for (const auto& child : node.children()) {
    if (node.is_object())
      json[std::string(child.key())] = to_json(child);
    else
      json.push_back(to_json(child));
  }
  return json;
}

std::string service_json(const Json& product_fields) {
  const testing::ParsedJson fields(product_fields.dump());
  const GuardDutyServiceFields service(&fields.root());
  return service.service() == nullptr ? "none" : to_json(*service.service()).dump();
}

TEST(ProductFieldsTest, PathsBecomeBlocksAndNumberedPartsLists) {
  EXPECT_EQ(service_json({{"aws/guardduty/service/action/x/api", "List"}, {"aws/guardduty/service/count", "3"}}),
            R"({"action":{"x":{"api":"List"}},"count":"3"})");
  EXPECT_EQ(service_json({{"aws/guardduty/service/a/list.1_/b", "two"}, {"aws/guardduty/service/a/list.0_/b", "one"}}),
            R"({"a":{"list":[{"b":"one"},{"b":"two"}]}})");
  EXPECT_EQ(service_json({{"action/list:0/b", "one"}}), R"({"action":{"list":[{"b":"one"}]}})");
  EXPECT_EQ(service_json({{"aws/guardduty/service/r/AWS::S3::Bucket", "x"}}), R"({"r":{"AWS::S3::Bucket":"x"}})");
}

TEST(ProductFieldsTest, AParentThatAlsoHasAValueKeepsItsChildren) {
  EXPECT_EQ(service_json({{"aws/guardduty/service/u", "x"}, {"aws/guardduty/service/u/isps", "y"}}),
            R"({"u":{"isps":"y"}})");
}

TEST(ProductFieldsTest, OtherFieldsAreNotGuardDutys) {
  EXPECT_EQ(service_json({{"aws/securityhub/ProductName", "GuardDuty"}, {"ControlId", "S3.1"}}), "none");
  EXPECT_EQ(service_json(Json::object()), "none");
}

TEST(ProductFieldsTest, HostileKeysAreHarmless) {
  std::string deep = "aws/guardduty/service";
  for (int i = 0; i < 5000; ++i) deep += "/a";
  EXPECT_EQ(service_json({{deep, "x"}, {"aws/guardduty/service/count", "3"}}).substr(0, 6), R"({"a":{)");
  EXPECT_EQ(service_json({{"aws/guardduty/service/list.999_", "x"}}), R"({"list":["x"]})");
  EXPECT_EQ(service_json({{"aws/guardduty/service/list.1000_", "x"}}), R"({"list.1000_":"x"})");
  EXPECT_EQ(service_json({{"aws/guardduty/service//", "x"}, {"aws/guardduty/service/.0_", "y"}}),
            R"({"":{"":"x"},".0_":"y"})");
}

}  // namespace
}  // namespace backtrail::ingest
