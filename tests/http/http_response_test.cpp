// Responses: the builders, the bytes that leave, compression, and the small text functions below them.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "api/http/admission.hpp"
#include "api/http/client_address.hpp"
#include "api/http/gzip.hpp"
#include "api/http/limits.hpp"
#include "api/http/response.hpp"
#include "api/http/response_writer.hpp"
#include "api/http/text.hpp"
#include "tests/http/gunzip.hpp"

namespace backtrail::api {
namespace {

Request request_with(std::string_view name, std::string_view value) {
  Request request;
  request.headers.add(name, value);
  return request;
}

TEST(HttpResponseTest, ProblemCarriesEverything) {
  Request request;
  request.target = "/api/v1/findings?q=secret";
  request.request_id = "id-1";
  Problem problem;
  problem.status = 422;
  problem.detail = std::string("bad \xff byte");
  problem.hint = "Do this.";
  problem.errors = {{"/a", "is wrong"}};
  problem.retry_after_s = 7;
  const Response response = respond::problem(request, problem);
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(response.headers.find("content-type"), "application/problem+json");
  EXPECT_EQ(response.headers.find("Retry-After"), "7");
  const auto body = nlohmann::json::parse(response.body);
  EXPECT_EQ(body["type"], "about:blank");
  EXPECT_EQ(body["title"], "Unprocessable Content");
  EXPECT_EQ(body["status"], 422);
  EXPECT_EQ(body["detail"], "bad \xef\xbf\xbd byte");
  EXPECT_EQ(body["hint"], "Do this.");
  EXPECT_EQ(body["instance"], "/api/v1/findings");  // never the query
  EXPECT_EQ(body["request_id"], "id-1");
  EXPECT_EQ(body["errors"][0]["parameter"], "/a");
  EXPECT_EQ(body["errors"][0]["message"], "is wrong");
}

TEST(HttpResponseTest, HeadersCanNotBeSplit) {
  Response response;
  EXPECT_THROW(response.headers.add("X-A", "a\r\nSet-Cookie: b"), std::invalid_argument);
  EXPECT_THROW(response.headers.add("X-A", std::string_view("a\0b", 3)), std::invalid_argument);
  EXPECT_THROW(response.headers.add("X A", "b"), std::invalid_argument);
  EXPECT_THROW(response.headers.add("", "b"), std::invalid_argument);
  EXPECT_EQ(response.headers.size(), 0U);
}

TEST(HttpResponseTest, SetReplacesWhateverTheCase) {
  Headers headers;
  headers.add("X-A", "1");
  headers.add("x-a", "2");
  headers.set("X-a", *headers.find("X-A"));
  EXPECT_EQ(headers.size(), 1U);
  EXPECT_EQ(headers.find("x-A"), "1");
}

std::string head_of(const Response& response, const WriteContext& context) {
  // Without the date, which changes.
  std::string head = serialise_head(response, context);
  const std::size_t at = head.find("Date: ");
  head.erase(at, head.find("\r\n", at) + 2 - at);
  return head;
}

TEST(HttpResponseWriterTest, WritesTheWholeHead) {
  WriteContext context;
  context.request_id = "id-1";
  EXPECT_EQ(head_of(respond::json("{}"), context),
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nX-Request-Id: id-1\r\n"
            "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"
            "Cross-Origin-Resource-Policy: same-origin\r\n\r\n");
}

TEST(HttpResponseWriterTest, OwnsTheFraming) {
  Response response = respond::text("abc");
  for (const char* name : {"Content-Length", "transfer-encoding", "Connection", "Date", "X-Request-Id", "SERVER"}) {
    response.headers.add(name, "evil");
  }
  WriteContext context;
  context.keep_alive = false;
  const std::string head = serialise_head(response, context);
  EXPECT_EQ(head.find("evil"), std::string::npos);
  EXPECT_EQ(head.find("Server:"), std::string::npos);
  EXPECT_NE(head.find("Content-Length: 3\r\n"), std::string::npos);
  EXPECT_NE(head.find("Connection: close\r\n"), std::string::npos);
}

TEST(HttpResponseWriterTest, ProtectsThePage) {
  WriteContext context;
  const std::string page = serialise_head(respond::bytes("<p>", "text/html; charset=utf-8"), context);
  EXPECT_NE(page.find("Content-Security-Policy: default-src 'none'; script-src 'self'"), std::string::npos);
  EXPECT_NE(page.find("require-trusted-types-for 'script'"), std::string::npos);
  EXPECT_EQ(page.find("Strict-Transport-Security"), std::string::npos);
  context.strict_transport_security = true;
  EXPECT_NE(serialise_head(respond::text(""), context).find("Strict-Transport-Security: max-age="), std::string::npos);
  Response cached = respond::text("");
  cached.headers.set("Cache-Control", "no-cache");
  EXPECT_EQ(serialise_head(cached, context).find("no-store"), std::string::npos);
}

TEST(HttpResponseWriterTest, ChoosesTheFraming) {
  EXPECT_EQ(body_framing(respond::no_content(), false), BodyFraming::kNone);
  EXPECT_EQ(body_framing(respond::not_modified("\"a\""), false), BodyFraming::kNone);
  EXPECT_EQ(body_framing(respond::text(""), true), BodyFraming::kLength);
  const Response stream = respond::stream([](std::string&) { return false; }, "text/csv");
  EXPECT_EQ(body_framing(stream, false), BodyFraming::kChunked);
  EXPECT_EQ(body_framing(stream, true), BodyFraming::kUntilClose);
  EXPECT_EQ(chunk_header(0x1f), "1f\r\n");
}

TEST(HttpResponseTest, ComparesEntityTags) {
  const auto matches = [](std::string_view sent, std::string_view tag) {
    return etag_matches(request_with("If-None-Match", sent), tag);
  };
  EXPECT_TRUE(matches("\"a\"", "\"a\""));
  EXPECT_TRUE(matches("W/\"a\"", "\"a\""));
  EXPECT_TRUE(matches("\"a\"", "W/\"a\""));
  EXPECT_TRUE(matches("\"x\", \"a,b\" ,\"a\"", "\"a,b\""));
  EXPECT_TRUE(matches(" * ", "\"a\""));
  EXPECT_FALSE(matches("\"b\"", "\"a\""));
  EXPECT_FALSE(matches("a", "\"a\""));
  EXPECT_FALSE(matches("\"a", "\"a\""));
  EXPECT_FALSE(matches("", "\"a\""));
  EXPECT_FALSE(etag_matches(Request{}, "\"a\""));
}

TEST(HttpGzipTest, UnderstandsAcceptEncoding) {
  const auto accepts = [](std::string_view value) { return accepts_gzip(request_with("Accept-Encoding", value)); };
  for (const char* yes :
       {"gzip", "GZIP", "gzip,deflate", "br, gzip;q=0.1", "*", "identity;q=0, *;q=1", "gzip; q=1.0", "x-gzip"}) {
    EXPECT_TRUE(accepts(yes)) << yes;
  }
  for (const char* no : {"", "br", "gzip;q=0", "gzip;q=0.000, *", "*;q=0", "identity", "gzippy", "gzip ; q=0.0"}) {
    EXPECT_FALSE(accepts(no)) << no;
  }
  EXPECT_FALSE(accepts_gzip(Request{}));
}

TEST(HttpGzipTest, CompressesAboveTheLimitOnly) {
  const Request request = request_with("Accept-Encoding", "gzip");
  Response small = respond::json(std::string(kGzipBytesMin, 'a'));
  compress(request, small);
  EXPECT_FALSE(small.headers.contains("Content-Encoding"));
  Response large = respond::json(std::string(kGzipBytesMin + 1, 'a'));
  large.headers.add("ETag", "\"t\"");
  compress(request, large);
  EXPECT_EQ(large.headers.find("Content-Encoding"), "gzip");
  EXPECT_EQ(large.headers.find("Vary"), "Accept-Encoding");
  EXPECT_EQ(large.headers.find("ETag"), "W/\"t\"");
  EXPECT_EQ(gunzip(large.body), std::string(kGzipBytesMin + 1, 'a'));
  Response image = respond::bytes(std::string(5000, 'a'), "image/png");
  compress(request, image);
  EXPECT_FALSE(image.headers.contains("Content-Encoding"));
  Response plain = respond::json(std::string(5000, 'a'));
  compress(Request{}, plain);
  EXPECT_EQ(plain.headers.find("Vary"), "Accept-Encoding");
  EXPECT_EQ(plain.body.size(), 5000U);
}

TEST(HttpGzipTest, CompressesAStream) {
  int left = 100;
  Response response = respond::stream(
      [&left](std::string& out) {
        out += "line " + std::to_string(left) + "\n";
        return --left > 0;
      },
      "text/csv");
  compress(request_with("Accept-Encoding", "gzip"), response);
  std::string all;
  bool more = true;
  while (more) {
    std::string piece;
    more = response.pull(piece);
    all += piece;
  }
  std::string expected;
  for (int i = 100; i > 0; --i) expected += "line " + std::to_string(i) + "\n";
  EXPECT_EQ(gunzip(all), expected);
}

TEST(HttpTextTest, EscapesForTheLog) {
  EXPECT_EQ(escape_for_log("a b\\c"), "a b\\\\c");
  EXPECT_EQ(escape_for_log("\x1b[31m\r\n\x9b\xc3\xa9"), "\\x1b[31m\\x0d\\x0a\\x9b\\xc3\\xa9");
  EXPECT_EQ(escape_for_log("abcd", 4), "abcd");
  EXPECT_EQ(escape_for_log("abcde", 4), "abcd...");
}

TEST(HttpTextTest, KnowsUtf8) {
  for (const char* good :
       {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf"}) {
    EXPECT_TRUE(is_utf8(good)) << escape_for_log(good);
  }
  for (const char* bad : {"\xff", "\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                          "\xf8\x88\x80\x80\x80", "\xe2\x82", "\xf0\x9f\x98", "\xf0\x8f\xbf\xbf", "a\xc3z"}) {
    EXPECT_FALSE(is_utf8(bad)) << escape_for_log(bad);
  }
}

TEST(HttpTextTest, WritesDates) {
  EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(951782400), "Tue, 29 Feb 2000 00:00:00 GMT");
}

TEST(HttpClientAddressTest, BelievesProxiesFromTheRight) {
  const auto trusted = [](std::string_view peer) { return peer == "10.0.0.1" || peer == "10.0.0.2"; };
  Headers headers;
  headers.add("X-Forwarded-For", "1.1.1.1, 2.2.2.2");
  headers.add("X-Forwarded-For", "10.0.0.2");
  EXPECT_EQ(client_address("10.0.0.1", headers, trusted), "2.2.2.2");
  EXPECT_EQ(client_address("9.9.9.9", headers, trusted), "9.9.9.9");  // not a proxy: its header is its own invention
  EXPECT_EQ(client_address("10.0.0.1", Headers{}, trusted), "10.0.0.1");
  Headers junk;
  junk.add("X-Forwarded-For", "<script>");
  EXPECT_EQ(client_address("10.0.0.1", junk, trusted), "10.0.0.1");
}

TEST(HttpAdmissionTest, CountsIpv6ByNetwork) {
  const std::string a("\x20\x01\x0d\xb8\0\0\0\1\0\0\0\0\0\0\0\1", 16);
  const std::string b("\x20\x01\x0d\xb8\0\0\0\1\xff\xff\0\0\0\0\0\2", 16);
  const std::string c("\x20\x01\x0d\xb8\0\0\0\2\0\0\0\0\0\0\0\1", 16);
  EXPECT_EQ(connection_key(a), connection_key(b));
  EXPECT_NE(connection_key(a), connection_key(c));
  const std::string mapped("\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1", 16);
  EXPECT_EQ(connection_key(mapped), std::string("\x7f\0\0\1", 4));
}

TEST(HttpAdmissionTest, GivesBackWhatItTook) {
  const auto limiter = std::make_shared<ConnectionLimiter>(3, 2);
  auto first = limiter->admit("a", true);
  auto second = limiter->admit("a", true);
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(limiter->admit("a", true));
  auto third = limiter->admit("a", false);
  EXPECT_TRUE(third);
  EXPECT_FALSE(limiter->admit("b", true));
  first.reset();
  EXPECT_TRUE(limiter->admit("b", true));
  EXPECT_FALSE(limiter->admit("a", true));
  const auto budget = std::make_shared<BodyBudget>(10, 4, 2);
  {
    BodyLease lease(budget);
    EXPECT_TRUE(lease.grow_to(6));
    EXPECT_FALSE(lease.grow_to(7)) << "the rest is for small bodies";
    BodyLease small(budget), another(budget), last(budget);
    EXPECT_TRUE(small.grow_to(2));
    EXPECT_FALSE(small.grow_to(3));
    EXPECT_TRUE(another.grow_to(2));
    EXPECT_FALSE(last.grow_to(1));
    EXPECT_EQ(budget->used(), 10U);
  }
  EXPECT_EQ(budget->used(), 0U);
}

}  // namespace
}  // namespace backtrail::api
