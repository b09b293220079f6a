// Legal holds, for people: what is held, by whom, why and since when. Holds of all accounts are shown to callers who
// may see every account. Errors: kBadParameter. Thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "query/findings/finding_filter.hpp"
#include "query/warehouse.hpp"
#include "schema/core/error.hpp"
#include "schema/pg/account_scope.hpp"

namespace backtrail::query {

inline constexpr std::size_t kHoldsMax = 1000;  // in one answer

struct HoldRow {
  std::string hold_id;
  std::string account_id;        // "": all accounts
  std::string from_day, to_day;  // UTC days, half-open
  std::optional<std::string> finding_id;
  std::string reason, created_by;
  std::int64_t created_us = 0;
  std::optional<std::int64_t> released_us;
  std::optional<std::string> released_by, release_reason;
};
struct HoldList {
  std::vector<HoldRow> rows;  // newest first
  std::int64_t total = 0;
};

enum class HoldState { kActive, kReleased, kAll };
// state: active (when it is left out), released or all.
schema::Result<HoldState> parse_hold_request(Parameters parameters);
schema::Result<HoldList> hold_list(const Warehouse& warehouse, const schema::AccountScope& scope, HoldState state);

}  // namespace backtrail::query
