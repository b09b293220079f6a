#include "schema/archive/archive.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schema/core/hash.hpp"
#include "schema/core/time.hpp"

namespace backtrail::schema {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kManifest = "manifest.json";
constexpr const char* kUnfinished = ".unfinished-";
constexpr std::size_t kSetNameChars = 32;

std::string hex_of(const Sha256Digest& digest) {
  return hex(digest.data(), digest.size());
}

// As FORMAT.md says; made of the hashes, so that the same rows give the same name.
std::string set_name(const std::vector<ArchivePart>& parts) {
  std::string hashes;
  for (const ArchivePart& part : parts) hashes += hex_of(part.text_sha256);
  return hex_of(sha256(hashes)).substr(0, kSetNameChars);
}

Json part_json(const ArchivePart& part) {
  return {{"file", part.file},
          {"records", part.records},
          {"bytes", part.bytes},
          {"sha256", hex_of(part.sha256)},
          {"text_bytes", part.text_bytes},
          {"text_sha256", hex_of(part.text_sha256)}};
}

Result<void> make_folder(const fs::path& folder) {
  std::error_code error;
  if (fs::is_directory(folder, error)) return {};
  fs::path parent = folder.parent_path();
  if (!parent.empty() && parent != folder)
    if (auto made = make_folder(parent); !made) return made;
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return fail(Code::kIo, fmt::format("cannot make {}: {}", folder.native(), std::strerror(errno)));
  return parent.empty() ? Result<void>{} : sync_folder(parent);
}

// Every part of a set as the disk gives it back: the lines, not the bytes, which another zstd may pack differently.
Result<void> read_back(const fs::path& folder, const std::vector<ArchivePart>& parts) {
  for (const ArchivePart& part : parts) {
    const auto read = read_archive_part(folder, part.file);
    if (!read) return read.error();
    if (read->records != part.records || read->text_bytes != part.text_bytes || read->text_sha256 != part.text_sha256)
      return fail(Code::kIo,
                  fmt::format("{} is not what was written; move its folder away", (folder / part.file).native()));
  }
  return {};
}

Result<std::string> read_manifest(const fs::path& folder) {
  std::ifstream file(folder / kManifest, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file) return fail(Code::kIo, "cannot read " + (folder / kManifest).native());
  return text;
}

// A part as a manifest describes it; nothing when that is no manifest of ours.
std::optional<ArchivePart> part_of(const Json& json) {
  const auto digest = [&json](const char* name) { return json.value(name, ""); };
  ArchivePart part;
  part.file = json.value("file", "");
  part.records = json.value("records", std::uint64_t{0});
  part.bytes = json.value("bytes", std::uint64_t{0});
  part.text_bytes = json.value("text_bytes", std::uint64_t{0});
  // A name from a file must not lead out of its folder.
  if (part.file.empty() || part.file.find('/') != std::string::npos || part.file.starts_with('.')) return std::nullopt;
  for (const auto& [name, bytes] : {std::pair{"sha256", &part.sha256}, {"text_sha256", &part.text_sha256}}) {
    const std::string text = digest(name);
    if (text.size() != 2 * bytes->size()) return std::nullopt;
    for (std::size_t i = 0; i < bytes->size(); ++i) {
      unsigned value = 0;
      for (const char c : {text[2 * i], text[2 * i + 1]}) {
        const auto at = std::string_view("0123456789abcdef").find(c);
        if (at == std::string_view::npos) return std::nullopt;
        value = value * 16 + static_cast<unsigned>(at);
      }
      (*bytes)[i] = static_cast<std::uint8_t>(value);
    }
  }
  return part;
}

class Check {
 public:
  void set(const fs::path& folder) {
    ++check_.sets;
    try {
      compare(folder);
    } catch (const nlohmann::json::exception&) {
      wrong(folder / kManifest, "is no manifest");
    }
  }
  ArchiveCheck check_;

 private:
  void wrong(const fs::path& what, std::string_view why) {
    check_.wrong.push_back(fmt::format("{} {}", what.native(), why));
  }

  void compare(const fs::path& folder) {
    const auto text = read_manifest(folder);
    if (!text) return wrong(folder / kManifest, "cannot be read");
    const Json manifest = Json::parse(*text);
    if (manifest.value("backtrail_archive_manifest", 0) != kArchiveFormat)
      return wrong(folder / kManifest, "is of a format that this version does not know");
    std::vector<ArchivePart> parts;
    std::uint64_t records = 0;
    std::set<std::string> named{kManifest};
    for (const Json& json : manifest.at("parts")) {
      const auto part = part_of(json);
      if (!part) return wrong(folder / kManifest, "describes a part that cannot be one");
      parts.push_back(*part);
      named.insert(part->file);
      compare(folder, *part);
      records += part->records;
    }
    if (manifest.value("records", std::uint64_t{0}) != records)
      wrong(folder / kManifest, "does not count its parts' records right");
    if (set_name(parts) != folder.filename()) wrong(folder, "has another name than its parts give");
    for (const auto& entry : fs::directory_iterator(folder))
      if (!named.contains(entry.path().filename())) wrong(entry.path(), "belongs to no set");
  }

  void compare(const fs::path& folder, const ArchivePart& part) {
    const auto read = read_archive_part(folder, part.file);
    if (!read) {
      check_.wrong.push_back(read.error().detail);
      return;
    }
    check_.records += read->records;
    check_.bytes += read->bytes;
    if (*read != part) wrong(folder / part.file, "is not what the manifest says");
  }
};

}  // namespace

