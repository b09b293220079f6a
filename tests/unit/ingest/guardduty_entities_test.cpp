// Whom and what GuardDuty findings name, and from where: entities, their roles and order.
#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/ingest/finding_fixtures.hpp"

namespace backtrail::ingest {
namespace {

using namespace fixtures;
using schema::Finding;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(GuardDutyEntityTest, AUserComesBeforeItsKey) {
  const Finding finding = mapped_guardduty(guardduty_finding());
  EXPECT_THAT(entity_texts(finding),
              ElementsAre("actor principal AIDAEXAMPLEUSER000001", "actor access_key AKIAEXAMPLEKEY000001",
                          "remote ip_address 192.0.2.1", "related resource arn:aws:iam::111122223333:user/lee"));
  EXPECT_EQ(finding.entities[0].entity.name, "lee");
}

// Session names are chosen by the caller: four peers gave four answers to "who" here.
TEST(GuardDutyEntityTest, ARoleSessionIsKeyedByTheRolesIdAndNamedApart) {
  Json json = guardduty_finding();
  json["resource"]["accessKeyDetails"] = {{"accessKeyId", "ASIAEXAMPLESESSION01"},
                                          {"principalId", "AROAEXAMPLEROLE000001:lee@example.com"},
                                          {"userName", "Administrator"},
                                          {"userType", "AssumedRole"}};
  const Finding finding = mapped_guardduty(json);
  EXPECT_EQ(finding.user_name, "Administrator");
  EXPECT_THAT(entity_texts(finding), ElementsAre("actor role_session AROAEXAMPLEROLE000001:lee@example.com",
                                                 "actor principal AROAEXAMPLEROLE000001",
                                                 "actor access_key ASIAEXAMPLESESSION01", "remote ip_address 192.0.2.1",
                                                 "related resource arn:aws:iam::111122223333:role/Administrator"));
  EXPECT_EQ(finding.entities[0].entity.name, "lee@example.com");
  EXPECT_EQ(finding.entities[1].entity.name, "Administrator");
}

TEST(GuardDutyEntityTest, AnInstanceSessionNamesItsInstance) {
  Json json = guardduty_finding();
  json["resource"]["accessKeyDetails"]["principalId"] = "AROAEXAMPLEROLE000001:i-0123456789abcdef0";
  json["resource"]["accessKeyDetails"]["userType"] = "AssumedRole";
  const auto entities = entity_texts(mapped_guardduty(json));
  EXPECT_EQ(entities[0], "actor role_session AROAEXAMPLEROLE000001:i-0123456789abcdef0");
  EXPECT_THAT(entities, Contains("related instance i-0123456789abcdef0"));
}

struct CallerCase {
  const char *user_type, *principal_id, *user_name, *expected;
};

TEST(GuardDutyEntityTest, EveryTypeOfCallerHasItsPrincipal) {
  const CallerCase cases[] = {
      {"Root", "111122223333", "Root", "actor principal 111122223333:root"},
      {"Root", "", "", "actor principal 111122223333:root"},
      {"AWSService", "", "cloudtrail.amazonaws.com", "actor principal service:cloudtrail.amazonaws.com"},
      {"AWSAccount", "444455556666", "", "actor principal account:444455556666"},
      {"AWSAccount", "AIDAEXAMPLEUSER000002", "", "actor principal AIDAEXAMPLEUSER000002"},
      {"AWSAccount", "", "ANONYMOUS_PRINCIPAL", "actor principal anonymous"},
      {"FederatedUser", "111122223333:kim", "kim", "actor principal 111122223333:kim"},
      {"IAMUser", "", "lee", "actor principal arn:aws:iam::111122223333:user/lee"},
      {"AssumedRole", "", "web", "actor principal arn:aws:iam::111122223333:role/web"},
      {"IAMUser", "GeneratedFindingPrincipalId", "x", "actor principal GeneratedFindingPrincipalId"}};
  for (const auto& test : cases) {
    Json json = guardduty_finding();
    json["resource"]["accessKeyDetails"] = {{"accessKeyId", ""},
                                            {"principalId", test.principal_id},
                                            {"userName", test.user_name},
                                            {"userType", test.user_type}};
    EXPECT_THAT(entity_texts(mapped_guardduty(json)), Contains(test.expected)) << test.user_type;
  }
}

TEST(GuardDutyEntityTest, NoKeyDetailsNoActor) {
  Json json = guardduty_finding();
  json["resource"]["accessKeyDetails"] = {{"accessKeyId", ""}, {"principalId", ""}, {"userName", ""}, {"userType", ""}};
  EXPECT_THAT(entity_texts(mapped_guardduty(json)), ElementsAre("remote ip_address 192.0.2.1"));
}

TEST(GuardDutyEntityTest, AnInstanceIsActorOrTargetByItsRole) {
  Json json = guardduty_finding();
  json["resource"] = {{"resourceType", "Instance"}, {"instanceDetails", {{"instanceId", "i-0123456789abcdef0"}}}};
  json["service"]["action"] = {{"actionType", "DNS_REQUEST"}, {"dnsRequestAction", {{"domain", "x.example"}}}};
  EXPECT_EQ(entity_texts(mapped_guardduty(json)).at(0), "target instance i-0123456789abcdef0");
  json["service"]["resourceRole"] = "ACTOR";
  EXPECT_EQ(entity_texts(mapped_guardduty(json)).at(0), "actor instance i-0123456789abcdef0");
}

TEST(GuardDutyEntityTest, WithoutAResourceTypeTheFindingIsAboutWhatItCarries) {
  Json json = guardduty_finding();
  json["service"].erase("action");
  json["resource"] = {{"instanceDetails", {{"instanceId", "i-0123456789abcdef0"}}}};
  EXPECT_THAT(entity_texts(mapped_guardduty(json)), ElementsAre("target instance i-0123456789abcdef0"));
}

TEST(GuardDutyEntityTest, PublicAddressesOfAnInstanceAreEntitiesAndPrivateOnesFacts) {
  Json json = guardduty_finding();
  json["resource"]["instanceDetails"] = {
      {"instanceId", "i-0123456789abcdef0"},
      {"networkInterfaces", {{{"privateIpAddress", "10.0.0.9"}, {"publicIp", "203.0.113.9"}}}}};
  const Finding finding = mapped_guardduty(json);
  EXPECT_THAT(entity_texts(finding), Contains("related ip_address 203.0.113.9"));
  EXPECT_THAT(entity_texts(finding), Not(Contains("related ip_address 10.0.0.9")));
  EXPECT_THAT(fact_values(finding, "Private IP"), ElementsAre("10.0.0.9"));
}

TEST(GuardDutyEntityTest, ABucketHasOneKeyInEveryPartition) {
  Json json = guardduty_finding();
  json["resource"]["resourceType"] = "S3Bucket";
  json["resource"]["s3BucketDetails"] = {{{"arn", "arn:aws-cn:s3:::a"}}, {{"name", "b"}}, {{"type", "Destination"}}};
  const auto entities = entity_texts(mapped_guardduty(json));
  EXPECT_THAT(entities, Contains("target resource arn:aws:s3:::a"));
  EXPECT_THAT(entities, Contains("target resource arn:aws:s3:::b"));
}

// --- where from

Json with_action(const Json& action) {
  Json json = guardduty_finding();
  json["service"]["action"] = action;
  return json;
}

std::vector<std::string> remote_ips(const Json& json) {
  std::vector<std::string> ips;
  for (const auto& mention : mapped_guardduty(json).entities)
    if (mention.role == schema::FindingRole::kRemote && mention.entity.kind == schema::EntityKind::kIpAddress)
      ips.push_back(mention.entity.key);
  return ips;
}

TEST(GuardDutyRemoteIpTest, StandsInFivePlaces) {
  const Json ip = remote_ip("192.0.2.9");
  const Json details = {{"remoteIpDetails", ip}};
  EXPECT_THAT(remote_ips(with_action({{"awsApiCallAction", details}})), ElementsAre("192.0.2.9"));
  EXPECT_THAT(remote_ips(with_action({{"networkConnectionAction", details}})), ElementsAre("192.0.2.9"));
  EXPECT_THAT(remote_ips(with_action({{"portProbeAction", {{"portProbeDetails", {details}}}}})),
              ElementsAre("192.0.2.9"));
  EXPECT_THAT(remote_ips(with_action({{"kubernetesApiCallAction", details}})), ElementsAre("192.0.2.9"));
  EXPECT_THAT(remote_ips(with_action({{"rdsLoginAttemptAction", details}})), ElementsAre("192.0.2.9"));
}

TEST(GuardDutyRemoteIpTest, PortProbesAreAListAndEveryProberCounts) {
  Json probes = Json::array();
  for (int i = 1; i <= 20; ++i) probes.push_back({{"remoteIpDetails", remote_ip("198.51.100." + std::to_string(i))}});
  EXPECT_EQ(remote_ips(with_action({{"actionType", "PORT_PROBE"}, {"portProbeAction", {{"portProbeDetails", probes}}}}))
                .size(),
            20U);
}

TEST(GuardDutyRemoteIpTest, WhatIsNoAddressIsAFactAndNoEntity) {
  for (const char* text : {"AWS Internal", "ec2.amazonaws.com", "fe80::1%eth0", "1.2.3.999"}) {
    const Json json = with_action({{"awsApiCallAction", {{"remoteIpDetails", {{"ipAddressV4", text}}}}}});
    EXPECT_THAT(remote_ips(json), IsEmpty()) << text;
    EXPECT_THAT(fact_values(mapped_guardduty(json), "Remote address"), ElementsAre(text));
  }
}

TEST(GuardDutyRemoteIpTest, BothVersionsOfTheProtocolCount) {
  const Json json = with_action(
      {{"awsApiCallAction", {{"remoteIpDetails", {{"ipAddressV4", "192.0.2.9"}, {"ipAddressV6", "2001:db8::9"}}}}}});
  EXPECT_THAT(remote_ips(json), ElementsAre("192.0.2.9", "2001:db8::9"));
}

TEST(GuardDutyRemoteIpTest, PrivateAddressesAreMarked) {
  const auto attributes = [](const char* ip) {
    const Json json = with_action({{"awsApiCallAction", {{"remoteIpDetails", {{"ipAddressV4", ip}}}}}});
    for (const auto& mention : mapped_guardduty(json).entities)
      if (mention.role == schema::FindingRole::kRemote) return mention.attributes_json;
    return std::string("no entity");
  };
  for (const char* ip : {"10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "127.0.0.1", "fd00::1", "::1"})
    EXPECT_EQ(attributes(ip), R"({"private":"true"})") << ip;
  for (const char* ip : {"11.1.2.3", "172.15.0.1", "172.32.0.1", "192.169.1.1", "2001:db8::1"})
    EXPECT_EQ(attributes(ip), "") << ip;
}

TEST(GuardDutyRemoteIpTest, AttributesSayWhereAndWhose) {
  const Json json = with_action(
      {{"networkConnectionAction",
        {{"remoteIpDetails",
          {{"ipAddressV4", "192.0.2.9"},
           {"country", {{"countryName", "Kenya"}, {"countryCode", "KE"}}},
           {"city", {{"cityName", "Nairobi"}}},
           {"organization", {{"asn", 64602}, {"asnOrg", "Savanna Net"}, {"isp", "Savanna"}, {"org", "Other"}}}}},
         {"remotePortDetails", {{"port", 4444}}},
         {"localPortDetails", {{"port", "22"}}},
         {"connectionDirection", "INBOUND"},
         {"protocol", "TCP"}}}});
  const Finding finding = mapped_guardduty(json);
  const auto remote = std::find_if(finding.entities.begin(), finding.entities.end(),
                                   [](const auto& mention) { return mention.role == schema::FindingRole::kRemote; });
  ASSERT_NE(remote, finding.entities.end());
  EXPECT_EQ(Json::parse(remote->attributes_json), Json({{"country", "Kenya"},
                                                        {"country_code", "KE"},
                                                        {"city", "Nairobi"},
                                                        {"asn", "64602"},
                                                        {"organization", "Savanna Net"},
                                                        {"isp", "Savanna"},
                                                        {"port", "4444"},
                                                        {"local_port", "22"},
                                                        {"direction", "INBOUND"},
                                                        {"protocol", "TCP"}}));
}

TEST(GuardDutyTest, AttackSequencesHaveNoAction) {
  Json json = guardduty_finding();
  json["type"] = "AttackSequence:IAM/CompromisedCredentials";
  json["severity"] = 9.0;
  json["resource"] = {{"resourceType", "AttackSequence"}};
  json["service"].erase("action");
  const Finding bare = mapped_guardduty(json);
  EXPECT_EQ(bare.severity_label, schema::Severity::kCritical);
  EXPECT_EQ(bare.action, "");
  EXPECT_THAT(bare.entities, IsEmpty());

  json["service"]["detection"]["sequence"] = {
      {"actors",
       {{{"user", {{"uid", "AROAEXAMPLEROLE000001"}, {"name", "web"}, {"type", "AssumedRole"}}},
         {"session", {{"uid", "s1"}}}}}},
      {"endpoints", {{{"ip", "192.0.2.9"}}}},
      {"resources", {{{"resourceType", "EC2_INSTANCE"}, {"uid", "x"}, {"name", "i-0123456789abcdef0"}}}}};
  EXPECT_THAT(entity_texts(mapped_guardduty(json)),
              ElementsAre("actor role_session AROAEXAMPLEROLE000001:s1", "actor principal AROAEXAMPLEROLE000001",
                          "target instance i-0123456789abcdef0", "remote ip_address 192.0.2.9",
                          "related resource arn:aws:iam::111122223333:role/web"));
}

TEST(GuardDutyTest, TheDataSourceIsNamedOrFollowsFromTheAction) {
  const auto source = [](const Json& json) { return fact_values(mapped_guardduty(json), "Data source"); };
  EXPECT_THAT(source(guardduty_finding()), ElementsAre("CloudTrail"));
  EXPECT_THAT(source(with_action({{"actionType", "PORT_PROBE"}})), ElementsAre("VPC flow logs"));
  EXPECT_THAT(source(with_action({{"actionType", "DNS_REQUEST"}})), ElementsAre("DNS logs"));
  Json json = guardduty_finding();
  json["service"]["featureName"] = "S3Logs";
  EXPECT_THAT(source(json), ElementsAre("S3Logs"));
}

}  // namespace
}  // namespace backtrail::ingest
