// The server behind TLS, with certificates made here.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <memory>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string>

#include "api/http/server.hpp"
#include "tests/http/raw_client.hpp"

namespace backtrail::api {
namespace {

namespace fs = std::filesystem;

const std::string kGet = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";

// A self-signed certificate for `name`, valid for a day, and its key.
void write_certificate(const TlsFiles& files, const char* name) {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 24L * 60 * 60);
  X509_set_pubkey(certificate, key);
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_issuer_name(certificate, subject);
  X509_sign(certificate, key, EVP_sha256());
  std::FILE* out = std::fopen(files.certificate_chain_file.c_str(), "w");
  PEM_write_X509(out, certificate);
  std::fclose(out);
  out = std::fopen(files.private_key_file.c_str(), "w");
  PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(out);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

class HttpServerTlsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "backtrail-tls-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory = pattern;
    files = {(directory / "cert.pem").string(), (directory / "key.pem").string()};
    write_certificate(files, "first");
    options.tls = files;
    router.add(Method::kGet, "/hello",
               [](const Request& request) { return respond::text(request.secure ? "secure" : "plain"); });
    router.add(Method::kPost, "/echo", [](const Request& request) { return respond::text(request.body); });
  }
  void TearDown() override { fs::remove_all(directory); }

  std::uint16_t start() {
    server = std::make_unique<Server>(options, std::move(router));
    return server->start();
  }

  fs::path directory;
  TlsFiles files;
  ServerOptions options;
  Router router;
  std::unique_ptr<Server> server;
};

TEST_F(HttpServerTlsTest, ServesOverTls) {
  RawClient client(start());
  ASSERT_TRUE(client.start_tls());
  EXPECT_EQ(client.alpn(), "http/1.1");
  const Reply reply = client.ask(kGet);
  EXPECT_EQ(reply.body, "secure");
  EXPECT_TRUE(reply.headers.contains("strict-transport-security"));
  const std::string body(300'000, 'b');
  EXPECT_EQ(client.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n" + body).body, body);
  EXPECT_EQ(client.ask("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").body, "secure");
  EXPECT_TRUE(client.closed());
}

TEST_F(HttpServerTlsTest, SpeaksTls12And13Only) {
  const auto port = start();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    RawClient client(port);
    EXPECT_TRUE(client.start_tls(version)) << version;
    EXPECT_EQ(client.ask(kGet).status, 200);
  }
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    RawClient client(port);
    EXPECT_FALSE(client.start_tls(version)) << version;
  }
}

TEST_F(HttpServerTlsTest, AnswersNothingToPlainHttp) {
  RawClient client(start());
  client.send(kGet);
  EXPECT_EQ(client.reply().status, 0);
}

TEST_F(HttpServerTlsTest, AHandshakeThatNeverComesIsEnded) {
  options.limits.header_timeout = std::chrono::milliseconds(100);
  RawClient client(start());
  EXPECT_TRUE(client.closed());
}

TEST_F(HttpServerTlsTest, AnswersAFramingErrorOnceAndCloses) {
  RawClient client(start());
  ASSERT_TRUE(client.start_tls());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + kGet);
  EXPECT_EQ(client.reply().status, 400);
  EXPECT_TRUE(client.closed());
}

TEST_F(HttpServerTlsTest, TakesANewCertificateWhileItRuns) {
  const auto port = start();
  RawClient before(port);
  ASSERT_TRUE(before.start_tls());
  EXPECT_EQ(before.peer_certificate_name(), "first");
  write_certificate(files, "second");
  server->reload_certificate();
  RawClient after(port);
  ASSERT_TRUE(after.start_tls());
  EXPECT_EQ(after.peer_certificate_name(), "second");
  EXPECT_EQ(before.ask(kGet).status, 200);
  std::ofstream(files.private_key_file) << "not a key";
  EXPECT_THROW(server->reload_certificate(), std::runtime_error);
  RawClient still(port);
  ASSERT_TRUE(still.start_tls());
  EXPECT_EQ(still.peer_certificate_name(), "second");
}

TEST_F(HttpServerTlsTest, SaysWhichFileIsWrong) {
  const auto failure = [this](const TlsFiles& given) -> std::string {
    ServerOptions with = options;
    with.tls = given;
    try {
      Server(with, Router()).start();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "started";
  };
  EXPECT_NE(failure({"/nowhere/cert.pem", files.private_key_file}).find("/nowhere/cert.pem"), std::string::npos);
  EXPECT_NE(failure({files.certificate_chain_file, "/nowhere/key.pem"}).find("/nowhere/key.pem"), std::string::npos);
  const TlsFiles other = {(directory / "c2.pem").string(), (directory / "k2.pem").string()};
  write_certificate(other, "other");
  EXPECT_NE(failure({files.certificate_chain_file, other.private_key_file}).find("k2.pem"), std::string::npos);
}

TEST_F(HttpServerTlsTest, MayListenOnAnyAddress) {
  options.address = "::";
  RawClient client(start());  // IPv4, mapped
  ASSERT_TRUE(client.start_tls());
  EXPECT_EQ(client.ask(kGet).status, 200);
}

}  // namespace
}  // namespace backtrail::api
