#include "query/notice_queries.hpp"

#include <algorithm>
#include <backtrail_query_sql.hpp>
#include <boost/describe.hpp>
#include <fmt/format.h>

#include "query/cursor.hpp"
#include "query/findings/finding_rows.hpp"
#include "schema/block_format/raw_codec.hpp"
#include "schema/core/time.hpp"
#include "schema/model/entity.hpp"
#include "schema/model/notice.hpp"
#include "schema/pg/row_as.hpp"

namespace backtrail::query {
namespace {

using schema::AccountScope;
using schema::Code;
using schema::fail;
using schema::Result;
using schema::TimeUs;
using schema::Transaction;

constexpr std::string_view kCursorKind = "notice";

struct StoredNotice {
  std::string account_id;
  schema::Uuid notice_id;
  std::string kind, source, detail_type, region, subject;
  TimeUs notice_time, first_received_at;
  std::string door;
  int raw_bytes;
};
BOOST_DESCRIBE_STRUCT(StoredNotice, (),
                      (account_id, notice_id, kind, source, detail_type, region, subject, notice_time,
                       first_received_at, door, raw_bytes))

struct StoredBytes {
  schema::Bytes raw;
};
BOOST_DESCRIBE_STRUCT(StoredBytes, (), (raw))

NoticeRow row_of(StoredNotice stored) {
  NoticeRow row;
  row.notice_id = record_id_text(stored.account_id, stored.notice_id);
  row.account_id = std::move(stored.account_id);
  row.kind = std::move(stored.kind);
  row.source = std::move(stored.source);
  row.detail_type = std::move(stored.detail_type);
  row.region = std::move(stored.region);
  row.subject = std::move(stored.subject);
  row.door = std::move(stored.door);
  row.time_us = stored.notice_time.us;
  row.first_received_us = stored.first_received_at.us;
  row.bytes = stored.raw_bytes;
  return row;
}

// Comma-separated values, each one that `known` accepts.
Result<void> add_values(std::string_view name, std::string_view text, bool (*known)(std::string_view),
                        std::vector<std::string>& values) {
  while (true) {
    const auto comma = std::min(text.find(','), text.size());
    const auto value = text.substr(0, comma);
    if (!known(value)) return bad_parameter(name, "there is no such value");
    values.emplace_back(value == kNoAccount ? std::string_view{} : value);
    if (values.size() > kFilterValuesMax)
      return bad_parameter(name, fmt::format("at most {} values", kFilterValuesMax));
    if (comma == text.size()) return {};
    text.remove_prefix(comma + 1);
  }
}

bool is_kind(std::string_view text) {
  const auto& all = schema::notice_kind::kAll;
  return std::find(all.begin(), all.end(), text) != all.end();
}
bool is_account_or_none(std::string_view text) {
  return text == kNoAccount || schema::is_account_id(text);
}

Result<void> take(const Parameter& parameter, NoticeRequest& request) {
  const auto& [name, value] = parameter;
  if (name == "kind") return add_values(name, value, is_kind, request.kinds);
  if (name == "account_id") return add_values(name, value, is_account_or_none, request.account_ids);
  const auto taken = take_list_parameter(parameter, request.page);
  if (!taken) return taken.error();
  if (*taken) return {};
  return fail(Code::kBadParameter,
              "there is a parameter that notices do not know; use kind, account_id, from, to, limit and cursor");
}

std::string canonical_text(const NoticeRequest& request) {
  return fmt::format("{};{};{}", schema::array_literal(request.kinds), schema::array_literal(request.account_ids),
                     interval_text(request.page));
}

}  // namespace

Result<NoticeRequest> parse_notice_request(Parameters parameters) {
  NoticeRequest request;
  for (const auto& parameter : parameters)
    if (const auto ok = take(parameter, request); !ok) return ok.error();
  if (const auto ok = check_interval(request.page); !ok) return ok.error();
  std::sort(request.kinds.begin(), request.kinds.end());
  std::sort(request.account_ids.begin(), request.account_ids.end());
  return request;
}

Result<NoticePage> notice_page(const Warehouse& warehouse, const AccountScope& scope, const NoticeRequest& request) {
  const std::uint64_t question = question_hash(canonical_text(request));
  const auto position = list_position(kCursorKind, question, request.page.cursor);
  if (!position) return position.error();
  return warehouse.database.read(scope, [&](Transaction& tx) -> Result<NoticePage> {
    const auto kinds = list_or_null(request.kinds), accounts = list_or_null(request.account_ids);
    const auto from = time_or_null(request.page.from_us), to = time_or_null(request.page.to_us);
    auto stored =
        schema::rows_as<StoredNotice>(tx.exec(sql::notice_page, kinds, accounts, from, to, position->time, position->id,
                                              position->account_id, static_cast<std::int64_t>(request.page.limit + 1)));
    NoticePage page;
    const bool more = stored.size() > request.page.limit;
    if (more) stored.pop_back();
    for (auto& row : stored) page.rows.push_back(row_of(std::move(row)));
    if (more)
      page.next_cursor = list_cursor(kCursorKind, question, page.rows.back().time_us, page.rows.back().notice_id);
    page.total = tx.exec(sql::notice_total, kinds, accounts, from, to)[0]["total"].as<std::int64_t>();
    return page;
  });
}

Result<std::string> notice_raw(const Warehouse& warehouse, const AccountScope& scope, std::string_view notice_id) {
  const auto not_found = [] {
    return fail(Code::kNotFound, "there is no such notice among those that this key may see");
  };
  const auto key = parse_record_id(notice_id);
  if (!key) return not_found();
  return warehouse.database.read(scope, [&](Transaction& tx) -> Result<std::string> {
    const auto rows = schema::rows_as<StoredBytes>(tx.exec(sql::notice_raw, key->account_id, to_string(key->id)));
    if (rows.empty()) return not_found();
    return schema::decode_raw(rows.front().raw.bytes);
  });
}

}  // namespace backtrail::query
