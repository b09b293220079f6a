// An event filter as parameters of the statements over api_event and event_mention, and the choice of the statement.
//
// One entity alone has statements of its own, each on one index (event_page_by_principal, …); every other combination
// shares the `_combined` ones. Of several conditions on entities, the most selective kind drives: its index is read,
// the others are checked on each hit. All values travel as parameters. Pure; thread-safe.
//
// Common parameters: $1 first day, $2 last day, $3 from; $4 time, $5 event id, $6 fingerprint of the position before
// which the answer lies; $7 are there any of the following conditions, each null when not asked for: $8 accounts, $9
// not those, $10 Regions, $11 not those, $12 services (LIKE patterns), $13 not those, $14 APIs (LIKE patterns), $15 not
// those, $16 outcomes, $17 event classes, $18 read-only, $19 error codes, $20 not those. Combined parameters: hashes
// that drive, one array for each column they may stand in: $21 principal, $22 session, $23 access key, $24 instance,
// $25 IP address, $26 user agent, $27 mentions; $28 all events drive; $29 are there further conditions; $30/$31 …
// $36/$37 up to four conditions, by/on hashes of which one must hold; $38/$39 by/on hashes that must not hold.
#pragma once
#include <array>
#include <optional>
#include <string>

#include "query/event_reader/event_filter.hpp"
#include "query/event_reader/event_source.hpp"
#include "schema/pg/account_scope.hpp"

namespace backtrail::query {

using SqlArray = std::optional<std::string>;  // an array literal; null: no condition

struct CommonParameters {
  std::string from_day, to_day, from, until_time, until_id, until_fp;
  bool has_conditions = false;
  SqlArray accounts, not_accounts, regions, not_regions, services, not_services, apis, not_apis, outcomes,
      event_classes;
  std::optional<bool> read_only;
  SqlArray error_codes, not_error_codes;
};

struct HashPair {
  SqlArray by, on;
};

struct CombinedParameters {
  std::array<SqlArray, 6> by;  // in the order of kByKinds
  SqlArray on;
  bool all = false;
  bool has_conditions = false;
  std::array<HashPair, kEntityGroupsMax - 1> required;
  HashPair excluded;
};

// The kinds that have a column of their own in api_event, in the order of the columns.
inline constexpr std::array kByKinds{schema::EntityKind::kPrincipal, schema::EntityKind::kRoleSession,
                                     schema::EntityKind::kAccessKey, schema::EntityKind::kInstance,
                                     schema::EntityKind::kIpAddress, schema::EntityKind::kUserAgent};
std::optional<std::size_t> by_column_of(schema::EntityKind kind);

struct RowQuestion {
  enum class Shape { kNothing, kAll, kSingle, kCombined };
  Shape shape = Shape::kNothing;  // kNothing: no event can match
  std::int32_t from_day = 0, to_day = 0;
  CommonParameters common;
  // kSingle: one entity's hash, the column it may stand in, and whether mentions count.
  std::int64_t hash = 0;
  std::optional<std::size_t> by_column;
  bool on = false;
  CombinedParameters combined;  // for every shape, since volumes and groups always use it
  // No condition but time, accounts and the entity: mentions can be counted without their events.
  bool mentions_suffice = false;
};

RowQuestion row_question(const EventFilter& filter, const schema::HashKey& key, const schema::AccountScope& scope);

// The accounts that may answer: the caller's, those asked for, and those asked for as entities. Nothing: all.
std::optional<std::vector<std::string>> answering_accounts(const EventFilter& filter,
                                                           const schema::AccountScope& scope);

// The common parameters with another position.
CommonParameters before(CommonParameters common, const EventPosition& position);

}  // namespace backtrail::query
