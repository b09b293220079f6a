// One entity at a glance: who it is, when it was first and last seen, and what it did in a time range.
//
// Counts are of what the entity did ("by"); for resources, which do nothing, of what was done to them ("on"), and for
// accounts of what happened in them. They equal the total of the activity with the same entity, direction and range. An
// entity that was never seen has an empty profile, not an error: asking says nothing about accounts outside the
// caller's. Thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "query/event_reader/event_source.hpp"
#include "query/findings/finding_rows.hpp"
#include "query/warehouse.hpp"
#include "schema/core/error.hpp"
#include "schema/core/time.hpp"
#include "schema/model/entity.hpp"
#include "schema/pg/account_scope.hpp"

namespace backtrail::query {

inline constexpr std::size_t kProfileValuesMax = 50;
inline constexpr std::size_t kProfileFindingsMax = 50;

struct EntityFact {
  std::string label, value;
  std::optional<schema::Entity> entity;  // when the value is one
};

struct EntityProfile {
  schema::Entity entity;
  std::optional<std::string> account_id;
  schema::TimeRange range;
  schema::Direction direction = schema::Direction::kBy;  // what the counts are of
  std::vector<EntityFact> facts;
  std::optional<std::int64_t> first_seen_us, last_seen_us;  // over everything that is kept, by or on
  EventGroups groups;                                       // inside the range
  std::vector<std::optional<std::string>> account_names;    // of groups.accounts
  std::uint64_t named_total = 0;                            // events of the range that name it
  std::vector<FindingRow> findings;                         // newest first
};

// When an entity was first and last in an event, by or on, and last made one; over everything that is kept.
struct EntitySeen {
  std::optional<std::int64_t> first_us, last_us, last_by_us;
};
schema::Result<EntitySeen> entity_seen(const Warehouse& warehouse, const schema::AccountScope& scope,
                                       const schema::Entity& entity);

schema::Result<EntityProfile> entity_profile(const Warehouse& warehouse, const schema::AccountScope& scope,
                                             const schema::Entity& entity, const schema::TimeRange& range);

}  // namespace backtrail::query
