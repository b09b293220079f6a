// Makes what SNS makes: keys, certificates, signed messages. Everything is made at run time; nothing is trusted
// anywhere.
//
//   SnsSigner signer;                                   // an authority of its own and a certificate for
//   sns.amazonaws.com auto body = signer.sign(signer.notification("…"));  // JSON as it is posted
#pragma once
#include <cstdint>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string>

namespace backtrail::testing {

struct SnsCertificateFacts {
  std::string name = "sns.amazonaws.com";
  long valid_from_s = -86'400, valid_to_s = 86'400;  // from now on
  int key_bits = 2048;
};

class SnsSigner {
 public:
  using Json = nlohmann::ordered_json;
  static constexpr const char* kFile = "SimpleNotificationService-0123456789abcdef0123456789abcdef.pem";
  static constexpr const char* kTopic = "arn:aws:sns:eu-west-1:111122223333:findings";

  explicit SnsSigner(const SnsCertificateFacts& facts = {})
      : authority_key_(EVP_RSA_gen(2048), EVP_PKEY_free),
        key_(EVP_RSA_gen(static_cast<unsigned>(facts.key_bits)), EVP_PKEY_free),
        authority_(certificate("A Test Authority", authority_key_.get(), nullptr, -86'400, 86'400)),
        certificate_(certificate(facts.name, key_.get(), authority_.get(), facts.valid_from_s, facts.valid_to_s)) {}

  std::string certificate_pem() const { return pem(certificate_.get()); }
  std::string authority_pem() const { return pem(authority_.get()); }

  // Not signed yet.
  static Json notification(const std::string& message, const std::string& timestamp,
                           const std::string& message_id = "50505050-0000-4000-8000-000000000001") {
    return {{"Type", "Notification"},
            {"MessageId", message_id},
            {"TopicArn", kTopic},
            {"Message", message},
            {"Timestamp", timestamp},
            {"SignatureVersion", "2"},
            {"SigningCertURL", std::string("https://sns.eu-west-1.amazonaws.com/") + kFile},
            {"UnsubscribeURL", "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe"}};
  }
  static Json confirmation(const std::string& timestamp, const std::string& type = "SubscriptionConfirmation") {
    Json made = notification("You have chosen to subscribe.", timestamp, "50505050-0000-4000-8000-000000000002");
    made["Type"] = type;
    made.erase("UnsubscribeURL");
    made["Token"] = "0123456789abcdef";
    made["SubscribeURL"] =
        "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=" + std::string(kTopic) +
        "&Token=0123456789abcdef";
    return made;
  }

  // With the signature of the version that the message names. Written here once more, so that the program's own text
  // to sign is checked against another.
  Json sign(Json message) const {
    std::string text;
    for (const char* key :
         {"Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"})
      if (message.contains(key) && !(std::string(key) == "Subject" && message["Type"] != "Notification"))
        text += std::string(key) + "\n" + message[key].get<std::string>() + "\n";
    message["Signature"] = signature(text, message["SignatureVersion"] == "1" ? EVP_sha1() : EVP_sha256());
    return message;
  }

 private:
  using Key = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;
  using Certificate = std::unique_ptr<X509, void (*)(X509*)>;

  Certificate certificate(const std::string& name, EVP_PKEY* key, X509* issuer, long from_s, long to_s) const {
    static int serial = 1;
    Certificate made(X509_new(), X509_free);
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial++);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), from_s);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), to_s);
    X509_set_pubkey(made.get(), key);
    X509_NAME* subject = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.c_str()), -1,
                               -1, 0);
    X509_set_issuer_name(made.get(), issuer == nullptr ? subject : X509_get_subject_name(issuer));
    if (issuer == nullptr) {
      X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, "critical,CA:TRUE");
      X509_add_ext(made.get(), extension, -1);
      X509_EXTENSION_free(extension);
    }
    X509_sign(made.get(), authority_key_.get(), EVP_sha256());
    return made;
  }
  static std::string pem(X509* certificate) {
    const std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_X509(bio.get(), certificate);
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &bytes);
    return std::string(bytes, static_cast<std::size_t>(size));
  }
  std::string signature(const std::string& text, const EVP_MD* digest) const {
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key_.get());
    std::size_t size = 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size());
    std::string made(size, '\0');
    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(made.data()), &size, bytes, text.size());
    std::string base64((size + 2) / 3 * 4 + 1, '\0');
    base64.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(base64.data()),
                                                           reinterpret_cast<const unsigned char*>(made.data()),
                                                           static_cast<int>(size))));
    return base64;
  }

  Key authority_key_, key_;
  Certificate authority_, certificate_;
};

}  // namespace backtrail::testing
