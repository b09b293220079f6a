// What could not be stored, with its exact bytes, and what a person must hear of. Lists show open records unless asked
// otherwise: a resolved one was replayed and read. Records whose account could not be read are shown to callers who may
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

inline constexpr std::size_t kAlertsMax = 1000;

struct QuarantineRequest {
  std::vector<std::string> reasons, account_ids;  // account id "": could not be read
  std::vector<std::string> doors, key_ids;        // key id "": a local import
  std::optional<bool> open = true;                // nothing: resolved ones too
  ListPage page;                                  // the interval is one of receipts
};
schema::Result<QuarantineRequest> parse_quarantine_request(Parameters parameters);

struct QuarantineRow {
  std::string quarantine_id;  // as record_id_text() writes it
  std::string account_id;     // "" when it could not be read
  std::string reason, detail, kind, door, key_id, origin;
  std::int64_t position = 0, bytes = 0;
  std::string sha256;  // hexadecimal
  std::int64_t received_us = 0;
  std::string parser_version;  // of the program that refused it; "" before versions were kept
  int tries = 0;               // replays
  std::optional<std::int64_t> last_tried_us, resolved_us;
};

struct QuarantinePage {
  std::vector<QuarantineRow> rows;  // newest first
  std::int64_t total = 0;
  std::optional<std::string> next_cursor;
};
schema::Result<QuarantinePage> quarantine_page(const Warehouse& warehouse, const schema::AccountScope& scope,
                                               const QuarantineRequest& request);
schema::Result<QuarantineRow> quarantine_detail(const Warehouse& warehouse, const schema::AccountScope& scope,
                                                std::string_view quarantine_id);
schema::Result<std::string> quarantine_raw(const Warehouse& warehouse, const schema::AccountScope& scope,
                                           std::string_view quarantine_id);

struct AlertRow {
  std::string kind, account_id, subject, detail;
  std::int64_t raised_us = 0;
};
struct AlertList {
  std::vector<AlertRow> rows;  // newest first, at most kAlertsMax
  std::int64_t total = 0;
};
schema::Result<AlertList> alert_list(const Warehouse& warehouse, const schema::AccountScope& scope);

}  // namespace backtrail::query
