#include "query/record_list.hpp"

#include <fmt/format.h>

#include "query/cursor.hpp"
#include "query/findings/finding_rows.hpp"
#include "schema/core/time.hpp"
#include "schema/model/entity.hpp"
#include "schema/pg/database.hpp"

namespace backtrail::query {
using schema::Code;
using schema::fail;
using schema::Result;

std::optional<RecordId> parse_record_id(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto account = text.substr(0, dash);
  const auto id = uuid_from_hex(text.substr(dash + 1));
  if (!id || (account != kNoAccount && !schema::is_account_id(account))) return std::nullopt;
  return RecordId{account == kNoAccount ? "" : std::string(account), *id};
}

std::string record_id_text(std::string_view account_id, const schema::Uuid& id) {
  return fmt::format("{}-{}", account_id.empty() ? kNoAccount : account_id, hex_of(id));
}

Result<bool> take_list_parameter(const Parameter& parameter, ListPage& page) {
  const auto& [name, value] = parameter;
  if (name == "cursor") {
    page.cursor = value;
    return true;
  }
  if (name == "limit") {
    const auto limit = parse_limit(value);
    if (!limit) return limit.error();
    page.limit = *limit;
    return true;
  }
  if (name != "from" && name != "to") return false;
  const auto time = parse_time_parameter(name, value);
  if (!time) return time.error();
  (name == "from" ? page.from_us : page.to_us) = *time;
  return true;
}

Result<void> check_interval(const ListPage& page) {
  if (page.from_us && page.to_us && *page.from_us >= *page.to_us)
    return bad_parameter("to", "the end of the interval must lie behind its beginning (from)");
  return {};
}

std::string interval_text(const ListPage& page) {
  std::string text;
  if (page.from_us) text += fmt::format("from={};", *page.from_us);
  if (page.to_us) text += fmt::format("to={};", *page.to_us);
  return text;
}

Result<ListPosition> list_position(std::string_view kind, std::uint64_t question, const std::string& cursor) {
  ListPosition position;
  if (cursor.empty()) return position;
  constexpr std::size_t kParts = 2;
  const auto parts = decode_cursor(kind, question, cursor, kParts);
  if (!parts) return parts.error();
  const auto key = parse_record_id((*parts)[1]);
  if (!schema::parse_rfc3339((*parts)[0]) || !key)
    return fail(Code::kBadCursor, "cursor: it does not belong to this question; start again without it");
  position.time = (*parts)[0];
  position.id = to_string(key->id);
  position.account_id = key->account_id;
  return position;
}

std::string list_cursor(std::string_view kind, std::uint64_t question, std::int64_t time_us, const std::string& id) {
  return encode_cursor(kind, question, {schema::format_rfc3339(time_us), id});
}

std::optional<std::string> list_or_null(const std::vector<std::string>& values) {
  return values.empty() ? std::nullopt : std::optional(schema::array_literal(values));
}

std::optional<std::string> time_or_null(const std::optional<std::int64_t>& us) {
  return us ? std::optional(schema::format_rfc3339(*us)) : std::nullopt;
}

}  // namespace backtrail::query
