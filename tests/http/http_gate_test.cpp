// The gate and the head splitter, by table: what may pass and what must not, byte for byte.
#include <gtest/gtest.h>
#include <string>
#include <variant>
#include <vector>

#include "api/http/gate.hpp"

namespace backtrail::api {
namespace {

std::variant<Framing, Refusal> judge(const std::string& block) {
  auto split = split_head(block);
  if (const auto* refusal = std::get_if<Refusal>(&split)) return *refusal;
  return check_head(std::get<Head>(split));
}

int status_of(const std::string& block) {
  const auto verdict = judge(block);
  const auto* refusal = std::get_if<Refusal>(&verdict);
  return refusal == nullptr ? 200 : refusal->status;
}

struct Case {
  const char* name;
  int status;  // 200: accepted
  std::string block;
};

std::string post(const std::string& fields, const std::string& version = "HTTP/1.1") {
  return "POST /x " + version + "\r\nHost: a\r\n" + fields + "\r\n";
}

std::vector<Case> cases() {
  using namespace std::string_literals;
  return {
      {"plain GET", 200, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"content length", 200, post("Content-Length: 5\r\n")},
      {"content length zero", 200, post("Content-Length: 0\r\n")},
      {"chunked", 200, post("Transfer-Encoding: chunked\r\n")},
      {"chunked in capitals", 200, post("TRANSFER-ENCODING: CHUNKED\r\n")},
      {"chunked with white space around", 200, post("Transfer-Encoding: \t chunked \t\r\n")},
      {"HTTP/1.0", 200, "GET / HTTP/1.0\r\nHost: a\r\n\r\n"},
      {"host with port", 200, "GET / HTTP/1.1\r\nHost: a.example:8443\r\n\r\n"},
      {"host IPv6", 200, "GET / HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n"},
      {"EventBridge's Range", 200, post("Range: bytes=0-1048575\r\nConnection: close\r\nContent-Length: 2\r\n")},
      {"one of each key", 200,
       post("Authorization: A\r\nX-Api-Key: B\r\nX-Amz-Firehose-Access-Key: C\r\nContent-Length: 1\r\n")},
      {"empty value", 200, "GET / HTTP/1.1\r\nHost: a\r\nX-Empty:\r\n\r\n"},
      {"obs-text in a value", 200, "GET / HTTP/1.1\r\nHost: a\r\nX-A: \xc3\xa9\r\n\r\n"},
      {"repeated ordinary header", 200, "GET / HTTP/1.1\r\nHost: a\r\nAccept: a\r\nAccept: b\r\n\r\n"},
      {"100-continue", 200, post("Expect: 100-continue\r\nContent-Length: 2\r\n")},

      {"CL then TE", 400, post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")},
      {"TE then CL", 400, post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")},
      {"TE gzip then CL", 400, post("Transfer-Encoding: gzip\r\nContent-Length: 5\r\n")},
      {"TE gzip", 400, post("Transfer-Encoding: gzip\r\n")},
      {"TE identity", 400, post("Transfer-Encoding: identity\r\n")},
      {"TE empty", 400, post("Transfer-Encoding:\r\n")},
      {"TE chunked, gzip", 400, post("Transfer-Encoding: chunked, gzip\r\n")},
      {"TE gzip, chunked", 400, post("Transfer-Encoding: gzip, chunked\r\n")},
      {"TE chunked, chunked", 400, post("Transfer-Encoding: chunked, chunked\r\n")},
      {"TE twice", 400, post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
      {"TE xchunked", 400, post("Transfer-Encoding: xchunked\r\n")},
      {"TE quoted", 400, post("Transfer-Encoding: \"chunked\"\r\n")},
      {"TE with parameter", 400, post("Transfer-Encoding: chunked;q=1\r\n")},
      {"TE with vertical tab", 400,
       post("Transfer-Encoding: \x0b"
            "chunked\r\n")},
      {"TE in HTTP/1.0", 400, post("Transfer-Encoding: chunked\r\n", "HTTP/1.0")},
      {"TE folded", 400, post("Transfer-Encoding:\r\n chunked\r\n")},
      {"folded with tab", 400, post("X-A: b\r\n\tc\r\n")},
      {"white space before the first header", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
      {"CL twice, equal", 400, post("Content-Length: 5\r\nContent-Length: 5\r\n")},
      {"CL twice, different", 400, post("Content-Length: 5\r\nContent-Length: 6\r\n")},
      {"CL list", 400, post("Content-Length: 5, 5\r\n")},
      {"CL plus", 400, post("Content-Length: +5\r\n")},
      {"CL minus", 400, post("Content-Length: -5\r\n")},
      {"CL hex", 400, post("Content-Length: 0x5\r\n")},
      {"CL with space inside", 400, post("Content-Length: 5 5\r\n")},
      {"CL empty", 400, post("Content-Length:\r\n")},
      {"CL 2^64 + 5", 400, post("Content-Length: 18446744073709551621\r\n")},
      {"CL of 19 digits", 400, post("Content-Length: 1000000000000000000\r\n")},
      {"CL decimal point", 400, post("Content-Length: 5.0\r\n")},
      {"two Host", 400, post("Host: b\r\n")},
      {"two Host, equal", 400, post("Host: a\r\n")},
      {"no Host", 400, "GET / HTTP/1.1\r\n\r\n"},
      {"no Host in HTTP/1.0", 400, "GET / HTTP/1.0\r\n\r\n"},
      {"empty Host", 400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
      {"Host with a path", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
      {"Host with a user", 400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"},
      {"Host list", 400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"},
      {"two Authorization", 400, post("Authorization: A\r\nAuthorization: B\r\n")},
      {"two Authorization, other case", 400, post("Authorization: A\r\nAUTHORIZATION: A\r\n")},
      {"two X-Api-Key", 400, post("X-Api-Key: A\r\nX-Api-Key: B\r\n")},
      {"two Firehose keys", 400, post("X-Amz-Firehose-Access-Key: A\r\nX-Amz-Firehose-Access-Key: B\r\n")},
      {"two Content-Type", 400, post("Content-Type: a/b\r\nContent-Type: a/c\r\n")},
      {"two Content-Encoding", 400, post("Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n")},
      {"two Cookie", 400, post("Cookie: a=1\r\nCookie: a=2\r\n")},
      {"Upgrade", 400, post("Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 5\r\n")},
      {"Connection that is no list of tokens", 400, post("Connection: close( x\r\n")},
      {"CONNECT", 400, "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"absolute form", 400, "GET http://evil/ HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"asterisk form", 400, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"authority form", 400, "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"fragment", 400, "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"control byte in the target", 400,
       "GET /a\x01"
       "b HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"raw UTF-8 in the target", 400, "GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"two spaces in the request line", 400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"space in the target", 400, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"tab in the request line", 400, "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n"},
      {"no version", 400, "GET /\r\nHost: a\r\n\r\n"},
      {"space before the colon", 400, post("Content-Length : 5\r\n")},
      {"no colon", 400, post("Content-Length 5\r\n")},
      {"empty name", 400, post(": 5\r\n")},
      {"NUL in a value", 400, post("X-A: a\0b\r\n"s)},
      {"NUL in a name", 400, post("X\0A: b\r\n"s)},
      {"DEL in a value", 400, post("X-A: a\x7f\r\n")},
      {"bare CR in a value", 400, post("X-A: a\rb\r\n")},
      {"bare CR in the request line", 400, "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"bytes after the end", 400, "GET / HTTP/1.1\r\nHost: a\r\n\r\nx"},
      {"no end", 400, "GET / HTTP/1.1\r\nHost: a\r\n"},
      {"unknown expectation", 417, post("Expect: magic\r\n")},
      {"TRACE", 501, "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"lower-case method", 501, "get / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"HTTP/2.0", 505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"},
      {"HTTP/1.2", 505, "GET / HTTP/1.2\r\nHost: a\r\n\r\n"},
      {"HTTP/0.9 in words", 505, "GET / HTTP/0.9\r\nHost: a\r\n\r\n"},
      {"lower-case protocol", 505, "GET / http/1.1\r\nHost: a\r\n\r\n"},
      {"leading zero in the version", 505, "GET / HTTP/1.01\r\nHost: a\r\n\r\n"},
  };
}

TEST(HttpGateTest, JudgesEveryHeadOfTheTable) {
  for (const Case& c : cases()) EXPECT_EQ(status_of(c.block), c.status) << c.name;
}

Framing framing_of(const std::string& block) {
  return std::get<Framing>(judge(block));
}

TEST(HttpGateTest, TellsHowTheBodyIsFramed) {
  const Framing none = framing_of("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(none.has_body());
  EXPECT_TRUE(none.keep_alive);
  const Framing length = framing_of(post("Content-Length: 0005\r\n"));
  EXPECT_TRUE(length.has_body());
  EXPECT_EQ(length.content_length, 5U);
  EXPECT_FALSE(framing_of(post("Content-Length: 0\r\n")).has_body());
  EXPECT_EQ(framing_of(post("Content-Length: 999999999999999999\r\n")).content_length, 999999999999999999U);
  const Framing chunked = framing_of(post("Transfer-Encoding: chunked\r\n"));
  EXPECT_TRUE(chunked.chunked);
  EXPECT_TRUE(chunked.has_body());
  EXPECT_FALSE(chunked.content_length.has_value());
}

TEST(HttpGateTest, ReadsConnectionAndExpectation) {
  EXPECT_FALSE(framing_of(post("Connection: close\r\n")).keep_alive);
  EXPECT_FALSE(framing_of(post("Connection: foo , CLOSE\r\n")).keep_alive);
  EXPECT_FALSE(framing_of(post("Connection: foo\r\nConnection: close\r\n")).keep_alive);
  EXPECT_TRUE(framing_of(post("Connection: keep-alive\r\n")).keep_alive);
  EXPECT_TRUE(framing_of(post("Connection: closed\r\n")).keep_alive);
  EXPECT_FALSE(framing_of(post("Connection: keep-alive\r\n", "HTTP/1.0")).keep_alive);
  EXPECT_TRUE(framing_of(post("Expect: 100-Continue\r\n")).expect_continue);
  EXPECT_FALSE(framing_of(post("Expect: 100-continue\r\n", "HTTP/1.0")).expect_continue);
}

TEST(HttpGateTest, LimitsTheNumberOfFields) {
  const auto with_fields = [](std::size_t count) {
    std::string fields;
    for (std::size_t i = 1; i < count; ++i) fields += "X-" + std::to_string(i) + ": v\r\n";  // and Host
    return status_of(post(fields));
  };
  EXPECT_EQ(with_fields(kHeaderFieldsMax), 200);
  EXPECT_EQ(with_fields(kHeaderFieldsMax + 1), 431);
}

TEST(HttpGateTest, LimitsTargetAndHost) {
  const auto with_target = [](std::size_t bytes) {
    return status_of("GET /" + std::string(bytes - 1, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n");
  };
  EXPECT_EQ(with_target(kTargetBytesMax), 200);
  EXPECT_EQ(with_target(kTargetBytesMax + 1), 414);
  const auto with_host = [](std::size_t bytes) {
    return status_of("GET / HTTP/1.1\r\nHost: " + std::string(bytes, 'a') + "\r\n\r\n");
  };
  EXPECT_EQ(with_host(kHostBytesMax), 200);
  EXPECT_EQ(with_host(kHostBytesMax + 1), 400);
}

// A head of exactly `bytes` bytes for this target.
std::string head_of(std::size_t bytes, const std::string& target) {
  std::string head = "POST " + target + " HTTP/1.1\r\nHost: a\r\nX-Fill: ";
  head.append(bytes - head.size() - 4, 'f');
  return head + "\r\n\r\n";
}

HeadScanner::State scan_all(const HeadLimits& limits, const std::string& bytes) {
  HeadScanner scanner(limits);
  return scanner.scan(bytes);
}

TEST(HttpHeadScannerTest, LimitsTheHeadByPath) {
  HeadLimits limits;
  limits.large_head_prefixes = {"/ingest/firehose"};
  using State = HeadScanner::State;
  EXPECT_EQ(scan_all(limits, head_of(kHeadBytesMax, "/x")), State::kComplete);
  EXPECT_EQ(scan_all(limits, head_of(kHeadBytesMax + 1, "/x")), State::kRefused);
  for (const char* target : {"/ingest/firehose", "/ingest/firehose?a=b", "/ingest/firehose/one"}) {
    EXPECT_EQ(scan_all(limits, head_of(kLargeHeadBytesMax, target)), State::kComplete) << target;
    EXPECT_EQ(scan_all(limits, head_of(kLargeHeadBytesMax + 1, target)), State::kRefused) << target;
  }
  for (const char* target : {"/ingest/firehosex", "/ingest/Firehose", "/x/ingest/firehose", "/ingest%2Ffirehose"}) {
    EXPECT_EQ(scan_all(limits, head_of(kHeadBytesMax + 1, target)), State::kRefused) << target;
  }
}

TEST(HttpHeadScannerTest, FindsTheEndWhateverTheCutting) {
  const HeadLimits limits;
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n\r\n";
  const std::string bytes = head + "GET /next";
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    HeadScanner scanner(limits);
    HeadScanner::State state = HeadScanner::State::kMore;
    for (std::size_t have = step; state == HeadScanner::State::kMore; have += step) {
      state = scanner.scan(std::string_view(bytes).substr(0, have));
    }
    EXPECT_EQ(state, HeadScanner::State::kComplete) << step;
    EXPECT_EQ(scanner.head_bytes(), head.size()) << step;
  }
}

TEST(HttpHeadScannerTest, RefusesEarlyWhatCanNotBecomeARequest) {
  const HeadLimits limits;
  const auto status = [&limits](std::string_view bytes) {
    HeadScanner scanner(limits);
    return scanner.scan(bytes) == HeadScanner::State::kRefused ? scanner.refusal().status : 0;
  };
  EXPECT_EQ(status("\x16\x03\x01"), 400);  // a TLS greeting on the plain port
  EXPECT_EQ(status("\r\n"), 400);
  EXPECT_EQ(status(std::string_view("\0", 1)), 400);
  EXPECT_EQ(status("GET / HTTP/1.1\n"), 400);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: a\n"), 400);
  EXPECT_EQ(status(std::string(kHeadBytesMax, 'A')), 414);
  EXPECT_EQ(status(std::string(kHeadBytesMax - 1, 'A')), 0);
  EXPECT_EQ(status("G"), 0);
}

}  // namespace
}  // namespace backtrail::api
