#include "schema/retention/partitions.hpp"

#include <algorithm>
#include <backtrail_schema_sql.hpp>

#include "schema/core/time.hpp"
#include "schema/pg/row_as.hpp"

namespace backtrail::schema {
namespace {

struct PartitionRow {
  TimeUs from_day, to_day;
  bool with_rows;
};
BOOST_DESCRIBE_STRUCT(PartitionRow, (), (from_day, to_day, with_rows))

bool covers(const DayRange& range, std::int32_t day) {
  return range.from <= day && day < range.to;
}

}  // namespace

bool Partitions::Known::has(std::int32_t day, Tables tables) const {
  return covers(range, day) && (with_rows || tables == Tables::kParts);
}

bool Partitions::all_known(const std::vector<std::int32_t>& days, Tables tables) const {
  return std::all_of(days.begin(), days.end(), [&](std::int32_t day) {
    return std::any_of(known_.begin(), known_.end(), [&](const Known& known) { return known.has(day, tables); });
  });
}

void Partitions::forget() {
  const std::lock_guard lock(mutex_);
  known_.clear();
}

Result<std::vector<Partitions::Known>> Partitions::read() {
  return database_.read(AccountScope::none(), [](Transaction& tx) -> Result<std::vector<Known>> {
    std::vector<Known> known;
    for (const auto& row : rows_as<PartitionRow>(tx.exec(sql::partition_list)))
      known.push_back({{day_of(row.from_day.us), day_of(row.to_day.us)}, row.with_rows});
    return known;
  });
}

Result<std::vector<DayRange>> Partitions::list() {
  const auto known = read();
  if (!known) return known.error();
  std::vector<DayRange> ranges;
  for (const Known& one : *known) ranges.push_back(one.range);
  return ranges;
}

Result<void> Partitions::create(const std::vector<DayRange>& planned, Tables tables) {
  for (const DayRange& range : planned) {
    const auto created = database_.write(AccountScope::none(), [&](Transaction& tx) -> Result<int> {
      tx.exec(sql::partition_create, format_day(range.from), format_day(range.to), tables == Tables::kPartsAndRows);
      return 0;
    });
    if (!created) return created.error();
  }
  return {};
}

Result<void> Partitions::ensure(const std::vector<std::int32_t>& days, std::int32_t today, Tables tables) {
  const std::lock_guard lock(mutex_);
  // What counts is what exists: a process with another idea of today may have made a different cut in the meantime,
  // and then nothing was created for the rest of our range.
  for (int attempt = 0; attempt < kPlanTries && !all_known(days, tables); ++attempt) {
    auto existing = read();
    if (!existing) return existing.error();
    std::vector<DayRange> ranges, wanted;
    for (const Known& known : *existing) {
      ranges.push_back(known.range);
      const auto lacks = [&](std::int32_t day) { return covers(known.range, day) && !known.has(day, tables); };
      if (std::any_of(days.begin(), days.end(), lacks)) wanted.push_back(known.range);
    }
    const auto planned = plan_partitions(std::move(ranges), days, today);
    wanted.insert(wanted.end(), planned.begin(), planned.end());
    if (auto created = create(wanted, tables); !created) return created.error();
    existing = read();
    if (!existing) return existing.error();
    known_ = std::move(*existing);
  }
  if (all_known(days, tables)) return {};
  return fail(Code::kRetry, "partitions are made and dropped faster than they can be used");
}

}  // namespace backtrail::schema
