#include "api/doors/sns_verifier.hpp"

#include <memory>
#include <openssl/evp.h>

#include "ingest/decode/base64.hpp"
#include "schema/core/time.hpp"

namespace backtrail::api {
namespace {

using schema::Code;
using schema::fail;

struct FreeContext {
  void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
};

// RSA PKCS#1 v1.5.
bool is_signed(const std::string& text, const std::string& signature, const EVP_MD* digest, X509* certificate) {
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, X509_get0_pubkey(certificate)) == 1 &&
         EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                          reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
}

schema::Error refused(const char* why) {
  return fail(Code::kForbidden, why);
}

}  // namespace

schema::Result<std::string> SnsVerifier::verify(const SnsMessage& message, std::int64_t now_us) {
  const auto topic = options_.topics.find(message.topic_arn);
  if (topic == options_.topics.end()) return refused("the topic may not send here");
  const auto sent = schema::parse_rfc3339(message.timestamp);
  if (!sent || sent->us < now_us - kSnsAgeMax_us || sent->us > now_us + kSnsAheadMax_us)
    return refused("the message is older than an hour, or its time is no time");
  const bool version_1 = message.signature_version == "1" && options_.allow_version_1;
  if (!version_1 && message.signature_version != "2")
    return refused("the signature is not of version 2; set the topic's attribute SignatureVersion to 2");
  const auto url = parse_sns_certificate_url(message.signing_certificate_url);
  if (!url) return refused("the certificate's address is not one of SNS");
  const auto signature = ingest::decode_base64(message.signature);
  if (!signature || signature->empty()) return refused("the signature is not base64");
  const auto certificate = certificates_.find(*url, now_us);
  if (!certificate) return certificate.error();
  if (!is_signed(sns_text_to_sign(message), *signature, version_1 ? EVP_sha1() : EVP_sha256(), certificate->get()))
    return refused("the signature does not fit the message");
  return topic->second;
}

}  // namespace backtrail::api
