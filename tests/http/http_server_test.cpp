// A real server on port 0, asked through raw sockets: routing, framing, bodies, streams, names, reports.
#include <atomic>
#include <condition_variable>
#include <future>
#include <gtest/gtest.h>
#include <mutex>
#include <nlohmann/json.hpp>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sstream>
#include <thread>

#include "tests/http/gunzip.hpp"
#include "tests/http/http_server_fixture.hpp"

namespace backtrail::api {
namespace {

using namespace std::chrono_literals;

TEST_F(HttpServerTest, AnswersWithTheStandardHeaders) {
  RawClient client(start());
  const Reply reply = client.ask(get("/hello"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "hello");
  EXPECT_EQ(reply.headers.at("x-content-type-options"), "nosniff");
  EXPECT_EQ(reply.headers.at("cache-control"), "no-store");
  EXPECT_FALSE(reply.headers.at("x-request-id").empty());
  EXPECT_TRUE(reply.headers.contains("date"));
  EXPECT_FALSE(reply.headers.contains("server"));
  EXPECT_FALSE(reply.headers.contains("connection"));
}

TEST_F(HttpServerTest, KeepsTheConnection) {
  RawClient client(start());
  std::string first_id;
  for (int i = 0; i < 20; ++i) {
    const Reply reply = client.ask(i % 2 == 0 ? get("/hello") : post("/echo", "abc"));
    EXPECT_EQ(reply.status, 200);
    EXPECT_NE(reply.headers.at("x-request-id"), first_id);
    first_id = reply.headers.at("x-request-id");
  }
  EXPECT_EQ(server->stats().connections_accepted_total, 1U);
}

TEST_F(HttpServerTest, ClosesWhenAskedTo) {
  const auto port = start();
  RawClient client(port);
  const Reply reply = client.ask(get("/hello", "Connection: close\r\n"));
  EXPECT_EQ(reply.headers.at("connection"), "close");
  EXPECT_TRUE(client.closed());
  RawClient old(port);
  EXPECT_EQ(old.ask("GET /hello HTTP/1.0\r\nHost: a\r\n\r\n").body, "hello");
  EXPECT_TRUE(old.closed());
}

TEST_F(HttpServerTest, AnswersAClientThatClosedItsSide) {
  RawClient client(start());
  client.send(get("/hello"));
  client.half_close();
  EXPECT_EQ(client.reply().body, "hello");
  EXPECT_TRUE(client.closed());
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  RawClient client(start());
  client.send(get("/items/1") + post("/echo", "two") + get("/items/3"));
  EXPECT_TRUE(client.reply().body.starts_with("1|"));
  EXPECT_EQ(client.reply().body, "two");
  EXPECT_TRUE(client.reply().body.starts_with("3|"));
}

TEST_F(HttpServerTest, HeadHasTheHeadersOfGet) {
  RawClient client(start());
  const Reply reply = client.ask("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n", true);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.headers.at("content-length"), "5");
  EXPECT_EQ(client.ask(get("/hello")).body, "hello");  // no stray body in between
}

TEST_F(HttpServerTest, TellsWhatIsNotThere) {
  RawClient client(start());
  const Reply missing = client.ask(get("/nothing?q=1"));
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.headers.at("content-type"), "application/problem+json");
  const auto body = nlohmann::json::parse(missing.body);
  EXPECT_EQ(body["status"], 404);
  EXPECT_EQ(body["instance"], "/nothing");
  EXPECT_EQ(body["request_id"], missing.headers.at("x-request-id"));
  const Reply wrong = client.ask("DELETE /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.headers.at("allow"), "GET, HEAD");
  for (const char* path : {"/api/../hello", "//hello", "/hello/", "/%2e%2e/hello", "/items/a%2Fb"}) {
    EXPECT_EQ(client.ask(get(path)).status, 404) << path;
  }
  EXPECT_EQ(client.ask(get("/items/%zz")).status, 400);
  EXPECT_EQ(client.ask(get("/items/a%20b?x=1")).body, "a b|/items/{id}|/items/a b");  // still the same connection
}

TEST_F(HttpServerTest, ARefusalBeforeTheBodyEndsTheConnection) {
  RawClient client(start());
  client.send(post("/nothing", get("/hello")));  // the body looks like a request
  EXPECT_EQ(client.reply().status, 404);
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(calls.load(), 0);
}

// Each of these is followed by a good request, which must never be answered.
TEST_F(HttpServerTest, AnswersAFramingErrorOnceAndCloses) {
  using namespace std::string_literals;
  const auto port = start();
  const auto framed = [](const std::string& fields, const std::string& body) {
    return "POST /echo HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
  };
  struct Case {
    int status;
    std::string bytes;
  };
  const std::vector<Case> cases = {
      {400, framed("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
      {400, framed("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n")},
      {400, framed("Transfer-Encoding: gzip\r\nContent-Length: 5\r\n", "hello")},
      {400, framed("Transfer-Encoding: gzip\r\n", "")},
      {400, framed("Transfer-Encoding: identity\r\n", "")},
      {400, framed("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n")},
      {400, framed("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")},
      {400, framed("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n")},
      {400, framed("Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n", "hello")},
      {400, framed("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n")},
      {400, "POST /echo HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"},
      {400, framed("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")},
      {400, framed("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!")},
      {400, framed("Content-Length: 5, 5\r\n", "hello")},
      {400, framed("Content-Length: +5\r\n", "hello")},
      {400, framed("Content-Length: 0x5\r\n", "hello")},
      {400, framed("Content-Length: 18446744073709551621\r\n", "hello")},
      {400, framed("Content-Length : 5\r\n", "hello")},
      {400, framed("X-A: a\0b\r\n"s, "")},
      {400, framed("Host: b\r\n", "")},
      {400, framed("Authorization: A\r\nAuthorization: B\r\n", "")},
      {400, framed("Connection: upgrade\r\nUpgrade: h2c\r\n", "")},
      {400, "POST /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"},
      {400, "POST /echo HTTP/1.1\nHost: a\nContent-Length: 5\n\nhello"},
      {400, "GET http://evil/hello HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "GET /a\x01 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "\x16\x03\x01\x02\x01\x01"},
      {505, "GET /hello HTTP/2.0\r\nHost: a\r\n\r\n"},
      {505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      // The framing breaks inside the body.
      {400, framed("Transfer-Encoding: chunked\r\n", "0x5\r\nhello\r\n0\r\n\r\n")},
      {400, framed("Transfer-Encoding: chunked\r\n", "5\r\nhelloX\r\n0\r\n\r\n")},
      {400, framed("Transfer-Encoding: chunked\r\n", "10000000000000000\r\nx\r\n0\r\n\r\n")},
      {400, framed("Transfer-Encoding: chunked\r\n", "5;a\nX\r\nhello\r\n0\r\n\r\n")},
  };
  for (const Case& c : cases) {
    RawClient client(port);
    client.send(c.bytes + get("/hello"));
    const Reply reply = client.reply();
    EXPECT_EQ(reply.status, c.status) << c.bytes;
    EXPECT_EQ(reply.headers.contains("connection"), true) << c.bytes;
    EXPECT_TRUE(client.closed()) << c.bytes;
  }
  EXPECT_EQ(calls.load(), 0);
  EXPECT_EQ(server->stats().heads_refused_total, cases.size());
}

// A chunk line that ends with a bare line feed is not understood, and so nothing after it is answered either.
TEST_F(HttpServerTest, NeverAnswersBehindABareLineFeedInAChunk) {
  options.limits.body_grace = 100ms;
  RawClient client(start());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n" + get("/hello"));
  const Reply reply = client.reply();
  EXPECT_TRUE(reply.status == 400 || reply.status == 408) << reply.status;
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(calls.load(), 0);
}

TEST_F(HttpServerTest, TakesChunkedBodies) {
  RawClient client(start());
  const std::string head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(client.ask(head + "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-Api-Key: evil\r\n\r\n").body, "hello world");
  client.send(head + "3\r\na");
  client.send("bc\r");
  client.send("\n0\r\n");
  client.send("\r\n");
  EXPECT_EQ(client.reply().body, "abc");
  EXPECT_EQ(client.ask(head + "0\r\n\r\n").body, "");
  EXPECT_EQ(client.ask(get("/hello")).body, "hello");
}

TEST_F(HttpServerTest, DropsTrailerFields) {
  router.add(Method::kPost, "/key", [](const Request& request) {
    return respond::text(std::string(request.header("X-Api-Key").value_or("none")));
  });
  RawClient client(start());
  EXPECT_EQ(client
                .ask("POST /key HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "1\r\nx\r\n0\r\nX-Api-Key: evil\r\n\r\n")
                .body,
            "none");
}

TEST_F(HttpServerTest, IgnoresRangeOnAPost) {
  RawClient client(start());
  const Reply reply = client.ask(post("/echo", "hello", "Range: bytes=0-1048575\r\nAccept-Encoding: gzip,deflate\r\n"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "hello");
}

TEST_F(HttpServerTest, SaysContinueOnlyToWhatItWillTake) {
  const auto port = start();
  RawClient client(port);
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.reply().status, 100);
  EXPECT_EQ(client.ask("hello").body, "hello");
  RawClient large(port);
  large.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(large.reply().status, 413);
  EXPECT_TRUE(large.closed());
}

TEST_F(HttpServerTest, AnExceptionIsA500WithoutItsReason) {
  router.add(Method::kGet, "/throw", [](const Request&) -> Response { throw std::runtime_error("secret reason"); });
  router.add(Method::kGet, "/throw_int", [](const Request&) -> Response { throw 5; });
  router.add(Method::kGet, "/split", [](const Request& request) {
    Response response = respond::text("x");
    response.headers.add("X-Copy", *request.query_value("v"));
    return response;
  });
  RawClient client(start());
  for (const char* target : {"/throw", "/throw_int", "/split?v=a%0d%0aSet-Cookie:%20b"}) {
    const Reply reply = client.ask(get(target));
    EXPECT_EQ(reply.status, 500) << target;
    EXPECT_EQ(reply.body.find("secret"), std::string::npos);
    EXPECT_FALSE(reply.headers.contains("set-cookie"));
    EXPECT_EQ(nlohmann::json::parse(reply.body)["request_id"], reply.headers.at("x-request-id"));
  }
  EXPECT_EQ(client.ask(get("/hello")).status, 200);
}

TEST_F(HttpServerTest, ShapesItsOwnErrorsAsTheRouteWants) {
  RouteOptions firehose;
  firehose.body_limit_bytes = 10;
  firehose.render_error = [](const Request& request, const Problem& problem) {
    return respond::json("{\"requestId\":\"" + std::string(request.header("X-Amz-Firehose-Request-Id").value_or("")) +
                             "\",\"errorMessage\":\"" + problem.title + "\"}",
                         problem.status);
  };
  router.add(
      Method::kPost, "/ingest/firehose", [](const Request&) -> Response { throw std::runtime_error("x"); }, firehose);
  const auto port = start();
  RawClient client(port);
  const Reply failed = client.ask(post("/ingest/firehose", "", "X-Amz-Firehose-Request-Id: r-1\r\n"));
  EXPECT_EQ(failed.status, 500);
  EXPECT_EQ(failed.body, "{\"requestId\":\"r-1\",\"errorMessage\":\"Internal Server Error\"}");
  EXPECT_EQ(failed.headers.at("content-type"), "application/json");
  const Reply large = client.ask(post("/ingest/firehose", std::string(11, 'x'), "X-Amz-Firehose-Request-Id: r-2\r\n"));
  EXPECT_EQ(large.status, 413);
  EXPECT_TRUE(large.body.starts_with("{\"requestId\":\"r-2\""));
}

TEST_F(HttpServerTest, StreamsInChunks) {
  router.add(Method::kGet, "/rows", [](const Request&) {
    auto row = std::make_shared<int>(0);
    return respond::stream(
        [row](std::string& out) {
          if (++*row % 10 == 0) return true;  // an empty piece is no end
          out = "row " + std::to_string(*row) + "\n";
          return *row < 1000;
        },
        "text/csv");
  });
  std::string expected;
  for (int i = 1; i < 1002; ++i) {
    if (i % 10 != 0) expected += "row " + std::to_string(i) + "\n";
  }
  const auto port = start();
  RawClient client(port);
  const Reply reply = client.ask(get("/rows"));
  EXPECT_EQ(reply.headers.at("transfer-encoding"), "chunked");
  EXPECT_TRUE(reply.complete);
  EXPECT_EQ(reply.body, expected);
  const Reply zipped = client.ask(get("/rows", "Accept-Encoding: gzip\r\n"));
  EXPECT_EQ(zipped.headers.at("content-encoding"), "gzip");
  EXPECT_EQ(gunzip(zipped.body), expected);
  const Reply head = client.ask("HEAD /rows HTTP/1.1\r\nHost: a\r\n\r\n", true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(client.ask(get("/hello")).body, "hello");
  RawClient old(port);
  const Reply until_close = old.ask("GET /rows HTTP/1.0\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(until_close.headers.contains("transfer-encoding"));
  EXPECT_EQ(until_close.body, expected);
}

TEST_F(HttpServerTest, AStreamThatFailsIsCut) {
  auto destroyed = std::make_shared<std::promise<void>>();
  struct Guard {
    std::shared_ptr<std::promise<void>> promise;
    explicit Guard(std::shared_ptr<std::promise<void>> given) : promise(std::move(given)) {}
    ~Guard() { promise->set_value(); }
  };
  router.add(Method::kGet, "/rows", [destroyed](const Request&) {
    auto guard = std::make_shared<Guard>(destroyed);
    auto row = std::make_shared<int>(0);
    return respond::stream(
        [row, guard](std::string& out) {
          if (++*row == 3) throw std::runtime_error("database gone");
          out = "row\n";
          return true;
        },
        "text/csv");
  });
  RawClient client(start());
  const Reply reply = client.ask(get("/rows"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_FALSE(reply.complete);
  EXPECT_EQ(reply.body, "row\nrow\n");
  EXPECT_EQ(destroyed->get_future().wait_for(20s), std::future_status::ready);
}

TEST_F(HttpServerTest, SendsLargeBodies) {
  const std::string large(5 * kMiB + 17, 'z');
  router.add(Method::kGet, "/large", [&large](const Request&) { return respond::bytes(large, "image/png"); });
  RawClient client(start());
  EXPECT_EQ(client.ask(get("/large")).body, large);
  EXPECT_EQ(client.ask(get("/hello")).body, "hello");
}

TEST_F(HttpServerTest, TakesLargeBodies) {
  RouteOptions firehose;
  firehose.body_limit_bytes = kFirehoseBodyBytesMax;
  router.add(
      Method::kPost, "/large",
      [](const Request& request) { return respond::text(std::to_string(request.body.size())); }, firehose);
  RawClient client(start());
  const std::string large(20 * kMiB, 'z');
  EXPECT_EQ(client.ask(post("/large", large)).body, std::to_string(large.size()));
  EXPECT_EQ(client.ask(get("/hello")).body, "hello");
  EXPECT_EQ(server->stats().body_bytes_in_flight, 0U);
}

TEST_F(HttpServerTest, CompressesWhereTheRouteAllows) {
  const std::string text(5000, 'a');
  RouteOptions plain;
  plain.allow_gzip = false;
  router.add(Method::kGet, "/zip", [&text](const Request&) { return respond::json(text); });
  router.add(
      Method::kGet, "/plain", [&text](const Request&) { return respond::json(text); }, plain);
  router.add_async(Method::kPost, "/door",
                   [&text](const std::shared_ptr<const Request>&, const Done& done) { done(respond::json(text)); });
  RawClient client(start());
  const std::string accept = "Accept-Encoding: gzip,deflate\r\n";
  EXPECT_EQ(gunzip(client.ask(get("/zip", accept)).body), text);
  EXPECT_EQ(client.ask(get("/zip")).body, text);
  EXPECT_EQ(client.ask(get("/plain", accept)).body, text);
  EXPECT_EQ(client.ask(post("/door", "x", accept)).body, text);
}

TEST_F(HttpServerTest, AnswersUnderItsOwnNamesOnly) {
  options.allowed_hosts = {"backtrail.example", "[::1]"};
  const auto port = start();
  const auto status = [port](const std::string& host) {
    RawClient client(port);
    return client.ask("GET /hello HTTP/1.1\r\nHost: " + host + "\r\n\r\n").status;
  };
  EXPECT_EQ(status("backtrail.example"), 200);
  EXPECT_EQ(status("BACKTRAIL.example:8080"), 200);
  EXPECT_EQ(status("[::1]:8080"), 200);
  EXPECT_EQ(status("[::1]"), 200);
  EXPECT_EQ(status("evil.example"), 421);
  EXPECT_EQ(status("backtrail.example.evil"), 421);
}

TEST_F(HttpServerTest, BelievesForwardedAddressesFromProxiesOnly) {
  router.add(Method::kGet, "/who", [](const Request& request) { return respond::text(request.remote_address); });
  options.trusted_proxies = {"127.0.0.1"};
  RawClient client(start());
  EXPECT_EQ(client.ask(get("/who", "X-Forwarded-For: 6.6.6.6, 203.0.113.9\r\n")).body, "203.0.113.9");
  EXPECT_EQ(client.ask(get("/who")).body, "127.0.0.1");
}

TEST_F(HttpServerTest, ReportsEveryRequest) {
  std::mutex mutex;
  std::vector<std::string> seen;
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  options.on_request = [&](const RequestRecord& record) {
    const std::lock_guard lock(mutex);
    seen.push_back(std::string(record.method) + " " + std::string(record.route) + " " + std::to_string(record.status));
    in = record.bytes_in;
    out = record.bytes_out;
    EXPECT_GE(record.seconds, 0.0);
  };
  const auto port = start();
  const std::string request = post("/echo", "hello");
  {
    RawClient client(port);
    client.ask(get("/items/5"));
    client.ask(get("/nothing"));
    client.ask(request);
    client.ask("BAD\r\n\r\n");
  }
  {
    RawClient client(port);
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
    client.half_close();
    EXPECT_TRUE(client.closed());
  }
  RawClient last(port);
  const Reply reply = last.ask(request);
  server->stop();
  const std::vector<std::string> expected = {"GET /items/{id} 200", "GET  404",      "POST /echo 200", "  400",
                                             "POST /echo 0",        "POST /echo 200"};
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(in, request.size());
  EXPECT_GT(out, reply.body.size());
}

TEST_F(HttpServerTest, LogsNothingOfThePeersChoice) {
  std::ostringstream lines;
  const auto before = spdlog::default_logger();
  const auto logger = std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(lines));
  logger->set_level(spdlog::level::debug);
  spdlog::set_default_logger(logger);
  router.add(Method::kGet, "/throw", [](const Request& request) -> Response {
    throw std::runtime_error("bad value " + std::string(*request.query_value("q")));
  });
  {
    RawClient client(start());
    client.ask(get("/hello?key=secret1", "Authorization: secret2\r\n"));
    client.ask(get("/items/%1b%5b31m%0d%0aforged"));
    client.ask(get("/throw?q=%1b%0aforged"));
    server->stop();
  }
  spdlog::set_default_logger(before);
  const std::string text = lines.str();
  EXPECT_NE(text.find("target=/hello?..."), std::string::npos) << text;
  EXPECT_NE(text.find("target=/items/%1b%5b31m%0d%0aforged"), std::string::npos) << text;
  EXPECT_NE(text.find("bad value \\x1b\\x0aforged"), std::string::npos) << text;
  EXPECT_EQ(text.find("secret"), std::string::npos) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find("\nforged"), std::string::npos);
}

TEST(HttpServerStartTest, SaysWhyItCanNotServe) {
  const auto failure = [](ServerOptions options) -> std::string {
    try {
      Server server(std::move(options), Router());
      server.start();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "started";
  };
  ServerOptions options;
  options.address = "0.0.0.0";
  EXPECT_NE(failure(options).find("loopback"), std::string::npos);
  options.address = "::";
  EXPECT_NE(failure(options).find("loopback"), std::string::npos);
  options.address = "example.com";
  EXPECT_NE(failure(options).find("not an IP address"), std::string::npos);
  options.address = "0.0.0.0";
  options.allow_plain_http_on_any_address = true;
  EXPECT_EQ(failure(options), "started");
  options.address = "localhost";
  EXPECT_EQ(failure(options), "started");
  Server first(options, Router());
  options.port = first.start();
  EXPECT_NE(failure(options).find("port " + std::to_string(options.port)), std::string::npos);
}

}  // namespace
}  // namespace backtrail::api
