#include "api/http/tls.hpp"

#include <boost/asio/ssl/context.hpp>
#include <openssl/ssl.h>
#include <stdexcept>
#include <string_view>

namespace backtrail::api {
namespace {

namespace ssl = boost::asio::ssl;

constexpr char kTls12Ciphers[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr unsigned char kAlpnHttp11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
constexpr unsigned char kSessionContext[] = "backtrail";

int select_alpn(SSL*, const unsigned char** out, unsigned char* out_bytes, const unsigned char* in,
                unsigned int in_bytes, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_bytes, kAlpnHttp11, sizeof kAlpnHttp11, in, in_bytes) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

[[noreturn]] void refuse(const std::string& file, std::string_view what, const std::string& reason) {
  throw std::runtime_error("TLS: " + file + " " + std::string(what) + (reason.empty() ? "" : " (" + reason + ")") +
                           ". Give PEM files: the certificate followed by its chain, and its private key.");
}

}  // namespace

std::shared_ptr<ssl::context> make_tls_context(const TlsFiles& files) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(native, kTls12Ciphers);
  SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_id_context(native, kSessionContext, sizeof kSessionContext - 1);
  SSL_CTX_set_alpn_select_cb(native, select_alpn, nullptr);

  boost::system::error_code error;
  context->use_certificate_chain_file(files.certificate_chain_file, error);
  if (error) refuse(files.certificate_chain_file, "is not a readable certificate chain", error.message());
  context->use_private_key_file(files.private_key_file, ssl::context::pem, error);
  if (error) refuse(files.private_key_file, "is not a readable private key", error.message());
  if (SSL_CTX_check_private_key(native) != 1) {
    refuse(files.private_key_file, "does not belong to " + files.certificate_chain_file, {});
  }
  return context;
}

}  // namespace backtrail::api
