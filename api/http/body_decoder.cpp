#include "api/http/body_decoder.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <utility>

#include "api/http/limits.hpp"

namespace backtrail::api {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using beast::error_code;
using beast::string_view;

// A promised length is believed only up to here; memory beyond it comes with the bytes.
constexpr std::uint64_t kReserveBytesMax = kMiB;

// "0\r\n\r\n": no chunked body ends with less than this. Beast 1.81 asserts that it sees as much once it has seen
// "0\r\n", so a peer that sends the fourth byte alone would abort a build with assertions.
constexpr std::size_t kShortestChunkedEnd = 5;

}  // namespace

class BodyDecoder::Parser final : public http::basic_parser<true> {
 public:
  std::string body;

 private:
  void on_request_impl(http::verb, string_view, string_view, int, error_code& ec) override { ec = {}; }
  void on_response_impl(int, string_view, int, error_code& ec) override { ec = {}; }
  void on_field_impl(http::field, string_view, string_view, error_code& ec) override { ec = {}; }
  void on_header_impl(error_code& ec) override { ec = {}; }
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code& ec) override {
    if (length) body.reserve(static_cast<std::size_t>(std::min(*length, kReserveBytesMax)));
    ec = {};
  }
  std::size_t on_body_impl(string_view bytes, error_code& ec) override {
    body.append(bytes.data(), bytes.size());
    ec = {};
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code& ec) override { ec = {}; }
  std::size_t on_chunk_body_impl(std::uint64_t, string_view bytes, error_code& ec) override {
    return on_body_impl(bytes, ec);
  }
  void on_finish_impl(error_code& ec) override { ec = {}; }
};

BodyDecoder::BodyDecoder(std::uint64_t bytes_max) : parser_(std::make_unique<Parser>()) {
  parser_->eager(true);
  parser_->body_limit(bytes_max);
  parser_->header_limit(static_cast<std::uint32_t>(kLargeHeadBytesMax + 1));
}

BodyDecoder::~BodyDecoder() = default;

BodyDecoder::State BodyDecoder::take_head(std::string_view head) {
  std::size_t consumed = 0;
  const State state = feed(head, consumed);
  if (state == State::kTooLarge) return state;
  if (consumed != head.size() || !parser_->is_header_done()) return State::kMalformed;
  return state;
}

BodyDecoder::State BodyDecoder::feed(std::string_view bytes, std::size_t& consumed) {
  consumed = 0;
  while (!parser_->is_done() && consumed < bytes.size()) {
    const bool in_chunks = parser_->is_header_done() && parser_->chunked();
    if (in_chunks && bytes.size() - consumed < kShortestChunkedEnd) break;
    error_code ec;
    const std::size_t used =
        parser_->put(boost::asio::const_buffer(bytes.data() + consumed, bytes.size() - consumed), ec);
    consumed += used;
    if (ec == http::error::body_limit) return State::kTooLarge;
    if (ec == http::error::need_more || (!ec && used == 0)) break;
    if (ec) return State::kMalformed;
  }
  if (parser_->is_done()) return State::kDone;
  // What is left over is an unfinished chunk line or trailer; those are short in honest requests.
  return bytes.size() - consumed > kPendingChunkBytesMax ? State::kMalformed : State::kMore;
}

void BodyDecoder::reserve(std::size_t bytes) {
  parser_->body.reserve(bytes);
}

std::size_t BodyDecoder::body_bytes() const noexcept {
  return parser_->body.size();
}

std::string BodyDecoder::take_body() noexcept {
  return std::move(parser_->body);
}

}  // namespace backtrail::api
