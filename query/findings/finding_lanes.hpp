// From a finding to what happened: which entities' activity belongs to it, and over which interval.
//
// A lane is one entity asked about in one click: what it did ("by") and what was done to it ("on"). The primary lane
// comes first. Which that is follows from what the finding is about: an IAM user's key, the session of an instance's
// role, an instance, a bucket, an attack sequence. Nothing is guessed: lanes are entities that a version of the finding
// named. Pure functions over values: thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/core/time.hpp"
#include "schema/model/entity.hpp"

namespace backtrail::query {

inline constexpr std::size_t kLanesMax = 24;
inline constexpr std::size_t kRemoteLanesMax = 5;
inline constexpr std::int64_t kScopeBeforeUs = schema::kMicrosPerHour;
inline constexpr std::int64_t kScopeAfterUs = schema::kMicrosPerDay;
// A longer scope starts with its last day.
inline constexpr std::int64_t kScopeMaxUs = 7 * schema::kMicrosPerDay;

struct Lane {
  std::string label;
  schema::Entity entity;
  bool by;
  bool on;
  bool operator==(const Lane&) const = default;
};

// `scope` is the interval of activity to show first; `window` the finding's own, from its first to its last occurrence.
struct FindingActivity {
  schema::TimeRange scope, window;
  std::vector<Lane> lanes;
};

// An entity of a finding, united over its versions.
struct MentionedEntity {
  schema::Entity entity;
  schema::FindingRole role = schema::FindingRole::kRelated;
  std::string attributes_json;  // an object of strings, or empty
  std::int64_t first_seen_us = 0, last_seen_us = 0;
};

// `entities` by role and order of mention.
std::vector<Lane> lanes_of(const std::string& resource_type, const std::string& type_purpose,
                           const std::vector<MentionedEntity>& entities);

// From an hour before the first occurrence to the earlier of now and a day after the last; when that is longer than
// seven days, its last day, begun early enough to hold the last occurrence with the hour before it. Whole seconds,
// half-open.
schema::TimeRange scope_of(std::int64_t first_seen_us, std::int64_t last_seen_us, std::int64_t now_us);
// An occurrence is one second long.
schema::TimeRange window_of(std::int64_t first_seen_us, std::int64_t last_seen_us);

// The account that an entity belongs to, where its key says so.
std::optional<std::string> account_of(const schema::Entity& entity);

}  // namespace backtrail::query
