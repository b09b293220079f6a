// Which API calls a finding's records tell of.
#include "query/findings/finding_evidence.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/parsed_json.hpp"

namespace backtrail::query {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<ApiEvidence> apis_of(std::initializer_list<std::string_view> records) {
  std::vector<ApiEvidence> apis;
  for (const auto record : records) {
    const backtrail::testing::ParsedJson json(record);
    collect_apis(json.root(), apis);
  }
  return apis;
}

TEST(FindingEvidenceTest, ReadsTheActionInEveryForm) {
  const ApiEvidence call{"s3.amazonaws.com", "ListObjects", std::nullopt};
  EXPECT_THAT(
      apis_of(
          {R"({"service":{"action":{"awsApiCallAction":{"api":"ListObjects","serviceName":"s3.amazonaws.com"}}}})"}),
      ElementsAre(call));
  EXPECT_THAT(
      apis_of(
          {R"({"Service":{"Action":{"AwsApiCallAction":{"Api":"ListObjects","ServiceName":"s3.amazonaws.com"}}}})"}),
      ElementsAre(call));
  EXPECT_THAT(
      apis_of(
          {R"({"detail":{"service":{"action":{"awsApiCallAction":{"api":"ListObjects","serviceName":"s3.amazonaws.com"}}}}})"}),
      ElementsAre(call));
  EXPECT_THAT(
      apis_of(
          {R"({"ProductArn":"x","Action":{"AwsApiCallAction":{"Api":"ListObjects","ServiceName":"s3.amazonaws.com"}}})"}),
      ElementsAre(call));
  EXPECT_THAT(
      apis_of(
          {R"({"detail":{"findings":[{"Action":{"AwsApiCallAction":{"Api":"ListObjects","ServiceName":"s3.amazonaws.com"}}}]}})"}),
      ElementsAre(call));
}

TEST(FindingEvidenceTest, UnitesVersionsAndKeepsTheLargestCount) {
  const auto apis = apis_of(
      {R"({"service":{"action":{"awsApiCallAction":{"api":"GetUser","serviceName":"iam.amazonaws.com"}},"additionalInfo":{"apiCalls":[{"name":"GetUser","count":2},{"name":"ListUsers","count":"5"}]}}})",
       R"({"service":{"additionalInfo":{"recentApiCalls":[{"api":"GetUser","count":7},{"api":"ListUsers","count":4}]}}})"});
  EXPECT_THAT(apis, ElementsAre(ApiEvidence{"iam.amazonaws.com", "GetUser", 7}, ApiEvidence{"", "ListUsers", 5}));
}

TEST(FindingEvidenceTest, ReadsWhatIsCalledUnusual) {
  const std::string_view listed =
      R"({"service":{"additionalInfo":{"value":"{\"anomalies\":{\"anomalousAPIs\":\"ssm.amazonaws.com:[DescribeInstanceInformation:success , GetConnectionStatus:AccessDenied] , ec2.amazonaws.com:[DescribeKeyPairs:success]\"}}"}}})";
  EXPECT_THAT(apis_of({listed}),
              ElementsAre(ApiEvidence{"ssm.amazonaws.com", "DescribeInstanceInformation", std::nullopt},
                          ApiEvidence{"ssm.amazonaws.com", "GetConnectionStatus", std::nullopt},
                          ApiEvidence{"ec2.amazonaws.com", "DescribeKeyPairs", std::nullopt}));
}

TEST(FindingEvidenceTest, BearsAnything) {
  EXPECT_THAT(
      apis_of({R"({})", R"([1,2])", R"({"service":7})", R"({"service":{"action":[]}})", R"({"detail":{"findings":{}}})",
               R"({"service":{"additionalInfo":{"value":"{not json","anomalies":{"anomalousAPIs":"x:[a:b"}}}})",
               R"({"service":{"additionalInfo":{"apiCalls":[1,"x",{"count":3},{"name":""}]}}})",
               R"({"service":{"additionalInfo":{"anomalies":{"anomalousAPIs":"]:[ , ,:]:["}}}})"}),
      IsEmpty());
}

TEST(FindingEvidenceTest, StopsAtItsLimit) {
  std::string record = R"({"service":{"additionalInfo":{"apiCalls":[)";
  for (std::size_t i = 0; i <= kEvidenceApisMax; ++i)
    record += (i == 0 ? "" : ",") + std::string(R"({"name":"Api)") + std::to_string(i) + R"("})";
  EXPECT_EQ(apis_of({record + "]}}}"}).size(), kEvidenceApisMax);
}

}  // namespace
}  // namespace backtrail::query