Result<std::unique_ptr<Archive>> Archive::open(const fs::path& root) {
  if (auto made = make_folder(root); !made) return made.error();
  const fs::path lock_file = root / "lock";
  const int lock = ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return fail(Code::kIo, fmt::format("cannot open {}: {}", lock_file.native(), std::strerror(errno)));
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return fail(Code::kOverload, "another process writes into " + root.native());
  }
  std::unique_ptr<Archive> archive(new Archive(root, lock));
  // What a process left that died.
  std::error_code error;
  for (auto entry = fs::directory_iterator(root, error); !error && entry != fs::directory_iterator();
       entry.increment(error))
    if (entry->path().filename().native().starts_with(kUnfinished)) fs::remove_all(entry->path(), error);
  if (error) return fail(Code::kIo, fmt::format("{}: {}", root.native(), error.message()));
  return archive;
}

Archive::~Archive() {
  ::close(lock_);
}

Result<std::unique_ptr<ArchiveSetWriter>> Archive::begin(ArchiveSubject subject) {
  const auto random = random_hash_key();
  const fs::path unfinished = root_ / (kUnfinished + hex(random.bytes.data(), random.bytes.size()));
  if (::mkdir(unfinished.c_str(), 0700) != 0)
    return fail(Code::kIo, fmt::format("cannot make {}: {}", unfinished.native(), std::strerror(errno)));
  return std::unique_ptr<ArchiveSetWriter>(new ArchiveSetWriter(root_, unfinished, std::move(subject)));
}

ArchiveSetWriter::~ArchiveSetWriter() {
  std::error_code ignored;
  part_.reset();
  fs::remove_all(unfinished_, ignored);
}

Result<void> ArchiveSetWriter::add(std::string_view line) {
  if (!part_) {
    auto part = ArchivePartWriter::create(unfinished_, fmt::format("part-{:04}.ndjson.zst", parts_.size() + 1));
    if (!part) return part.error();
    part_ = std::move(*part);
  }
  if (auto added = part_->add(line); !added) return added;
  ++records_;
  return part_->text_bytes() < kArchivePartTextBytes ? Result<void>{} : end_part();
}

Result<void> ArchiveSetWriter::end_part() {
  auto part = part_->finish();
  if (!part) return part.error();
  part_.reset();
  parts_.push_back(std::move(*part));
  return {};
}

Result<std::string> ArchiveSetWriter::write_manifest(std::int64_t now_us) const {
  Json manifest{{"backtrail_archive_manifest", kArchiveFormat},
                {"what", subject_.what},
                {"account", "all"},
                {"from_day", subject_.from_day ? Json(format_day(*subject_.from_day)) : Json(nullptr)},
                {"to_day", format_day(subject_.to_day)},
                {"archived_at", format_rfc3339(now_us)},
                {"program", BACKTRAIL_VERSION},
                {"records", records_},
                {"parts", Json::array()}};
  for (const ArchivePart& part : parts_) manifest["parts"].push_back(part_json(part));
  std::string text = manifest.dump(2) + "\n";
  if (auto written = write_synced(unfinished_ / kManifest, text); !written) return written.error();
  return text;
}

fs::path ArchiveSetWriter::final_folder() const {
  const std::int32_t day = subject_.from_day.value_or(subject_.to_day);
  return root_ / subject_.what / format_day(day) / set_name(parts_);
}

Result<std::optional<ArchiveSet>> ArchiveSetWriter::finish(std::int64_t now_us) {
  if (part_)
    if (auto ended = end_part(); !ended) return ended.error();
  if (records_ == 0) return std::optional<ArchiveSet>{};
  auto manifest = write_manifest(now_us);
  if (!manifest) return manifest.error();
  if (auto synced = sync_folder(unfinished_); !synced) return synced.error();
  ArchiveSet set{final_folder(), records_, sha256(*manifest)};
  if (auto made = make_folder(set.folder.parent_path()); !made) return made.error();
  std::error_code error;
  if (fs::exists(set.folder, error)) {
    // The same rows were archived by a run that did not come to remove them.
    const auto before = read_manifest(set.folder);
    if (!before) return before.error();
    set.manifest_sha256 = sha256(*before);
  } else if (::rename(unfinished_.c_str(), set.folder.c_str()) != 0) {
    return fail(Code::kIo, fmt::format("cannot name {}: {}", set.folder.native(), std::strerror(errno)));
  }
  if (auto synced = sync_folder(set.folder.parent_path()); !synced) return synced.error();
  if (auto read = read_back(set.folder, parts_); !read) return read.error();
  return std::optional(std::move(set));
}

Result<ArchiveCheck> check_archive(const fs::path& root, const std::function<void(const ArchiveCheck&)>& progress) {
  std::error_code error;
  std::set<fs::path> sets;
  for (auto entry = fs::recursive_directory_iterator(root, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (entry->path().filename().native().starts_with(kUnfinished)) entry.disable_recursion_pending();
    if (entry->path().filename() == kManifest || entry->path().native().ends_with(".ndjson.zst"))
      sets.insert(entry->path().parent_path());
  }
  if (error) return fail(Code::kIo, fmt::format("{}: {}", root.native(), error.message()));
  Check check;
  for (const fs::path& set : sets) {
    check.set(set);
    if (progress) progress(check.check_);
  }
  return std::move(check.check_);
}

}  // namespace backtrail::schema
