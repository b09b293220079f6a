#include "schema/record/mentions.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/parsed_json.hpp"

namespace backtrail::schema {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

ApiEvent event_of(std::string_view record_json, std::string_view service = "ec2.amazonaws.com") {
  const testing::ParsedJson record(record_json);
  ApiEvent event;
  event.account_id = "111122223333";
  event.region = "eu-west-1";
  event.service = service;
  collect_mentions(record.root(), event);
  return event;
}

std::vector<std::string> keys_of(const ApiEvent& event) {
  std::vector<std::string> keys;
  for (const auto& mention : event.mentions) keys.push_back(std::string(name_of(mention.kind)) + " " + mention.key);
  return keys;
}

std::vector<std::string> mentioned(std::string_view record_json, std::string_view service = "ec2.amazonaws.com") {
  return keys_of(event_of(record_json, service));
}

// The mentions of one request parameter.
std::vector<std::string> by_parameter(std::string_view service, std::string_view parameter, std::string_view value) {
  return mentioned(fmt::format(R"({{"requestParameters":{{"{}":"{}"}}}})", parameter, value), service);
}

TEST(MentionsTest, ReadsParametersResponseServiceDetailsAndResources) {
  EXPECT_THAT(
      mentioned(
          R"({"requestParameters":{"a":"i-00000001"},"responseElements":{"b":{"c":["i-00000002",{"d":"i-00000003"}]}},
                            "serviceEventDetails":{"e":"i-00000004"},"resources":[{"ARN":"arn:aws:s3:::b"},{"arn":"arn:aws:s3:::c"}],
                            "additionalEventData":{"f":"i-00000005"},"userAgent":"i-00000006"})"),
      ElementsAre("instance i-00000001", "instance i-00000002", "instance i-00000003", "instance i-00000004",
                  "resource arn:aws:s3:::b", "resource arn:aws:s3:::c"));
}

TEST(MentionsTest, KnowsIdsByTheirForm) {
  EXPECT_THAT(
      mentioned(
          R"({"requestParameters":{"x":["vol-12345678","eni-0123456789abcdef0","sg-12345678","snap-12345678","subnet-12345678",
                            "AKIAEXAMPLEKEY000001","AROAEXAMPLEROLE00001","AIDAEXAMPLEUSER00001"]}})"),
      ElementsAre("resource vol-12345678", "resource eni-0123456789abcdef0", "resource sg-12345678",
                  "resource snap-12345678", "resource subnet-12345678", "access_key AKIAEXAMPLEKEY000001",
                  "principal AROAEXAMPLEROLE00001", "principal AIDAEXAMPLEUSER00001"));
}

TEST(MentionsTest, RoleSessionsNameTheirRoleAndInstance) {
  EXPECT_THAT(
      mentioned(
          R"({"responseElements":{"assumedRoleUser":{"assumedRoleId":"AROAEXAMPLEROLE00001:i-0123456789abcdef0"}}})",
          "sts.amazonaws.com"),
      ElementsAre("principal AROAEXAMPLEROLE00001", "role_session AROAEXAMPLEROLE00001:i-0123456789abcdef0",
                  "instance i-0123456789abcdef0"));
}

TEST(MentionsTest, LooksAlikesAreNoIds) {
  EXPECT_THAT(
      mentioned(
          R"({"requestParameters":{"x":["i-","vol-1234567","vol-1234567G","xvol-12345678","AROA","AKIAshort","arn","ar:n","",
                            "AIDAexampleuser00001","no",5,true,null,{}]}})"),
      IsEmpty());
}

TEST(MentionsTest, NamesBecomeArnsByServiceAndParameter) {
  EXPECT_THAT(by_parameter("s3.amazonaws.com", "bucketName", "data"), ElementsAre("resource arn:aws:s3:::data"));
  EXPECT_THAT(by_parameter("athena.amazonaws.com", "bucketName", "data"), ElementsAre("resource arn:aws:s3:::data"));
  EXPECT_THAT(by_parameter("iam.amazonaws.com", "userName", "lee"),
              ElementsAre("resource arn:aws:iam::111122223333:user/lee"));
  EXPECT_THAT(by_parameter("iam.amazonaws.com", "roleName", "web"),
              ElementsAre("resource arn:aws:iam::111122223333:role/web"));
  EXPECT_THAT(by_parameter("lambda.amazonaws.com", "functionName", "thumbs"),
              ElementsAre("resource arn:aws:lambda:eu-west-1:111122223333:function:thumbs"));
  EXPECT_THAT(by_parameter("dynamodb.amazonaws.com", "tableName", "orders"),
              ElementsAre("resource arn:aws:dynamodb:eu-west-1:111122223333:table/orders"));
  EXPECT_THAT(by_parameter("rds.amazonaws.com", "dBInstanceIdentifier", "main"),
              ElementsAre("resource arn:aws:rds:eu-west-1:111122223333:db:main"));
  EXPECT_THAT(by_parameter("eks.amazonaws.com", "name", "prod"),
              ElementsAre("resource arn:aws:eks:eu-west-1:111122223333:cluster/prod"));
  EXPECT_THAT(by_parameter("cloudtrail.amazonaws.com", "name", "main"),
              ElementsAre("resource arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"));
  EXPECT_THAT(by_parameter("ssm.amazonaws.com", "name", "/db/password"),
              ElementsAre("resource arn:aws:ssm:eu-west-1:111122223333:parameter/db/password"));
  EXPECT_THAT(by_parameter("ssm.amazonaws.com", "name", "password"),
              ElementsAre("resource arn:aws:ssm:eu-west-1:111122223333:parameter/password"));
}

