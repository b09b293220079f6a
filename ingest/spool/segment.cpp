#include "ingest/spool/segment.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/uio.h>
#include <unistd.h>

namespace backtrail::ingest::spool {
using schema::Code;
using schema::fail;
using schema::Result;

namespace {

constexpr std::string_view kSegmentMagic = "BTSPOOL2", kOldSegmentMagic = "BTSPOOL1", kRecordMagic = "BTRC";
constexpr std::size_t kHeaderBytes = 64, kHeaderCheckedBytes = 48, kBegunOffset = 16, kKeyOffset = 24;
constexpr std::size_t kCopyOffset = kHeaderAreaBytes - kHeaderBytes;
constexpr std::size_t kRecordCheckedBytes = 16, kHeadCheckBytes = 8, kPayloadCheckOffset = 24, kCheckBytes = 16;
constexpr std::size_t kAlignment = 8;

const schema::HashKey& header_key() {
  static const schema::HashKey key = [] {
    schema::HashKey made;
    std::memcpy(made.bytes.data(), "backtrail spool1", made.bytes.size());
    return made;
  }();
  return key;
}

schema::Error io_error(const char* what, int number) {
  return fail(number == ENOSPC || number == EDQUOT ? Code::kOverload : Code::kIo,
              fmt::format("spool: {}: {}", what, std::strerror(number)));
}

void put(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
}

std::uint64_t get(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i)
    value |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes[at + i])) << (8 * i);
  return value;
}

std::string check_of(const schema::HashKey& key, std::string_view bytes, std::size_t size) {
  const schema::Uuid digest = schema::fingerprint128(key, bytes);
  return std::string(reinterpret_cast<const char*>(digest.bytes.data()), size);
}

std::string header(std::uint64_t number, const schema::HashKey& key, std::int64_t now_us) {
  std::string out(kSegmentMagic);
  put(out, number, 8);
  put(out, static_cast<std::uint64_t>(now_us), 8);
  out.append(reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size());
  put(out, 0, 8);
  out += check_of(header_key(), out, kCheckBytes);
  return out;
}

// Of a record's head, and of where it stands: a page that a disk writes to another place holds no records there.
std::string head_check(const schema::HashKey& key, std::string_view head, std::size_t at) {
  std::string checked(head);
  put(checked, at, 8);
  return check_of(key, checked, kHeadCheckBytes);
}

// What stands before a record's payload.
std::string record_head(std::string_view payload, std::uint64_t sequence, std::size_t at, const schema::HashKey& key) {
  std::string out;
  out.reserve(kRecordHeaderBytes);
  out += kRecordMagic;
  put(out, payload.size(), 4);
  put(out, sequence, 8);
  out += head_check(key, out, at);
  out += check_of(key, payload, kCheckBytes);
  return out;
}

// All parts one after the other, whatever the kernel takes at a time. 0 or errno. Payloads are large: no copy of one is
// made to write it.
int write_all(int file, std::span<const std::string_view> parts, std::size_t offset) {
  std::vector<iovec> left;
  for (const auto part : parts)
    if (!part.empty()) left.push_back({const_cast<char*>(part.data()), part.size()});
  for (std::size_t first = 0; first < left.size();) {
    const ssize_t written =
        pwritev(file, left.data() + first, static_cast<int>(left.size() - first), static_cast<off_t>(offset));
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    if (written == 0) return ENOSPC;
    offset += static_cast<std::size_t>(written);
    for (auto done = static_cast<std::size_t>(written); done > 0;) {
      const std::size_t step = std::min(done, left[first].iov_len);
      left[first].iov_base = static_cast<char*>(left[first].iov_base) + step;
      left[first].iov_len -= step;
      done -= step;
      if (left[first].iov_len == 0) ++first;
    }
  }
  return 0;
}

int write_all(int file, std::string_view bytes, std::size_t offset) {
  return write_all(file, std::span(&bytes, 1), offset);
}

