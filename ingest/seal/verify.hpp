// Proves that sealed days still hold what was sealed: every part is read, its digest is compared, every block, posting
// list, event id and figure is decoded and compared with the others, every record is read again and must have its
// fingerprint, and the directory must name every entity. Reads only; one part in memory at a time. The parts
// of an account's day are read in one snapshot: days may be sealed and merged meanwhile.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "schema/core/hash.hpp"
#include "schema/parts/part_store.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::ingest::seal {

struct PartDamage {
  schema::PartKey part;
  std::string what;
};

struct VerifyReport {
  std::uint64_t parts = 0, events = 0;
  std::vector<PartDamage> damaged;
};

struct VerifyOptions {
  std::int32_t from_day = 0, to_day = 0;  // both included
  std::optional<std::vector<std::string>> accounts{};
  std::function<void(std::uint64_t done, std::uint64_t total)> progress{};  // parts
};

schema::Result<VerifyReport> verify_parts(schema::Database& maintenance, const schema::HashKey& key,
                                          const VerifyOptions& options);

}  // namespace backtrail::ingest::seal
