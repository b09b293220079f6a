// The register of accounts: names, organizational units, owners and environments, imported from a file.
//
// Two forms are recognised: the JSON that `aws organizations list-accounts` prints, and CSV with a header line of
// account_id, name, organizational_unit, owner, environment, email, status in any order (account_id is needed). A line
// that cannot be used is reported and the rest is imported. A file says everything about the columns that it has: an
// empty cell empties the field, columns that it lacks stay as they were. Parsing is pure; import_accounts is
// thread-safe.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/core/error.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::schema {

inline constexpr std::size_t kAccountFileMaxBytes = 16 * 1024 * 1024;
inline constexpr std::size_t kAccountFileMaxLines = 100'000;
inline constexpr std::size_t kAccountFieldMaxBytes = 512;
// Rejections that are reported in full; the count is always exact.
inline constexpr std::size_t kAccountRejectionsMax = 1000;

enum class AccountField : std::uint8_t { kName, kOrganizationalUnit, kOwner, kEnvironment, kEmail, kStatus };
inline constexpr std::size_t kAccountFields = 6;

struct AccountLine {
  std::string account_id;
  std::array<std::optional<std::string>, kAccountFields> fields;  // by AccountField; empty: not set
};

struct RejectedLine {
  std::size_t line = 0;  // CSV: the line of the file, from 1; JSON: which account of the list, from 1
  std::string reason;
};

struct AccountFile {
  std::array<bool, kAccountFields> has{};  // which fields the file speaks about
  std::vector<AccountLine> accounts;
  std::vector<RejectedLine> rejected;
  std::size_t rejected_count = 0;
};

// kBadParameter or kTooLarge when the file as a whole cannot be read: neither form, no header, an unknown column.
Result<AccountFile> parse_account_file(std::string_view text);

struct AccountImport {
  std::size_t imported = 0;
  std::size_t rejected_count = 0;
  std::vector<RejectedLine> rejected;  // at most kAccountRejectionsMax
};

// Writes what parse_account_file gives, in one transaction. `maintenance` connects as that role.
Result<AccountImport> import_accounts(Database& maintenance, std::string_view text, std::int64_t now_us);

}  // namespace backtrail::schema