TEST(MentionsTest, NamesOfOtherServicesAreNothing) {
  EXPECT_THAT(by_parameter("ec2.amazonaws.com", "userName", "lee"), IsEmpty());
  EXPECT_THAT(by_parameter("iam.amazonaws.com", "name", "lee"), IsEmpty());
  EXPECT_THAT(by_parameter("lambda.amazonaws.com", "tableName", "orders"), IsEmpty());
}

TEST(MentionsTest, AListIsNamedByItsParameter) {
  EXPECT_THAT(mentioned(R"({"requestParameters":{"names":["/a/b","c/d"]}})", "ssm.amazonaws.com"),
              ElementsAre("resource arn:aws:ssm:eu-west-1:111122223333:parameter/a/b",
                          "resource arn:aws:ssm:eu-west-1:111122223333:parameter/c/d"));
}

TEST(MentionsTest, AnArnInANameParameterIsTheArn) {
  EXPECT_THAT(by_parameter("lambda.amazonaws.com", "functionName", "arn:aws:lambda:us-east-1:444455556666:function:x"),
              ElementsAre("resource arn:aws:lambda:us-east-1:444455556666:function:x"));
}

TEST(MentionsTest, IamArnsAreFoundWithAndWithoutTheirPath) {
  EXPECT_THAT(
      mentioned(R"({"requestParameters":{"x":"arn:aws:iam::111122223333:role/a/b/web"}})", "sts.amazonaws.com"),
      ElementsAre("resource arn:aws:iam::111122223333:role/a/b/web", "resource arn:aws:iam::111122223333:role/web"));
  EXPECT_THAT(mentioned(R"({"requestParameters":{"x":"arn:aws:iam::111122223333:role/web"}})", "sts.amazonaws.com"),
              ElementsAre("resource arn:aws:iam::111122223333:role/web"));
}

TEST(MentionsTest, EachEntityIsNamedOnce) {
  EXPECT_THAT(
      mentioned(
          R"({"requestParameters":{"a":"i-00000001","b":"i-00000001","bucketName":"x"},"resources":[{"ARN":"arn:aws:s3:::x"}]})"),
      UnorderedElementsAre("instance i-00000001", "resource arn:aws:s3:::x"));
}

TEST(MentionsTest, WrongTypesAreNothing) {
  for (const std::string_view record :
       {R"({})", R"({"requestParameters":null,"responseElements":5,"resources":"arn:aws:s3:::b"})",
        R"({"resources":[null,5,"x",[],{"ARN":5}]})", R"({"resources":{"ARN":"x"}})",
        R"({"requestParameters":{"bucketName":{"x":1}}})"})
    EXPECT_THAT(mentioned(record), IsEmpty()) << record;
}

TEST(MentionsTest, LongArnsAreCut) {
  const ApiEvent event =
      event_of(fmt::format(R"({{"requestParameters":{{"x":"arn:aws:s3:::b/{}"}}}})", std::string(2000, 'k')));
  ASSERT_EQ(event.mentions.size(), 1U);
  EXPECT_EQ(event.mentions[0].key.size(), kEntityKeyMaxBytes);
}

TEST(MentionsTest, EndAtTheirLimit) {
  const auto with = [](std::size_t count) {
    std::string list;
    for (std::size_t i = 0; i < count; ++i) list += fmt::format("{}\"i-{:08x}\"", i == 0 ? "" : ",", i);
    return event_of(fmt::format(R"({{"requestParameters":{{"x":[{}]}}}})", list));
  };
  EXPECT_EQ(with(kMentionsMaxPerEvent).mentions.size(), kMentionsMaxPerEvent);
  EXPECT_EQ(with(kMentionsMaxPerEvent).flags, 0);
  EXPECT_EQ(with(kMentionsMaxPerEvent + 1).mentions.size(), kMentionsMaxPerEvent);
  EXPECT_EQ(with(kMentionsMaxPerEvent + 1).flags, kFlagMentionsCut);
}

}  // namespace
}  // namespace backtrail::schema
