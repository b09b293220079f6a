// Bodies out of their framing, cut into pieces in every possible way.
#include <gtest/gtest.h>
#include <string>

#include "api/http/body_decoder.hpp"
#include "api/http/limits.hpp"

namespace backtrail::api {
namespace {

using State = BodyDecoder::State;

const std::string kChunkedHead = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

struct Decoded {
  State state = State::kMore;
  std::string body;
  std::string rest;
};

// Feeds `bytes` in pieces of `step`, as a socket would.
Decoded decode(const std::string& head, const std::string& bytes, std::uint64_t limit, std::size_t step) {
  BodyDecoder decoder(limit);
  Decoded out;
  out.state = decoder.take_head(head);
  std::size_t at = 0;
  while (out.state == State::kMore && at < bytes.size()) {
    out.rest += bytes.substr(at, step);
    at += step;
    std::size_t consumed = 0;
    out.state = decoder.feed(out.rest, consumed);
    out.rest.erase(0, consumed);
  }
  if (at < bytes.size()) out.rest += bytes.substr(at);
  out.body = decoder.take_body();
  return out;
}

TEST(HttpBodyDecoderTest, TakesAChunkedBodyHoweverItIsCut) {
  const std::string bytes = "5\r\nhello\r\n6;a=b;c=\"d\"\r\n world\r\n0\r\nX-Api-Key: evil\r\n\r\nGET /next";
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    const Decoded out = decode(kChunkedHead, bytes, 11, step);
    EXPECT_EQ(out.state, State::kDone) << step;
    EXPECT_EQ(out.body, "hello world") << step;
    EXPECT_EQ(out.rest, "GET /next") << step;
  }
}

// Beast 1.81 asserts when the fourth byte of this comes alone.
TEST(HttpBodyDecoderTest, TakesAnEmptyChunkedBodyHoweverItIsCut) {
  for (const char* text : {"0\r\n\r\nnext", "0;a=b\r\nX: y\r\n\r\nnext", "000\r\n\r\nnext"}) {
    const std::string bytes = text;
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
      const Decoded out = decode(kChunkedHead, bytes, 0, step);
      EXPECT_EQ(out.state, State::kDone) << bytes << step;
      EXPECT_EQ(out.body, "") << bytes << step;
      EXPECT_EQ(out.rest, "next") << bytes << step;
    }
  }
}

TEST(HttpBodyDecoderTest, TakesABodyOfGivenLength) {
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";
  for (std::size_t step = 1; step <= 9; ++step) {
    const Decoded out = decode(head, "hellonext", 5, step);
    EXPECT_EQ(out.state, State::kDone) << step;
    EXPECT_EQ(out.body, "hello") << step;
    EXPECT_EQ(out.rest, "next") << step;
  }
}

TEST(HttpBodyDecoderTest, IsDoneAtOnceWithoutABody) {
  BodyDecoder decoder(0);
  EXPECT_EQ(decoder.take_head("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), State::kDone);
}

TEST(HttpBodyDecoderTest, LimitsAChunkedBody) {
  const auto state = [](std::size_t bytes) {
    const std::string half(bytes / 2, 'x');
    const std::string other(bytes - half.size(), 'y');
    char sizes[2][32];
    std::snprintf(sizes[0], sizeof sizes[0], "%zx\r\n", half.size());
    std::snprintf(sizes[1], sizeof sizes[1], "%zx\r\n", other.size());
    return decode(kChunkedHead, sizes[0] + half + "\r\n" + sizes[1] + other + "\r\n0\r\n\r\n", 1000, 100).state;
  };
  EXPECT_EQ(state(1000), State::kDone);
  EXPECT_EQ(state(1001), State::kTooLarge);
}

TEST(HttpBodyDecoderTest, RefusesBrokenChunks) {
  for (const std::string& bytes :
       {std::string("0x5\r\nhello\r\n0\r\n\r\n"), std::string("g\r\nab"), std::string("5\r\nhelloXX0\r\n\r\n"),
        std::string("10000000000000000\r\nx\r\n0\r\n\r\n"), std::string("-1\r\nab"),
        std::string("5;a\nX\r\nhello\r\n0\r\n\r\n"),
        std::string("0\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n")}) {
    EXPECT_EQ(decode(kChunkedHead, bytes, 1000, bytes.size()).state, State::kMalformed) << bytes;
  }
}

TEST(HttpBodyDecoderTest, LimitsWhatItCanNotUnderstandYet) {
  const auto state = [](std::size_t pending) {
    return decode(kChunkedHead, "1;" + std::string(pending - 2, 'a'), 1000, pending).state;
  };
  EXPECT_EQ(state(kPendingChunkBytesMax), State::kMore);
  EXPECT_EQ(state(kPendingChunkBytesMax + 1), State::kMalformed);
}

TEST(HttpBodyDecoderTest, TakesTheLargestHeadOfAFirehose) {
  // One value beyond 64 KiB: Beast's own field container would throw here.
  std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nX-Fill: ";
  head.append(kLargeHeadBytesMax - head.size() - 4, 'f');
  head += "\r\n\r\n";
  EXPECT_EQ(decode(head, "x", 1, 1).state, State::kDone);
}

TEST(HttpBodyDecoderTest, DoesNotGrowWhatIsReserved) {
  constexpr std::size_t bytes = 5 * kMiB;
  BodyDecoder decoder(bytes);
  ASSERT_EQ(decoder.take_head("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n"),
            State::kMore);
  decoder.reserve(bytes);
  const std::string piece(64 * kKiB, 'x');
  State state = State::kMore;
  for (std::size_t at = 0, consumed = 0; at < bytes; at += consumed) state = decoder.feed(piece, consumed);
  EXPECT_EQ(state, State::kDone);
  const std::string body = decoder.take_body();
  EXPECT_EQ(body, std::string(bytes, 'x'));
  EXPECT_EQ(body.capacity(), bytes);
}

TEST(HttpBodyDecoderTest, DisagreesWithAHeadThatTheGateShouldHaveRefused) {
  BodyDecoder decoder(100);
  EXPECT_NE(decoder.take_head("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n"), State::kMore);
}

}  // namespace
}  // namespace backtrail::api
