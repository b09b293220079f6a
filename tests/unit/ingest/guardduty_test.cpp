#include "ingest/map/guardduty.hpp"

#include <array>
#include <gtest/gtest.h>

#include "schema/model/api_event.hpp"
#include "tests/unit/ingest/finding_fixtures.hpp"

namespace backtrail::ingest {
namespace {

using namespace fixtures;
using schema::Finding;

// First letters of all keys in upper case, as GetFindings gives them.
Json upper_camel(const Json& json) {
  if (json.is_array()) {
    Json list = Json::array();
    for (const auto& item : json) list.push_back(upper_camel(item));
    return list;
  }
  if (!json.is_object()) return json;
  Json object = Json::object();
  for (const auto& [key, value] : json.items()) {
    std::string name = key;
    name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
    object[name] = upper_camel(value);
  }
  return object;
}

// --- recognising

bool looks(const Json& json) {
  const testing::ParsedJson record(json.dump());
  return looks_like_guardduty(record.root());
}

TEST(GuardDutyShapeTest, BothCasingsAreRecognised) {
  EXPECT_TRUE(looks(guardduty_finding()));
  EXPECT_TRUE(looks(upper_camel(guardduty_finding())));
}

TEST(GuardDutyShapeTest, TrimmedFindingsAreRecognised) {
  // tests and notifiers send no more than this
  EXPECT_TRUE(
      looks({{"id", "x"}, {"accountId", "1"}, {"type", "Recon:EC2 X"}, {"severity", 9}, {"service", {{"count", 1}}}}));
  EXPECT_TRUE(looks({{"service", {{"serviceName", "guardduty"}}}}));
  EXPECT_TRUE(looks({{"arn", kFindingArn}}));
}

TEST(GuardDutyShapeTest, OtherThingsAreNot) {
  EXPECT_FALSE(looks(guardduty_asff()));
  EXPECT_FALSE(looks(Json::object()));
  // an object scan result of GuardDuty's, AWS Health, an API call on GuardDuty
  EXPECT_FALSE(looks({{"schemaVersion", "1.0"}, {"scanStatus", "COMPLETED"}, {"resourceType", "S3_OBJECT"}}));
  EXPECT_FALSE(looks({{"eventArn", "arn:aws:health:global::event/x"}, {"service", "EC2"}}));
  EXPECT_FALSE(
      looks({{"eventSource", "guardduty.amazonaws.com"}, {"eventName", "GetFindings"}, {"eventVersion", "1.08"}}));
  EXPECT_FALSE(looks({{"accountId", "1"}, {"type", "x"}, {"severity", 1}, {"service", {{"serviceName", "macie"}}}}));
  const testing::ParsedJson list("[]");
  EXPECT_FALSE(looks_like_guardduty(list.root()));
}

// --- identity

TEST(GuardDutyTest, IsKnownByAccountRegionAndFindingId) {
  const Finding finding = mapped_guardduty(guardduty_finding());
  EXPECT_EQ(finding.identity.account_id, "111122223333");
  EXPECT_EQ(finding.identity.product_key, "guardduty/eu-central-1");
  EXPECT_EQ(finding.identity.provider_id, kFindingId);
  EXPECT_EQ(finding.region, "eu-central-1");
  EXPECT_EQ(finding.detector_id, "d1");
}

TEST(GuardDutyTest, BothCasingsGiveTheSameFindingInTheirOwnShape) {
  const Finding lower = mapped_guardduty(guardduty_finding()),
                upper = mapped_guardduty(upper_camel(guardduty_finding()));
  EXPECT_EQ(schema::finding_uid(lower.identity), schema::finding_uid(upper.identity));
  EXPECT_EQ(lower.shape, schema::FindingShape::kGuardDuty);
  EXPECT_EQ(upper.shape, schema::FindingShape::kGuardDutyApi);
  EXPECT_EQ(lower.facts, upper.facts);
  EXPECT_EQ(entity_texts(lower), entity_texts(upper));
  EXPECT_NE(lower.content_fp, upper.content_fp);
}

TEST(GuardDutyTest, SameIdInAnotherAccountOrRegionIsAnotherFinding) {
  Json other_account = guardduty_finding(), other_region = guardduty_finding();
  other_account["accountId"] = "444455556666";
  other_region["region"] = "us-east-1";
  const auto uid = schema::finding_uid(mapped_guardduty(guardduty_finding()).identity);
  EXPECT_NE(schema::finding_uid(mapped_guardduty(other_account).identity), uid);
  EXPECT_NE(schema::finding_uid(mapped_guardduty(other_region).identity), uid);
}

TEST(GuardDutyTest, AccountsAreTwelveAsciiDigits) {
  const auto with_account = [](const Json& account) {
    Json json = guardduty_finding();
    json["accountId"] = account;
    return refusal(map_guardduty_json(json));
  };
  EXPECT_EQ(with_account("000000000001"), "stored");  // leading zeros are kept
  EXPECT_EQ(with_account("123456789"), "account");
  EXPECT_EQ(with_account("1234567891234"), "account");
  EXPECT_EQ(with_account("11112222333"), "account");
  EXPECT_EQ(with_account(" 111122223333"), "account");
  EXPECT_EQ(with_account("1111-2222-33"), "account");
  EXPECT_EQ(with_account("\u0661\u0661\u0661\u0661\u0662\u0662\u0662\u0662\u0663\u0663\u0663\u0663"), "account");
  EXPECT_EQ(with_account(""), "account");
  EXPECT_EQ(with_account(nullptr), "account");
  EXPECT_EQ(with_account(111122223333), "schema");
  Json missing = guardduty_finding();
  missing.erase("accountId");
  EXPECT_EQ(refusal(map_guardduty_json(missing)), "account");
}

TEST(GuardDutyTest, TheAccountInTheArnIsNotTheFindings) {
  Json json = guardduty_finding();
  json["accountId"] = "444455556666";
  EXPECT_EQ(mapped_guardduty(json).identity.account_id, "444455556666");
}

// Two readers with different ideas of casing must not see two accounts.
TEST(GuardDutyTest, TwoSpellingsOfTheAccountAreRefused) {
  Json json = guardduty_finding();
  json["AccountId"] = "444455556666";
  EXPECT_EQ(refusal(map_guardduty_json(json)), "schema");
}

TEST(GuardDutyTest, WhatIsMissingInTheIdentityIsTakenFromTheArn) {
  Json json = guardduty_finding();
  json.erase("id");
  json["region"] = nullptr;
  const Finding finding = mapped_guardduty(json);
  EXPECT_EQ(finding.identity.product_key, "guardduty/eu-central-1");
  EXPECT_EQ(finding.identity.provider_id, kFindingId);
}

TEST(GuardDutyTest, WithoutAnIdOrRegionItIsRefused) {
  Json no_id = guardduty_finding(), no_region = guardduty_finding();
  no_id.erase("id");
  no_id.erase("arn");
  no_region.erase("region");
  no_region.erase("arn");
  EXPECT_EQ(refusal(map_guardduty_json(no_id)), "missing_id");
  EXPECT_EQ(refusal(map_guardduty_json(no_region)), "schema");
}

TEST(GuardDutyTest, WrongTypesOfIdentityFieldsAreRefused) {
  for (const char* name : {"id", "region", "arn", "type"}) {
    for (const Json& value : {Json(5), Json(true), Json::array(), Json::object()}) {
      Json json = guardduty_finding();
      json[name] = value;
      EXPECT_EQ(refusal(map_guardduty_json(json)), "schema") << name << " " << value;
    }
  }
  EXPECT_EQ(refusal(map_guardduty_text(R"([])")), "schema");
}

TEST(GuardDutyTest, NulInTheIdentityIsRefusedAndElsewhereReplaced) {
  Json json = guardduty_finding();
  json["title"] = std::string("a\0b", 3);
  EXPECT_EQ(mapped_guardduty(json).title,
            "a\xEF\xBF\xBD"
            "b");
  json["id"] = std::string("a\0b", 3);
  EXPECT_EQ(refusal(map_guardduty_json(json)), "schema");
}

TEST(GuardDutyTest, ErrorsNeverHoldTheRecordsText) {
  Json json = guardduty_finding();
  json["accountId"] = "secret-account";
  EXPECT_EQ(map_guardduty_json(json).error().detail, "account: accountId is not 12 digits");
  EXPECT_EQ(map_guardduty_json(json).error().code, schema::Code::kBadRecord);
}

// --- times

std::string with_time(const char* name, const Json& value) {
  Json json = guardduty_finding();
  json[name] = value;
  return refusal(map_guardduty_json(json));
}

TEST(GuardDutyTimeTest, OnlyRfc3339WithAZoneIsATime) {
  for (const char* good : {"2026-11-02T08:05:00Z", "2026-11-02t08:05:00z", "2026-11-02T08:05:00.123456789Z",
                           "2026-11-02T13:35:00+05:30", "2026-11-02T08:05:00-00:00", "2026-10-31T23:59:60Z"})
    EXPECT_EQ(with_time("updatedAt", good), "stored") << good;
  for (const char* bad :
       {"2026-11-02 20:40:06.721", "2026-11-02T08:05:00", "infinity", "now", "tomorrow", "01/02/2026",
        "2026-11-02T24:00:00Z", "2026-11-02T23:59:61Z", "2026-13-02T00:00:00Z", "2026-02-30T00:00:00Z",
        "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "2026-11-02T08:05:00+25:00", "1793707200"})
    for (const char* name : {"createdAt", "updatedAt"}) EXPECT_EQ(with_time(name, bad), "time") << bad;
  EXPECT_EQ(map_guardduty_json([] {
              Json json = guardduty_finding();
              json["updatedAt"] = "now";
              return json;
            }())
                .error()
                .code,
            schema::Code::kBadTime);
}

TEST(GuardDutyTimeTest, EpochNumbersAreNeverGuessed) {
  EXPECT_EQ(with_time("updatedAt", 1793707200), "schema");
  EXPECT_EQ(with_time("createdAt", 1793707200000), "schema");
  EXPECT_EQ(with_time("updatedAt", 1.7e9), "schema");
}

TEST(GuardDutyTimeTest, BadObservationTimesAreRefusedToo) {
  Json json = guardduty_finding();
  json["service"]["eventLastSeen"] = "2026-11-02 09:00:00.000000000";
  EXPECT_EQ(refusal(map_guardduty_json(json)), "time");
}

TEST(GuardDutyTimeTest, ZonesAreNormalisedToUtcAndFractionsCut) {
  Json json = guardduty_finding();
  json["createdAt"] = "2026-11-01T23:30:00.9999999-05:00";
  json["service"]["eventFirstSeen"] = "2026-10-31T23:59:60Z";
  const Finding finding = mapped_guardduty(json);
  EXPECT_EQ(time_text(finding.created_us), "2026-11-02T04:30:00.999999Z");
  EXPECT_EQ(time_text(finding.first_seen_us), "2026-10-31T23:59:59.999999Z") << "a leap second stays in its day";
}

TEST(GuardDutyTimeTest, MissingTimesAreCompletedFromTheOthers) {
  Json json = guardduty_finding();
  json.erase("createdAt");
  json["updatedAt"] = "";
  Finding finding = mapped_guardduty(json);
  EXPECT_EQ(time_text(finding.created_us), "2026-11-02T08:00:00Z") << "the first occurrence";
  EXPECT_EQ(time_text(finding.updated_us), "2026-11-02T09:00:00Z") << "the last occurrence";

  json = guardduty_finding();
  json.erase("service");
  finding = mapped_guardduty(json);
  EXPECT_EQ(time_text(finding.first_seen_us), "2026-11-02T08:05:00Z");
  EXPECT_EQ(time_text(finding.last_seen_us), "2026-11-02T09:05:00Z");

  json.erase("createdAt");
  json.erase("updatedAt");
  finding = mapped_guardduty(json);
  for (const auto us : {finding.created_us, finding.updated_us, finding.first_seen_us, finding.last_seen_us})
    EXPECT_EQ(us, kReceivedUs);
  EXPECT_FALSE(finding.clock_clamped);
}

TEST(GuardDutyTimeTest, FarFutureTimesBecomeTheReceiptTime) {
  constexpr std::int64_t kLatestUs = kReceivedUs + schema::kFutureToleranceUs;
  Json json = guardduty_finding();
  json["service"]["eventLastSeen"] = time_text(kLatestUs);
  Finding finding = mapped_guardduty(json);
  EXPECT_EQ(finding.last_seen_us, kLatestUs);
  EXPECT_FALSE(finding.clock_clamped);

  json["service"]["eventLastSeen"] = time_text(kLatestUs + 1);
  finding = mapped_guardduty(json);
  EXPECT_EQ(finding.last_seen_us, kReceivedUs);
  EXPECT_TRUE(finding.clock_clamped);

  json = guardduty_finding();
  json["updatedAt"] = "9999-12-31T23:59:59Z";
  finding = mapped_guardduty(json);
  EXPECT_EQ(finding.updated_us, kReceivedUs);
  EXPECT_TRUE(finding.clock_clamped);
}

TEST(GuardDutyTimeTest, FirstSeenIsNeverAfterLastSeen) {
  Json json = guardduty_finding();
  json["service"]["eventFirstSeen"] = "2026-11-02T10:00:00Z";
  const Finding finding = mapped_guardduty(json);
  EXPECT_EQ(time_text(finding.first_seen_us), "2026-11-02T09:00:00Z");
  EXPECT_EQ(time_text(finding.last_seen_us), "2026-11-02T10:00:00Z");
}

// --- state

TEST(GuardDutyTest, CountIsAPositiveNumberOrString) {
  const auto count = [](const Json& value) {
    Json json = guardduty_finding();
    json["service"]["count"] = value;
    return mapped_guardduty(json).count;
  };
  EXPECT_EQ(count(1234), 1234);
  EXPECT_EQ(count("108"), 108);
  EXPECT_EQ(count(5.0), 5);
  EXPECT_EQ(count(9223372036854775807), 9223372036854775807);
  for (const Json& odd : {Json(0), Json(-4), Json("many"), Json(2.5), Json(nullptr), Json::array(), Json(1e300)})
    EXPECT_EQ(count(odd), 1) << odd;
}

TEST(GuardDutyTest, ArchivedIsAFlagOrItsText) {
  const auto archived = [](const Json& value) {
    Json json = guardduty_finding();
    json["service"]["archived"] = value;
    return mapped_guardduty(json).archived;
  };
  EXPECT_TRUE(archived(true));
  EXPECT_TRUE(archived("true"));
  EXPECT_FALSE(archived(false));
  EXPECT_FALSE(archived("false"));
  EXPECT_FALSE(archived(1));
}

TEST(GuardDutyTest, KeepsTheExactBytesAndTheFingerprintOfTheValue) {
  const std::string text = guardduty_finding().dump(3);
  const auto pretty = map_guardduty_text(text), dense = map_guardduty_json(guardduty_finding());
  EXPECT_EQ(pretty->raw, text);
  EXPECT_EQ(pretty->content_fp, dense->content_fp);
  EXPECT_NE(pretty->content_fp, schema::Uuid{});
}

TEST(GuardDutyTest, UnknownFieldsAndWrongTypesOfOthersAreIgnored) {
  Json json = guardduty_finding();
  for (const char* name : {"title", "description", "severity", "resource", "service", "partition", "schemaVersion"})
    json[name] = Json::array({1, Json::object()});
  json["tags"] = "a text where others send an object";
  json["newField"] = {{"deep", {1, 2, 3}}};
  const Finding finding = mapped_guardduty(json);
  EXPECT_EQ(finding.title, "Recon:IAMUser/UserPermissions") << "the type stands in for a missing title";
  EXPECT_EQ(finding.severity_label, schema::Severity::kUnknown);
}

// --- samples

bool is_sample(const Json& json) {
  return mapped_guardduty(json).sample;
}

TEST(GuardDutySampleTest, EveryFormOfTheFlagCounts) {
  EXPECT_FALSE(is_sample(guardduty_finding()));
  Json json = guardduty_finding();
  json["service"]["additionalInfo"] = {{"sample", true}};
  EXPECT_TRUE(is_sample(json));
  EXPECT_TRUE(is_sample(upper_camel(json)));
  json["service"]["additionalInfo"] = {{"sample", "true"}};
  EXPECT_TRUE(is_sample(json));
  json["service"]["additionalInfo"] = {{"type", "default"}, {"value", R"({"threatListName":"x", "sample": true})"}};
  EXPECT_TRUE(is_sample(json));
  EXPECT_TRUE(is_sample(upper_camel(json)));
  json["service"]["additionalInfo"] = {{"sample", false}, {"value", R"({"sample":false})"}};
  EXPECT_FALSE(is_sample(json));
  json["service"]["additionalInfo"] = {{"value", R"({"note":"sample":true})"}};  // no JSON
  EXPECT_FALSE(is_sample(json));
  json["service"]["additionalInfo"] = {{"value", R"({"userName":"\"sample\":true"})"}};  // an attacker's text
  EXPECT_FALSE(is_sample(json));
}

TEST(GuardDutySampleTest, PlaceholdersThatAwsAssignsCount) {
  Json json = guardduty_finding();
  json["resource"]["accessKeyDetails"]["accessKeyId"] = "GeneratedFindingAccessKeyId";
  EXPECT_TRUE(is_sample(json));
  json = guardduty_finding();
  json["resource"]["accessKeyDetails"]["principalId"] = "GeneratedFindingPrincipalId";
  EXPECT_TRUE(is_sample(json));
  json = guardduty_finding();
  json["resource"]["instanceDetails"] = {{"instanceId", "i-99999999"}};
  EXPECT_TRUE(is_sample(json));
  json = guardduty_finding();
  json["service"]["action"]["awsApiCallAction"]["api"] = "GeneratedFindingAPIName";
  EXPECT_TRUE(is_sample(json));
  json = guardduty_finding();
  json["service"]["action"]["awsApiCallAction"]["remoteIpDetails"]["country"]["countryName"] =
      "GeneratedFindingCountryName";
  EXPECT_TRUE(is_sample(json));
  json = guardduty_finding();
  json["title"] = "[SAMPLE] Something";
  EXPECT_TRUE(is_sample(json));
}

// Sample findings are left out of counts: nobody may hide behind a name of his own choice.
TEST(GuardDutySampleTest, NamesThatAnybodyCanChooseDoNotHideAFinding) {
  Json json = guardduty_finding();
  json["resource"]["accessKeyDetails"]["userName"] = "GeneratedFindingUserName";
  json["resource"]["s3BucketDetails"] = {{{"name", "GeneratedFindingS3Bucket"}}};
  json["service"]["action"]["awsApiCallAction"]["affectedResources"] = {{"AWS::EC2::Instance", "i-99999999"}};
  json["service"]["action"]["awsApiCallAction"]["userAgent"] = "[SAMPLE] GeneratedFinding";
  json["description"] = "[SAMPLE]";
  const Finding finding = mapped_guardduty(json);
  EXPECT_FALSE(finding.sample);
  EXPECT_EQ(finding.user_name, "GeneratedFindingUserName") << "stored all the same";
}

}  // namespace
}  // namespace backtrail::ingest
