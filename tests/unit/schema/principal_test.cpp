// Every shape of userIdentity, and who the caller is by the rules of the CloudTrail user guide.
#include "schema/record/principal.hpp"

#include <gtest/gtest.h>

#include "tests/support/parsed_json.hpp"

namespace backtrail::schema {
namespace {

// "principal=KEY(NAME) session=KEY key=KEY instance=KEY", what is absent left out; then flags.
std::string who(std::string_view identity_json) {
  const testing::ParsedJson record(std::string(R"({"userIdentity":)") + std::string(identity_json) + "}");
  ApiEvent event;
  resolve_identity(record.root().find("userIdentity"), event);
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : " ") + part; };
  if (event.principal) add("principal=" + event.principal->key + "(" + event.principal->name + ")");
  if (event.session) add("session=" + event.session->key);
  if (event.access_key) add("key=" + event.access_key->key);
  if (event.instance) add("instance=" + event.instance->key);
  if ((event.flags & kFlagServiceMade) != 0) add("service_made");
  if ((event.flags & kFlagNoIdentity) != 0) add("no_identity");
  return text;
}

ApiEvent event_of(std::string_view identity_json) {
  const testing::ParsedJson record(std::string(R"({"userIdentity":)") + std::string(identity_json) + "}");
  ApiEvent event;
  resolve_identity(record.root().find("userIdentity"), event);
  return event;
}

struct IdentityCase {
  const char* name;
  std::string_view json, wanted;
};

class PrincipalTest : public ::testing::TestWithParam<IdentityCase> {};

TEST_P(PrincipalTest, IsResolvedByRule) {
  EXPECT_EQ(who(GetParam().json), GetParam().wanted);
}

