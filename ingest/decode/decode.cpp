#include "ingest/decode/decode.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <libdeflate.h>
#include <limits>
#include <memory>
#include <optional>
#include <zip.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "schema/core/json_tree.hpp"

namespace backtrail::ingest {
namespace {

using schema::Code;
using schema::fail;
using schema::Result;

struct FreeDeflate {
  void operator()(libdeflate_decompressor* p) const { libdeflate_free_decompressor(p); }
};
struct FreeZstd {
  void operator()(ZSTD_DCtx* p) const { ZSTD_freeDCtx(p); }
};

schema::Error bomb(std::size_t input, std::size_t output) {
  return fail(Code::kBadEncoding, fmt::format("bomb: {} bytes grow beyond {}", input, output));
}
schema::Error damaged(std::string_view what) {
  return fail(Code::kBadEncoding, fmt::format("encoding: {}", what));
}

// Up to here room is taken at once. What wants more is measured first, in pieces that are thrown away: a bomb then
// costs time up to the limit, but no memory.
constexpr std::size_t kFirstRoomBytes = 8U * 1024 * 1024;
constexpr std::size_t kPieceBytes = 64U * 1024;

// How much one gzip member makes; more than `limit` when it is more. Nothing when it is damaged before that.
std::optional<std::size_t> gzip_member_size(std::string_view bytes, std::size_t limit) {
  constexpr int kGzipWindow = 15 + 16;
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) return std::nullopt;
  const std::unique_ptr<z_stream, int (*)(z_stream*)> ends(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max()));
  std::array<Bytef, kPieceBytes> piece;
  for (int state = Z_OK; state == Z_OK && stream.total_out <= limit;) {
    stream.next_out = piece.data();
    stream.avail_out = static_cast<uInt>(piece.size());
    state = inflate(&stream, Z_NO_FLUSH);
    if (state != Z_OK && state != Z_STREAM_END) return std::nullopt;
  }
  return stream.total_out;
}

// One gzip member; `used` is how many input bytes it took. `room` is kept between members: a delivery may have very
// many small ones, and making room for each would take the square of their number. The result lives until `room` is
// used again.
Result<std::string_view> gunzip_member(std::string_view bytes, std::size_t limit, std::string& room,
                                       std::size_t& used) {
  thread_local const std::unique_ptr<libdeflate_decompressor, FreeDeflate> decompressor(
      libdeflate_alloc_decompressor());
  const std::size_t guess = std::min({limit, bytes.size() * 8 + 4096, kFirstRoomBytes});
  if (room.size() < guess) room.resize(guess);
  for (;;) {
    const std::size_t available = std::min(room.size(), limit);
    std::size_t produced = 0;
    switch (libdeflate_gzip_decompress_ex(decompressor.get(), bytes.data(), bytes.size(), room.data(), available, &used,
                                          &produced)) {
      case LIBDEFLATE_SUCCESS:
        return std::string_view(room).substr(0, produced);
      case LIBDEFLATE_INSUFFICIENT_SPACE: {
        if (available == limit) return bomb(bytes.size(), limit);
        if (room.size() < kFirstRoomBytes) {
          room.resize(std::min({limit, room.size() * 4, kFirstRoomBytes}));
          break;
        }
        const auto size = gzip_member_size(bytes, limit);
        if (size && *size > limit) return bomb(bytes.size(), limit);
        if (!size || *size <= available) return damaged("gzip is truncated or its checksum is wrong");
        std::string().swap(room);
        room.resize(*size);
        break;
      }
      default:
        return damaged("gzip is truncated or its checksum is wrong");
    }
  }
}

schema::Error zstd_error(std::size_t code) {
  switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_srcSize_wrong:
      return damaged("zstd is truncated");
    case ZSTD_error_frameParameter_windowTooLarge:
      return damaged("zstd asks for a window of more than 8 MiB");
    default:
      return damaged("zstd is damaged");
  }
}

// A frame that does not say its size, as streaming senders make it, in pieces.
template <class Take>
std::optional<schema::Error> stream_zstd(ZSTD_DCtx* context, std::string_view frame, const Take& take) {
  constexpr int kWindowLogMax = 23;  // 8 MiB, what RFC 8878 asks decoders for; a frame that wants more is refused
  ZSTD_DCtx_reset(context, ZSTD_reset_session_and_parameters);
  ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, kWindowLogMax);
  ZSTD_inBuffer input{frame.data(), frame.size(), 0};
  std::array<char, kPieceBytes> piece;
  // The input may be used up before all that it makes has come out.
  for (std::size_t hint = 1; hint != 0;) {
    ZSTD_outBuffer output{piece.data(), piece.size(), 0};
    const std::size_t before = input.pos;
    hint = ZSTD_decompressStream(context, &output, &input);
    if (ZSTD_isError(hint) != 0) return zstd_error(hint);
    if (hint != 0 && output.pos == 0 && input.pos == before) return damaged("zstd is truncated");
    if (!take(std::string_view(piece.data(), output.pos))) return std::nullopt;
  }
  return std::nullopt;
}

