// One compressed part of an archive: written line by line, read back and hashed. Format: FORMAT.md.
//
// Not thread-safe. Memory is bounded by the buffers of zstd. kIo says which file and why.
#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "schema/core/error.hpp"

namespace backtrail::schema {

using Sha256Digest = std::array<std::uint8_t, 32>;

struct ArchivePart {
  std::string file;  // name in its set's folder
  std::uint64_t records = 0, bytes = 0, text_bytes = 0;
  Sha256Digest sha256{}, text_sha256{};
  bool operator==(const ArchivePart&) const = default;
};

class ArchivePartWriter {
 public:
  static Result<std::unique_ptr<ArchivePartWriter>> create(const std::filesystem::path& folder,
                                                           const std::string& file);
  ~ArchivePartWriter();
  // One line, without its line break.
  Result<void> add(std::string_view line);
  std::uint64_t text_bytes() const;
  // Flushes and fsyncs. Call once.
  Result<ArchivePart> finish();

 private:
  struct Impl;
  explicit ArchivePartWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Reads a part to its end; what it is, or kIo when it cannot be read, kBadEncoding when it is damaged.
Result<ArchivePart> read_archive_part(const std::filesystem::path& folder, const std::string& file);

// Makes renames and new names in a folder survive a power cut.
Result<void> sync_folder(const std::filesystem::path& folder);
// A whole small file, fsynced.
Result<void> write_synced(const std::filesystem::path& file, std::string_view text);

}  // namespace backtrail::schema
