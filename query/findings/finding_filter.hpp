// Which findings a question is about: the filters of GET /findings, of the command line and of figures that link to
// lists.
//
// Parameters are ANDed; inside one, values are ORed (repeated, or separated by commas: "\," is a comma inside a value).
// What may itself hold commas is only repeated: title, entity, user_name, resource, principal. "!value" refuses. An
// empty value means that the field is not set (region, type, type_purpose, resource_type, product, assignee,
// user_name). What the defaults leave out: sample findings and archived ones; asking for record_state or for open=false
// shows archived ones too unless `archived` is given. Errors are kBadParameter with a detail "NAME: what is wrong; what
// to do". Pure functions over values: thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/core/error.hpp"
#include "schema/core/time.hpp"
#include "schema/model/entity.hpp"

namespace backtrail::query {

inline constexpr std::size_t kFilterValuesMax = 200;       // values of one parameter
inline constexpr std::size_t kFilterValueMaxBytes = 1024;  // one value
inline constexpr std::size_t kPageRowsMax = 1000;
inline constexpr std::size_t kPageRowsDefault = 50;

// Name and value, decoded; names may repeat.
using Parameter = std::pair<std::string, std::string>;
using Parameters = std::span<const Parameter>;

// One of these, and none of those; empty lists ask for nothing. Sorted, without repetitions.
struct Choice {
  std::vector<std::string> any_of, none_of;
  bool empty() const { return any_of.empty() && none_of.empty(); }
  bool operator==(const Choice&) const = default;
};

// An entity that a finding names, in any role or in one.
struct NamedEntity {
  schema::EntityKind kind;
  std::string key;
  std::optional<schema::FindingRole> role;
  auto operator<=>(const NamedEntity&) const = default;
};

struct FindingFilter {
  Choice severity;  // labels; the effective severity where one is set
  Choice account_id, region, type, type_purpose, resource_type, product, status, assignee, record_state, user_name;
  Choice title;                                          // parts of the title, lower case
  std::optional<bool> sample = false, archived = false;  // empty: any
  std::optional<bool> open;                              // status new, in_progress or notified, and not archived
  std::vector<std::vector<NamedEntity>> named;           // for each: at least one of its entities
  std::vector<NamedEntity> not_named;
  std::optional<std::int64_t> from_us, to_us;  // half-open, on the last occurrence
  bool operator==(const FindingFilter&) const = default;
};

enum class FindingSort : std::uint8_t { kLastSeen, kFirstSeen, kSeverity, kCount, kType, kAccount, kRegion };
std::string_view name_of(FindingSort sort);

struct FindingPageRequest {
  FindingFilter filter;
  FindingSort sort = FindingSort::kLastSeen;
  bool descending = true;
  std::size_t limit = kPageRowsDefault;
  std::string cursor;  // empty: from the start
};

// The filter alone. A name that is no filter is an error, because a misspelt filter would show too much; `other_names`
// are parameters of the same request that others read.
schema::Result<FindingFilter> parse_finding_filter(Parameters parameters,
                                                   std::span<const std::string_view> other_names = {});
// The filter with sort, order, limit and cursor.
schema::Result<FindingPageRequest> parse_finding_page(Parameters parameters,
                                                      std::span<const std::string_view> other_names = {});

// Equal questions give equal text, whatever the order of their parameters; other questions give another text.
std::string canonical_text(const FindingFilter& filter);
// With sort and order, for the hash in a cursor; limit and cursor are not part of it.
std::string canonical_text(const FindingPageRequest& request);

// "true" or "false"; `name` is for the error.
schema::Result<bool> parse_flag(std::string_view name, std::string_view text);
// RFC 3339.
schema::Result<std::int64_t> parse_time_parameter(std::string_view name, std::string_view text);
// 1 to kPageRowsMax.
schema::Result<std::size_t> parse_limit(std::string_view text);

}  // namespace backtrail::query
