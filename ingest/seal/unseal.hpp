// Turns the parts of a day into rows again, for people who want to ask with SQL, and for what only rows can do. One
// transaction an account: all of it or nothing. A damaged part stays a part and is an error.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/pg/database.hpp"

namespace backtrail::ingest::seal {

struct UnsealReport {
  std::uint64_t events = 0, parts = 0;
};

// accounts: nothing means all.
schema::Result<UnsealReport> unseal_day(schema::Database& maintenance, std::int32_t day,
                                        const std::optional<std::vector<std::string>>& accounts);

}  // namespace backtrail::ingest::seal
