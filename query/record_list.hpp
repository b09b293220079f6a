// What the lists of records that are shown one by one share (quarantine, notices): ids, the interval, the keyset
// position behind the last row. Pure functions over values: thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/findings/filter_values.hpp"
#include "query/findings/finding_filter.hpp"
#include "schema/core/error.hpp"
#include "schema/core/hash.hpp"

namespace backtrail::query {

// Stands for the account of records that name none, in ids and filters.
inline constexpr std::string_view kNoAccount = "none";

struct RecordId {
  std::string account_id;  // "" when the record names none
  schema::Uuid id;
};
// "<account or none>-<32 hexadecimal digits>". Nothing when the text is no such id.
std::optional<RecordId> parse_record_id(std::string_view text);
std::string record_id_text(std::string_view account_id, const schema::Uuid& id);

// The parameters that every such list knows.
struct ListPage {
  std::optional<std::int64_t> from_us, to_us;  // half-open
  std::size_t limit = kPageRowsDefault;
  std::string cursor;
};
// False: it is none of from, to, limit and cursor. kBadParameter.
schema::Result<bool> take_list_parameter(const Parameter& parameter, ListPage& page);
// kBadParameter when the interval ends before it begins.
schema::Result<void> check_interval(const ListPage& page);
// The interval's part of the question that a cursor belongs to.
std::string interval_text(const ListPage& page);

// Where a page starts, as SQL parameters; all absent for the first.
struct ListPosition {
  std::optional<std::string> time, id, account_id;
};
schema::Result<ListPosition> list_position(std::string_view kind, std::uint64_t question, const std::string& cursor);
std::string list_cursor(std::string_view kind, std::uint64_t question, std::int64_t time_us, const std::string& id);

// Optional SQL parameters.
std::optional<std::string> list_or_null(const std::vector<std::string>& values);
std::optional<std::string> time_or_null(const std::optional<std::int64_t>& us);

}  // namespace backtrail::query
