// One segment of the spool: a file of checked records (FORMAT.md). Writing is a class, reading a pure function.
//
// SegmentWriter: thread-safe; owns its file descriptor. Errors are kIo (the disk) and kOverload (no room in it).
#pragma once
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/core/error.hpp"
#include "schema/core/hash.hpp"

namespace backtrail::ingest::spool {

inline constexpr std::size_t kSegmentBytes = 64U * 1024 * 1024;
inline constexpr std::size_t kHeaderAreaBytes = 8192;
inline constexpr std::size_t kRecordHeaderBytes = 40;

// What a record takes in a segment.
std::size_t record_bytes(std::size_t payload_bytes);

class SegmentWriter {
 public:
  // Makes the file, at least kSegmentBytes large and large enough for `first_payload_bytes`; durable when it returns.
  static schema::Result<std::shared_ptr<SegmentWriter>> create(const std::filesystem::path& directory,
                                                               std::uint64_t number, const schema::HashKey& key,
                                                               std::size_t first_payload_bytes, std::int64_t now_us);
  ~SegmentWriter();
  SegmentWriter(const SegmentWriter&) = delete;
  SegmentWriter& operator=(const SegmentWriter&) = delete;

  // Writes one record and waits until it is on the disk; one fdatasync serves all that wait. After an error of the disk
  // the segment takes nothing more: usable() is false.
  schema::Result<void> append(std::string_view payload);
  bool has_room(std::size_t payload_bytes) const;
  bool usable() const;
  std::uint64_t number() const { return number_; }
  std::size_t size_bytes() const { return size_bytes_; }

 private:
  SegmentWriter(int file, std::uint64_t number, const schema::HashKey& key, std::size_t size_bytes)
      : file_(file), number_(number), key_(key), size_bytes_(size_bytes) {}
  schema::Result<void> sync_up_to(std::uint64_t record, std::unique_lock<std::mutex>& lock);

  const int file_;
  const std::uint64_t number_;
  const schema::HashKey key_;
  const std::size_t size_bytes_;
  mutable std::mutex mutex_;
  std::condition_variable synced_;
  std::size_t end_ = kHeaderAreaBytes;
  std::uint64_t written_ = 0, durable_ = 0;  // records
  bool syncing_ = false, failed_ = false;
};

struct Span {
  std::size_t offset = 0, bytes = 0;
  bool operator==(const Span&) const = default;
};

struct SegmentContents {
  std::vector<std::string_view> payloads;  // views into what was read
  std::vector<Span> damaged;
};

// The key that an intact header holds.
std::optional<schema::HashKey> segment_key(std::string_view file);
// When the segment was begun, as an intact header has it; microseconds.
std::optional<std::int64_t> segment_begun_us(std::string_view file);
// Every intact record of the file's bytes, and what is neither a record nor free space. `unreadable`: in order, what
// the disk did not give back and stands in `file` as zeros. Pure, linear but for the checks of damaged spans.
SegmentContents read_segment(std::string_view file, const schema::HashKey& key, std::span<const Span> unreadable = {});

std::string segment_name(std::uint64_t number);
// Nothing: not a segment's name.
std::optional<std::uint64_t> segment_number(const std::string& file_name);

// fsync of a directory: makes names in it durable.
schema::Result<void> sync_directory(const std::filesystem::path& directory);

}  // namespace backtrail::ingest::spool
