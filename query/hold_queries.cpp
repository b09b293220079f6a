#include "query/hold_queries.hpp"

#include <backtrail_query_sql.hpp>
#include <boost/describe.hpp>
#include <fmt/format.h>

#include "query/findings/finding_rows.hpp"
#include "schema/core/time.hpp"
#include "schema/pg/row_as.hpp"

namespace backtrail::query {
namespace {

using schema::AccountScope;
using schema::Result;
using schema::TimeUs;
using schema::Transaction;

struct StoredHold {
  std::string account_id;
  schema::Uuid hold_id;
  TimeUs from_day, to_day;
  std::optional<schema::Uuid> finding_uid;
  std::string reason, created_by;
  TimeUs created_at;
  std::optional<TimeUs> released_at;
  std::optional<std::string> released_by, release_reason;
  std::int64_t total;
};
BOOST_DESCRIBE_STRUCT(StoredHold, (),
                      (account_id, hold_id, from_day, to_day, finding_uid, reason, created_by, created_at, released_at,
                       released_by, release_reason, total))

HoldRow row_of(StoredHold stored) {
  HoldRow row;
  row.hold_id = to_string(stored.hold_id);
  if (stored.finding_uid) row.finding_id = finding_id({stored.account_id, *stored.finding_uid});
  row.account_id = std::move(stored.account_id);
  row.from_day = schema::format_day(schema::day_of(stored.from_day.us));
  row.to_day = schema::format_day(schema::day_of(stored.to_day.us));
  row.reason = std::move(stored.reason);
  row.created_by = std::move(stored.created_by);
  row.created_us = stored.created_at.us;
  if (stored.released_at) row.released_us = stored.released_at->us;
  row.released_by = std::move(stored.released_by);
  row.release_reason = std::move(stored.release_reason);
  return row;
}

}  // namespace

Result<HoldState> parse_hold_request(Parameters parameters) {
  HoldState state = HoldState::kActive;
  for (const auto& [name, value] : parameters) {
    if (name != "state") return schema::fail(schema::Code::kBadParameter, fmt::format("{}: unknown parameter", name));
    if (value == "active")
      state = HoldState::kActive;
    else if (value == "released")
      state = HoldState::kReleased;
    else if (value == "all")
      state = HoldState::kAll;
    else
      return schema::fail(schema::Code::kBadParameter, "state: active, released or all");
  }
  return state;
}

Result<HoldList> hold_list(const Warehouse& warehouse, const AccountScope& scope, HoldState state) {
  return warehouse.database.read(scope, [&](Transaction& tx) -> Result<HoldList> {
    HoldList list;
    const bool active = state != HoldState::kReleased, released = state != HoldState::kActive;
    for (auto& stored :
         schema::rows_as<StoredHold>(tx.exec(sql::hold_list, active, released, static_cast<std::int64_t>(kHoldsMax)))) {
      list.total = stored.total;
      list.rows.push_back(row_of(std::move(stored)));
    }
    return list;
  });
}

}  // namespace backtrail::query
