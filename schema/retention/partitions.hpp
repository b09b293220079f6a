// Makes the partitions that a batch of events needs, once. Remembers what exists, so the common case costs no
// statement. A day that is stored as parts alone has no tables for rows: their indexes are most of what a new day
// costs. Thread-safe.
#pragma once
#include <cstdint>
#include <mutex>
#include <vector>

#include "schema/pg/database.hpp"
#include "schema/retention/partition_plan.hpp"

namespace backtrail::schema {

class Partitions {
 public:
  explicit Partitions(Database& database) : database_(database) {}

  enum class Tables { kParts, kPartsAndRows };
  // After this every day has its partition (in a transaction of its own). `today` is for the plan.
  Result<void> ensure(const std::vector<std::int32_t>& days, std::int32_t today, Tables tables = Tables::kPartsAndRows);
  // Forgets what exists: after a "no partition" error, when another process dropped one.
  void forget();
  // What exists now, from the database.
  Result<std::vector<DayRange>> list();

 private:
  static constexpr int kPlanTries = 5;
  struct Known {
    DayRange range;
    bool with_rows;
    bool has(std::int32_t day, Tables tables) const;
  };
  Result<std::vector<Known>> read();
  Result<void> create(const std::vector<DayRange>& planned, Tables tables);
  bool all_known(const std::vector<std::int32_t>& days, Tables tables) const;

  Database& database_;
  mutable std::mutex mutex_;
  std::vector<Known> known_;
};

}  // namespace backtrail::schema
