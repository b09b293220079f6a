#include "query/quarantine_queries.hpp"

#include <algorithm>
#include <backtrail_query_sql.hpp>
#include <boost/describe.hpp>
#include <fmt/format.h>

#include "query/cursor.hpp"
#include "query/findings/finding_rows.hpp"
#include "schema/core/time.hpp"
#include "schema/model/entity.hpp"
#include "schema/pg/row_as.hpp"

namespace backtrail::query {
namespace {

using schema::AccountScope;
using schema::Code;
using schema::fail;
using schema::Result;
using schema::TimeUs;
using schema::Transaction;

constexpr std::string_view kCursorKind = "quarantine";

struct StoredRow {
  std::string account_id;
  schema::Uuid quarantine_id;
  std::string reason, detail, kind, door, key_id, origin;
  std::int64_t position, bytes;
  schema::Bytes sha256;
  TimeUs received_at;
  std::string parser_version;
  int tries;
  std::optional<TimeUs> last_tried_at, resolved_at;
};
BOOST_DESCRIBE_STRUCT(StoredRow, (),
                      (account_id, quarantine_id, reason, detail, kind, door, key_id, origin, position, bytes, sha256,
                       received_at, parser_version, tries, last_tried_at, resolved_at))

struct StoredAlert {
  std::string kind, account_id, subject, detail;
  TimeUs raised_at;
};
BOOST_DESCRIBE_STRUCT(StoredAlert, (), (kind, account_id, subject, detail, raised_at))

struct RawBytes {
  schema::Bytes raw;
};
BOOST_DESCRIBE_STRUCT(RawBytes, (), (raw))

schema::Error not_found() {
  return fail(Code::kNotFound, "there is no such quarantined record among those that this key may see");
}

std::optional<std::int64_t> us_of(const std::optional<TimeUs>& time) {
  return time ? std::optional(time->us) : std::nullopt;
}

QuarantineRow row_of(StoredRow stored) {
  const auto& digest = stored.sha256.bytes;
  QuarantineRow row;
  row.quarantine_id = record_id_text(stored.account_id, stored.quarantine_id);
  row.account_id = std::move(stored.account_id);
  row.reason = std::move(stored.reason);
  row.detail = std::move(stored.detail);
  row.kind = std::move(stored.kind);
  row.door = std::move(stored.door);
  row.key_id = std::move(stored.key_id);
  row.origin = std::move(stored.origin);
  row.position = stored.position;
  row.bytes = stored.bytes;
  row.sha256 = schema::hex(reinterpret_cast<const std::uint8_t*>(digest.data()), digest.size());
  row.received_us = stored.received_at.us;
  row.parser_version = std::move(stored.parser_version);
  row.tries = stored.tries;
  row.last_tried_us = us_of(stored.last_tried_at);
  row.resolved_us = us_of(stored.resolved_at);
  return row;
}

Result<void> add_values(std::string_view name, std::string_view text, std::vector<std::string>& values) {
  while (true) {
    const auto comma = std::min(text.find(','), text.size());
    const auto value = text.substr(0, comma);
    if (value.size() > kFilterValueMaxBytes) return bad_parameter(name, "the value is too long");
    if (value.find('\0') != std::string_view::npos) return bad_parameter(name, "a value holds no NUL");
    values.emplace_back(value);
    if (values.size() > kFilterValuesMax)
      return bad_parameter(name, fmt::format("at most {} values", kFilterValuesMax));
    if (comma == text.size()) return {};
    text.remove_prefix(comma + 1);
  }
}

// "none" asks for records whose account could not be read.
Result<void> add_accounts(std::string_view text, std::vector<std::string>& account_ids) {
  if (auto ok = add_values("account_id", text, account_ids); !ok) return ok;
  for (auto& id : account_ids) {
    if (id == kNoAccount)
      id.clear();
    else if (!id.empty() && !schema::is_account_id(id))
      return bad_parameter("account_id", "give account ids of 12 digits, or none");
  }
  return {};
}

// "import" has no key: its records are asked for as none.
Result<void> add_keys(std::string_view text, std::vector<std::string>& key_ids) {
  if (auto ok = add_values("key_id", text, key_ids); !ok) return ok;
  for (auto& id : key_ids)
    if (id == kNoAccount) id.clear();
  return {};
}

Result<void> take_state(std::string_view value, std::optional<bool>& open) {
  if (value != "open" && value != "resolved" && value != "all")
    return bad_parameter("state", "use open, resolved or all");
  open = value == "all" ? std::nullopt : std::optional(value == "open");
  return {};
}

Result<void> take(const Parameter& parameter, QuarantineRequest& request) {
  const auto& [name, value] = parameter;
  if (name == "reason") return add_values(name, value, request.reasons);
  if (name == "account_id") return add_accounts(value, request.account_ids);
  if (name == "door") return add_values(name, value, request.doors);
  if (name == "key_id") return add_keys(value, request.key_ids);
  if (name == "state") return take_state(value, request.open);
  const auto taken = take_list_parameter(parameter, request.page);
  if (!taken) return taken.error();
  if (*taken) return {};
  return fail(Code::kBadParameter,
              "there is a parameter that quarantine does not know; use reason, account_id, door, "
              "key_id, state, from, to, limit and cursor");
}

std::string canonical_text(const QuarantineRequest& request) {
  auto text = fmt::format("{};{};", schema::array_literal(request.reasons), schema::array_literal(request.account_ids));
  text += interval_text(request.page);
  if (!request.doors.empty()) text += fmt::format("door={};", schema::array_literal(request.doors));
  if (!request.key_ids.empty()) text += fmt::format("key={};", schema::array_literal(request.key_ids));
  if (request.open != std::optional(true)) text += request.open ? "resolved;" : "all;";
  return text;
}

}  // namespace

Result<QuarantineRequest> parse_quarantine_request(Parameters parameters) {
  QuarantineRequest request;
  for (const auto& parameter : parameters)
    if (auto ok = take(parameter, request); !ok) return ok.error();
  if (auto ok = check_interval(request.page); !ok) return ok.error();
  std::sort(request.reasons.begin(), request.reasons.end());
  std::sort(request.account_ids.begin(), request.account_ids.end());
  std::sort(request.doors.begin(), request.doors.end());
  std::sort(request.key_ids.begin(), request.key_ids.end());
  return request;
}

Result<QuarantinePage> quarantine_page(const Warehouse& warehouse, const AccountScope& scope,
                                       const QuarantineRequest& request) {
  const std::uint64_t question = question_hash(canonical_text(request));
  const auto position = list_position(kCursorKind, question, request.page.cursor);
  if (!position) return position.error();
  return warehouse.database.read(scope, [&](Transaction& tx) -> Result<QuarantinePage> {
    const auto reasons = list_or_null(request.reasons), accounts = list_or_null(request.account_ids);
    const auto doors = list_or_null(request.doors), keys = list_or_null(request.key_ids);
    const auto from = time_or_null(request.page.from_us), to = time_or_null(request.page.to_us);
    auto stored = schema::rows_as<StoredRow>(
        tx.exec(sql::quarantine_page, reasons, accounts, from, to, position->time, position->id, position->account_id,
                static_cast<std::int64_t>(request.page.limit + 1), doors, keys, request.open));
    QuarantinePage page;
    const bool more = stored.size() > request.page.limit;
    if (more) stored.pop_back();
    for (auto& row : stored) page.rows.push_back(row_of(std::move(row)));
    if (more)
      page.next_cursor =
          list_cursor(kCursorKind, question, page.rows.back().received_us, page.rows.back().quarantine_id);
    page.total = tx.exec(sql::quarantine_total, reasons, accounts, from, to, doors, keys, request.open)[0]["total"]
                     .as<std::int64_t>();
    return page;
  });
}

Result<QuarantineRow> quarantine_detail(const Warehouse& warehouse, const AccountScope& scope,
                                        std::string_view quarantine_id) {
  const auto key = parse_record_id(quarantine_id);
  if (!key) return not_found();
  return warehouse.database.read(scope, [&](Transaction& tx) -> Result<QuarantineRow> {
    auto rows = schema::rows_as<StoredRow>(tx.exec(sql::quarantine_detail, key->account_id, to_string(key->id)));
    if (rows.empty()) return not_found();
    return row_of(std::move(rows.front()));
  });
}

Result<std::string> quarantine_raw(const Warehouse& warehouse, const AccountScope& scope,
                                   std::string_view quarantine_id) {
  const auto key = parse_record_id(quarantine_id);
  if (!key) return not_found();
  return warehouse.database.read(scope, [&](Transaction& tx) -> Result<std::string> {
    auto rows = schema::rows_as<RawBytes>(tx.exec(sql::quarantine_raw, key->account_id, to_string(key->id)));
    if (rows.empty()) return not_found();
    return std::move(rows.front().raw.bytes);
  });
}

Result<AlertList> alert_list(const Warehouse& warehouse, const AccountScope& scope) {
  return warehouse.database.read(scope, [&](Transaction& tx) -> Result<AlertList> {
    AlertList list;
    for (auto& row : schema::rows_as<StoredAlert>(tx.exec(sql::alert_list, static_cast<std::int64_t>(kAlertsMax))))
      list.rows.push_back({std::move(row.kind), std::move(row.account_id), std::move(row.subject),
                           std::move(row.detail), row.raised_at.us});
    list.total = tx.exec(sql::alert_total)[0]["total"].as<std::int64_t>();
    return list;
  });
}

}  // namespace backtrail::query
