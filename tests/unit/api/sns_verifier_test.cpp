// Signatures of SNS: what is good passes, and every change of a good message is refused.
#include "api/doors/sns_verifier.hpp"

#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <string>

#include "schema/core/time.hpp"
#include "tests/support/sns_signer.hpp"
#include "tests/support/temp_dir.hpp"

namespace backtrail::api {
namespace {

using schema::Code;
using testing::SnsCertificateFacts;
using testing::SnsSigner;
using Json = SnsSigner::Json;

std::int64_t now() {
  return schema::now_us();
}
std::string time_text(std::int64_t offset_s = 0) {
  return schema::format_rfc3339((now() / 1'000'000 + offset_s) * 1'000'000);
}

class SnsVerifierTest : public ::testing::Test {
 protected:
  SnsOptions pinned(const std::string& pem) {
    std::ofstream(directory.path() / SnsSigner::kFile) << pem;
    SnsOptions options;
    options.topics[SnsSigner::kTopic] = "akey";
    options.certificates.directory = directory.path();
    return options;
  }
  static SnsSigner& signer() {
    static SnsSigner one;
    return one;
  }
  static Json good() {
    Json message = SnsSigner::notification("{\"a\":1}", time_text());
    message["Subject"] = "a subject";
    return message;
  }
  static schema::Result<std::string> verify(SnsVerifier& verifier, const Json& message) {
    const auto read = read_sns_message(message.dump());
    if (!read) return read.error();
    if (!*read) return schema::fail(Code::kBadRecord, "no SNS message");
    return verifier.verify(**read, now());
  }
  static Code code(SnsVerifier& verifier, const Json& message) {
    const auto verified = verify(verifier, message);
    EXPECT_FALSE(verified) << message.dump();
    return verified ? Code::kIo : verified.error().code;
  }

