// Retention: what expires when.
//
// Events expire by event day and class, whole partitions where every class has expired and rows where only some have,
// or where a partition spans a year. Findings expire after their last occurrence, notices after their time. "For ever"
// keeps everything of a kind. The decision is pure; retention_run.hpp executes it.
#pragma once
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "schema/model/api_event.hpp"
#include "schema/pg/database.hpp"
#include "schema/retention/holds.hpp"
#include "schema/retention/partition_plan.hpp"

namespace backtrail::schema {

inline constexpr std::array kEventClasses{EventClass::kManagement, EventClass::kData, EventClass::kInsight,
                                          EventClass::kNetworkActivity};

// Days per kind ("finding", "event_management", …); no value means for ever.
using RetentionRules = std::map<std::string, std::optional<int>>;

struct EventExpiry {  // rows of one class before a day, inside one partition
  DayRange partition;
  EventClass event_class;
  std::int32_t before_day;
  bool operator==(const EventExpiry&) const = default;
};
struct RetentionPlan {
  std::vector<DayRange> drop;       // whole partitions
  std::vector<EventExpiry> expire;  // rows
};

// The first day that is still kept for a class, or nothing when it is kept for ever.
std::optional<std::int32_t> first_kept_day(const RetentionRules& rules, EventClass event_class, std::int32_t today);
// A partition with held days is never dropped; what is not held of it goes by rows.
RetentionPlan plan_event_retention(const RetentionRules& rules, const std::vector<DayRange>& partitions,
                                   std::int32_t today, const std::vector<HeldDays>& held = {});
// Does a hold keep anything of these days?
bool overlaps(const std::vector<HeldDays>& held, const DayRange& days);

Result<RetentionRules> read_retention_rules(Database& database);
RetentionRules read_retention_rules(Transaction& tx);
// `days` nothing: for ever. kind "all" sets every kind.
Result<void> set_retention(Database& maintenance, const std::string& kind, std::optional<int> days);

}  // namespace backtrail::schema
