#include "api/doors/sns_certificates.hpp"

#include <fstream>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <vector>

namespace backtrail::api {
namespace {

using schema::Code;
using schema::fail;
using schema::Result;
using Certificate = SnsCertificates::Certificate;

struct Free {
  void operator()(BIO* p) const { BIO_free_all(p); }
  void operator()(X509_STORE* p) const { X509_STORE_free(p); }
  void operator()(X509_STORE_CTX* p) const { X509_STORE_CTX_free(p); }
};

// Every certificate of a PEM text, the signer's own first.
std::vector<Certificate> read_pem(const std::string& text) {
  const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  std::vector<Certificate> certificates;
  while (X509* one = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) certificates.emplace_back(one, X509_free);
  return certificates;
}

// SNS's own name, or its name in the Region that the certificate is from.
bool is_of_sns(X509* certificate, const std::string& host) {
  for (const std::string& name : {std::string("sns.amazonaws.com"), host})
    if (X509_check_host(certificate, name.data(), name.size(), X509_CHECK_FLAG_NO_WILDCARDS, nullptr) == 1) return true;
  return false;
}

bool has_strong_key(X509* certificate) {
  const EVP_PKEY* key = X509_get0_pubkey(certificate);
  return key != nullptr && EVP_PKEY_is_a(key, "RSA") == 1 && EVP_PKEY_get_bits(key) >= kRsaBitsMin;
}

// Dates and chain up to the store; `partial`: what is in the store needs no chain of its own.
bool verifies(const std::vector<Certificate>& chain, X509_STORE* store, bool partial, std::int64_t now_us) {
  STACK_OF(X509)* others = sk_X509_new_null();
  for (std::size_t i = 1; i < chain.size(); ++i) sk_X509_push(others, chain[i].get());
  const std::unique_ptr<X509_STORE_CTX, Free> context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store, chain.front().get(), others);
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(parameters, static_cast<time_t>(now_us / 1'000'000));
  if (partial) X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  const bool good = X509_verify_cert(context.get()) == 1;
  sk_X509_free(others);
  return good;
}

schema::Error not_trusted(const char* why) {
  return fail(Code::kForbidden, std::string("the signing certificate ") + why);
}

Result<void> check_holder(X509* certificate, const std::string& host) {
  if (!is_of_sns(certificate, host)) return not_trusted("is not made out to SNS");
  if (!has_strong_key(certificate)) return not_trusted("has no RSA key of 2048 bits or more");
  return {};
}

}  // namespace

Result<Certificate> SnsCertificates::pinned(const SnsCertificateUrl& url, std::int64_t now_us) const {
  std::error_code ignored;
  const auto path = options_.directory / url.file_name;
  if (!std::filesystem::is_regular_file(path, ignored) ||
      std::filesystem::file_size(path, ignored) > kSnsCertificateBytesMax)
    return fail(Code::kNotFound, "not pinned");
  std::ifstream file(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const auto chain = read_pem(text);
  if (chain.empty()) return fail(Code::kNotFound, "no PEM file");
  const std::unique_ptr<X509_STORE, Free> store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), chain.front().get());
  if (!verifies(chain, store.get(), true, now_us)) return not_trusted("is not valid at this time");
  if (const auto holder = check_holder(chain.front().get(), url.host); !holder) return holder.error();
  return chain.front();
}

Result<Certificate> SnsCertificates::fetched(const SnsCertificateUrl& url, std::int64_t now_us) {
  const std::lock_guard lock(mutex_);
  const auto kept = kept_.find(url.url);
  time_t now = static_cast<time_t>(now_us / 1'000'000);
  if (kept != kept_.end() && kept->second.until_us > now_us &&
      X509_cmp_time(X509_get0_notAfter(kept->second.certificate.get()), &now) > 0)
    return kept->second.certificate;
  if (now_us - last_fetch_us_ < kFetchPause_us && now_us >= last_fetch_us_)
    return fail(Code::kOverload, "another signing certificate was fetched just now");
  last_fetch_us_ = now_us;
  const auto text = options_.fetch(url);
  if (!text) return fail(Code::kOverload, text.error().detail);
  const auto chain = read_pem(*text);
  if (chain.empty()) return fail(Code::kOverload, "what was fetched is no certificate");
  const std::unique_ptr<X509_STORE, Free> store(X509_STORE_new());
  if (options_.authorities.empty())
    X509_STORE_set_default_paths(store.get());
  else
    X509_STORE_load_file(store.get(), options_.authorities.c_str());
  if (!verifies(chain, store.get(), false, now_us)) return not_trusted("does not chain to a trusted authority now");
  if (const auto holder = check_holder(chain.front().get(), url.host); !holder) return holder.error();
  if (kept_.size() >= kKeptMax) kept_.clear();
  kept_[url.url] = {chain.front(), now_us + kFetchedLife_us};
  return chain.front();
}

Result<Certificate> SnsCertificates::find(const SnsCertificateUrl& url, std::int64_t now_us) {
  if (!options_.directory.empty()) {
    auto certificate = pinned(url, now_us);
    if (certificate || certificate.error().code != Code::kNotFound) return certificate;
  }
  if (options_.fetch) return fetched(url, now_us);
  return fail(Code::kOverload, "the signing certificate " + url.file_name + " is not in the directory of certificates");
}

}  // namespace backtrail::api
