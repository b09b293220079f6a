// The certificates that SNS signs with: pinned in a directory by file name, or fetched, when that is switched on.
//
// A pinned file is trusted because an operator put it there; a fetched one must chain to a certificate authority of the
// system. Both must be valid at the time and made out to SNS. Fetched ones are kept for kFetchedLife. Thread-safe; a
// fetch blocks its caller, at most one runs at a time.
#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <openssl/x509.h>
#include <string>

#include "api/doors/sns_url.hpp"
#include "schema/core/error.hpp"

namespace backtrail::api {

inline constexpr std::size_t kSnsCertificateBytesMax = 16UL * 1024;
inline constexpr int kRsaBitsMin = 2048;

// The bytes behind a URL that parse_sns_certificate_url made.
using FetchCertificate = std::function<schema::Result<std::string>(const SnsCertificateUrl&)>;

struct SnsCertificateOptions {
  std::filesystem::path directory;    // "": none are pinned
  FetchCertificate fetch;             // empty: nothing is ever fetched
  std::filesystem::path authorities;  // PEM bundle instead of the system's; for tests and private set-ups
};

class SnsCertificates {
 public:
  static constexpr std::int64_t kFetchedLife_us = 24LL * 3600 * 1'000'000;
  static constexpr std::int64_t kFetchPause_us = 1'000'000;  // between two fetches: strangers can ask for them
  static constexpr std::size_t kKeptMax = 64;

  explicit SnsCertificates(SnsCertificateOptions options) : options_(std::move(options)) {}

  using Certificate = std::shared_ptr<X509>;
  // kForbidden: it is there and may not be trusted. kOverload: it is not there; an operator or time may help.
  schema::Result<Certificate> find(const SnsCertificateUrl& url, std::int64_t now_us);

 private:
  struct Kept {
    Certificate certificate;
    std::int64_t until_us;
  };
  schema::Result<Certificate> pinned(const SnsCertificateUrl& url, std::int64_t now_us) const;
  schema::Result<Certificate> fetched(const SnsCertificateUrl& url, std::int64_t now_us);

  const SnsCertificateOptions options_;
  std::mutex mutex_;
  std::map<std::string, Kept> kept_;  // by URL
  std::int64_t last_fetch_us_ = 0;
};

// Over HTTPS from SNS itself: no redirects, no proxy, public addresses only, 5 s, 16 KiB.
FetchCertificate fetch_over_https();

}  // namespace backtrail::api
