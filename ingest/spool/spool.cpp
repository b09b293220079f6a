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
constexpr std::size_t kPageBytes = 4096;
// A page that cannot be read this often is lost: a disk may stumble once.
constexpr int kReadTriesMax = 3;

schema::Error io_error(const std::string& what) {
  return fail(Code::kIo, fmt::format("spool: {}: {}", what, std::strerror(errno)));
}

std::int64_t microseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000 + time.tv_nsec / 1000;
}

// What a disk says of a sector that it cannot give back.
bool is_bad_sector(int error) {
  return error == EIO || error == EUCLEAN || error == EBADMSG;
}

struct FileBytes {
  std::string bytes;
  std::vector<Span> unreadable;  // zeros in `bytes`
};

// Reads on behind what the disk does not give back. 0 or errno.
int read_around(int file, FileBytes& out, const ReadAt& read) {
  int tries = 0;
  for (std::size_t at = 0; at < out.bytes.size();) {
    const std::size_t page_end = std::min(out.bytes.size(), (at / kPageBytes + 1) * kPageBytes);
    // After a failure one page at a time, so that a bad one does not take its neighbours along.
    const std::size_t end = tries == 0 ? out.bytes.size() : page_end;
    const ssize_t got = read(file, out.bytes.data() + at, end - at, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && !is_bad_sector(errno)) return errno;
    if (got == 0) out.bytes.resize(at);
    if (got > 0) {
      at += static_cast<std::size_t>(got);
      tries = 0;
    } else if (got < 0 && ++tries == kReadTriesMax) {
      auto& spans = out.unreadable;
      if (!spans.empty() && spans.back().offset + spans.back().bytes == at)
        spans.back().bytes += page_end - at;
      else
        spans.push_back({at, page_end - at});
      std::fill(out.bytes.begin() + static_cast<std::ptrdiff_t>(at),
                out.bytes.begin() + static_cast<std::ptrdiff_t>(page_end), '\0');
      at = page_end;
      tries = 0;
    }
  }
  return 0;
}

Result<FileBytes> read_file(const fs::path& path, const ReadAt& read) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return io_error("cannot read " + path.native());
  struct stat about {};
  FileBytes out;
  int failed = fstat(file, &about) != 0 ? errno : 0;
  if (failed == 0) {
    out.bytes.resize(static_cast<std::size_t>(about.st_size));
    failed = read_around(file, out, read);
  }
  close(file);
  errno = failed;
  if (failed != 0) return io_error("cannot read " + path.native());
  return out;
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
    const auto number = segment_number(name.substr(0, name.find_first_of("-.")) + ".segment");
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
    // The file's own time changes with every record, and with every copy that somebody makes.
    const auto begun_us = segment_begun_us(header_area(path_of(number)));
    segments_[number] = {.bytes = static_cast<std::size_t>(about.st_size),
                         .begun_us = begun_us.value_or(microseconds(about.st_mtim))};
    next_number_ = std::max(next_number_, number + 1);
  }
  return {};
}

bool Spool::full(std::size_t more_bytes, std::int64_t now_us) const {
  std::size_t bytes = more_bytes;
  for (const auto& [number, segment] : segments_) bytes += segment.bytes;
  if (bytes * 100 > options_.bytes_max * options_.refuse_from_percent) return true;
  // One that cannot be drained for reasons of its own says nothing about the database.
  const auto waits =
      std::find_if(segments_.begin(), segments_.end(), [](const auto& s) { return s.second.postponed == 0; });
  if (waits == segments_.end()) return false;
  const std::int64_t age_us = now_us - waits->second.begun_us;
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
    segments_[current_->number()] = {.bytes = current_->size_bytes(), .begun_us = now_us};
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
  const std::uint64_t number = std::min_element(segments_.begin(), segments_.end(), [](const auto& a, const auto& b) {
                                 return a.second.postponed < b.second.postponed;  // of equals the first
                               })->first;
  if (current_ && current_->number() == number) current_.reset();
  // Who reads it now must see all of it: it is removed afterwards.
  landed_.wait(lock, [&] { return segments_.at(number).in_flight == 0; });
  return number;
}