// The payload of the intact record at `at`; its head may be intact although the payload is not.
struct Found {
  bool head = false;
  std::optional<std::string_view> payload;
  std::size_t bytes = 0;
};
Found record_at(std::string_view file, std::size_t at, const schema::HashKey& key, bool old) {
  Found found;
  if (file.size() - at < kRecordHeaderBytes || file.substr(at, kRecordMagic.size()) != kRecordMagic) return found;
  const std::string_view head = file.substr(at, kRecordCheckedBytes);
  const auto wanted = old ? check_of(key, head, kHeadCheckBytes) : head_check(key, head, at);
  if (wanted != file.substr(at + kRecordCheckedBytes, kHeadCheckBytes)) return found;
  found.head = true;
  const std::size_t payload_bytes = get(file, at + 4, 4);
  found.bytes = record_bytes(payload_bytes);
  if (file.size() - at - kRecordHeaderBytes < payload_bytes) return found;
  const std::string_view payload = file.substr(at + kRecordHeaderBytes, payload_bytes);
  if (check_of(key, payload, kCheckBytes) == file.substr(at + kPayloadCheckOffset, kCheckBytes))
    found.payload = payload;
  return found;
}

// One of the two headers that is intact; empty: neither.
std::string_view intact_header(std::string_view file) {
  for (const std::size_t at : {std::size_t{0}, kCopyOffset}) {
    if (file.size() < at + kHeaderBytes) break;
    const std::string_view bytes = file.substr(at, kHeaderBytes);
    if (!bytes.starts_with(kSegmentMagic) && !bytes.starts_with(kOldSegmentMagic)) continue;
    const std::string_view checked = bytes.substr(0, kHeaderCheckedBytes);
    if (check_of(header_key(), checked, kCheckBytes) == bytes.substr(kHeaderCheckedBytes)) return bytes;
  }
  return {};
}

}  // namespace

std::size_t record_bytes(std::size_t payload_bytes) {
  return (kRecordHeaderBytes + payload_bytes + kAlignment - 1) / kAlignment * kAlignment;
}

Result<void> sync_directory(const std::filesystem::path& directory) {
  const int file = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return io_error("cannot open the directory", errno);
  const int failed = fsync(file) != 0 ? errno : 0;
  close(file);
  if (failed != 0) return io_error("cannot fsync the directory", failed);
  return {};
}

Result<std::shared_ptr<SegmentWriter>> SegmentWriter::create(const std::filesystem::path& directory,
                                                             std::uint64_t number, const schema::HashKey& key,
                                                             std::size_t first_payload_bytes, std::int64_t now_us) {
  const std::size_t size = std::max(kSegmentBytes, kHeaderAreaBytes + record_bytes(first_payload_bytes));
  const auto path = directory / segment_name(number);
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return io_error("cannot make a segment", errno);
  std::shared_ptr<SegmentWriter> segment(new SegmentWriter(file, number, key, size));
  const auto give_up = [&](const char* what, int error) {
    unlink(path.c_str());
    return io_error(what, error);
  };
  // Before anything is accepted the room must be ours: a full disk is found here, not at the fsync after an answer.
  for (;;) {
    const int failed = posix_fallocate(file, 0, static_cast<off_t>(size));
    if (failed == 0) break;
    if (failed != EINTR) return give_up("cannot reserve a segment's room", failed);
  }
  const std::string head = header(number, key, now_us);
  if (const int failed = write_all(file, head, 0); failed != 0) return give_up("cannot write a segment", failed);
  if (const int failed = write_all(file, head, kCopyOffset); failed != 0)
    return give_up("cannot write a segment", failed);
  if (fdatasync(file) != 0) return give_up("cannot fdatasync a segment", errno);
  if (const auto synced = sync_directory(directory); !synced) {
    unlink(path.c_str());
    return synced.error();
  }
  return segment;
}

SegmentWriter::~SegmentWriter() {
  close(file_);
}

bool SegmentWriter::has_room(std::size_t payload_bytes) const {
  const std::lock_guard lock(mutex_);
  return !failed_ && size_bytes_ - end_ >= record_bytes(payload_bytes);
}

bool SegmentWriter::usable() const {
  const std::lock_guard lock(mutex_);
  return !failed_;
}

Result<void> SegmentWriter::append(std::string_view payload) {
  std::unique_lock lock(mutex_);
  const std::size_t bytes = record_bytes(payload.size());
  if (failed_) return fail(Code::kIo, "spool: the segment failed before");
  if (size_bytes_ - end_ < bytes) return fail(Code::kOverload, "spool: the segment is full");
  const std::string head = record_head(payload, written_, end_, key_),
                    padding(bytes - head.size() - payload.size(), '\0');
  const std::array<std::string_view, 3> parts{head, payload, padding};
  if (const int failed = write_all(file_, parts, end_); failed != 0) {
    failed_ = true;
    synced_.notify_all();
    return io_error("cannot write a record", failed);
  }
  end_ += bytes;
  return sync_up_to(++written_, lock);
}

