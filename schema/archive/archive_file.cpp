#include "schema/archive/archive_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>
#include <vector>
#include <zstd.h>

namespace backtrail::schema {
namespace fs = std::filesystem;
namespace {

constexpr int kLevel = 3;
constexpr std::size_t kReadBytes = 256 * 1024;

Error io_error(std::string_view what, const fs::path& file, int number) {
  return fail(Code::kIo, fmt::format("{} {}: {}", what, file.native(), std::strerror(number)));
}

class Sha256 {
 public:
  Sha256() { crypto_hash_sha256_init(&state_); }
  void add(const void* bytes, std::size_t size) {
    crypto_hash_sha256_update(&state_, static_cast<const unsigned char*>(bytes), size);
  }
  Sha256Digest digest() {
    Sha256Digest out{};
    crypto_hash_sha256_final(&state_, out.data());
    return out;
  }

 private:
  crypto_hash_sha256_state state_{};
};

class File {
 public:
  File(const fs::path& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (number_ >= 0) ::close(number_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  bool is_open() const { return number_ >= 0; }
  int number() const { return number_; }
  // 0, or errno.
  int write_all(const char* bytes, std::size_t size) const {
    while (size > 0) {
      const ssize_t written = ::write(number_, bytes, size);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return errno;
      bytes += written;
      size -= static_cast<std::size_t>(written);
    }
    return 0;
  }
  int sync() const { return ::fsync(number_) == 0 ? 0 : errno; }

 private:
  int number_;
};

}  // namespace

struct ArchivePartWriter::Impl {
  Impl(fs::path p, std::string name)
      : path(std::move(p)), file(path, O_WRONLY | O_CREAT | O_EXCL), out(ZSTD_CStreamOutSize()) {
    part.file = std::move(name);
  }
  Result<void> compress(std::string_view text, ZSTD_EndDirective end) {
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    for (;;) {
      ZSTD_outBuffer piece{out.data(), out.size(), 0};
      const std::size_t left = ZSTD_compressStream2(context.get(), &piece, &in, end);
      if (ZSTD_isError(left) != 0) return fail(Code::kIo, fmt::format("zstd: {}", ZSTD_getErrorName(left)));
      if (const int failed = file.write_all(out.data(), piece.pos); failed != 0)
        return io_error("cannot write", path, failed);
      bytes_hash.add(out.data(), piece.pos);
      part.bytes += piece.pos;
      if (end == ZSTD_e_end ? left == 0 : in.pos == in.size) return {};
    }
  }

  fs::path path;
  File file;
  std::vector<char> out;
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context{ZSTD_createCCtx(), &ZSTD_freeCCtx};
  Sha256 bytes_hash, text_hash;
  ArchivePart part;
};

ArchivePartWriter::ArchivePartWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ArchivePartWriter::~ArchivePartWriter() = default;

Result<std::unique_ptr<ArchivePartWriter>> ArchivePartWriter::create(const fs::path& folder, const std::string& file) {
  auto impl = std::make_unique<Impl>(folder / file, file);
  if (!impl->file.is_open()) return io_error("cannot create", impl->path, errno);
  ZSTD_CCtx_setParameter(impl->context.get(), ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(impl->context.get(), ZSTD_c_checksumFlag, 1);
  return std::unique_ptr<ArchivePartWriter>(new ArchivePartWriter(std::move(impl)));
}

std::uint64_t ArchivePartWriter::text_bytes() const {
  return impl_->part.text_bytes;
}

Result<void> ArchivePartWriter::add(std::string_view line) {
  for (const std::string_view text : {line, std::string_view("\n")}) {
    impl_->text_hash.add(text.data(), text.size());
    impl_->part.text_bytes += text.size();
    if (auto done = impl_->compress(text, ZSTD_e_continue); !done) return done;
  }
  ++impl_->part.records;
  return {};
}

Result<ArchivePart> ArchivePartWriter::finish() {
  if (auto done = impl_->compress({}, ZSTD_e_end); !done) return done.error();
  if (const int failed = impl_->file.sync(); failed != 0) return io_error("cannot fsync", impl_->path, failed);
  impl_->part.sha256 = impl_->bytes_hash.digest();
  impl_->part.text_sha256 = impl_->text_hash.digest();
  return impl_->part;
}

Result<ArchivePart> read_archive_part(const fs::path& folder, const std::string& name) {
  const fs::path path = folder / name;
  const File file(path, O_RDONLY);
  if (!file.is_open()) return io_error("cannot open", path, errno);
  // What is verified should come from the disk and not from memory, as far as the kernel follows.
  ::posix_fadvise(file.number(), 0, 0, POSIX_FADV_DONTNEED);
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), &ZSTD_freeDCtx);
  std::vector<char> in(kReadBytes), out(ZSTD_DStreamOutSize());
  ArchivePart part;
  part.file = name;
  Sha256 bytes_hash, text_hash;
  std::size_t frame_left = 0;
  for (;;) {
    const ssize_t got = ::read(file.number(), in.data(), in.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error("cannot read", path, errno);
    if (got == 0) break;
    const auto size = static_cast<std::size_t>(got);
    bytes_hash.add(in.data(), size);
    part.bytes += size;
    ZSTD_inBuffer piece{in.data(), size, 0};
    for (bool more = true; more;) {
      ZSTD_outBuffer text{out.data(), out.size(), 0};
      frame_left = ZSTD_decompressStream(context.get(), &text, &piece);
      if (ZSTD_isError(frame_left) != 0)
        return fail(Code::kBadEncoding, fmt::format("{} is damaged: {}", path.native(), ZSTD_getErrorName(frame_left)));
      text_hash.add(out.data(), text.pos);
      part.text_bytes += text.pos;
      part.records +=
          static_cast<std::uint64_t>(std::count(out.data(), out.data() + static_cast<std::ptrdiff_t>(text.pos), '\n'));
      // A full buffer may have more behind it, unless a frame has just ended.
      more = piece.pos < piece.size || (text.pos == text.size && frame_left != 0);
    }
  }
  if (frame_left != 0) return fail(Code::kBadEncoding, path.native() + " is damaged: it ends too early");
  part.sha256 = bytes_hash.digest();
  part.text_sha256 = text_hash.digest();
  return part;
}

Result<void> sync_folder(const fs::path& folder) {
  const File opened(folder, O_RDONLY | O_DIRECTORY);
  if (!opened.is_open()) return io_error("cannot open", folder, errno);
  if (const int failed = opened.sync(); failed != 0) return io_error("cannot fsync", folder, failed);
  return {};
}

Result<void> write_synced(const fs::path& path, std::string_view text) {
  const File file(path, O_WRONLY | O_CREAT | O_EXCL);
  if (!file.is_open()) return io_error("cannot create", path, errno);
  if (const int failed = file.write_all(text.data(), text.size()); failed != 0)
    return io_error("cannot write", path, failed);
  if (const int failed = file.sync(); failed != 0) return io_error("cannot fsync", path, failed);
  return {};
}

}  // namespace backtrail::schema