unsigned Spool::postpone(std::uint64_t segment) {
  const std::lock_guard lock(mutex_);
  return ++segments_.at(segment).postponed;
}

Result<Spool::Loaded> Spool::load(std::uint64_t segment) const {
  auto file = read_file(path_of(segment), options_.read);
  if (!file) return file.error();
  const auto own = segment_key(file->bytes);
  return Loaded{std::move(file->bytes), own.value_or(key_), std::move(file->unreadable)};
}

Result<void> Spool::set_aside(std::uint64_t segment, std::size_t offset, std::string_view payload) {
  const auto directory = options_.directory / kDamagedDirectory;
  const auto path = directory / fmt::format("{:016}-{:08}.delivery", segment, offset);
  if (auto kept = write_durably(path, payload); !kept) return kept;
  if (auto synced = sync_directory(directory); !synced) return synced;
  const std::lock_guard lock(mutex_);
  ++set_aside_;
  return {};
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

Result<void> Spool::remove_or_keep(std::uint64_t segment, const Loaded& loaded, const std::vector<Span>& damaged) {
  if (!loaded.unreadable.empty()) {
    const auto directory = options_.directory / kDamagedDirectory;
    if (rename(path_of(segment).c_str(), (directory / segment_name(segment)).c_str()) != 0 && errno != ENOENT)
      return io_error("cannot keep an unreadable segment");
    return sync_directory(directory);
  }
  if (auto kept = keep_damage(segment, loaded.file, damaged); !kept) return kept;
  if (unlink(path_of(segment).c_str()) != 0 && errno != ENOENT) return io_error("cannot remove a drained segment");
  return {};
}

Result<void> Spool::drained(std::uint64_t segment, const Loaded& loaded, const std::vector<Span>& damaged) {
  if (auto gone = remove_or_keep(segment, loaded, damaged); !gone) return gone;
  {
    const std::lock_guard lock(mutex_);
    segments_.erase(segment);
    damaged_spans_ += damaged.size();
    if (!loaded.unreadable.empty()) ++unreadable_segments_;
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
    if (segment.postponed > 0) ++status.postponed_segments;
  }
  if (!segments_.empty()) status.oldest_us = segments_.begin()->second.begun_us;
  status.damaged_spans = damaged_spans_;
  status.unreadable_segments = unreadable_segments_;
  status.set_aside = set_aside_;
  return status;
}

Result<void> inspect(const fs::path& directory, const std::function<void(const SegmentReport&)>& visit,
                     const ReadAt& read) {
  if (!fs::is_directory(directory)) return fail(Code::kNotFound, "no spool in " + directory.native());
  const auto numbers = segment_numbers(directory);
  if (!numbers) return numbers.error();
  const auto key = directory_key(directory, *numbers);
  for (const auto number : *numbers) {
    SegmentReport report;
    auto file = read_file(directory / segment_name(number), read);
    if (!file) return file.error();
    report.file = std::move(file->bytes);
    report.unreadable = std::move(file->unreadable);
    report.number = number;
    report.bytes = report.file.size();
    const auto own = segment_key(report.file);
    auto contents = read_segment(report.file, own ? *own : key.value_or(schema::HashKey{}), report.unreadable);
    report.records = contents.payloads.size();
    report.payloads = std::move(contents.payloads);
    report.damaged = std::move(contents.damaged);
    visit(report);
  }
  return {};
}

Result<std::vector<KeptFile>> kept_files(const fs::path& directory) {
  std::error_code error;
  if (!fs::exists(directory / kDamagedDirectory, error)) return std::vector<KeptFile>{};
  auto names = names_in(directory / kDamagedDirectory);
  if (!names) return names.error();
  std::sort(names->begin(), names->end());
  std::vector<KeptFile> files;
  for (auto& name : *names) {
    const auto bytes = fs::file_size(directory / kDamagedDirectory / name, error);
    files.push_back({std::move(name), error ? 0 : bytes});
  }
  return files;
}

}  // namespace backtrail::ingest::spool
