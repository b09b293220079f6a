#include "schema/retention/retention.hpp"

#include <algorithm>
#include <array>
#include <backtrail_schema_sql.hpp>

#include "schema/core/time.hpp"
#include "schema/pg/row_as.hpp"
#include "schema/retention/partitions.hpp"

namespace backtrail::schema {
namespace {

// A canary is of no interest once it was answered.
constexpr std::int64_t kCanaryLifeUs = 3600 * kMicrosPerSecond;
constexpr std::array kClasses{EventClass::kManagement, EventClass::kData, EventClass::kInsight,
                              EventClass::kNetworkActivity};

struct RuleRow {
  std::string kind;
  std::optional<int> days;
};
BOOST_DESCRIBE_STRUCT(RuleRow, (), (kind, days))

std::optional<int> days_for(const RetentionRules& rules, const std::string& kind) {
  const auto found = rules.find(kind);
  return found == rules.end() ? std::nullopt : found->second;
}

Result<std::size_t> execute(Database& database, const Query& query, const std::string& a, const std::string& b,
                            const std::string& c) {
  return database.write(AccountScope::all(), [&](Transaction& tx) -> Result<std::size_t> {
    return tx.exec(query, a, b, c)[0][0].as<std::size_t>();
  });
}

Result<std::size_t> delete_before(Database& database, const Query& query, std::int64_t limit_us) {
  return database.write(AccountScope::all(), [&](Transaction& tx) -> Result<std::size_t> {
    return tx.exec(query, format_rfc3339(limit_us))[0][0].as<std::size_t>();
  });
}

// Deletes by one time limit; nothing for a kind that is kept for ever.
Result<std::size_t> expire_before(Database& database, const RetentionRules& rules, const std::string& kind,
                                  const Query& query, std::int64_t now_us) {
  const auto days = days_for(rules, kind);
  if (!days) return std::size_t{0};
  return delete_before(database, query, now_us - std::int64_t{*days} * kMicrosPerDay);
}

}  // namespace

std::optional<std::int32_t> first_kept_day(const RetentionRules& rules, EventClass event_class, std::int32_t today) {
  const auto days = days_for(rules, "event_" + std::string(name_of(event_class)));
  if (!days) return std::nullopt;
  return today - *days;
}

RetentionPlan plan_event_retention(const RetentionRules& rules, const std::vector<DayRange>& partitions,
                                   std::int32_t today) {
  RetentionPlan plan;
  for (const DayRange& partition : partitions) {
    bool all_expired = true;
    std::vector<EventExpiry> expire;
    for (const EventClass event_class : kClasses) {
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

Result<RetentionRules> read_retention_rules(Database& database) {
  return database.read(AccountScope::none(), [](Transaction& tx) -> Result<RetentionRules> {
    RetentionRules rules;
    for (const auto& row : rows_as<RuleRow>(tx.exec(sql::retention_rules))) rules[row.kind] = row.days;
    return rules;
  });
}

Result<void> set_retention(Database& maintenance, const std::string& kind, std::optional<int> days) {
  const auto done = maintenance.write(AccountScope::none(), [&](Transaction& tx) -> Result<std::size_t> {
    return tx.exec(sql::retention_set, kind, days).size();
  });
  if (!done) return done.error();
  if (*done == 0) return fail(Code::kBadParameter, "no such kind of retention: " + kind);
  return {};
}

Result<RetentionReport> run_retention(Database& maintenance, std::int64_t now_us) {
  const auto rules = read_retention_rules(maintenance);
  if (!rules) return rules.error();
  Partitions partitions(maintenance);
  const auto existing = partitions.list();
  if (!existing) return existing.error();
  const std::int32_t today = day_of(now_us);
  const RetentionPlan plan = plan_event_retention(*rules, *existing, today);
  RetentionReport report;
  for (const DayRange& range : plan.drop) {
    const auto dropped = maintenance.write(AccountScope::none(), [&](Transaction& tx) -> Result<int> {
      tx.exec_text("SET LOCAL lock_timeout = '200ms'");  // never hold up writers; tried again next time
      tx.exec(sql::partition_drop, format_day(range.from), format_day(range.to));
      return 0;
    });
    if (dropped)
      ++report.partitions_dropped;
    else if (dropped.error().code != Code::kTimeout)
      return dropped.error();
  }
  for (const EventExpiry& expiry : plan.expire) {
    const auto deleted = execute(maintenance, sql::retention_delete_events, format_day(expiry.partition.from),
                                 format_day(expiry.before_day), std::to_string(static_cast<int>(expiry.event_class)));
    if (!deleted) return deleted.error();
    report.events_deleted += *deleted;
  }
  const auto expire = [&](const char* kind, const Query& query, std::size_t& count) -> Result<void> {
    const auto deleted = expire_before(maintenance, *rules, kind, query, now_us);
    if (!deleted) return deleted.error();
    count = *deleted;
    return {};
  };
  if (auto ok = expire("finding", sql::retention_delete_findings, report.findings_deleted); !ok) return ok.error();
  if (auto ok = expire("notice", sql::retention_delete_notices, report.notices_deleted); !ok) return ok.error();
  if (auto ok = expire("quarantine", sql::retention_delete_quarantine, report.quarantine_deleted); !ok)
    return ok.error();
  if (auto ok = expire("delivery", sql::retention_delete_deliveries, report.deliveries_deleted); !ok) return ok.error();

  const auto canaries = delete_before(maintenance, sql::retention_delete_canaries, now_us - kCanaryLifeUs);
  if (!canaries) return canaries.error();

  std::vector<std::int32_t> coming;
  for (std::int32_t ahead = 0; ahead <= kPreparedDaysAhead; ++ahead) coming.push_back(today + ahead);
  if (auto ok = partitions.ensure(std::move(coming), today); !ok) return ok.error();
  return report;
}

}  // namespace backtrail::schema
