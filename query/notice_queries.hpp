// Notices: what AWS said that is neither finding nor API event. Those without an account are shown to callers who may
// see every account. Errors: kBadParameter, kBadCursor, kNotFound. Thread-safe.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/record_list.hpp"
#include "query/warehouse.hpp"
#include "schema/core/error.hpp"
#include "schema/pg/account_scope.hpp"

namespace backtrail::query {

struct NoticeRequest {
  std::vector<std::string> kinds, account_ids;
  ListPage page;  // the interval is one of the notices' times
};
schema::Result<NoticeRequest> parse_notice_request(Parameters parameters);

struct NoticeRow {
  std::string notice_id;   // as record_id_text() writes it
  std::string account_id;  // "" when nothing named one
  std::string kind, source, detail_type, region, subject, door;
  std::int64_t time_us = 0, first_received_us = 0, bytes = 0;
};

struct NoticePage {
  std::vector<NoticeRow> rows;  // newest first
  std::int64_t total = 0;
  std::optional<std::string> next_cursor;
};
schema::Result<NoticePage> notice_page(const Warehouse& warehouse, const schema::AccountScope& scope,
                                       const NoticeRequest& request);
// The JSON text as it arrived.
schema::Result<std::string> notice_raw(const Warehouse& warehouse, const schema::AccountScope& scope,
                                       std::string_view notice_id);

}  // namespace backtrail::query
