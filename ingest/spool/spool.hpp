// Where deliveries wait on this machine's disk while the database cannot take them. append() returns when the bytes
// would survive a power cut: its sender may be told that they are safe.
//
// A directory of segments (FORMAT.md). One program holds it at a time, by a lock. What an earlier process left is there
// again after open(). Draining is somebody else's work (drainer.hpp): it takes the oldest segment, and gives it back as
// drained, or postpones it, so that no segment holds up the others. What cannot be read or stored is moved to
// `damaged/`, never removed. Thread-safe. Errors: kIo (the disk), kOverload (the spool or the disk is full).
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include "ingest/spool/segment.hpp"

namespace backtrail::ingest::spool {

// pread(): replaced where a test needs a disk with bad sectors.
using ReadAt = std::function<ssize_t(int file, void* bytes, std::size_t size, off_t offset)>;

struct SpoolOptions {
  std::filesystem::path directory;
  std::size_t bytes_max = std::size_t{8} * 1024 * 1024 * 1024;
  std::int64_t age_max_us = std::int64_t{24} * 3600 * 1'000'000;  // of the oldest delivery that waits
  // Senders are refused from this share of a limit on, so that what is under way still fits.
  unsigned refuse_from_percent = 90;
  ReadAt read = ::pread;
};

struct SpoolStatus {
  std::size_t segments = 0;
  std::size_t bytes = 0;                  // of the segments' files
  std::size_t records = 0;                // written by this process and not yet drained
  std::int64_t oldest_us = 0;             // when the oldest segment was begun; 0: the spool is empty
  std::size_t postponed_segments = 0;     // could not be drained when last tried
  std::uint64_t damaged_spans = 0;        // found while draining, by this process
  std::uint64_t unreadable_segments = 0;  // … kept whole, because the disk gave parts of them no more
  std::uint64_t set_aside = 0;            // deliveries that nothing could be done with, kept as files
};

class Spool {
 public:
  // Makes the directory when it is missing. kOverload: another program holds it.
  static schema::Result<std::unique_ptr<Spool>> open(SpoolOptions options);
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  schema::Result<void> append(std::string_view payload, std::int64_t now_us);

  // The oldest segment of those that were postponed least often; the one that is being written is closed for that and
  // what is under way awaited. Nothing: the spool is empty. One thread drains.
  std::optional<std::uint64_t> oldest();
  // It could not be drained now: others come first. How often that is so.
  unsigned postpone(std::uint64_t segment);
  // Its bytes, and the key of its checks. What the disk does not give back stands there as zeros.
  struct Loaded {
    std::string file;
    schema::HashKey key;
    std::vector<Span> unreadable;
  };
  schema::Result<Loaded> load(std::uint64_t segment) const;
  // Keeps a record that nothing else can be done with as a file of its own: durable when it returns.
  schema::Result<void> set_aside(std::uint64_t segment, std::size_t offset, std::string_view payload);
  // Everything of the segment is in the database: keeps its damaged spans and removes it. One that could not be read in
  // full is kept whole instead: the disk may give more to somebody with the right tools.
  schema::Result<void> drained(std::uint64_t segment, const Loaded& loaded, const std::vector<Span>& damaged);

  SpoolStatus status() const;
  bool empty() const { return status().segments == 0; }

 private:
  explicit Spool(SpoolOptions options) : options_(std::move(options)) {}
  schema::Result<void> find_segments();
  schema::Result<std::shared_ptr<SegmentWriter>> segment_for(std::size_t payload_bytes, std::int64_t now_us);
  schema::Result<void> keep_damage(std::uint64_t segment, std::string_view file, const std::vector<Span>& damaged);
  schema::Result<void> remove_or_keep(std::uint64_t segment, const Loaded& loaded, const std::vector<Span>& damaged);
  void appended(std::uint64_t number, bool safe);
  bool full(std::size_t more_bytes, std::int64_t now_us) const;
  std::filesystem::path path_of(std::uint64_t segment) const { return options_.directory / segment_name(segment); }

  struct Segment {
    std::size_t bytes = 0, records = 0;
    std::int64_t begun_us = 0;
    unsigned in_flight = 0;  // appends that have not returned
    unsigned postponed = 0;
  };
  const SpoolOptions options_;
  int lock_file_ = -1;
  schema::HashKey key_{};
  mutable std::mutex mutex_;
  std::condition_variable landed_;
  std::map<std::uint64_t, Segment> segments_;
  std::shared_ptr<SegmentWriter> current_;
  std::uint64_t next_number_ = 1, damaged_spans_ = 0, unreadable_segments_ = 0, set_aside_ = 0;
};

// A segment as found on the disk, for people: nothing is changed, no lock is needed.
struct SegmentReport {
  std::uint64_t number = 0;
  std::size_t bytes = 0, records = 0;
  std::vector<Span> damaged;
  std::vector<Span> unreadable;  // what the disk did not give back: zeros in `file`, and part of `damaged`
  std::string file;              // what the payloads are views into
  std::vector<std::string_view> payloads;
};
// `visit` gets one segment after the other, oldest first.
schema::Result<void> inspect(const std::filesystem::path& directory,
                             const std::function<void(const SegmentReport&)>& visit, const ReadAt& read = ::pread);

// What draining had to keep: damaged spans, segments that could not be read in full, deliveries that could not be
// stored.
struct KeptFile {
  std::string name;
  std::uintmax_t bytes = 0;
};
schema::Result<std::vector<KeptFile>> kept_files(const std::filesystem::path& directory);

}  // namespace backtrail::ingest::spool