const IdentityCase kCases[] = {
    {"Root",
     R"({"type":"Root","principalId":"111122223333","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333"})",
     "principal=111122223333:root(root)"},
    {"RootWithKey",
     R"({"type":"Root","principalId":"111122223333","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333",
         "accessKeyId":"AKIAROOTEXAMPLE00001","userName":"alias"})",
     "principal=111122223333:root(root) key=AKIAROOTEXAMPLE00001"},
    {"RootWithoutAccount", R"({"type":"Root","arn":"arn:aws:iam::111122223333:root"})",
     "principal=arn:aws:iam::111122223333:root(root)"},
    {"IamUser",
     R"({"type":"IAMUser","principalId":"AIDAEXAMPLEUSER00001","arn":"arn:aws:iam::111122223333:user/team/lee",
         "accountId":"111122223333","accessKeyId":"AKIAEXAMPLEKEY000001","userName":"lee"})",
     "principal=AIDAEXAMPLEUSER00001(lee) key=AKIAEXAMPLEKEY000001"},
    {"IamUserWithoutName",
     R"({"type":"IAMUser","principalId":"AIDAEXAMPLEUSER00001","arn":"arn:aws:iam::111122223333:user/team/lee"})",
     "principal=AIDAEXAMPLEUSER00001(lee)"},
    {"IamUserByArnOnly", R"({"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/lee","userName":"lee"})",
     "principal=arn:aws:iam::111122223333:user/lee(lee)"},
    {"IamUserByNameOnly", R"({"type":"IAMUser","accountId":"111122223333","userName":"lee"})",
     "principal=111122223333:lee(lee)"},
    {"IamUserThroughService",
     R"({"type":"IAMUser","principalId":"AIDAEXAMPLEUSER00001","userName":"lee","invokedBy":"athena.amazonaws.com"})",
     "principal=AIDAEXAMPLEUSER00001(lee) service_made"},
    // A sign-in with a name that no user has, often a password typed into the wrong field: nobody is known.
    {"HiddenUserName",
     R"({"type":"IAMUser","accountId":"111122223333","accessKeyId":"","userName":"HIDDEN_DUE_TO_SECURITY_REASONS"})",
     ""},
    {"AssumedRole",
     R"({"type":"AssumedRole","principalId":"AROAEXAMPLEROLE00001:deploy","arn":"arn:aws:sts::111122223333:assumed-role/web/deploy",
         "accountId":"111122223333","accessKeyId":"ASIAEXAMPLEKEY000001","sessionContext":{"sessionIssuer":{"type":"Role",
         "principalId":"AROAEXAMPLEROLE00001","arn":"arn:aws:iam::111122223333:role/web","accountId":"111122223333","userName":"web"}}})",
     "principal=AROAEXAMPLEROLE00001(web) session=AROAEXAMPLEROLE00001:deploy key=ASIAEXAMPLEKEY000001"},
    {"AssumedRoleWithoutIssuer",
     R"({"type":"AssumedRole","principalId":"AROAEXAMPLEROLE00001:deploy","arn":"arn:aws:sts::111122223333:assumed-role/web/deploy"})",
     "principal=AROAEXAMPLEROLE00001(web) session=AROAEXAMPLEROLE00001:deploy"},
    {"AssumedRoleByIssuerOnly",
     R"({"type":"AssumedRole","sessionContext":{"sessionIssuer":{"principalId":"AROAEXAMPLEROLE00001","userName":"web"}}})",
     "principal=AROAEXAMPLEROLE00001(web)"},
    {"AssumedRoleByArnOnly", R"({"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/web/deploy"})",
     "principal=arn:aws:sts::111122223333:assumed-role/web/deploy(web)"},
    {"SessionOfAnInstance",
     R"({"type":"AssumedRole","principalId":"AROAEXAMPLEROLE00001:i-0123456789abcdef0",
         "arn":"arn:aws:sts::111122223333:assumed-role/web/i-0123456789abcdef0"})",
     "principal=AROAEXAMPLEROLE00001(web) session=AROAEXAMPLEROLE00001:i-0123456789abcdef0 "
     "instance=i-0123456789abcdef0"},
    {"SessionOfAFunction",
     R"({"type":"AssumedRole","principalId":"AROAEXAMPLEROLE00002:thumbnails","arn":"arn:aws:sts::111122223333:assumed-role/fn-role/thumbnails",
         "accessKeyId":"ASIAEXAMPLEKEY000002"})",
     "principal=AROAEXAMPLEROLE00002(fn-role) session=AROAEXAMPLEROLE00002:thumbnails key=ASIAEXAMPLEKEY000002"},
    {"SessionNameWithColon", R"({"type":"AssumedRole","principalId":"AROAEXAMPLEROLE00001:a:b"})",
     "principal=AROAEXAMPLEROLE00001() session=AROAEXAMPLEROLE00001:a:b"},
    {"Role", R"({"type":"Role","principalId":"AROAEXAMPLEROLE00001","arn":"arn:aws:iam::111122223333:role/web"})",
     "principal=AROAEXAMPLEROLE00001(web)"},
    {"RoleWithPath",
     R"({"type":"Role","principalId":"AROAEXAMPLEROLE00001","arn":"arn:aws:iam::111122223333:role/service-role/web"})",
     "principal=AROAEXAMPLEROLE00001(web)"},
    {"FederatedUser",
     R"({"type":"FederatedUser","principalId":"111122223333:lee","arn":"arn:aws:sts::111122223333:federated-user/lee",
         "accessKeyId":"ASIAEXAMPLEKEY000003","sessionContext":{"sessionIssuer":{"type":"IAMUser","principalId":"AIDAEXAMPLEUSER00002",
         "arn":"arn:aws:iam::111122223333:user/broker","userName":"broker"}}})",
     "principal=AIDAEXAMPLEUSER00002(broker) session=111122223333:lee key=ASIAEXAMPLEKEY000003"},
    {"FederatedUserWithoutIssuer",
     R"({"type":"FederatedUser","principalId":"111122223333:lee","arn":"arn:aws:sts::111122223333:federated-user/lee"})",
     "principal=111122223333:lee(lee)"},
    {"SamlUser",
     R"({"type":"SAMLUser","principalId":"qualifier:lee@example.com","userName":"lee@example.com","identityProvider":"qualifier"})",
     "principal=qualifier:lee@example.com(lee@example.com)"},
    {"WebIdentityUser",
     R"({"type":"WebIdentityUser","principalId":"arn:aws:iam::111122223333:oidc-provider/oidc.example:sts.amazonaws.com:system:serviceaccount:ns:sa",
         "userName":"system:serviceaccount:ns:sa","identityProvider":"arn:aws:iam::111122223333:oidc-provider/oidc.example"})",
     "principal=arn:aws:iam::111122223333:oidc-provider/"
     "oidc.example:sts.amazonaws.com:system:serviceaccount:ns:sa(system:serviceaccount:ns:sa)"},
    {"Directory", R"({"type":"Directory","accountId":"111122223333","userName":"lee"})",
     "principal=111122223333:lee(lee)"},
    {"AccountByRoleId",
     R"({"type":"AWSAccount","principalId":"AROAEXAMPLEROLE00001:session","accountId":"444455556666"})",
     "principal=AROAEXAMPLEROLE00001() session=AROAEXAMPLEROLE00001:session"},
    {"AccountByRoleIdOfAnInstance",
     R"({"type":"AWSAccount","principalId":"AROAEXAMPLEROLE00001:i-12345678","accountId":"444455556666"})",
     "principal=AROAEXAMPLEROLE00001() session=AROAEXAMPLEROLE00001:i-12345678 instance=i-12345678"},
    {"AccountByUserId", R"({"type":"AWSAccount","principalId":"AIDAEXAMPLEUSER00001","accountId":"444455556666"})",
     "principal=AIDAEXAMPLEUSER00001()"},
    {"AccountAnonymous", R"({"type":"AWSAccount","principalId":"","accountId":"ANONYMOUS_PRINCIPAL"})",
     "principal=anonymous(anonymous)"},
    {"AccountAnonymousInLowerCase", R"({"type":"AWSAccount","accountId":"anonymous"})",
     "principal=anonymous(anonymous)"},
    {"AccountPlain", R"({"type":"AWSAccount","accountId":"444455556666"})", "principal=account:444455556666()"},
    {"Service", R"({"type":"AWSService","invokedBy":"ec2.amazonaws.com"})",
     "principal=service:ec2.amazonaws.com(ec2.amazonaws.com) service_made"},
    {"ServiceWithoutName", R"({"type":"AWSService"})", "service_made"},
    {"IdentityCenterUser",
     R"({"type":"IdentityCenterUser","accountId":"111122223333","onBehalfOf":{"userId":"90670a1b-c2d3","identityStoreArn":"arn:aws:identitystore::111122223333:identitystore/d-1"},
         "credentialId":"c-1"})",
     "principal=identity_center:90670a1b-c2d3()"},
    {"IdentityCenterUserWithoutPerson", R"({"type":"IdentityCenterUser","principalId":"p-1","userName":"lee"})",
     "principal=identity_center:p-1(lee)"},
    {"Unknown", R"({"type":"Unknown","principalId":"someone","accountId":"111122223333"})", "principal=someone()"},
    {"UnknownWithNothing", R"({"type":"Unknown"})", ""},
    {"TypeOfTheFuture", R"({"type":"Alien","principalId":"ALIENID","userName":"zork"})", "principal=ALIENID(zork)"},
    {"NoTypeButRoleId",
     R"({"principalId":"AROAEXAMPLEROLE00001:s","arn":"arn:aws:sts::111122223333:assumed-role/web/s"})",
     "principal=AROAEXAMPLEROLE00001(web) session=AROAEXAMPLEROLE00001:s"},
    {"InvokedByOnly", R"({"invokedBy":"cloudtrail.amazonaws.com"})",
     "principal=service:cloudtrail.amazonaws.com(cloudtrail.amazonaws.com) service_made"},
    {"AccountOnly", R"({"accountId":"111122223333"})", ""},
    {"EmptyKey", R"({"type":"IAMUser","principalId":"AIDAEXAMPLEUSER00001","userName":"lee","accessKeyId":""})",
     "principal=AIDAEXAMPLEUSER00001(lee)"},
    {"Null", "null", "no_identity"},
    {"Empty", "{}", "no_identity"},
    {"Text", R"("lee")", "no_identity"},
    {"List", R"([{"type":"Root"}])", "no_identity"},
    {"WrongTypes",
     R"({"type":5,"principalId":{},"arn":[],"accountId":111122223333,"sessionContext":"x","accessKeyId":null,"userName":true})",
     ""},
    {"WrongTypesInside",
     R"({"type":"AssumedRole","principalId":7,"sessionContext":{"sessionIssuer":["x"],"sourceIdentity":4}})", ""},
};

