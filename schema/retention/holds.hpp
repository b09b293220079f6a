// Legal holds: days of an account, or of all accounts, that retention must not remove, whatever the rules say.
//
// A held day keeps its events and notices, the findings that were seen in it and the quarantined records received in
// it. A hold made for a finding keeps that finding and the days from its first to its last occurrence in its account.
// When add_hold() has returned, nothing held is removed any more: a removal under way is waited for. Released holds
// stay in the table as a record of who held what and why; what they held expires at the next run of retention.
// Thread-safe.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "schema/core/hash.hpp"
#include "schema/pg/database.hpp"
#include "schema/retention/partition_plan.hpp"

namespace backtrail::schema {

inline constexpr std::size_t kHoldReasonMaxBytes = 1000;
inline constexpr std::size_t kHoldNameMaxBytes = 200;

// What an active hold keeps.
struct HeldDays {
  std::string account_id;  // "": all accounts
  DayRange days;
  std::optional<Uuid> finding_uid{};
  bool operator==(const HeldDays&) const = default;
};

// Does a hold keep the events, notices or quarantined records of this day?
bool holds_day(const std::vector<HeldDays>& held, std::string_view account_id, std::int32_t day);
// Does a hold keep a finding that was seen on these days (both included)?
bool holds_finding(const std::vector<HeldDays>& held, std::string_view account_id, const Uuid& finding_uid,
                   std::int32_t first_day, std::int32_t last_day);

struct NewHold {
  std::string account_id;  // "": all accounts
  DayRange days;           // not asked for with a finding
  std::optional<Uuid> finding_uid{};
  std::string reason, by;
};
// The id of the new hold. kBadParameter; kNotFound when there is no such finding.
Result<Uuid> add_hold(Database& maintenance, const NewHold& hold, std::int64_t now_us);
// kNotFound when no active hold has this id.
Result<void> release_hold(Database& maintenance, const Uuid& hold_id, const std::string& reason, const std::string& by,
                          std::int64_t now_us);
// `database` connects as the ingest or the maintenance role.
Result<std::vector<HeldDays>> active_holds(Database& database);
std::vector<HeldDays> active_holds(Transaction& tx);
// In a transaction that removes: until it ends, no hold comes into being. What was asked of holds before must be asked
// again behind this.
void fence_holds(Transaction& tx);

}  // namespace backtrail::schema
