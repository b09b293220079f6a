// The directory of a sealing run: which entities its parts know, in which accounts. It may name more than there is (24
// to 36 bits of each hash are kept), never less. Its rows are read by SQL (function entity_accounts), so that the
// caller's accounts can be checked there; the format is in FORMAT.md. Pure; thread-safe.
#pragma once
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace backtrail::schema {

struct DirectoryEntry {
  std::int64_t hash = 0;
  std::uint64_t account = 0;  // the 12 digits as a number
  bool operator==(const DirectoryEntry&) const = default;
};

struct DirectoryRow {
  std::int32_t slot = 0;  // which hashes: 1, or 2^b + their first b bits, b = 4, 6, 8, 10, 12
  std::string bytes;
  bool operator==(const DirectoryRow&) const = default;
};

std::uint64_t account_number(std::string_view account_id);
std::vector<DirectoryRow> encode_directory(const std::vector<DirectoryEntry>& entries);
// For tests and verification: the rows of one run, or of all runs of a day, as entries.
class DirectoryRows {
 public:
  explicit DirectoryRows(const std::vector<DirectoryRow>& rows);
  bool names(const DirectoryEntry& entry) const;

 private:
  struct Key {
    std::uint32_t slot, rest;  // what is kept of a hash
    std::uint64_t account;
    auto operator<=>(const Key&) const = default;
  };
  std::vector<Key> keys_;  // ascending
};

}  // namespace backtrail::schema