Result<void> unzstd_unsized(ZSTD_DCtx* context, std::string_view frame, std::size_t limit, std::string& out) {
  std::size_t size = out.size();
  const auto measured = stream_zstd(context, frame, [&](std::string_view piece) {
    size += piece.size();
    return size <= limit;
  });
  if (measured) return *measured;
  if (size > limit) return bomb(frame.size(), limit);
  out.reserve(size);
  const auto made = stream_zstd(context, frame, [&](std::string_view piece) {
    out += piece;
    return true;
  });
  if (made) return *made;
  return {};
}

Result<void> unzstd_sized(ZSTD_DCtx* context, std::string_view frame, std::size_t size, std::string& out) {
  // Not a string: its zeros would take the memory that a lying header asks for.
  const auto room = std::make_unique_for_overwrite<char[]>(size);
  const std::size_t got = ZSTD_decompressDCtx(context, room.get(), size, frame.data(), frame.size());
  if (ZSTD_isError(got) != 0) return zstd_error(got);
  out.append(room.get(), got);
  return {};
}

// All frames; skippable ones hold nothing.
Result<std::string> unzstd(std::string_view bytes, std::size_t limit) {
  const std::unique_ptr<ZSTD_DCtx, FreeZstd> context(ZSTD_createDCtx());
  std::string out;
  while (!bytes.empty()) {
    const std::size_t used = ZSTD_findFrameCompressedSize(bytes.data(), bytes.size());
    if (ZSTD_isError(used) != 0) return zstd_error(used);
    const std::string_view frame = bytes.substr(0, used);
    bytes.remove_prefix(used);
    const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
    if (size == ZSTD_CONTENTSIZE_ERROR) return damaged("zstd is damaged");
    const bool sized = size != ZSTD_CONTENTSIZE_UNKNOWN;
    if (sized && size > limit - out.size()) return bomb(frame.size(), limit);
    const auto done =
        sized ? unzstd_sized(context.get(), frame, size, out) : unzstd_unsized(context.get(), frame, limit, out);
    if (!done) return done.error();
  }
  return out;
}

class Decoder {
 public:
  Decoder(std::size_t budget, const std::function<void(Document)>& take) : budget_(budget), take_(take) {}
  std::vector<DecodeFailure> failures;

  void run(std::string_view bytes, std::string_view name, int depth) {
    const Container container = container_of(bytes);
    if (container != Container::kNone && depth >= kMaxNesting)
      return fail_with(damaged("containers are nested too deeply"), bytes);
    switch (container) {
      case Container::kNone:
        return keep(std::string(bytes), name);
      case Container::kGzip:
        return run_gzip(bytes, name, depth);
      case Container::kZstd:
        return take(unzstd(bytes, budget_), bytes, name, depth);
      case Container::kZip:
        return run_zip(bytes, depth);
    }
  }

 private:
  // Inside a container the bytes die with their call, and what the sender sent is the evidence: kept once, however many
  // of its parts are damaged.
  void fail_with(schema::Error error, std::string_view raw) {
    if (!outermost_.empty()) raw = outermost_;
    if (!failures.empty() && failures.back().raw.data() == raw.data() && failures.back().raw.size() == raw.size())
      return;
    failures.push_back({std::move(error), raw});
  }

  void keep(std::string text, std::string_view name) {
    pad(text);
    take_({std::move(text), std::string(name)});
  }

  // Counts the output against the budget and decodes what is inside.
  void take(Result<std::string> output, std::string_view raw, std::string_view name, int depth) {
    if (!output) return fail_with(output.error(), raw);
    budget_ -= std::min(budget_, output->size());
    if (container_of(*output) == Container::kNone) return keep(std::move(*output), name);
    const std::string_view saved = outermost_;
    if (outermost_.empty()) outermost_ = raw;
    run(*output, name, depth + 1);
    outermost_ = saved;
  }

