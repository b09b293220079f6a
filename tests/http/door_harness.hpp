// A whole server over a database of its own, with keys of every kind, and the senders that call its doors: what each
// sends, what it takes as delivered, and after which answers it tries again.
#pragma once
#include <filesystem>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "api/app.hpp"
#include "schema/registry/api_keys.hpp"
#include "tests/db/ingest_warehouse.hpp"
#include "tests/db/test_intake.hpp"
#include "tests/http/raw_client.hpp"

namespace backtrail::testing {

inline std::string base64(const std::string& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  text.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                                       reinterpret_cast<const unsigned char*>(bytes.data()),
                                                       static_cast<int>(bytes.size()))));
  return text;
}

inline std::string firehose_body(const std::vector<std::string>& records, const std::string& id = "request-1") {
  Json body{{"requestId", id}, {"timestamp", 1793613600000}, {"records", Json::array()}};
  for (const std::string& record : records) body["records"].push_back({{"data", base64(record)}});
  return body.dump();
}

// How a sender behaves, from its documentation.
struct Sender {
  std::string name, path;
  std::string (*key_header)(const std::string& token);
  std::string fixed_headers;
  std::string (*envelope)(const std::string& record);
  bool (*delivered)(const api::Reply&);
  bool (*tries_again)(int status);  // after an answer that is not `delivered`
};

inline bool is_receipt(const api::Reply& reply) {
  return reply.status == 200 && Json::parse(reply.body).contains("received");
}
// 200, JSON, the id as sent, an integer time, a length, no compression; anything else is a failure.
inline bool is_firehose_success(const api::Reply& reply) {
  const Json body = Json::parse(reply.body, nullptr, false);
  return reply.status == 200 && body.is_object() && body.value("requestId", "") == "request-1" &&
         body.contains("timestamp") && body["timestamp"].is_number_integer() && !body.contains("errorMessage") &&
         reply.headers.at("content-type") == "application/json" && reply.headers.contains("content-length") &&
         !reply.headers.contains("content-encoding");
}

inline const std::vector<Sender>& senders() {
  static const std::vector<Sender> all{
      {"EventBridge", "/ingest/eventbridge", [](const std::string& token) { return "X-Api-Key: " + token + "\r\n"; },
       "User-Agent: Amazon/EventBridge/ApiDestinations\r\nContent-Type: application/json; charset=utf-8\r\n"
       "Range: bytes=0-1048575\r\nAccept-Encoding: gzip,deflate\r\n",
       [](const std::string& record) {
         return R"({"version":"0","id":"e1","detail-type":"AWS API Call via CloudTrail","source":"aws.s3",)"
                R"("account":"111122223333","time":"2026-11-02T10:00:00Z","region":"eu-west-1","detail":)" +
                record + "}";
       },
       is_receipt,
       [](int status) { return status == 401 || status == 407 || status == 409 || status == 429 || status >= 500; }},
      {"Firehose", "/ingest/firehose",
       [](const std::string& token) { return "X-Amz-Firehose-Access-Key: " + token + "\r\n"; },
       "X-Amz-Firehose-Protocol-Version: 1.0\r\nX-Amz-Firehose-Request-Id: request-1\r\n"
       "X-Amz-Firehose-Source-Arn: arn:aws:firehose:eu-west-1:111122223333:deliverystream/s\r\n"
       "Content-Type: application/json\r\nUser-Agent: Amazon Kinesis Data Firehose Agent/1.0\r\n",
       [](const std::string& record) { return firehose_body({record}); }, is_firehose_success,
       [](int status) { return status != 413; }},
      {"SNS", "/ingest/sns",
       [](const std::string& token) { return "Authorization: Basic " + base64("sns:" + token) + "\r\n"; },
       "User-Agent: Amazon Simple Notification Service Agent\r\nContent-Type: text/plain; charset=UTF-8\r\n",
       [](const std::string& record) {
         return Json{{"Type", "Notification"},
                     {"MessageId", "50505050-0000-4000-8000-000000000001"},
                     {"TopicArn", "arn:aws:sns:eu-west-1:111122223333:findings"},
                     {"Message", record}}
             .dump();
       },
       is_receipt, [](int status) { return status == 429 || status >= 500; }},
      {"a script", "/ingest/raw", [](const std::string& token) { return "Authorization: Bearer " + token + "\r\n"; },
       "", [](const std::string& record) { return record; }, is_receipt,
       [](int status) { return status == 429 || status >= 500; }}};
  return all;
}

inline std::string post_head(const std::string& path, const std::string& headers, std::size_t body_bytes) {
  return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body_bytes) + "\r\n" +
         headers + "\r\n";
}

class DoorHarness {
 public:
  explicit DoorHarness(ingest::PipelineOptions pipeline = {}, api::SnsOptions sns = {}, api::Limits limits = {})
      : warehouse_(std::move(pipeline)),
        api_({.connection_string = warehouse_.database().connection_string("backtrail_api")}) {
    for (const char* kind :
         {"finding", "event_management", "event_data", "event_insight", "event_network_activity", "notice"})
      warehouse_.keep(kind, std::nullopt);
    api::AppOptions options;
    options.api = &api_;
    options.maintenance = &warehouse_.maintenance();
    intake_ = std::make_unique<TestIntake>(warehouse_);
    options.intake = intake_->get();
    options.ingest = &warehouse_.ingest();
    options.hash_key = warehouse_.pipeline().hash_key();
    options.sns = std::move(sns);
    app_ = std::make_unique<api::App>(options);
    api::ServerOptions server;
    server.limits = limits;
    app_->connect(server);
    server_ = std::make_unique<api::Server>(std::move(server), app_->router());
    server_->start();
  }
  ~DoorHarness() { server_->stop(); }

  IngestWarehouse& warehouse() { return warehouse_; }
  api::Server& server() { return *server_; }

  schema::NewApiKey key(const std::string& role = "ingest", const std::vector<std::string>& accounts = {"*"},
                        std::optional<std::int64_t> expires_us = {}, std::int64_t made_us = schema::now_us()) {
    return schema::create_api_key(warehouse_.maintenance(), "test", role, accounts, expires_us, made_us).value();
  }
  std::string token() {
    if (token_.empty()) token_ = key().token;
    return token_;
  }

  api::Reply send(const std::string& bytes) { return api::RawClient(server_->port()).ask(bytes); }
  api::Reply post(const Sender& sender, const std::string& body, const std::string& more_headers = "") {
    return post_with(sender, sender.key_header(token()) + more_headers, body);
  }
  api::Reply post_with(const Sender& sender, const std::string& headers, const std::string& body) {
    return send(post_head(sender.path, sender.fixed_headers + headers, body.size()) + body);
  }
  api::Reply get(const std::string& path, const std::string& key_token) {
    return send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + key_token + "\r\n\r\n");
  }

 private:
  IngestWarehouse warehouse_;
  schema::Database api_;
  std::unique_ptr<TestIntake> intake_;
  std::unique_ptr<api::App> app_;
  std::unique_ptr<api::Server> server_;
  std::string token_;
};

}  // namespace backtrail::testing
