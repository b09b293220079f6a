// Whether a message really comes from an SNS topic that an operator allowed.
//
// The checks stand in the order of what they cost and risk: the topic is on the list, the time is near, the version is
// allowed, the certificate's address is SNS's own, then the certificate, then the signature. No address in a message is
// used before its topic is known. A message that was checked before may be sent again: storing it adds nothing.
// Thread-safe; may block where certificates are fetched.
#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "api/doors/sns_certificates.hpp"
#include "api/doors/sns_message.hpp"
#include "schema/core/error.hpp"

namespace backtrail::api {

inline constexpr std::int64_t kSnsAgeMax_us = 3600LL * 1'000'000;  // SNS tries for an hour at most
inline constexpr std::int64_t kSnsAheadMax_us = 900LL * 1'000'000;

struct SnsOptions {
  std::map<std::string, std::string> topics;  // topic ARN to the id of the key whose accounts it may write
  bool allow_version_1 = false;               // signatures with SHA-1
  SnsCertificateOptions certificates;
};

class SnsVerifier {
 public:
  explicit SnsVerifier(SnsOptions options) : options_(std::move(options)), certificates_(options_.certificates) {}

  // False: messages are not checked, and a key is needed.
  bool checks_signatures() const { return !options_.topics.empty(); }
  // The id of the key that the topic is bound to. kForbidden: not from SNS, or not from a topic that may send here.
  // kOverload: it cannot be told now, and the same message may pass later.
  schema::Result<std::string> verify(const SnsMessage& message, std::int64_t now_us);

 private:
  const SnsOptions options_;
  SnsCertificates certificates_;
};

}  // namespace backtrail::api
