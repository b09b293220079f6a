#include "schema/block_format/packed.hpp"

#include <backtrail_raw_dictionary_v1.hpp>
#include <memory>
#include <zstd.h>

namespace backtrail::schema {
namespace {

constexpr char kPlain = 0, kZstd = 1, kZstdDictionary1 = 2;
// A row is packed while its sender waits, and is packed anew when its day is sealed. In blocks level 3 saves 2 percent
// of everything for half a microsecond an event; higher ones save no more.
constexpr int kRowLevel = 1, kSealedLevel = 3;

struct Free {
  void operator()(ZSTD_CCtx* p) const { ZSTD_freeCCtx(p); }
  void operator()(ZSTD_DCtx* p) const { ZSTD_freeDCtx(p); }
};

ZSTD_CCtx* compressor() {
  thread_local const std::unique_ptr<ZSTD_CCtx, Free> context(ZSTD_createCCtx());
  return context.get();
}
ZSTD_DCtx* decompressor() {
  thread_local const std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
  return context.get();
}

// Made once and kept until the process ends.
const ZSTD_CDict* make_dictionary(int level) {
  return ZSTD_createCDict(backtrail_raw_dictionary_v1().data(), backtrail_raw_dictionary_v1().size(), level);
}
const ZSTD_CDict* compression_dictionary(PackWith with) {
  static const ZSTD_CDict* const row = make_dictionary(kRowLevel);
  static const ZSTD_CDict* const sealed = make_dictionary(kSealedLevel);
  return with == PackWith::kDictionaryFast ? row : sealed;
}
const ZSTD_DDict* decompression_dictionary() {
  static const ZSTD_DDict* const dictionary =
      ZSTD_createDDict(backtrail_raw_dictionary_v1().data(), backtrail_raw_dictionary_v1().size());
  return dictionary;
}

}  // namespace

void append_packed(std::string_view bytes, PackWith with, std::string& out) {
  const std::size_t start = out.size(), room = ZSTD_compressBound(bytes.size());
  const bool dictionary = with != PackWith::kNothing;
  out.resize(start + 1 + room);
  out[start] = dictionary ? kZstdDictionary1 : kZstd;
  char* const frame = out.data() + start + 1;
  const std::size_t size = dictionary
                               ? ZSTD_compress_usingCDict(compressor(), frame, room, bytes.data(), bytes.size(),
                                                          compression_dictionary(with))
                               : ZSTD_compressCCtx(compressor(), frame, room, bytes.data(), bytes.size(), kSealedLevel);
  if (ZSTD_isError(size) != 0 || size >= bytes.size()) {
    out.resize(start);
    out += kPlain;
    out += bytes;
    return;
  }
  out.resize(start + 1 + size);
}

Result<std::string_view> unpack(std::string_view packed, std::size_t most_bytes, std::string& room) {
  if (packed.empty()) return fail(Code::kBadRecord, "stored bytes are empty");
  const char format = packed.front();
  packed.remove_prefix(1);
  if (format == kPlain) {
    if (packed.size() > most_bytes) return fail(Code::kBadRecord, "stored bytes are too many");
    return packed;
  }
  if (format != kZstd && format != kZstdDictionary1)
    return fail(Code::kBadRecord, "stored bytes have an unknown format");
  const auto size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size > most_bytes)
    return fail(Code::kBadRecord, "stored bytes have no sane size");
  if (room.size() < size) room.resize(size);
  const std::size_t got = format == kZstd
                              ? ZSTD_decompressDCtx(decompressor(), room.data(), size, packed.data(), packed.size())
                              : ZSTD_decompress_usingDDict(decompressor(), room.data(), size, packed.data(),
                                                           packed.size(), decompression_dictionary());
  if (ZSTD_isError(got) != 0 || got != size) return fail(Code::kBadRecord, "stored bytes are damaged");
  return std::string_view(room.data(), size);
}

Result<std::string> unpack(std::string_view packed, std::size_t most_bytes) {
  std::string room;
  const auto bytes = unpack(packed, most_bytes, room);
  if (!bytes) return bytes.error();
  if (bytes->data() != room.data()) return std::string(*bytes);
  return room;
}

}  // namespace backtrail::schema
