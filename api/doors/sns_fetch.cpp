// The one outgoing request of the doors, made only where an operator switched it on.
#include <arpa/inet.h>
#include <array>
#include <curl/curl.h>
#include <memory>
#include <mutex>
#include <netinet/in.h>
#include <sys/socket.h>

#include "api/doors/public_address.hpp"
#include "api/doors/sns_certificates.hpp"

namespace backtrail::api {
namespace {

using schema::Code;
using schema::fail;

constexpr long kFetchSeconds = 5;

struct FreeCurl {
  void operator()(CURL* p) const { curl_easy_cleanup(p); }
};

std::size_t keep(char* bytes, std::size_t size, std::size_t count, void* to) {
  auto& text = *static_cast<std::string*>(to);
  if (text.size() + size * count > kSnsCertificateBytesMax) return 0;
  text.append(bytes, size * count);
  return size * count;
}

// Asked with the address that the name resolved to, so that no name leads into our own network.
curl_socket_t open_public(void*, curlsocktype, curl_sockaddr* address) {
  if (!is_public_address(&address->addr)) return CURL_SOCKET_BAD;
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

}  // namespace

FetchCertificate fetch_over_https() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  return [](const SnsCertificateUrl& url) -> schema::Result<std::string> {
    const std::unique_ptr<CURL, FreeCurl> curl(curl_easy_init());
    if (curl == nullptr) return fail(Code::kIo, "the signing certificate cannot be fetched");
    std::string text;
    std::array<char, CURL_ERROR_SIZE> why{};
    curl_easy_setopt(curl.get(), CURLOPT_URL, url.url.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl.get(), CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
    curl_easy_setopt(curl.get(), CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, kFetchSeconds);
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_OPENSOCKETFUNCTION, open_public);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &text);
    curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, why.data());
    if (curl_easy_perform(curl.get()) != CURLE_OK)
      return fail(Code::kIo, "the signing certificate was not fetched: " + std::string(why.data()));
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) return fail(Code::kIo, "the signing certificate was answered with " + std::to_string(status));
    return text;
  };
}

}  // namespace backtrail::api