// Group commit: the first that comes syncs for all that were written until then; those that come meanwhile wait for the
// next round.
Result<void> SegmentWriter::sync_up_to(std::uint64_t record, std::unique_lock<std::mutex>& lock) {
  while (durable_ < record && !failed_) {
    if (syncing_) {
      synced_.wait(lock);
      continue;
    }
    syncing_ = true;
    const std::uint64_t covered = written_;
    lock.unlock();
    const bool synced = fdatasync(file_) == 0;
    lock.lock();
    syncing_ = false;
    if (synced)
      durable_ = std::max(durable_, covered);
    else
      failed_ = true;  // never tried again on this file: the kernel may have dropped the pages
    synced_.notify_all();
  }
  if (durable_ >= record) return {};
  return fail(Code::kIo, "spool: fdatasync failed");
}

std::optional<schema::HashKey> segment_key(std::string_view file) {
  const auto bytes = intact_header(file);
  if (bytes.empty()) return std::nullopt;
  schema::HashKey key;
  std::memcpy(key.bytes.data(), bytes.data() + kKeyOffset, key.bytes.size());
  return key;
}

std::optional<std::int64_t> segment_begun_us(std::string_view file) {
  const auto bytes = intact_header(file);
  if (bytes.empty()) return std::nullopt;
  return static_cast<std::int64_t>(get(bytes, kBegunOffset, 8));
}

SegmentContents read_segment(std::string_view file, const schema::HashKey& key, std::span<const Span> unreadable) {
  SegmentContents contents;
  std::size_t damage_from = kHeaderAreaBytes;
  // Zeros that the disk did not give back may have been anything.
  const auto note_unreadable = [&](std::size_t from, std::size_t to) {
    for (const Span& span : unreadable) {
      const std::size_t begin = std::max(span.offset, from), end = std::min(span.offset + span.bytes, to);
      if (begin < end) contents.damaged.push_back({begin, end - begin});
    }
  };
  const auto end_damage = [&](std::size_t at) {
    if (at <= damage_from) return;
    const std::size_t set = file.substr(0, at).find_last_not_of('\0');
    if (set == std::string_view::npos || set < damage_from) return note_unreadable(damage_from, at);
    // The free space behind it is none of it.
    std::size_t end = std::min(at, (set / kAlignment + 1) * kAlignment);
    for (const Span& span : unreadable)
      if (span.offset < at) end = std::max(end, std::min(at, span.offset + span.bytes));
    contents.damaged.push_back({damage_from, end - damage_from});
  };
  note_unreadable(0, kHeaderAreaBytes);
  const bool old = intact_header(file).starts_with(kOldSegmentMagic);
  std::size_t at = kHeaderAreaBytes;
  while (at < file.size()) {
    // Free space is long: jump over it to the next byte that is set.
    if (file[at] == '\0') {
      const std::size_t set = file.find_first_not_of('\0', at);
      if (set == std::string_view::npos) break;
      at = std::max(at, set / kAlignment * kAlignment);
    }
    const Found found = record_at(file, at, key, old);
    if (!found.payload) {
      // A sound head tells how far a damaged payload reaches, so that nothing inside it is taken for a record.
      at += found.head && found.bytes <= file.size() - at ? found.bytes : kAlignment;
      continue;
    }
    end_damage(at);
    contents.payloads.push_back(*found.payload);
    at += found.bytes;
    damage_from = at;
  }
  end_damage(file.size());
  return contents;
}

std::string segment_name(std::uint64_t number) {
  return fmt::format("{:016}.segment", number);
}

std::optional<std::uint64_t> segment_number(const std::string& file_name) {
  constexpr std::size_t kDigits = 16;
  if (file_name.size() != kDigits + std::strlen(".segment") || !file_name.ends_with(".segment")) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(file_name.data(), file_name.data() + kDigits, number);
  if (error != std::errc{} || end != file_name.data() + kDigits) return std::nullopt;
  return number;
}

}  // namespace backtrail::ingest::spool
