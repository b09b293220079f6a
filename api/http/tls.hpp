// The TLS side of the server: a context from a certificate chain and a key, both PEM files.
//
// TLS 1.2 with forward-secret AEAD ciphers, or 1.3; no compression, no renegotiation; HTTP/1.1 by ALPN. Session tickets
// stay on, because EventBridge opens a connection for every event.
#pragma once
#include <memory>
#include <string>

namespace boost::asio::ssl {
class context;
}

namespace backtrail::api {

struct TlsFiles {
  std::string certificate_chain_file;
  std::string private_key_file;
};

// Throws std::runtime_error with a sentence that names the file and what to do.
[[nodiscard]] std::shared_ptr<boost::asio::ssl::context> make_tls_context(const TlsFiles& files);

}  // namespace backtrail::api
