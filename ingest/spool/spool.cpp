#include "ingest/spool/spool.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace backtrail::ingest::spool {
namespace fs = std::filesystem;
using schema::Code;
using schema::fail;
using schema::Result;

namespace {

constexpr const char* kDamagedDirectory = "damaged";

schema::Error io_error(const std::string& what) {
  return fail(Code::kIo, fmt::format("spool: {}: {}", what, std::strerror(errno)));
}

std::int64_t microseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000 + time.tv_nsec / 1000;
}

Result<std::string> read_file(const fs::path& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return io_error("cannot read " + path.native());
  struct stat about {};
  std::string bytes;
  bool failed = fstat(file, &about) != 0;
  if (!failed) bytes.resize(static_cast<std::size_t>(about.st_size));
  for (std::size_t at = 0; !failed && at < bytes.size();) {
    const ssize_t got = pread(file, bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    failed = got < 0;
    if (got == 0) bytes.resize(at);
    if (got > 0) at += static_cast<std::size_t>(got);
  }
  const auto error = io_error("cannot read " + path.native());
  close(file);
  if (failed) return error;
  return bytes;
}

// A directory that cannot be read is an error and never an empty spool: what waits in it would be forgotten.
Result<std::vector<std::string>> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
    names.push_back(at->path().filename().native());
  if (error) return fail(Code::kIo, fmt::format("spool: cannot list {}: {}", directory.native(), error.message()));
  return names;
}

