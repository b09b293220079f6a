#include "schema/retention/partitions.hpp"

#include <algorithm>
#include <backtrail_schema_sql.hpp>

#include "schema/core/time.hpp"
#include "schema/pg/row_as.hpp"

namespace backtrail::schema {
namespace {

struct PartitionRow {
  TimeUs from_day, to_day;
};
BOOST_DESCRIBE_STRUCT(PartitionRow, (), (from_day, to_day))

}  // namespace

bool Partitions::all_known(const std::vector<std::int32_t>& days) const {
  return std::all_of(days.begin(), days.end(), [this](std::int32_t day) {
    return std::any_of(known_.begin(), known_.end(), [day](const DayRange& r) { return r.from <= day && day < r.to; });
  });
}

void Partitions::forget() {
  const std::lock_guard lock(mutex_);
  known_.clear();
}

Result<std::vector<DayRange>> Partitions::list() {
  return database_.read(AccountScope::none(), [](Transaction& tx) -> Result<std::vector<DayRange>> {
    std::vector<DayRange> ranges;
    for (const auto& row : rows_as<PartitionRow>(tx.exec(sql::partition_list)))
      ranges.push_back({day_of(row.from_day.us), day_of(row.to_day.us)});
    return ranges;
  });
}

Result<void> Partitions::create(const std::vector<DayRange>& planned) {
  for (const DayRange& range : planned) {
    const auto created = database_.write(AccountScope::none(), [&](Transaction& tx) -> Result<int> {
      tx.exec(sql::partition_create, format_day(range.from), format_day(range.to));
      return 0;
    });
    if (!created) return created.error();
  }
  return {};
}

Result<void> Partitions::ensure(const std::vector<std::int32_t>& days, std::int32_t today) {
  const std::lock_guard lock(mutex_);
  // What counts is what exists: a process with another idea of today may have made a different cut in the meantime,
  // and then nothing was created for the rest of our range.
  for (int attempt = 0; attempt < kPlanTries && !all_known(days); ++attempt) {
    auto existing = list();
    if (!existing) return existing.error();
    if (auto created = create(plan_partitions(*existing, days, today)); !created) return created.error();
    existing = list();
    if (!existing) return existing.error();
    known_ = std::move(*existing);
  }
  if (all_known(days)) return {};
  return fail(Code::kRetry, "partitions are made and dropped faster than they can be used");
}

}  // namespace backtrail::schema
