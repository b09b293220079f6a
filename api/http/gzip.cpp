#include "api/http/gzip.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <utility>
#include <zlib.h>

#include "api/http/limits.hpp"
#include "api/http/text.hpp"

namespace backtrail::api {
namespace {

constexpr int kGzipWindowBits = 15 + 16;  // the largest window, with a gzip header
constexpr int kMemoryLevel = 8;

// "q=0", "q=0.0", "q=0.000" mean: not acceptable.
bool is_refused(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::size_t semicolon = parameters.find(';');
    const std::string_view parameter = trim_space(parameters.substr(0, semicolon));
    parameters.remove_prefix(semicolon == std::string_view::npos ? parameters.size() : semicolon + 1);
    if (parameter.size() < 2 || !equal_ignore_case(parameter.substr(0, 2), "q=")) continue;
    const std::string_view value = parameter.substr(2);
    return value.find_first_not_of("0.") == std::string_view::npos;
  }
  return false;
}

void weaken_etag(Response& response) {
  const auto etag = response.headers.find("ETag");
  if (etag && !etag->starts_with("W/")) response.headers.set("ETag", "W/" + std::string(*etag));
}

}  // namespace

struct GzipStream::State {
  z_stream stream{};
};

GzipStream::GzipStream(int level) : state_(std::make_unique<State>()) {
  if (deflateInit2(&state_->stream, level, Z_DEFLATED, kGzipWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("zlib can not start to compress");
  }
}

GzipStream::~GzipStream() {
  deflateEnd(&state_->stream);
}

void GzipStream::add(std::string_view bytes, bool last, std::string& out) {
  z_stream& stream = state_->stream;
  std::array<char, 16 * kKiB> piece{};
  do {
    // zlib counts in unsigned int, so a huge input goes in by parts.
    const std::size_t part = std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max());
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(part);
    bytes.remove_prefix(part);
    const int flush = last && bytes.empty() ? Z_FINISH : Z_NO_FLUSH;
    do {
      stream.next_out = reinterpret_cast<Bytef*>(piece.data());
      stream.avail_out = static_cast<uInt>(piece.size());
      if (deflate(&stream, flush) == Z_STREAM_ERROR) throw std::runtime_error("zlib failed to compress");
      out.append(piece.data(), piece.size() - stream.avail_out);
    } while (stream.avail_out == 0);
  } while (!bytes.empty());
}

std::string gzip(std::string_view bytes, int level) {
  std::string out;
  out.reserve(bytes.size() / 4 + 64);
  GzipStream stream(level);
  stream.add(bytes, true, out);
  return out;
}

bool accepts_gzip(const Request& request) {
  const auto value = request.header("Accept-Encoding");
  if (!value) return false;
  bool any = false;
  for (const std::string_view element : split_list(*value)) {
    const std::size_t semicolon = element.find(';');
    const std::string_view coding = trim_space(element.substr(0, semicolon));
    const bool refused = semicolon != std::string_view::npos && is_refused(element.substr(semicolon + 1));
    if (equal_ignore_case(coding, "gzip") || equal_ignore_case(coding, "x-gzip")) return !refused;
    if (coding == "*") any = !refused;
  }
  return any;
}

bool is_compressible(std::string_view content_type) {
  const std::string_view type = trim_space(content_type.substr(0, content_type.find(';')));
  constexpr std::array<std::string_view, 8> types = {
      "application/json",          "application/x-ndjson",     "application/javascript", "application/xml",
      "application/manifest+json", "application/problem+json", "image/svg+xml",          "application/x-amz-json-1.1"};
  if (type.size() > 5 && equal_ignore_case(type.substr(0, 5), "text/")) return true;
  return std::any_of(types.begin(), types.end(),
                     [type](std::string_view known) { return equal_ignore_case(type, known); });
}

void compress(const Request& request, Response& response) {
  const auto type = response.headers.find("Content-Type");
  if (!type || !is_compressible(*type) || response.headers.contains("Content-Encoding")) return;
  if (!response.pull && response.body.size() <= kGzipBytesMin) return;
  response.headers.add("Vary", "Accept-Encoding");
  if (!accepts_gzip(request)) return;
  response.headers.set("Content-Encoding", "gzip");
  weaken_etag(response);
  if (!response.pull) {
    response.body = gzip(response.body, kGzipLevel);
    return;
  }
  response.pull = [pull = std::move(response.pull), stream = std::make_shared<GzipStream>(kGzipLevel),
                   plain = std::string()](std::string& out) mutable {
    plain.clear();
    const bool more = pull(plain);
    stream->add(plain, !more, out);
    return more;
  };
}

}  // namespace backtrail::api
