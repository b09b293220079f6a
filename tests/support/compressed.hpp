// gzip, zstd and zip made in memory, whole or damaged: for tests of what is undone at the door.
#pragma once
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <zip.h>
#include <zlib.h>
#include <zstd.h>

namespace backtrail::testing {

// One gzip member.
inline std::string gzip(std::string_view text, int level = 6) {
  z_stream stream{};
  constexpr int kGzipWindow = 15 + 16;
  if (deflateInit2(&stream, level, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("deflate");
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// One zstd frame in one piece: its header says the size.
inline std::string zstd(std::string_view text, int level = 3) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), level));
  return out;
}

// One frame as a streaming sender makes it: without a size, a block per piece.
inline std::string zstd_stream(const std::vector<std::string>& pieces, bool checksum = true) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, checksum ? 1 : 0);
  std::string out;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    std::string room(ZSTD_compressBound(pieces[i].size()) + 1024, '\0');
    ZSTD_inBuffer input{pieces[i].data(), pieces[i].size(), 0};
    ZSTD_outBuffer output{room.data(), room.size(), 0};
    while (ZSTD_compressStream2(context, &output, &input, i + 1 == pieces.size() ? ZSTD_e_end : ZSTD_e_flush) != 0) {
    }
    out.append(room, 0, output.pos);
  }
  ZSTD_freeCCtx(context);
  return out;
}

inline std::string zip(const std::vector<std::pair<std::string, std::string>>& entries) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* target = zip_source_buffer_create(nullptr, 0, 0, &error);
  zip_source_keep(target);
  zip_t* archive = zip_open_from_source(target, ZIP_CREATE | ZIP_TRUNCATE, &error);
  for (const auto& [name, text] : entries) {
    if (name.ends_with('/')) {
      zip_dir_add(archive, name.c_str(), 0);
      continue;
    }
    zip_source_t* source = zip_source_buffer(archive, text.data(), text.size(), 0);
    zip_file_add(archive, name.c_str(), source, 0);
  }
  if (zip_close(archive) != 0) throw std::runtime_error("zip");
  zip_source_open(target);
  std::string out;
  char part[4096];
  for (zip_int64_t got = 0; (got = zip_source_read(target, part, sizeof part)) > 0;)
    out.append(part, static_cast<std::size_t>(got));
  zip_source_close(target);
  zip_source_free(target);
  return out;
}

}  // namespace backtrail::testing
