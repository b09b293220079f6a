// Addresses in SNS messages: nothing but SNS's own is ever used, and so nothing else is ever connected to.
#include "api/doors/sns_url.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <string>
#include <vector>

#include "api/doors/public_address.hpp"
#include "api/doors/sns_verifier.hpp"
#include "schema/core/time.hpp"
#include "tests/support/sns_signer.hpp"

namespace backtrail::api {
namespace {

using namespace std::string_literals;

const std::string kFile = testing::SnsSigner::kFile;
const std::string kGood = "https://sns.eu-west-1.amazonaws.com/" + kFile;

// More than a hundred ways to lead a careless reader elsewhere.
std::vector<std::string> malformed() {
  std::vector<std::string> urls{"",
                                "https",
                                "https://",
                                "https:///",
                                "https:///" + kFile,
                                "//sns.eu-west-1.amazonaws.com/" + kFile,
                                kFile,
                                "/" + kFile,
                                "file:///" + kFile,
                                "ftp://sns.eu-west-1.amazonaws.com/" + kFile,
                                "data:,x",
                                "gopher://x/",
                                " " + kGood,
                                kGood + " ",
                                kGood + "\n",
                                "\t" + kGood,
                                kGood + "\r\nHost: evil",
                                kGood + "\0x"s,
                                "\0"s + kGood,
                                kGood + "#",
                                kGood + "#x",
                                kGood + "?",
                                kGood + "?x=1",
                                kGood + "/",
                                kGood + ";",
                                kGood + "%00",
                                kGood + ".pem"};
  for (const char* scheme : {"http://", "HTTPS://", "Https://", "https:/", "https:\\\\", "https:", "httpss://",
                             "hTTps://", "https://https://", "https:// ", "https://\t", "view-source:https://"})
    urls.push_back(scheme + "sns.eu-west-1.amazonaws.com/"s + kFile);
  for (const char* host : {"sns.eu-west-1.amazonaws.com.evil.example",
                           "evil.example",
                           "sns.eu-west-1.amazonaws.com@evil.example",
                           "evil.example#sns.eu-west-1.amazonaws.com",
                           "evil.example?sns.eu-west-1.amazonaws.com",
                           "evil.example\\sns.eu-west-1.amazonaws.com",
                           "sns.eu-west-1.amazonaws.com:443",
                           "sns.eu-west-1.amazonaws.com:",
                           "user@sns.eu-west-1.amazonaws.com",
                           "user:pw@sns.eu-west-1.amazonaws.com",
                           "@sns.eu-west-1.amazonaws.com",
                           "sns.eu-west-1.amazonaws.com.",
                           ".sns.eu-west-1.amazonaws.com",
                           "sns..amazonaws.com",
                           "sns.amazonaws.com",
                           "sns.e.amazonaws.com",
                           "sns.eu.amazonaws.com",
                           "sns.this-region-has-a-name-beyond-all.amazonaws.com",
                           "sns.EU-WEST-1.amazonaws.com",
                           "SNS.eu-west-1.amazonaws.com",
                           "sns.eu-west-1.AmazonAWS.com",
                           "sns.eu_west_1.amazonaws.com",
                           "sns.eu-west-1.s3.amazonaws.com",
                           "sns.s3.eu-west-1.amazonaws.com",
                           "sns.eu-west-1.amazonaws.com.cn.evil",
                           "sns.eu-west-1.amazonaws.cn",
                           "sns.eu-west-1.amazonaws.co",
                           "sns.eu-west-1.amazonaws.comm",
                           "sns.eu-west-1.amazonaws.org",
                           "sns.eu-west-1-amazonaws.com",
                           "sns-eu-west-1.amazonaws.com",
                           "snss.eu-west-1.amazonaws.com",
                           "xsns.eu-west-1.amazonaws.com",
                           "s3.amazonaws.com/sns.eu-west-1.amazonaws.com",
                           "sqs.eu-west-1.amazonaws.com",
                           "sns.eu-west-1.amazonaws.com%2eevil.example",
                           "sns.eu-west-1.amazonaws.com%00.evil.example",
                           "sns.eu-west-1.amazonaws%2ecom",
                           "sns%2eeu-west-1.amazonaws.com",
                           "sns.eu-west-1.amazonaws.com%20",
                           "sns.eu-west-1.amazonaws.com ",
                           " sns.eu-west-1.amazonaws.com",
                           "sns.eu west 1.amazonaws.com",
                           "sns.eu-west-1\t.amazonaws.com",
                           "127.0.0.1",
                           "127.1",
                           "2130706433",
                           "0x7f000001",
                           "0177.0.0.1",
                           "[::1]",
                           "[::ffff:127.0.0.1]",
                           "169.254.169.254",
                           "[fd00:ec2::254]",
                           "localhost",
                           "metadata.google.internal",
                           "0",
                           "10.0.0.1",
                           "sns.eu-west-1.amazonaws.com\xE3\x80\x82",
                           "sns\343\200\202eu-west-1.amazonaws.com",
                           "sns.eu-west-1.amazon\xC3\xA4ws.com",
                           "sns.eu-west-1.\xEF\xBD\x81mazonaws.com",
                           "xn--sns-eu-west-1.amazonaws.com",
                           "sns.eu-west-1.amazonaws.com\\@evil.example",
                           "*.amazonaws.com",
                           "sns.*.amazonaws.com",
                           "sns.eu-west-1.amazonaws.com,evil.example"})
    urls.push_back("https://"s + host + "/" + kFile);
  const std::string host = "https://sns.eu-west-1.amazonaws.com";
  for (const char* path : {"",
                           "/",
                           "//",
                           "/x.pem",
                           "/SimpleNotificationService-.pem",
                           "/SimpleNotificationService.pem",
                           "/SimpleNotificationService-0123456789abcdef0123456789abcde.pem",
                           "/SimpleNotificationService-0123456789abcdef0123456789abcdef0.pem",
                           "/SimpleNotificationService-0123456789ABCDEF0123456789abcdef.pem",
                           "/SimpleNotificationService-0123456789abcdeg0123456789abcdef.pem",
                           "/SimpleNotificationService-0123456789abcdef0123456789abcdef.PEM",
                           "/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem.exe",
                           "/SimpleNotificationService-0123456789abcdef0123456789abcdef",
                           "/simpleNotificationService-0123456789abcdef0123456789abcdef.pem",
                           "//SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
                           "/./SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
                           "/x/../SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
                           "/x/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
                           "/%53impleNotificationService-0123456789abcdef0123456789abcdef.pem",
                           "\\SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
                           "/SimpleNotificationService-../../../../etc/passwd0123456789.pem"})
    urls.push_back(host + path);
  urls.push_back(kGood + std::string(kSnsUrlBytesMax, 'x'));
  return urls;
}

TEST(SnsUrlTest, TakesAddressesOfSns) {
  for (const char* host : {"sns.eu-west-1.amazonaws.com", "sns.us-gov-west-1.amazonaws.com",
                           "sns.cn-north-1.amazonaws.com.cn", "sns.abc.amazonaws.com"}) {
    const auto parsed = parse_sns_certificate_url("https://"s + host + "/" + kFile);
    ASSERT_TRUE(parsed) << host;
    EXPECT_EQ(parsed->host, host);
    EXPECT_EQ(parsed->file_name, kFile);
    EXPECT_EQ(parsed->url, "https://"s + host + "/" + kFile);
  }
}

TEST(SnsUrlTest, MalformedAddressesLeadNowhere) {
  const auto urls = malformed();
  EXPECT_GE(urls.size(), 100U);
  int fetches = 0;
  SnsOptions options;
  options.topics[testing::SnsSigner::kTopic] = "key";
  options.certificates.fetch = [&fetches](const SnsCertificateUrl&) -> schema::Result<std::string> {
    ++fetches;
    return schema::fail(schema::Code::kIo, "no network in a test");
  };
  SnsVerifier verifier(options);
  SnsMessage message;
  message.topic_arn = testing::SnsSigner::kTopic;
  message.timestamp = "2026-11-03T12:00:00Z";
  message.signature_version = "2";
  message.signature = "AAAA";
  const std::int64_t now = schema::parse_rfc3339(message.timestamp).value().us;
  for (const std::string& url : urls) {
    EXPECT_FALSE(parse_sns_certificate_url(url)) << url;
    message.signing_certificate_url = url;
    const auto verified = verifier.verify(message, now);
    ASSERT_FALSE(verified) << url;
    EXPECT_EQ(verified.error().code, schema::Code::kForbidden) << url;
  }
  EXPECT_EQ(fetches, 0);
  // The real thing neither: under strace this makes no connect.
  options.certificates.fetch = fetch_over_https();
  SnsVerifier real(options);
  for (const std::string& url : urls) {
    message.signing_certificate_url = url;
    EXPECT_EQ(real.verify(message, now).error().code, schema::Code::kForbidden) << url;
  }
  // The counter counts: a good address is fetched.
  message.signing_certificate_url = kGood;
  EXPECT_EQ(verifier.verify(message, now).error().code, schema::Code::kOverload);
  EXPECT_EQ(fetches, 1);
  // But not for a topic that is not on the list, nor at once again.
  EXPECT_EQ(verifier.verify(message, now).error().code, schema::Code::kOverload);
  message.topic_arn += "2";
  EXPECT_EQ(verifier.verify(message, now + 10 * 1'000'000).error().code, schema::Code::kForbidden);
  EXPECT_EQ(fetches, 1);
}

TEST(SnsUrlTest, ShowsOnlyAddressesThatConfirm) {
  const std::string host = "https://sns.eu-west-1.amazonaws.com";
  EXPECT_TRUE(is_sns_confirmation_url(
      host + "/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:eu-west-1:111122223333:t&Token=ab"));
  EXPECT_TRUE(is_sns_confirmation_url(host + "/?TopicArn=x&Action=ConfirmSubscription"));
  for (const std::string& url :
       {host, host + "/", host + "/?", host + "/?Action=Unsubscribe", host + "/x?Action=ConfirmSubscription",
        host + "/?Action=ConfirmSubscriptions", host + "/?xAction=ConfirmSubscription",
        host + "/?Action=ConfirmSubscription#x", host + "/?Action=ConfirmSubscription&x=\"",
        host + "/?Action=ConfirmSubscription&x=<",
        host + "/?Action=ConfirmSubscription&x= ", "http" + host.substr(5) + "/?Action=ConfirmSubscription",
        "javascript:alert(1)//"s + host + "/?Action=ConfirmSubscription",
        "https://evil.example/?Action=ConfirmSubscription"s, host + ".evil.example/?Action=ConfirmSubscription"})
    EXPECT_FALSE(is_sns_confirmation_url(url)) << url;
}

TEST(SnsUrlTest, ReadsTopics) {
  const auto topic = parse_sns_topic("arn:aws:sns:eu-west-1:111122223333:a-name_1.fifo");
  ASSERT_TRUE(topic);
  EXPECT_EQ(topic->account_id, "111122223333");
  EXPECT_EQ(topic->region, "eu-west-1");
  EXPECT_EQ(topic->name, "a-name_1.fifo");
  EXPECT_TRUE(parse_sns_topic("arn:aws-us-gov:sns:us-gov-west-1:111122223333:t"));
  for (const char* arn : {"", "arn", "arn:aws:sns:eu-west-1:111122223333", "arn:aws:sns:eu-west-1:111122223333:",
                          "arn:aws:sqs:eu-west-1:111122223333:t", "arn:aws:sns:eu-west-1:11112222333:t",
                          "arn:aws:sns:eu-west-1:1111222233334:t", "arn:aws:sns:eu-west-1:11112222333x:t",
                          "arn:aws:sns:eu-west-1:111122223333:t:x", "arn:aws:sns:eu-west-1:111122223333:t t",
                          "xrn:aws:sns:eu-west-1:111122223333:t", "arn:evil:sns:eu-west-1:111122223333:t",
                          "arn:aws:sns::111122223333:t", "arn:aws:sns:eu-west-1:111122223333:<b>"})
    EXPECT_FALSE(parse_sns_topic(arn)) << arn;
}

bool is_public(const std::string& text) {
  if (text.find(':') == std::string::npos) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    EXPECT_EQ(inet_pton(AF_INET, text.c_str(), &in.sin_addr), 1) << text;
    return is_public_address(reinterpret_cast<const sockaddr*>(&in));
  }
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), &in.sin6_addr), 1) << text;
  return is_public_address(reinterpret_cast<const sockaddr*>(&in));
}