INSTANTIATE_TEST_SUITE_P(Shapes, PrincipalTest, ::testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

TEST(IdentityTest, AbsentIdentityIsFlagged) {
  ApiEvent event;
  resolve_identity(nullptr, event);
  EXPECT_EQ(event.flags, kFlagNoIdentity);
  EXPECT_FALSE(event.principal.has_value());
}

TEST(IdentityTest, SessionNameAndSourceIdentityAreApart) {
  const ApiEvent event = event_of(
      R"({"type":"AssumedRole","principalId":"AROAEXAMPLEROLE00001:job","accountId":"444455556666","invokedBy":"AWS Internal",
          "sessionContext":{"sourceIdentity":"lee@example.com"}})");
  EXPECT_EQ(event.session_name, "job");
  EXPECT_EQ(event.session->name, "job");
  EXPECT_EQ(event.source_identity, "lee@example.com");
  EXPECT_EQ(event.invoked_by, "AWS Internal");
  EXPECT_EQ(event.caller_account_id, "444455556666");
  EXPECT_EQ(event.identity_type, "AssumedRole");
}

// The caller chooses the session name; only the whole id in its place makes an instance of it.
TEST(IdentityTest, SessionNamesAreNoInstancesUnlessTheyAreOne) {
  for (const std::string_view name : {"i-xyz", "i-0123456789abcdef01", "web-i-12345678", "I-12345678", "i-12345678 "})
    EXPECT_FALSE(event_of(std::string(R"({"type":"AssumedRole","principalId":"AROAEXAMPLEROLE00001:)") +
                          std::string(name) + "\"}")
                     .instance)
        << name;
}

TEST(IdentityTest, TheSameRoleNameInTwoAccountsIsTwoPrincipals) {
  const auto one = event_of(
      R"({"type":"AssumedRole","principalId":"AROAEXAMPLEROLE00001:s","arn":"arn:aws:sts::111122223333:assumed-role/admin/s"})");
  const auto two = event_of(
      R"({"type":"AssumedRole","principalId":"AROAEXAMPLEROLE00002:s","arn":"arn:aws:sts::444455556666:assumed-role/admin/s"})");
  EXPECT_EQ(one.principal->name, two.principal->name);
  EXPECT_NE(one.principal->key, two.principal->key);
}

TEST(IdentityTest, KeysAreCut) {
  const std::string name(5000, 'n');
  const auto event = event_of(R"({"type":"AssumedRole","principalId":"AROAEXAMPLEROLE00001:)" + name +
                              R"(","accessKeyId":")" + name + "\"}");
  EXPECT_EQ(event.session->key.size(), kEntityKeyMaxBytes);
  EXPECT_EQ(event.access_key->key.size(), kEntityKeyMaxBytes);
  EXPECT_EQ(event.session_name, name);
}

}  // namespace
}  // namespace backtrail::schema
