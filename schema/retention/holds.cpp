#include "schema/retention/holds.hpp"

#include <algorithm>
#include <backtrail_schema_sql.hpp>
#include <fmt/format.h>

#include "schema/core/time.hpp"
#include "schema/core/utf8.hpp"
#include "schema/model/entity.hpp"
#include "schema/pg/row_as.hpp"

namespace backtrail::schema {
namespace {

struct HoldRow {
  std::string account_id;
  TimeUs from_day, to_day;
  std::optional<Uuid> finding_uid;
};
BOOST_DESCRIBE_STRUCT(HoldRow, (), (account_id, from_day, to_day, finding_uid))

struct SeenRow {
  TimeUs first_seen_at, last_seen_at;
};
BOOST_DESCRIBE_STRUCT(SeenRow, (), (first_seen_at, last_seen_at))

bool is_of(const HeldDays& hold, std::string_view account_id) {
  return hold.account_id.empty() || hold.account_id == account_id;
}

// Text that people wrote: stored as it is, so it must be storable.
Result<void> check_text(const char* name, const std::string& text, std::size_t bytes_max) {
  if (text.empty()) return fail(Code::kBadParameter, fmt::format("say {}", name));
  if (text.size() > bytes_max) return fail(Code::kBadParameter, fmt::format("{}: more than {} bytes", name, bytes_max));
  if (!is_utf8(text) || text.find('\0') != std::string::npos)
    return fail(Code::kBadParameter, fmt::format("{}: no UTF-8 text", name));
  return {};
}

Result<void> check(const NewHold& hold) {
  if (auto ok = check_text("why", hold.reason, kHoldReasonMaxBytes); !ok) return ok;
  if (auto ok = check_text("who", hold.by, kHoldNameMaxBytes); !ok) return ok;
  if (!hold.account_id.empty() && !is_account_id(hold.account_id))
    return fail(Code::kBadParameter, "an account has 12 digits");
  if (!hold.finding_uid && hold.days.from >= hold.days.to)
    return fail(Code::kBadParameter, "the day behind the last must lie after the first");
  return {};
}

}  // namespace

bool holds_day(const std::vector<HeldDays>& held, std::string_view account_id, std::int32_t day) {
  return std::any_of(held.begin(), held.end(), [&](const HeldDays& hold) {
    return is_of(hold, account_id) && hold.days.from <= day && day < hold.days.to;
  });
}

bool holds_finding(const std::vector<HeldDays>& held, std::string_view account_id, const Uuid& finding_uid,
                   std::int32_t first_day, std::int32_t last_day) {
  return std::any_of(held.begin(), held.end(), [&](const HeldDays& hold) {
    return is_of(hold, account_id) &&
           (hold.finding_uid == finding_uid || (first_day < hold.days.to && last_day >= hold.days.from));
  });
}

std::vector<HeldDays> active_holds(Transaction& tx) {
  std::vector<HeldDays> held;
  for (auto& row : rows_as<HoldRow>(tx.exec(sql::hold_active)))
    held.push_back({std::move(row.account_id), {day_of(row.from_day.us), day_of(row.to_day.us)}, row.finding_uid});
  return held;
}

Result<std::vector<HeldDays>> active_holds(Database& database) {
  return database.read(AccountScope::all(),
                       [](Transaction& tx) -> Result<std::vector<HeldDays>> { return active_holds(tx); });
}

void fence_holds(Transaction& tx) {
  tx.exec(sql::hold_fence);
}

Result<Uuid> add_hold(Database& maintenance, const NewHold& hold, std::int64_t now_us) {
  if (auto ok = check(hold); !ok) return ok.error();
  Uuid id;
  id.bytes = random_hash_key().bytes;
  return maintenance.write(AccountScope::all(), [&](Transaction& tx) -> Result<Uuid> {
    tx.exec(sql::hold_fence_alone);
    DayRange days = hold.days;
    if (hold.finding_uid) {
      const auto seen = rows_as<SeenRow>(tx.exec(sql::hold_finding, hold.account_id, to_string(*hold.finding_uid)));
      if (seen.empty()) return fail(Code::kNotFound, "there is no such finding");
      days = {day_of(seen[0].first_seen_at.us), day_of(seen[0].last_seen_at.us) + 1};
    }
    tx.exec(sql::hold_insert, hold.account_id, to_string(id), format_day(days.from), format_day(days.to),
            hold.finding_uid ? std::optional(to_string(*hold.finding_uid)) : std::nullopt, hold.reason, hold.by,
            format_rfc3339(now_us));
    return id;
  });
}

Result<void> release_hold(Database& maintenance, const Uuid& hold_id, const std::string& reason, const std::string& by,
                          std::int64_t now_us) {
  if (auto ok = check_text("why", reason, kHoldReasonMaxBytes); !ok) return ok;
  if (auto ok = check_text("who", by, kHoldNameMaxBytes); !ok) return ok;
  const auto released = maintenance.write(AccountScope::all(), [&](Transaction& tx) -> Result<bool> {
    return !tx.exec(sql::hold_release, to_string(hold_id), by, format_rfc3339(now_us), reason).empty();
  });
  if (!released) return released.error();
  if (!*released) return fail(Code::kNotFound, "no active hold has this id; 'backtrail hold list --all' shows all");
  return {};
}

}  // namespace backtrail::schema