TEST(PublicAddressTest, TellsTheInternetFromOurNetworks) {
  for (const char* text : {"1.1.1.1", "9.255.255.255", "11.0.0.0", "52.94.0.1", "100.63.255.255", "100.128.0.0",
                           "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "223.255.255.255",
                           "2600:1f00::1", "2a05:d000::1", "2000::", "2001:400::1"})
    EXPECT_TRUE(is_public(text)) << text;
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.0",
                           "10.255.255.255",
                           "100.64.0.0",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.255.255",
                           "169.254.169.254",
                           "172.16.0.0",
                           "172.31.255.255",
                           "192.0.0.1",
                           "192.168.0.1",
                           "198.18.0.1",
                           "198.19.255.255",
                           "198.51.100.1",
                           "203.0.113.1",
                           "224.0.0.1",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::ffff:8.8.8.8",
                           "::8.8.8.8",
                           "fe80::1",
                           "fc00::1",
                           "fd00:ec2::254",
                           "ff02::1",
                           "2001:db8::1",
                           "2001::1",
                           "2002:7f00:1::",
                           "64:ff9b::7f00:1",
                           "100::1",
                           "4000::1"})
    EXPECT_FALSE(is_public(text)) << text;
  sockaddr local{};
  local.sa_family = AF_UNIX;
  EXPECT_FALSE(is_public_address(&local));
}

}  // namespace
}  // namespace backtrail::api
