#include "ingest/decode/decode.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <libdeflate.h>
#include <memory>
#include <zip.h>
#include <zstd.h>

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

// How far the output of `input` bytes may grow.
std::size_t output_limit(std::size_t input, std::size_t budget, const DecodeLimits& limits) {
  return std::min(budget, std::max(limits.ratio_free_bytes, input * limits.ratio_max));
}

// One gzip member; `used` is how many input bytes it took. `room` is kept between members: a delivery may have very
// many small ones, and making room for each would take the square of their number. The result lives until `room` is
// used again.
Result<std::string_view> gunzip_member(std::string_view bytes, std::size_t budget, const DecodeLimits& limits,
                                       std::string& room, std::size_t& used) {
  thread_local const std::unique_ptr<libdeflate_decompressor, FreeDeflate> decompressor(
      libdeflate_alloc_decompressor());
  const std::size_t limit = output_limit(bytes.size(), budget, limits);
  if (const std::size_t guess = std::min(limit, bytes.size() * 8 + 4096); room.size() < guess) room.resize(guess);
  for (;;) {
    const std::size_t available = std::min(room.size(), limit);
    std::size_t produced = 0;
    switch (libdeflate_gzip_decompress_ex(decompressor.get(), bytes.data(), bytes.size(), room.data(), available, &used,
                                          &produced)) {
      case LIBDEFLATE_SUCCESS:
        return std::string_view(room).substr(0, produced);
      case LIBDEFLATE_INSUFFICIENT_SPACE:
        if (available == limit) return bomb(bytes.size(), limit);
        room.resize(std::min(limit, room.size() * 4));
        break;
      default:
        return damaged("gzip is truncated or its checksum is wrong");
    }
  }
}

Result<std::string> unzstd(std::string_view bytes, std::size_t budget, const DecodeLimits& limits) {
  constexpr int kWindowLogMax = 27;  // 128 MiB: a frame that asks for more is refused before it is allocated
  const std::unique_ptr<ZSTD_DCtx, FreeZstd> context(ZSTD_createDCtx());
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kWindowLogMax);
  const std::size_t limit = output_limit(bytes.size(), budget, limits);
  std::string out;
  ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
  std::size_t hint = 1;
  // The input may be used up before all that it makes has come out.
  for (bool more_inside = false; input.pos < input.size || (more_inside && hint != 0);) {
    const std::size_t before = out.size();
    if (before > limit) return bomb(bytes.size(), limit);
    out.resize(before + std::min(limit + 1 - before, ZSTD_DStreamOutSize()));  // one byte more tells n from n + 1
    ZSTD_outBuffer output{out.data() + before, out.size() - before, 0};
    hint = ZSTD_decompressStream(context.get(), &output, &input);
    more_inside = output.pos == output.size;
    out.resize(before + output.pos);
    if (ZSTD_isError(hint) != 0) return damaged("zstd is damaged");
  }
  if (out.size() > limit) return bomb(bytes.size(), limit);
  if (hint != 0) return damaged("zstd is truncated");
  return out;
}

class Decoder {
 public:
  Decoder(const DecodeLimits& limits, Decoded& out) : limits_(limits), budget_(limits.output_bytes_max), out_(out) {}

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
        return take(unzstd(bytes, budget_, limits_), bytes, name, depth);
      case Container::kZip:
        return run_zip(bytes, depth);
    }
  }

 private:
  // Inside a container the bytes die with their call, and what the sender sent is the evidence: kept once, however many
  // of its parts are damaged.
  void fail_with(schema::Error error, std::string_view raw) {
    if (!outermost_.empty()) raw = outermost_;
    if (!out_.failures.empty() && out_.failures.back().raw.data() == raw.data() &&
        out_.failures.back().raw.size() == raw.size())
      return;
    out_.failures.push_back({std::move(error), raw});
  }

  void keep(std::string text, std::string_view name) {
    pad(text);
    out_.documents.push_back({std::move(text), std::string(name)});
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
      const auto member = gunzip_member(bytes, budget_, limits_, room, used);
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
    const std::size_t limit = output_limit(bytes.size(), budget_, limits_);
    std::string text;
    for (zip_int64_t got = 1; got > 0;) {
      constexpr std::size_t kStep = 256 * 1024;
      const std::size_t before = text.size();
      if (before > limit) return bomb(bytes.size(), limit);
      text.resize(before + kStep);
      got = zip_fread(file.get(), text.data() + before, kStep);
      text.resize(before + static_cast<std::size_t>(std::max<zip_int64_t>(got, 0)));
      if (got < 0) return damaged("zip entry is damaged");
    }
    return text;
  }

  const DecodeLimits& limits_;
  std::size_t budget_;
  std::string_view outermost_;
  Decoded& out_;
};

}  // namespace

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

Decoded decode(std::string_view bytes, const DecodeLimits& limits) {
  Decoded decoded;
  Decoder(limits, decoded).run(bytes, {}, 0);
  return decoded;
}

}  // namespace backtrail::ingest
