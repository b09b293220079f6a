// Which API events a question is about: the filters of GET /activity, of `backtrail lookup` and of links between pages.
//
// Parameters are ANDed; inside one, values are ORed (repeated, or separated by commas where values hold none); "!value"
// refuses. Entities are asked for by `entity=KIND:KEY` or the short forms (`principal=`, `ip_address=`, …); `direction`
// says whether the entity called (by), was named by the call (on), or either. Two short forms are two conditions.
// Parsing is pure and takes the time as an argument; a question about a finding's activity is completed by
// resolve_finding (query/entity/activity.hpp). Errors are kBadParameter with a detail "NAME: what is wrong; what to
// do". Values only: thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "query/findings/finding_filter.hpp"
#include "schema/core/error.hpp"
#include "schema/core/time.hpp"
#include "schema/model/api_event.hpp"

namespace backtrail::query {

// Entity parameters of one question that are ANDed; the statements have room for so many.
inline constexpr std::size_t kEntityGroupsMax = 5;
inline constexpr std::string_view kActivityDefaultLast = "24h";

// An entity that an event was made by, was made on, or either.
struct EntityTerm {
  schema::EntityKind kind;
  std::string key;
  bool by = true;
  bool on = true;
  auto operator<=>(const EntityTerm&) const = default;
};

// The activity of a finding: its primary lane or another one, and the interval that the finding suggests.
struct FindingReference {
  std::string finding_id;
  std::size_t lane = 0;
  bool scope = true;  // take the finding's interval
  bool operator==(const FindingReference&) const = default;
};

struct EventFilter {
  std::vector<std::vector<EntityTerm>> entities;  // of each group, at least one
  std::vector<EntityTerm> not_entities;           // none of these
  Choice account_id, region, error_code;
  Choice service;                                        // API host names, or their first label
  Choice api;                                            // exact, or a prefix that ends with '*'
  std::optional<std::vector<schema::Outcome>> outcomes;  // empty: all; an empty list: none
  std::optional<std::vector<schema::EventClass>> event_classes;
  std::optional<bool> read_only;
  std::optional<FindingReference> finding;  // until resolve_finding
  schema::TimeRange range;                  // half-open; empty until resolve_finding when finding->scope
  std::string range_asked;                  // "last=24h": the same question an hour later has another range
  bool operator==(const EventFilter&) const = default;
};

// A name that is no filter is an error, because a misspelt filter would show too much; `other_names` are parameters of
// the same request that others read.
schema::Result<EventFilter> parse_event_filter(Parameters parameters, std::int64_t now_us,
                                               std::span<const std::string_view> other_names = {});

// The part of it that an entity's profile takes: last, from, to.
struct AskedRange {
  schema::TimeRange range;
  std::string asked;
};
schema::Result<AskedRange> parse_range(Parameters parameters, std::int64_t now_us, std::string_view default_last);

// "KIND:KEY"; `parameter` is for the error.
schema::Result<schema::Entity> parse_entity(std::string_view parameter, std::string_view text);

// Equal questions give equal text, whatever the order of their parameters. The range stands as it was asked for.
std::string canonical_text(const EventFilter& filter);

// Does the event answer the question? The same rules as the statements', on the decoded record: for checking hits.
bool names_entities(const EventFilter& filter, const schema::ApiEvent& event);
bool matches(const EntityTerm& term, const schema::ApiEvent& event);
bool is_by(const schema::ApiEvent& event, schema::EntityKind kind, std::string_view key);
bool is_on(const schema::ApiEvent& event, schema::EntityKind kind, std::string_view key);

// LIKE patterns: '%', '_' and '\' in the value stand for themselves.
std::vector<std::string> api_patterns(const std::vector<std::string>& values);
std::vector<std::string> service_patterns(const std::vector<std::string>& values);

}  // namespace backtrail::query