  testing::TempDir directory;
};

TEST_F(SnsVerifierTest, TakesSignedMessagesOfEveryType) {
  SnsVerifier verifier(pinned(signer().certificate_pem()));
  EXPECT_TRUE(verifier.checks_signatures());
  EXPECT_EQ(verify(verifier, signer().sign(good())).value(), "akey");
  Json bare = good();
  bare.erase("Subject");
  EXPECT_TRUE(verify(verifier, signer().sign(bare)));
  bare["Subject"] = nullptr;
  Json without = bare;
  without.erase("Subject");
  Json with_null = signer().sign(without);
  with_null["Subject"] = nullptr;
  EXPECT_TRUE(verify(verifier, with_null)) << "null is as good as absent";
  for (const char* type : {"SubscriptionConfirmation", "UnsubscribeConfirmation"})
    EXPECT_TRUE(verify(verifier, signer().sign(SnsSigner::confirmation(time_text(), type)))) << type;
  Json odd = SnsSigner::notification("quotes \" \\ \n \xC3\xA4 \xF0\x9F\x94\x92 \x01", time_text());
  EXPECT_TRUE(verify(verifier, signer().sign(odd))) << "the text is signed with its escapes undone";
  odd["MessageAttributes"] = {{"a", {{"Type", "String"}, {"Value", "x"}}}};
  EXPECT_TRUE(verify(verifier, signer().sign(odd))) << "attributes are not signed";
}

TEST_F(SnsVerifierTest, TheSameMessageMayComeAgain) {
  SnsVerifier verifier(pinned(signer().certificate_pem()));
  const Json message = signer().sign(good());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(verify(verifier, message));
}

TEST_F(SnsVerifierTest, Version1OnlyWhenAllowed) {
  Json message = good();
  message["SignatureVersion"] = "1";
  message = signer().sign(message);
  SnsOptions options = pinned(signer().certificate_pem());
  SnsVerifier strict(options);
  EXPECT_EQ(code(strict, message), Code::kForbidden);
  options.allow_version_1 = true;
  SnsVerifier lenient(options);
  EXPECT_TRUE(verify(lenient, message));
  EXPECT_TRUE(verify(lenient, signer().sign(good())));
  // A signature of one version is none of the other.
  message["SignatureVersion"] = "2";
  EXPECT_EQ(code(lenient, message), Code::kForbidden);
  message = signer().sign(good());
  message["SignatureVersion"] = "1";
  EXPECT_EQ(code(lenient, message), Code::kForbidden);
}

TEST_F(SnsVerifierTest, EveryChangeIsRefused) {
  SnsVerifier verifier(pinned(signer().certificate_pem()));
  const SnsSigner other;
  using Change = std::function<void(Json&)>;
  const auto set = [](const char* key, const Json& value) -> Change {
    return [key, value](Json& message) { message[key] = value; };
  };
  const auto drop = [](const char* key) -> Change { return [key](Json& message) { message.erase(key); }; };
  const std::string good_signature = signer().sign(good())["Signature"];
  const std::vector<Change> notification_changes{set("Message", "{\"a\":2}"),
                                                 set("Message", ""),
                                                 set("Message", "{\"a\":1}\n"),
                                                 set("MessageId", "50505050-0000-4000-8000-000000000009"),
                                                 set("Subject", "another"),
                                                 drop("Subject"),
                                                 set("Subject", ""),
                                                 set("Timestamp", time_text(-60)),
                                                 set("Timestamp", time_text(60)),
                                                 set("Timestamp", "yesterday"),
                                                 set("Timestamp", ""),
                                                 set("Type", "SubscriptionConfirmation"),
                                                 set("Type", "UnsubscribeConfirmation"),
                                                 set("Type", "Other"),
                                                 set("TopicArn", "arn:aws:sns:eu-west-1:111122223333:other"),
                                                 set("TopicArn", "arn:aws:sns:eu-west-1:444455556666:findings"),
                                                 set("TopicArn", "*"),
                                                 set("TopicArn", ""),
                                                 set("SignatureVersion", "1"),
                                                 set("SignatureVersion", "3"),
                                                 set("SignatureVersion", 2),
                                                 drop("SignatureVersion"),
                                                 set("Signature", ""),
                                                 drop("Signature"),
                                                 set("Signature", "AAAA"),
                                                 set("Signature", "not base64!"),
                                                 set("Signature", good_signature + "\n"),
                                                 set("Signature", good_signature.substr(4)),
                                                 set("SigningCertURL", "https://evil.example/x.pem"),
                                                 drop("SigningCertURL"),
                                                 [&other](Json& message) { message = other.sign(message); },
                                                 [](Json& message) {  // moves a line from one field into the next
                                                   message["Message"] =
                                                       message["Message"].get<std::string>() + "\nMessageId\nx";
                                                 }};
  EXPECT_GE(notification_changes.size(), 30U);
  for (std::size_t i = 0; i < notification_changes.size(); ++i) {
    Json message = signer().sign(good());
    ASSERT_TRUE(verify(verifier, message));
    notification_changes[i](message);
    const auto verified = verify(verifier, message);
    EXPECT_FALSE(verified) << "change " << i << ": " << message.dump();
  }
  for (const auto& change :
       {set("Token", "other"), set("SubscribeURL", "https://sns.eu-west-1.amazonaws.com/?x"),
        set("Type", "UnsubscribeConfirmation"), set("Message", "x"), drop("Token"), drop("SubscribeURL")}) {
    Json message = signer().sign(SnsSigner::confirmation(time_text()));
    ASSERT_TRUE(verify(verifier, message));
    change(message);
    EXPECT_FALSE(verify(verifier, message)) << message.dump();
  }
}

TEST_F(SnsVerifierTest, AnHourOldIsTooOld) {
  SnsVerifier verifier(pinned(signer().certificate_pem()));
  const std::int64_t at = now();
  const auto sent = [&](std::int64_t us) {
    const Json message = signer().sign(SnsSigner::notification("{}", schema::format_rfc3339(us)));
    return verifier.verify(**read_sns_message(message.dump()), at).has_value();
  };
  EXPECT_TRUE(sent(at - kSnsAgeMax_us));
  EXPECT_FALSE(sent(at - kSnsAgeMax_us - 1));
  EXPECT_TRUE(sent(at + kSnsAheadMax_us));
  EXPECT_FALSE(sent(at + kSnsAheadMax_us + 1));
}

TEST_F(SnsVerifierTest, APinnedCertificateMustBeValidStrongAndOfSns) {
  const auto verdict = [&](const SnsCertificateFacts& facts) {
    const SnsSigner one(facts);
    SnsVerifier verifier(pinned(one.certificate_pem()));
    const auto verified = verify(verifier, one.sign(good()));
    return verified ? std::string("good") : verified.error().detail;
  };
  EXPECT_EQ(verdict({}), "good");
  EXPECT_EQ(verdict({.name = "sns.eu-west-1.amazonaws.com"}), "good");
  EXPECT_EQ(verdict({.valid_to_s = -10}), "the signing certificate is not valid at this time");
  EXPECT_EQ(verdict({.valid_from_s = 3600}), "the signing certificate is not valid at this time");
  EXPECT_EQ(verdict({.name = "sqs.amazonaws.com"}), "the signing certificate is not made out to SNS");
  EXPECT_EQ(verdict({.name = "*.amazonaws.com"}), "the signing certificate is not made out to SNS");
  EXPECT_EQ(verdict({.name = "amazonaws.com"}), "the signing certificate is not made out to SNS");
  EXPECT_EQ(verdict({.key_bits = 1024}), "the signing certificate has no RSA key of 2048 bits or more");
}

TEST_F(SnsVerifierTest, AMissingCertificateIsNoReasonToThrowAway) {
  SnsOptions options = pinned(signer().certificate_pem());
  std::filesystem::remove(directory.path() / SnsSigner::kFile);
  SnsVerifier verifier(options);
  EXPECT_EQ(code(verifier, signer().sign(good())), Code::kOverload);
  std::ofstream(directory.path() / SnsSigner::kFile) << "this is no PEM file";
  EXPECT_EQ(code(verifier, signer().sign(good())), Code::kOverload);
  std::ofstream(directory.path() / SnsSigner::kFile) << std::string(kSnsCertificateBytesMax + 1, 'x');
  EXPECT_EQ(code(verifier, signer().sign(good())), Code::kOverload);
  std::ofstream(directory.path() / SnsSigner::kFile) << signer().certificate_pem();
  EXPECT_TRUE(verify(verifier, signer().sign(good()))) << "put there while the server runs";
}

TEST_F(SnsVerifierTest, WithoutTopicsNothingIsChecked) {
  EXPECT_FALSE(SnsVerifier({}).checks_signatures());
}

class SnsFetchTest : public SnsVerifierTest {
 protected:
  SnsOptions fetching(std::function<schema::Result<std::string>()> answer) {
    std::ofstream(directory.path() / "authorities.pem") << signer().authority_pem();
    SnsOptions options;
    options.topics[SnsSigner::kTopic] = "akey";
    options.certificates.authorities = directory.path() / "authorities.pem";
    options.certificates.fetch = [this, answer](const SnsCertificateUrl& url) {
      fetched.push_back(url.url);
      return answer();
    };
    return options;
  }
  std::vector<std::string> fetched;
};

TEST_F(SnsFetchTest, FetchesOnceAndKeeps) {
  SnsVerifier verifier(fetching([] { return signer().certificate_pem(); }));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(verify(verifier, signer().sign(good())));
  EXPECT_EQ(fetched, std::vector<std::string>{std::string("https://sns.eu-west-1.amazonaws.com/") + SnsSigner::kFile});
}

TEST_F(SnsFetchTest, WhatIsFetchedMustChainToAnAuthority) {
  const SnsSigner stranger;
  SnsVerifier verifier(fetching([&] { return stranger.certificate_pem(); }));
  EXPECT_EQ(code(verifier, stranger.sign(good())), Code::kForbidden);
  SnsVerifier with_chain(fetching([&] { return stranger.certificate_pem() + stranger.authority_pem(); }));
  EXPECT_EQ(code(with_chain, stranger.sign(good())), Code::kForbidden) << "its own authority proves nothing";
}

TEST_F(SnsFetchTest, AFetchThatFailsMayWorkLater) {
  bool works = false;
  SnsVerifier verifier(fetching([&]() -> schema::Result<std::string> {
    if (!works) return schema::fail(Code::kIo, "no network");
    return signer().certificate_pem();
  }));
  const auto at = [&](std::int64_t offset_us) {
    return verifier.verify(**read_sns_message(signer().sign(good()).dump()), now() + offset_us);
  };
  EXPECT_EQ(at(0).error().code, Code::kOverload);
  works = true;
  EXPECT_TRUE(at(2 * SnsCertificates::kFetchPause_us));
  EXPECT_EQ(fetched.size(), 2U);
}

TEST_F(SnsFetchTest, RealFetchesDoNotReachOurOwnNetwork) {
  // The name is SNS's own form in a Region that does not exist; whatever it resolves to, nothing is trusted.
  const auto fetch = fetch_over_https();
  const auto answer = fetch({"https://localhost/x.pem", "localhost", "x.pem"});
  ASSERT_FALSE(answer) << "loopback is refused before a connection is made";
  EXPECT_EQ(answer.error().code, Code::kIo);
}

}  // namespace
}  // namespace backtrail::api
