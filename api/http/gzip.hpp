// Gzip for answers: whole bodies and streams, and the decision whether a client wants it.
//
// GzipStream is for one thread at a time. Both throw std::runtime_error only if zlib itself fails (lack of memory).
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "api/http/request.hpp"
#include "api/http/response.hpp"

namespace backtrail::api {

[[nodiscard]] std::string gzip(std::string_view bytes, int level);

class GzipStream {
 public:
  explicit GzipStream(int level);
  ~GzipStream();
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  // Appends what is ready to `out`; with `last`, everything and the trailer.
  void add(std::string_view bytes, bool last, std::string& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Does Accept-Encoding allow gzip, with the q-values taken into account?
[[nodiscard]] bool accepts_gzip(const Request& request);

// Text, JSON, CSV, SVG and the like; not images, fonts or archives.
[[nodiscard]] bool is_compressible(std::string_view content_type);

// Compresses the response in place if the client wants it, its type gains from it and it is larger than kGzipBytesMin
// (a stream always counts as larger). Adds Vary; a strong ETag becomes a weak one, since the bytes differ.
void compress(const Request& request, Response& response);

}  // namespace backtrail::api