Result<std::vector<std::uint64_t>> segment_numbers(const fs::path& directory) {
  const auto names = names_in(directory);
  if (!names) return names.error();
  std::vector<std::uint64_t> numbers;
  for (const auto& name : *names)
    if (const auto number = segment_number(name)) numbers.push_back(*number);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

// The highest number that a kept span's name begins with; 0: none. Such a number must not come again, or the next
// damage would be written over what is kept.
Result<std::uint64_t> highest_damaged(const fs::path& directory) {
  const auto names = names_in(directory / kDamagedDirectory);
  if (!names) return names.error();
  std::uint64_t highest = 0;
  for (const auto& name : *names) {
    const auto number = segment_number(name.substr(0, name.find('-')) + ".segment");
    if (number) highest = std::max(highest, *number);
  }
  return highest;
}

// Makes the directory; its own name and those of the directories above that were missing are durable then.
Result<void> make_directory(const fs::path& directory) {
  std::vector<fs::path> holders;  // of names that are new
  std::error_code error;
  for (fs::path path = fs::absolute(directory, error);
       !path.empty() && fs::status(path, error).type() == fs::file_type::not_found; path = path.parent_path())
    holders.push_back(path.parent_path());
  fs::create_directories(directory / kDamagedDirectory, error);
  if (error) return fail(Code::kIo, fmt::format("cannot make the spool {}: {}", directory.native(), error.message()));
  for (const auto& holder : holders)
    if (auto synced = sync_directory(holder); !synced) return synced;
  return sync_directory(directory);
}

// The first header area of a file; enough to find its key.
std::string header_area(const fs::path& path) {
  std::string bytes(kHeaderAreaBytes, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

// The key that any segment's header still tells.
std::optional<schema::HashKey> directory_key(const fs::path& directory, const std::vector<std::uint64_t>& numbers) {
  for (const auto number : numbers)
    if (const auto key = segment_key(header_area(directory / segment_name(number)))) return key;
  return std::nullopt;
}

Result<void> write_durably(const fs::path& path, std::string_view bytes) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return io_error("cannot write " + path.native());
  bool failed = false;
  while (!bytes.empty() && !failed) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    failed = written <= 0;
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  failed = failed || fsync(file) != 0;
  const auto error = io_error("cannot write " + path.native());
  close(file);
  if (failed) return error;
  return {};
}

}  // namespace

Result<std::unique_ptr<Spool>> Spool::open(SpoolOptions options) {
  if (const auto made = make_directory(options.directory); !made) return made.error();
  std::unique_ptr<Spool> spool(new Spool(std::move(options)));
  const auto& directory = spool->options_.directory;
  std::error_code error;
  fs::permissions(directory, fs::perms::owner_all, error);
  spool->lock_file_ = ::open((directory / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (spool->lock_file_ < 0) return io_error("cannot open the lock in " + directory.native());
  if (flock(spool->lock_file_, LOCK_EX | LOCK_NB) != 0)
    return fail(Code::kOverload, fmt::format("another program uses the spool {}: stop it, or give this one a spool of "
                                             "its own",
                                             directory.native()));
  if (const auto found = spool->find_segments(); !found) return found.error();
  return spool;
}

Spool::~Spool() {
  if (lock_file_ >= 0) close(lock_file_);
}

Result<void> Spool::find_segments() {
  const auto numbers = segment_numbers(options_.directory);
  if (!numbers) return numbers.error();
  const auto damaged = highest_damaged(options_.directory);
  if (!damaged) return damaged.error();
  next_number_ = *damaged + 1;
  key_ = directory_key(options_.directory, *numbers).value_or(schema::random_hash_key());
  for (const auto number : *numbers) {
    struct stat about {};
    if (stat(path_of(number).c_str(), &about) != 0) return io_error("cannot look at a segment");
    segments_[number] = {static_cast<std::size_t>(about.st_size), 0, microseconds(about.st_mtim), 0};
    next_number_ = std::max(next_number_, number + 1);
  }
  return {};
}

bool Spool::full(std::size_t more_bytes, std::int64_t now_us) const {
  std::size_t bytes = more_bytes;
  for (const auto& [number, segment] : segments_) bytes += segment.bytes;
  if (bytes * 100 > options_.bytes_max * options_.refuse_from_percent) return true;
  if (segments_.empty()) return false;
  const std::int64_t age_us = now_us - segments_.begin()->second.begun_us;
  return age_us * 100 > options_.age_max_us * options_.refuse_from_percent;
}

Result<std::shared_ptr<SegmentWriter>> Spool::segment_for(std::size_t payload_bytes, std::int64_t now_us) {
  const std::lock_guard lock(mutex_);
  const bool fits = current_ && current_->has_room(payload_bytes);
  const std::size_t more = fits ? 0 : std::max(kSegmentBytes, kHeaderAreaBytes + record_bytes(payload_bytes));
  if (full(more, now_us)) return fail(Code::kOverload, "the spool is full: the database has been away too long");
  if (!fits) {
    // The number is used up even when this fails: a file of that name may be half there.
    auto made = SegmentWriter::create(options_.directory, next_number_++, key_, payload_bytes, now_us);
    if (!made) return made.error();
    current_ = std::move(*made);
    segments_[current_->number()] = {current_->size_bytes(), 0, now_us, 0};
  }
  ++segments_[current_->number()].in_flight;
  return current_;
}

void Spool::appended(std::uint64_t number, bool safe) {
  const std::lock_guard lock(mutex_);
  Segment& segment = segments_.at(number);
  --segment.in_flight;
  if (safe) ++segment.records;
  landed_.notify_all();
}

Result<void> Spool::append(std::string_view payload, std::int64_t now_us) {
  // A segment that fails is left alone, and the record gets one more chance in a new one.
  constexpr int kFailuresMax = 2;
  for (int failures = 0;;) {
    const auto segment = segment_for(payload.size(), now_us);
    if (!segment) return segment.error();
    auto done = (*segment)->append(payload);
    appended((*segment)->number(), done.has_value());
    if (done) return done;
    // Still usable: somebody else took its room meanwhile. That is nobody's failure, and somebody got on.
    if (!(*segment)->usable() && ++failures == kFailuresMax) return done;
  }
}

std::optional<std::uint64_t> Spool::oldest() {
  std::unique_lock lock(mutex_);
  if (segments_.empty()) return std::nullopt;
  const std::uint64_t number = segments_.begin()->first;
  if (current_ && current_->number() == number) current_.reset();
  // Who reads it now must see all of it: it is removed afterwards.
  landed_.wait(lock, [&] { return segments_.at(number).in_flight == 0; });
  return number;
}

Result<Spool::Loaded> Spool::load(std::uint64_t segment) const {
  auto file = read_file(path_of(segment));
  if (!file) return file.error();
  const auto own = segment_key(*file);
  return Loaded{std::move(*file), own.value_or(key_)};
}

Result<void> Spool::keep_damage(std::uint64_t segment, std::string_view file, const std::vector<Span>& damaged) {
  if (damaged.empty()) return {};
  const auto directory = options_.directory / kDamagedDirectory;
  for (const Span& span : damaged) {
    const auto path = directory / fmt::format("{:016}-{:08}.bin", segment, span.offset);
    if (auto kept = write_durably(path, file.substr(span.offset, span.bytes)); !kept) return kept;
  }
  return sync_directory(directory);
}

Result<void> Spool::drained(std::uint64_t segment, std::string_view file, const std::vector<Span>& damaged) {
  if (auto kept = keep_damage(segment, file, damaged); !kept) return kept;
  if (unlink(path_of(segment).c_str()) != 0 && errno != ENOENT) return io_error("cannot remove a drained segment");
  {
    const std::lock_guard lock(mutex_);
    segments_.erase(segment);
    damaged_spans_ += damaged.size();
  }
  return sync_directory(options_.directory);
}

SpoolStatus Spool::status() const {
  const std::lock_guard lock(mutex_);
  SpoolStatus status;
  status.segments = segments_.size();
  for (const auto& [number, segment] : segments_) {
    status.bytes += segment.bytes;
    status.records += segment.records;
  }
  if (!segments_.empty()) status.oldest_us = segments_.begin()->second.begun_us;
  status.damaged_spans = damaged_spans_;
  return status;
}

Result<void> inspect(const fs::path& directory, const std::function<void(const SegmentReport&)>& visit) {
  if (!fs::is_directory(directory)) return fail(Code::kNotFound, "no spool in " + directory.native());
  const auto numbers = segment_numbers(directory);
  if (!numbers) return numbers.error();
  const auto key = directory_key(directory, *numbers);
  for (const auto number : *numbers) {
    SegmentReport report;
    auto file = read_file(directory / segment_name(number));
    if (!file) return file.error();
    report.file = std::move(*file);
    report.number = number;
    report.bytes = report.file.size();
    const auto own = segment_key(report.file);
    auto contents = read_segment(report.file, own ? *own : key.value_or(schema::HashKey{}));
    report.records = contents.payloads.size();
    report.payloads = std::move(contents.payloads);
    report.damaged = std::move(contents.damaged);
    visit(report);
  }
  return {};
}

}  // namespace backtrail::ingest::spool
