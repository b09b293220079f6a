// Archives of what retention removes: sets of parts with a manifest. Format: FORMAT.md.
//
// A set is written into a folder without a name, synced, renamed, and read back; only then may its rows be removed. A
// process that dies leaves an unfinished folder that nobody takes for a set. One process at a time writes into an
// archive (it holds its lock); readers need none. Errors say which file and why; nothing here removes a finished set.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/archive/archive_file.hpp"
#include "schema/core/error.hpp"

namespace backtrail::schema {

inline constexpr int kArchiveFormat = 1;
// A part ends with the line that goes beyond: import reads a file whole.
inline constexpr std::uint64_t kArchivePartTextBytes = 64U * 1024 * 1024;

struct ArchiveSubject {
  std::string what;                      // see FORMAT.md
  std::optional<std::int32_t> from_day;  // nothing: everything before
  std::int32_t to_day = 0;               // the day behind the last
};

struct ArchiveSet {
  std::filesystem::path folder;
  std::uint64_t records = 0;
  Sha256Digest manifest_sha256{};
};

class ArchiveSetWriter {
 public:
  ~ArchiveSetWriter();  // removes what was not finished
  Result<void> add(std::string_view line);
  std::uint64_t records() const { return records_; }
  // The set, on disk under its name and read back. With no records there is none.
  Result<std::optional<ArchiveSet>> finish(std::int64_t now_us);

 private:
  friend class Archive;
  ArchiveSetWriter(std::filesystem::path root, std::filesystem::path unfinished, ArchiveSubject subject)
      : root_(std::move(root)), unfinished_(std::move(unfinished)), subject_(std::move(subject)) {}
  Result<void> end_part();
  Result<std::string> write_manifest(std::int64_t now_us) const;
  std::filesystem::path final_folder() const;

  std::filesystem::path root_, unfinished_;
  ArchiveSubject subject_;
  std::unique_ptr<ArchivePartWriter> part_;
  std::vector<ArchivePart> parts_;
  std::uint64_t records_ = 0;
};

class Archive {
 public:
  // Makes the folder when it is not there. kIo when it cannot be used, kOverload while another process writes into it.
  static Result<std::unique_ptr<Archive>> open(const std::filesystem::path& root);
  ~Archive();
  // One set at a time.
  Result<std::unique_ptr<ArchiveSetWriter>> begin(ArchiveSubject subject);

 private:
  Archive(std::filesystem::path root, int lock) : root_(std::move(root)), lock_(lock) {}
  std::filesystem::path root_;
  int lock_;
};

struct ArchiveCheck {
  std::uint64_t sets = 0, records = 0, bytes = 0;
  std::vector<std::string> wrong;  // one sentence each
};
// Reads every set below a folder and compares it with its manifest. kIo when the folder cannot be read.
Result<ArchiveCheck> check_archive(const std::filesystem::path& root,
                                   const std::function<void(const ArchiveCheck&)>& progress = {});

}  // namespace backtrail::schema
