#include "schema/retention/retention.hpp"

#include <algorithm>
#include <backtrail_schema_sql.hpp>

#include "schema/pg/row_as.hpp"

namespace backtrail::schema {
namespace {

struct RuleRow {
  std::string kind;
  std::optional<int> days;
};
BOOST_DESCRIBE_STRUCT(RuleRow, (), (kind, days))

std::optional<int> days_for(const RetentionRules& rules, const std::string& kind) {
  const auto found = rules.find(kind);
  return found == rules.end() ? std::nullopt : found->second;
}

bool held_by_all(const std::vector<HeldDays>& held, const DayRange& days) {
  return std::any_of(held.begin(), held.end(), [&](const HeldDays& hold) {
    return hold.account_id.empty() && hold.days.from <= days.from && days.to <= hold.days.to;
  });
}

}  // namespace

std::optional<std::int32_t> first_kept_day(const RetentionRules& rules, EventClass event_class, std::int32_t today) {
  const auto days = days_for(rules, "event_" + std::string(name_of(event_class)));
  if (!days) return std::nullopt;
  return today - *days;
}

bool overlaps(const std::vector<HeldDays>& held, const DayRange& days) {
  return std::any_of(held.begin(), held.end(),
                     [&](const HeldDays& hold) { return hold.days.from < days.to && days.from < hold.days.to; });
}

RetentionPlan plan_event_retention(const RetentionRules& rules, const std::vector<DayRange>& partitions,
                                   std::int32_t today, const std::vector<HeldDays>& held) {
  RetentionPlan plan;
  for (const DayRange& partition : partitions) {
    // Looking for rows to delete every hour where there can be none would be work for nothing.
    if (held_by_all(held, partition)) continue;
    bool all_expired = !overlaps(held, partition);
    std::vector<EventExpiry> expire;
    for (const EventClass event_class : kEventClasses) {
      const auto first_kept = first_kept_day(rules, event_class, today);
      if (!first_kept || *first_kept < partition.to) all_expired = false;
      if (first_kept && *first_kept > partition.from)
        expire.push_back({partition, event_class, std::min(*first_kept, partition.to)});
    }
    if (all_expired)
      plan.drop.push_back(partition);
    else
      plan.expire.insert(plan.expire.end(), expire.begin(), expire.end());
  }
  return plan;
}

RetentionRules read_retention_rules(Transaction& tx) {
  RetentionRules rules;
  for (const auto& row : rows_as<RuleRow>(tx.exec(sql::retention_rules))) rules[row.kind] = row.days;
  return rules;
}

Result<RetentionRules> read_retention_rules(Database& database) {
  return database.read(AccountScope::none(),
                       [](Transaction& tx) -> Result<RetentionRules> { return read_retention_rules(tx); });
}

Result<void> set_retention(Database& maintenance, const std::string& kind, std::optional<int> days) {
  const auto done = maintenance.write(AccountScope::none(), [&](Transaction& tx) -> Result<std::size_t> {
    return tx.exec(sql::retention_set, kind, days).size();
  });
  if (!done) return done.error();
  if (*done == 0) return fail(Code::kBadParameter, "no such kind of retention: " + kind);
  return {};
}

}  // namespace backtrail::schema