  void run_gzip(std::string_view bytes, std::string_view name, int depth) {
    std::string joined, room;
    while (container_of(bytes) == Container::kGzip) {
      std::size_t used = 0;
      const auto member = gunzip_member(bytes, budget_, room, used);
      if (!member) {
        if (!joined.empty()) keep(std::move(joined), name);
        return fail_with(member.error(), bytes);
      }
      if (container_of(*member) != Container::kNone) {
        take(std::string(*member), bytes.substr(0, used), name, depth);
      } else {
        budget_ -= std::min(budget_, member->size());
        joined += *member;
      }
      bytes.remove_prefix(used);
    }
    if (!joined.empty()) keep(std::move(joined), name);
    // gzip tools pad with zeros; anything else behind the last member is kept as evidence of damage.
    const auto rest = bytes.find_first_not_of('\0');
    if (rest != std::string_view::npos) fail_with(damaged("bytes behind the last gzip member"), bytes.substr(rest));
  }

  void run_zip(std::string_view bytes, int depth) {
    constexpr zip_int64_t kMaxEntries = 10'000;
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
    const std::unique_ptr<zip_t, void (*)(zip_t*)> archive(zip_open_from_source(source, ZIP_RDONLY, &error),
                                                           zip_discard);
    if (archive == nullptr) {
      zip_source_free(source);
      return fail_with(damaged("zip is damaged"), bytes);
    }
    const zip_int64_t entries = zip_get_num_entries(archive.get(), 0);
    if (entries > kMaxEntries) return fail_with(damaged("zip has too many entries"), bytes);
    for (zip_int64_t index = 0; index < entries; ++index) {
      const char* raw_name = zip_get_name(archive.get(), static_cast<zip_uint64_t>(index), 0);
      const std::string name = raw_name == nullptr ? "" : raw_name;
      if (name.ends_with('/')) continue;
      auto text = unzip_entry(archive.get(), static_cast<zip_uint64_t>(index), bytes);
      const bool is_bomb = !text && text.error().detail.starts_with("bomb");
      take(std::move(text), bytes, name, depth);
      if (is_bomb) return;  // or every entry would be unpacked up to the limit
    }
  }

  Result<std::string> unzip_entry(zip_t* archive, zip_uint64_t index, std::string_view bytes) const {
    const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(zip_fopen_index(archive, index, 0), zip_fclose);
    if (file == nullptr) return damaged("zip entry cannot be read");
    // An entry may not make more than the directory says it holds.
    zip_stat_t stat;
    if (zip_stat_index(archive, index, 0, &stat) != 0 || (stat.valid & ZIP_STAT_SIZE) == 0)
      return damaged("zip entry does not say its size");
    if (stat.size > budget_) return bomb(bytes.size(), budget_);
    std::string text;
    text.reserve(std::min<std::size_t>(stat.size, kFirstRoomBytes) + schema::kJsonPaddingBytes);
    std::array<char, kPieceBytes> piece;
    for (zip_int64_t got = 1; got > 0;) {
      got = zip_fread(file.get(), piece.data(), piece.size());
      if (got < 0 || text.size() + static_cast<std::size_t>(got) > stat.size) return damaged("zip entry is damaged");
      text.append(piece.data(), static_cast<std::size_t>(got));
    }
    return text;
  }

  std::size_t budget_;
  std::string_view outermost_;
  const std::function<void(Document)>& take_;
};

}  // namespace

std::size_t output_limit(std::size_t input, const DecodeLimits& limits) {
  return std::min(limits.output_bytes_max, std::max(limits.ratio_free_bytes, input * limits.ratio_max));
}

void pad(std::string& text) {
  text.reserve(text.size() + schema::kJsonPaddingBytes);
}

Container container_of(std::string_view bytes) {
  if (bytes.starts_with("\x1f\x8b")) return Container::kGzip;
  if (bytes.starts_with("\x28\xb5\x2f\xfd")) return Container::kZstd;
  using namespace std::string_view_literals;
  if (bytes.starts_with("PK\x03\x04"sv) || bytes.starts_with("PK\x05\x06"sv)) return Container::kZip;
  return Container::kNone;
}

std::vector<DecodeFailure> decode_each(std::string_view bytes, const DecodeLimits& limits,
                                       const std::function<void(Document)>& take) {
  Decoder decoder(output_limit(bytes.size(), limits), take);
  decoder.run(bytes, {}, 0);
  return std::move(decoder.failures);
}

Decoded decode(std::string_view bytes, const DecodeLimits& limits) {
  Decoded decoded;
  decoded.failures =
      decode_each(bytes, limits, [&decoded](Document document) { decoded.documents.push_back(std::move(document)); });
  return decoded;
}

}  // namespace backtrail::ingest
