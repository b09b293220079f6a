// Inflates one gzip member; for tests. Returns "broken" for anything that is not exactly one.
#pragma once
#include <array>
#include <string>
#include <zlib.h>

namespace backtrail::api {

inline std::string gunzip(std::string bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return "broken";
  std::string out;
  std::array<char, 4096> piece{};
  stream.next_in = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  int result = Z_OK;
  while (result == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    result = inflate(&stream, Z_NO_FLUSH);
    out.append(piece.data(), piece.size() - stream.avail_out);
  }
  const bool complete = result == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  return complete ? out : "broken";
}

}  // namespace backtrail::api
