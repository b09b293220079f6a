// Activity: what happened, for any combination of who, what, where and when. The core question of the product.
//
// A page and its total are of one snapshot. A cursor carries the interval of the first page, so that "the last hour"
// stays the same hour while paging. Every answer says what it covered. Answers stay inside the caller's accounts: what
// lies outside looks the same as what does not exist. Errors: kBadParameter, kBadCursor, kNotFound (the finding), and
// what the database gives. Thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/event_reader/event_reader.hpp"
#include "query/warehouse.hpp"
#include "schema/core/error.hpp"
#include "schema/pg/account_scope.hpp"

namespace backtrail::query {

// Values of each list of a summary.
inline constexpr std::size_t kSummaryValuesMax = 50;
// Events that an export reads at a time.
inline constexpr std::size_t kExportPageEvents = 1000;

struct Covered {
  schema::TimeRange range;
  std::optional<std::vector<std::string>> accounts;  // nothing: all
  std::vector<schema::Entity> entities;              // asked for
  bool complete = true;
  std::vector<std::string> reasons;  // why not
};

struct ActivityPage {
  std::vector<EventView> events;  // newest first
  std::uint64_t total = 0;
  std::optional<std::string> next_cursor;
  Covered covered;
};

// Completes a question about a finding's activity: its lane becomes a condition, its scope the interval. Others stay as
// they are. kNotFound for a finding that the caller cannot see, kBadParameter for a lane that it has not.
schema::Result<EventFilter> resolve_finding(const Warehouse& warehouse, const schema::AccountScope& scope,
                                            EventFilter filter, std::int64_t now_us);

// `cursor` is empty for the first page. The functions resolve the filter themselves.
schema::Result<ActivityPage> activity(const Warehouse& warehouse, const schema::AccountScope& scope,
                                      const EventFilter& filter, std::size_t limit, std::string_view cursor);

struct ActivitySummary {
  EventGroups groups;
  std::vector<std::optional<std::string>> account_names;  // of groups.accounts
};
schema::Result<ActivitySummary> activity_summary(const Warehouse& warehouse, const schema::AccountScope& scope,
                                                 const EventFilter& filter);

struct ActivityVolume {
  std::int64_t bucket_seconds = 0;
  schema::TimeRange range;
  std::vector<VolumeBucket> buckets;
};
schema::Result<ActivityVolume> activity_volume(const Warehouse& warehouse, const schema::AccountScope& scope,
                                               const EventFilter& filter, std::size_t buckets_max = kBucketsMax);

// All events of a question, a page at a time, newest first. Each page is a transaction of its own, so an export of any
// length holds no snapshot; events are immutable, and the position in the order makes each come once. Not thread-safe.
class ActivityExport {
 public:
  static schema::Result<ActivityExport> open(const Warehouse& warehouse, const schema::AccountScope& scope,
                                             const EventFilter& filter);
  // The next events; none at the end.
  schema::Result<std::vector<EventView>> next();
  bool at_end() const { return !position_; }

 private:
  ActivityExport(const Warehouse& warehouse, schema::AccountScope scope, EventFilter filter)
      : warehouse_(warehouse), scope_(std::move(scope)), filter_(std::move(filter)), position_(end_of(filter_.range)) {}
  Warehouse warehouse_;
  schema::AccountScope scope_;
  EventFilter filter_;
  std::optional<EventPosition> position_;
};

// One event by its key, or by its bare event id (the newest of several). kNotFound also for accounts outside the scope.
schema::Result<EventView> event_by_key(const Warehouse& warehouse, const schema::AccountScope& scope,
                                       std::string_view key);
// All events with an event id.
schema::Result<std::vector<EventView>> events_by_id(const Warehouse& warehouse, const schema::AccountScope& scope,
                                                    const schema::Uuid& event_id, std::size_t limit);

// Names of accounts, in the order of the ids.
std::vector<std::optional<std::string>> account_names(schema::Transaction& tx,
                                                      const std::vector<std::string>& account_ids);

}  // namespace backtrail::query
